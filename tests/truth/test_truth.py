"""The tables of due dates beside this file: counted apart from the program, day by day, corrected by hand.

A lawyer who finds a wrong date corrects the line; the test then says that the rule book does not agree.
"""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from rules.calendars import shipped_calendar
from rules.due import RuleBook
from rules.limits import Limit
from rules.loading import load_packs, shipped_packs
from rules.model import OpenEnded, Stated
from rules.occurrences import EventFact

HERE = Path(__file__).parent
PACKS = shipped_packs()
DATED = [pack for pack in PACKS if (HERE / f"{pack}.csv").exists()]
FIRST, LAST = date(2015, 1, 1), date(2035, 12, 31)  # the years for which the tables name every duty


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return RuleBook(load_packs(PACKS, HERE), shipped_calendar("MN"), Limit.parse("3 working days"))


def rows(table: str) -> Iterator[dict[str, str]]:
    with (HERE / f"{table}.csv").open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def due_on(book: RuleBook, row: dict[str, str]) -> str:
    rule, occurrence = row["rule"], row["occurrence_or_event_date"]
    if book.is_started_by_event(rule):
        duty = book.started(rule, EventFact("e1", date.fromisoformat(occurrence), None))
    else:
        duty = book.duty(rule, occurrence)
    return str(duty.reckoning.due_on) if duty else "no duty"


@pytest.mark.parametrize("pack", DATED)
def test_every_due_date_of_the_table_is_that_of_the_rule_book(book: RuleBook, pack: str) -> None:
    table = list(rows(pack))
    found = [dict(row, due_on=due_on(book, row)) for row in table]
    assert found == table


@pytest.mark.parametrize("pack", DATED)
def test_the_table_names_every_duty_that_recurs(book: RuleBook, pack: str) -> None:
    told = {(row["rule"], row["occurrence_or_event_date"]) for row in rows(pack)}
    owed = {
        (rule_id, each.occurrence.name)
        for rule_id in book.ids
        if rule_id.startswith(f"{pack}.") and not book.is_started_by_event(rule_id)
        for each in book.scheduled(rule_id, FIRST, LAST)
    }
    assert sorted(owed - told) == []


def test_every_rule_stands_in_a_table_unless_it_has_no_date_of_its_own(book: RuleBook) -> None:
    told = {row["rule"] for pack in DATED for row in rows(pack)}
    without = {rule.id for rule in book.rules if isinstance(rule.deadline, Stated | OpenEnded)}
    assert set(book.ids) - told == without


def test_a_draft_stays_up_until_the_day_of_the_table(book: RuleBook) -> None:
    table = list(rows("keep_posted"))
    found = [
        dict(
            row,
            keep_until=str(
                book.keep_until(book.versions(row["rule"])[0], date.fromisoformat(row["posted_on"]))
            ),
        )
        for row in table
    ]
    assert found == table


def test_a_letter_is_due_on_the_day_it_states_and_unknown_when_it_states_none(book: RuleBook) -> None:
    came = date(2023, 2, 14)
    stated = book.started("iaac.letter-reply", EventFact("e1", came, date(2023, 3, 3)))
    silent = book.started("iaac.letter-reply", EventFact("e2", came, None))
    assert stated is not None
    assert stated.reckoning.due_on == date(2023, 3, 3)
    assert silent is not None
    assert silent.reckoning.due_on is None
    assert silent.reckoning.unknown is not None
