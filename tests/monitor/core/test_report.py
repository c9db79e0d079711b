"""What stands on a day, filtered and in order."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from monitor.core.report import ORDER, Line, Report, Wanted, line_of, make_report
from monitor.core.status import Assessment, State
from rules.workdays import WorkingCalendar, make_calendar
from tests.monitor.core.factories import WEEKDAYS, day, days, make_obligation, make_off, make_posting

LAST_CYCLE = datetime(2024, 1, 10, 1, tzinfo=UTC)


def make_line(
    state: State = State.OVERDUE,
    due_on: str | None = "01-10",
    as_of: str = "01-10",
    calendar: WorkingCalendar = WEEKDAYS,
    **changes: object,
) -> Line:
    due = day(due_on) if due_on else None
    obligation = make_obligation(due_on=due, **changes)
    assessment = Assessment(state, None, (), None)
    return line_of(obligation, assessment, {}, day(as_of), calendar, backlog=False)


def report(*lines: Line, **wanted: object) -> Report:
    return make_report(lines, Wanted(**wanted), day("01-10"), LAST_CYCLE)  # type: ignore[arg-type]  # test shorthand


def keys(found: Report) -> list[str]:
    return [each.obligation.key for each in found.lines]


def of_every_state() -> list[Line]:
    return [make_line(state, key=str(state)) for state in reversed(State)]


# --- the days left ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("as_of", "left", "working"),
    [
        ("01-05", 5, 3),  # Friday: Monday to Wednesday
        ("01-06", 4, 3),
        ("01-09", 1, 1),
        ("01-10", 0, 0),
        ("01-11", -1, -1),
        ("01-14", -4, -2),  # Sunday: Thursday and Friday
        ("01-15", -5, -3),
    ],
)
def test_the_days_left_and_passed(as_of: str, left: int, working: int) -> None:
    line = make_line(as_of=as_of)
    assert (line.days_left, line.working_days_left) == (left, working)


def test_working_days_left_and_passed_on_every_day_of_a_year_are_those_counted_one_by_one() -> None:
    calendar = make_off("01-01", "02-12", "02-13", "02-14", "06-03", "07-11", "07-12", "07-15")
    due = day("06-01")
    for as_of in days("2024-01-01", "2024-12-31"):
        after, upto = min(as_of, due), max(as_of, due)
        counted = sum(
            calendar.is_working(each) for each in days("2024-01-01", "2024-12-31") if after < each <= upto
        )
        expected = counted if as_of <= due else -counted
        assert make_line(due_on="06-01", as_of=str(as_of), calendar=calendar).working_days_left == expected


def test_without_a_due_date_no_days_are_left_or_passed() -> None:
    line = make_line(due_on=None)
    assert (line.days_left, line.working_days_left) == (None, None)


def test_outside_the_calendar_the_working_days_are_not_known_and_the_days_are() -> None:
    narrow = make_calendar({}, first=day("01-01"), last=day("01-31"))
    line = make_line(due_on="02-05", calendar=narrow)
    assert (line.days_left, line.working_days_left) == (26, None)


def test_a_line_keeps_what_covers_its_channels() -> None:
    posting = make_posting("website", "01-09")
    assessment = Assessment(State.DUE_SOON, None, ("noticeboard",), None)
    line = line_of(make_obligation(), assessment, {"website": posting}, day("01-10"), WEEKDAYS, backlog=True)
    assert (line.covered, line.backlog, line.state) == ({"website": posting}, True, State.DUE_SOON)


# --- what is listed -----------------------------------------------------------------------------------------------


def test_without_wishes_what_wants_doing_is_listed_by_state() -> None:
    assert keys(report(*of_every_state())) == ["unknown", "removed", "overdue", "due_soon"]


def test_everything_is_listed_in_the_order_of_the_summary() -> None:
    found = report(*of_every_state(), everything=True)
    assert keys(found) == [
        "unknown",
        "removed",
        "overdue",
        "due_soon",
        "upcoming",
        "displayed",
        "met",
        "met_late",
        "waived",
        "withdrawn",
    ]
    assert keys(found) == [str(each) for each in ORDER]
    assert found.summary is not None
    assert list(found.summary) == list(ORDER)


def test_overdue_lists_what_is_overdue_or_removed() -> None:
    assert keys(report(*of_every_state(), overdue=True)) == ["removed", "overdue"]


def test_within_a_state_the_most_overdue_stands_first_and_what_has_no_date_last() -> None:
    lines = [
        make_line(due_on=None, key="dateless"),
        make_line(due_on="01-09", key="later"),
        make_line(due_on="01-05", key="b"),
        make_line(due_on="01-05", key="a"),
    ]
    assert keys(report(*lines)) == ["a", "b", "later", "dateless"]


@pytest.mark.parametrize(
    ("due_on", "listed"), [("01-10", False), ("01-11", True), ("01-20", True), ("01-21", False)]
)
def test_due_within_lists_what_falls_due_after_today_and_in_so_many_days(due_on: str, listed: bool) -> None:
    line = make_line(State.UPCOMING, due_on)
    assert bool(keys(report(line, due_within=10))) is listed


@pytest.mark.parametrize("state", State)
def test_due_within_lists_only_what_is_not_posted(state: State) -> None:
    awaited = {State.UPCOMING, State.DUE_SOON, State.OVERDUE, State.UNKNOWN}
    assert bool(keys(report(make_line(state, "01-15"), due_within=10))) is (state in awaited)


def test_due_within_cannot_list_what_has_no_date() -> None:
    assert keys(report(make_line(State.UNKNOWN, None), due_within=10)) == []


def test_overdue_and_due_within_together_list_both() -> None:
    lines = [
        make_line(State.OVERDUE, "01-05", key="late"),
        make_line(State.UPCOMING, "01-15", key="soon"),
        make_line(State.UPCOMING, "03-15", key="far"),
    ]
    assert keys(report(*lines, overdue=True, due_within=10)) == ["late", "soon"]


# --- what is counted ----------------------------------------------------------------------------------------------


def test_the_summary_counts_every_line_whatever_is_listed() -> None:
    found = report(*of_every_state(), make_line(State.MET, key="another"))
    assert found.summary == {**dict.fromkeys(State, 1), State.MET: 2}
    assert found.total == 11
    assert (found.as_of, found.last_cycle) == (day("01-10"), LAST_CYCLE)


def test_a_limited_list_is_the_beginning_and_has_no_summary() -> None:
    found = report(*of_every_state(), limit=2)
    assert (keys(found), found.summary, found.total) == (["unknown", "removed"], None, 0)


def test_nothing_at_all_is_a_report_too() -> None:
    found = report()
    assert (found.lines, found.total) == ((), 0)


@pytest.mark.parametrize(
    ("wanted", "counts"),
    [
        (Wanted(), True),
        (Wanted(organisations={"soum", "other"}), True),
        (Wanted(organisations={"other"}), False),
        (Wanted(organisations=()), False),
        (Wanted(rules={"p.r"}), True),
        (Wanted(rules={"p.other"}), False),
        (Wanted(role="finance"), True),
        (Wanted(role="web"), False),
        (Wanted(organisations={"soum"}, rules={"p.r"}, role="web"), False),
    ],
)
def test_filters_narrow_what_is_counted(wanted: Wanted, counts: bool) -> None:
    assert wanted.counts(make_obligation()) is counts


def test_a_role_is_looked_for_among_all_that_are_responsible() -> None:
    obligation = make_obligation()
    both = replace(obligation, card=replace(obligation.card, responsible=("finance", "web")))
    assert Wanted(role="web").counts(both)
