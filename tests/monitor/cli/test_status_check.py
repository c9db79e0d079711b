"""`iltod status --check`: one line and an exit status for monitoring systems."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from monitor.resuming import take_as_present
from monitor.storage.engine import open_engine

STATES = [
    *("unknown", "removed", "overdue", "due_soon", "upcoming"),
    *("displayed", "met", "met_late", "waived", "withdrawn"),
]


@pytest.fixture
def check(worked_desk):
    """The exit status and the word of a check."""

    def run(*arguments: str) -> tuple[int, str]:
        answer = worked_desk.iltod("status", "--check", *arguments)
        return answer.status, answer.out.split()[1]

    return run


@pytest.fixture
def live_desk(make_desk):
    """A live database, its last cycle run now, in which nothing is ever due."""
    desk = make_desk(_QUIET)
    desk.does("run", "--once")
    return desk


def date_last_cycle(desk, moment: datetime) -> None:
    engine = open_engine(desk.store.address)
    with engine.begin() as connection:
        take_as_present(connection, moment, "somebody", "a new battery", "en")
    engine.dispose()


def test_it_says_one_line_with_a_figure_for_each_state_and_for_failed_deliveries(worked_desk):
    answer = worked_desk.iltod("status", "--check")
    (line,) = answer.out.splitlines()
    assert line.startswith("ILTOD CRITICAL - ")
    figures = dict(each.split("=") for each in line.partition("|")[2].split())
    assert list(figures) == [*STATES, "failed_deliveries"]
    summary = worked_desk.report()["summary"]
    assert {name: int(figures[name]) for name in STATES} == {name: summary[name] for name in STATES}
    assert figures["failed_deliveries"] == "0"


def test_what_is_overdue_or_removed_is_critical(check):
    assert check() == (2, "CRITICAL")
    assert check("--rule", "budget.approved") == (2, "CRITICAL")
    assert check("--rule", "drafts.act") == (2, "CRITICAL")


def test_overdue_outweighs_unknown_and_unknown_outweighs_due_soon(check):
    assert check("--organisation", "sergelen") == (2, "CRITICAL")
    assert check(
        "--organisation", "sergelen", "--rule", "iaac.letter-reply", "--rule", "iaac.asset-declaration"
    ) == (
        3,
        "UNKNOWN",
    )


def test_what_is_due_soon_is_a_warning(check):
    assert check("--organisation", "bayan") == (1, "WARNING")


def test_where_nothing_presses_all_is_well(check):
    assert check("--rule", "budget.performance") == (0, "OK")


def test_it_judges_the_whole_and_not_the_part_that_a_limit_would_list(check):
    assert check("--limit", "1") == (2, "CRITICAL")


def test_it_can_look_at_another_day(check):
    assert check("--rule", "budget.approved", "--as-of", "2024-01-10") == (1, "WARNING")
    assert check("--rule", "budget.performance", "--as-of", "2024-04-02") == (2, "CRITICAL")


def test_without_a_cycle_it_cannot_tell(desk):
    answer = desk.iltod("status", "--check")
    assert (answer.status, answer.err) == (3, "")
    assert re.fullmatch(r"ILTOD UNKNOWN - no cycle has run yet.*\n", answer.out)


def test_what_could_not_be_found_out_is_unknown_and_says_why(worked_desk):
    worked_desk.configure("[monitor]\nlanguage = 'en'\nzone = 1\n")
    answer = worked_desk.iltod("status", "--check")
    assert answer.status == 3
    (first, second) = answer.err.splitlines()[1:]
    assert answer.out == f"ILTOD UNKNOWN - 2 faults were found; nothing was changed: {first.strip()}\n"
    assert "monitor.zone is not known" in first + second


def test_a_filter_that_names_nothing_known_is_unknown(worked_desk):
    answer = worked_desk.iltod("status", "--check", "--organisation", "nowhere")
    assert answer.status == 3
    assert answer.out.startswith("ILTOD UNKNOWN - organisation nowhere is not known")


@pytest.mark.parametrize(("hours", "status"), [(25, 0), (27, 3)])
def test_a_live_monitor_whose_last_cycle_is_over_26_hours_old_is_unknown(live_desk, hours, status):
    date_last_cycle(live_desk, datetime.now(UTC) - timedelta(hours=hours))
    answer = live_desk.iltod("status", "--check")
    assert answer.status == status
    assert ("is the daemon running?" in answer.out) == (status == 3)


def test_how_old_the_last_cycle_is_does_not_matter_for_a_chosen_day(live_desk):
    date_last_cycle(live_desk, datetime.now(UTC) - timedelta(hours=27))
    assert live_desk.iltod("status", "--check", "--as-of", f"{datetime.now(UTC):%Y-%m-%d}").status == 0


@pytest.mark.parametrize("away", [timedelta(hours=2), timedelta(days=-401)], ids=["ahead", "long ago"])
def test_a_monitor_that_holds_its_sending_is_unknown_and_says_what_to_do(live_desk, away):
    date_last_cycle(live_desk, datetime.now(UTC) + away)
    answer = live_desk.iltod("status", "--check")
    assert answer.status == 3
    assert "sending is held" in answer.out
    assert "iltod resume --reason TEXT" in answer.out

    assert live_desk.iltod("run", "--once").status == 1
    live_desk.does("resume", "--reason", "the clock is right")
    assert live_desk.iltod("status", "--check").status == 0
    assert "sending resumed" in live_desk.does("journal", "list", "--organisation=-monitor")
    assert "the clock is right" in live_desk.does("journal", "list", "--organisation=-monitor")


_QUIET = """
[monitor]
database = "sqlite:///iltod.db"
language = "en"
packs = ["drafts"]

[[organisations]]
id = "bayan"
name = "Баян сумын ЗДТГ"
kind = "soum"
since = 2024-01-01
contacts = [{ role = "head", name = "Head", email = "head@bayan.example" }]

[reminders]
all_clear = "never"
"""
