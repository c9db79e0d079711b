"""The year 2024 of an aimag with 20 soums and 55 organisations that post nothing: who is told what on which morning.

`iltod simulate` is held against the naive reference, which reckons the working days from a table of evidenced days.
"""

import csv
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest

from monitor.configuration.defaults import DEFAULTS
from tests.monitor.reference import DAY, Duty, Item, Office, Reference, Seat

FIRST, LAST = date(2024, 1, 1), date(2024, 12, 31)
UNITS = (*(f"soum-{n}" for n in range(20)), *(f"office-{n}" for n in range(55)))
DUTIES = {  # Sergelen plan, 5/2.1.1 to 5/2.1.5: what each due date is about
    "approved": {"2024": "2024-01-10", "2025": "2025-01-10"},
    "performance": {"2023": "2024-04-01", "2024": "2025-04-01"},
    "financial-statement": {"2023": "2024-04-01", "2024": "2025-04-01"},
    "audit-opinion": {"2023": "2024-04-01", "2024": "2025-04-01"},
    "draft": {"2025": "2024-08-15", "2026": "2025-08-15"},
}
BEFORE, AFTER = ("30d", "14d", "7d", "3wd", "1wd", "0d"), ("1wd", "3wd", "5wd", "+5wd")
STEPS = (("3wd", "head"), ("10wd", "parent:oversight"))
EVIDENCED = Path(__file__).parents[1] / "truth" / "mn_days.csv"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]  # two minutes alone, more beside others


def test_each_stage_is_told_once_to_each_who_answers_for_it_on_its_morning_and_nothing_else(tmp_path) -> None:
    mails = _simulate(tmp_path)
    found = sorted(
        Item(date.fromisoformat(mail["at"][:10]), mail["to"], mail["kind"], item["key"], item["stage"])
        for mail in mails
        for item in mail["items"]
    )
    expected = _what_the_reference_tells()
    assert sorted(set(expected) - set(found)) == [], "what was due to be told was not"
    assert sorted(set(found) - set(expected)) == [], "what was not due to be told was"
    assert found == expected, "something was told twice"
    assert len(found) > 30_000
    assert {mail["at"][10:] for mail in mails} == {"T09:00:00+08:00"}
    of_a_kind = Counter((mail["at"], mail["to"], mail["kind"]) for mail in mails)
    assert max(of_a_kind.values()) == 1, "two mails of a kind for one person on one morning"


def test_the_defaults_that_the_reference_follows_are_those_of_the_program() -> None:
    reminders = DEFAULTS["reminders"]
    steps = tuple((each["after"], each["to"]) for each in reminders["escalate"])
    assert (tuple(reminders["before"]), tuple(reminders["after"]), steps) == (BEFORE, AFTER, STEPS)


def _simulate(folder: Path) -> list[dict]:
    """All mails of the year, as the program says them."""
    (folder / "config.toml").write_text(_config(), encoding="utf-8")
    program = Path(sys.executable).with_name("iltod")
    command = [program, "simulate", "--from", str(FIRST), "--to", str(LAST), "--format", "json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=500, check=True)
    return json.loads(done.stdout)


def _what_the_reference_tells() -> list[Item]:
    offices = [Office("aimag", None, FIRST), *(Office(each, "aimag", FIRST) for each in UNITS)]
    seats = [
        Seat(office.id, role, f"{role}@{office.id}.example")
        for office in offices
        for role in _roles(office.id)
    ]
    zones = dict.fromkeys((seat.address for seat in seats), "Asia/Ulaanbaatar")
    reference = Reference(_days_off(), offices, seats, zones, BEFORE, AFTER, STEPS, FIRST + DAY)
    # 76 offices owe the same on the same day: each sum is done once
    reference.lead_day, reference.later_day = cache(reference.lead_day), cache(reference.later_day)
    for office in offices:
        for rule, dates in DUTIES.items():
            for period, due in dates.items():
                key = f"{office.id}/budget.{rule}/{period}"
                reference.duties[key] = Duty(
                    key, office.id, ("finance", "web"), ("website", "noticeboard"), date.fromisoformat(due)
                )
    days = (FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1))
    return sorted(item for day in days for item in reference.morning(day, {"Asia/Ulaanbaatar"}))


def _days_off() -> set[date]:
    """Weekends and evidenced days off; of the years before and after only the weeks in which stages can lie."""
    with EVIDENCED.open(encoding="utf-8", newline="") as lines:
        evidenced = {date.fromisoformat(row["day"]): row["is"] for row in csv.DictReader(lines)}
    return (
        set(_weekends())
        | {day for day, kind in evidenced.items() if kind == "off"}
        | {
            date(2023, 12, 29),
            date(2025, 1, 1),
            date(2025, 3, 3),
        }
    )


def _weekends() -> Iterator[date]:
    day = date(2023, 11, 1)
    while day < date(2025, 12, 31):
        if day.weekday() >= 5:
            yield day
        day += DAY


def _roles(unit: str) -> tuple[str, ...]:
    return ("finance", "web", "head", "oversight") if unit == "aimag" else ("finance", "web", "head")


def _config() -> str:
    kinds = {"aimag": "aimag"} | {
        each: "soum" if each.startswith("soum") else "budget-organisation" for each in UNITS
    }
    said = [
        '[monitor]\ndatabase = "sqlite:///aimag.db"\npacks = ["budget"]\n[reminders]\nall_clear = "never"\n'
    ]
    for unit, kind in kinds.items():
        parent = "" if unit == "aimag" else 'parent = "aimag"\n'
        said.append(
            f'[[organisations]]\nid = "{unit}"\nname = "{unit}"\nkind = "{kind}"\nsince = {FIRST}\n{parent}'
        )
        said += [
            f'[[organisations.contacts]]\nrole = "{role}"\nname = "{role}"\nemail = "{role}@{unit}.example"\n'
            for role in _roles(unit)
        ]
    return "".join(said)
