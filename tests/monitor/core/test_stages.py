"""The days on which an obligation is told of."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from monitor.core.stages import Cadence
from rules.workdays import DayKind, DayNote, WorkingCalendar, make_calendar
from tests.monitor.core.factories import WEEKDAYS, day, days, make_cadence, make_off

DUE = day("01-10")  # a Wednesday


def last_come(cadence: Cadence, on: str, due_on: date = DUE, act_by: date | None = None) -> str | None:
    stage = cadence.last_come(due_on, act_by or due_on, day(on))
    return stage.name if stage else None


def first_days(cadence: Cadence, due_on: date, act_by: date, upto: str) -> dict[str, str]:
    """Each stage and the first day on which it is the last that has come."""
    found: dict[str, str] = {}
    for today in days("2023-11-01", upto):
        if stage := cadence.last_come(due_on, act_by, today):
            found.setdefault(stage.name, today.isoformat())
    return found


def test_each_stage_comes_on_its_day() -> None:
    assert first_days(make_cadence(), DUE, DUE, "2024-02-10") == {
        "-30d": "2023-12-11",
        "-14d": "2023-12-27",
        "-7d": "2024-01-03",
        "-3wd": "2024-01-05",
        "-1wd": "2024-01-09",
        "-0d": "2024-01-10",
        "+1wd": "2024-01-11",
        "+3wd": "2024-01-15",
        "+5wd": "2024-01-17",
        "+10wd": "2024-01-24",
        "+15wd": "2024-01-31",
        "+20wd": "2024-02-07",
    }


def test_before_the_first_stage_none_has_come() -> None:
    assert last_come(make_cadence(), "2023-12-10") is None


def test_a_lead_that_is_not_a_working_day_moves_to_the_working_day_before_it() -> None:
    due_on = day("01-15")  # 14 days before is a Monday, 7 days before is one too, 30 days before a Saturday
    stages = first_days(make_cadence(make_off("01-08", "2023-12-15")), due_on, due_on, "2024-01-15")
    assert stages["-7d"] == "2024-01-05"
    assert stages["-30d"] == "2023-12-14"


def test_a_calendar_stage_after_the_due_date_moves_to_the_working_day_after_it() -> None:
    cadence = make_cadence(after=("3d", "10d"))
    stages = first_days(cadence, DUE, DUE, "2024-01-31")
    assert (stages["+3d"], stages["+10d"]) == ("2024-01-15", "2024-01-22")  # a Saturday, and a Saturday


def test_leads_count_from_the_act_by_date_and_what_follows_from_the_due_date() -> None:
    sunday, friday = day("02-18"), day("02-16")
    stages = first_days(make_cadence(before=("7d", "0d"), after=("1d", "2wd")), sunday, friday, "2024-02-28")
    assert stages == {
        "-7d": "2024-02-09",
        "-0d": "2024-02-16",
        "+1d": "2024-02-19",
        "+2wd": "2024-02-20",
    }


def test_of_two_stages_on_one_day_the_later_listed_is_the_last() -> None:
    assert last_come(make_cadence(before=("7d", "5wd")), "01-03") == "-5wd"
    assert last_come(make_cadence(before=("5wd", "7d")), "01-03") == "-7d"


def test_the_order_is_that_of_the_days_not_that_of_the_list() -> None:
    cadence = make_cadence(before=("0d", "1wd", "30d"), after=("5wd", "1wd"))
    assert first_days(cadence, DUE, DUE, "2024-01-31") == {
        "-30d": "2023-12-11",
        "-1wd": "2024-01-09",
        "-0d": "2024-01-10",
        "+1wd": "2024-01-11",
        "+5wd": "2024-01-17",
    }


def test_repeats_go_on_without_end_and_bear_their_number() -> None:
    cadence = make_cadence(after=("5wd", "+5wd"))
    assert last_come(cadence, "2024-12-31") == "+250wd"


def test_without_a_repeat_the_last_stage_stays_the_last() -> None:
    assert last_come(make_cadence(after=("1wd", "3wd")), "2024-12-31") == "+3wd"


def test_soon_from_is_the_first_lead_as_moved() -> None:
    assert make_cadence().soon_from(day("01-09")) == date(2023, 12, 8)  # 30 days before is a Sunday
    assert make_cadence(before=("1wd", "30d")).soon_from(DUE) == date(2023, 12, 11)


def test_without_leads_nothing_is_soon() -> None:
    assert make_cadence(before=()).soon_from(DUE) is None
    assert last_come(make_cadence(before=(), after=()), "2024-12-31") is None


def test_escalations_come_in_the_order_of_their_days() -> None:
    cadence = make_cadence(escalate=(("10wd", "parent:oversight"), ("3wd", "head"), ("3wd", "web")))

    def steps(on: str) -> list[tuple[str, str]]:
        return [(each.stage.name, each.escalation.to) for each in cadence.escalated(DUE, day(on))]

    assert steps("01-12") == []
    assert steps("01-15") == [("+3wd", "head"), ("+3wd", "web")]
    assert steps("01-24") == [("+3wd", "head"), ("+3wd", "web"), ("+10wd", "oversight")]


def test_beyond_the_calendar_what_is_overdue_is_told_on_by_weekdays_and_leads_are_left_out() -> None:
    calendar = make_calendar({}, first=day("01-01"), last=day("01-15"))
    cadence = make_cadence(calendar)
    assert cadence.soon_from(DUE) == day("01-03"), "the leads before the calendar begins are left out"
    beyond = first_days(cadence, DUE, DUE, "2024-12-31")
    known = first_days(make_cadence(), DUE, DUE, "2024-12-31")
    assert beyond == {name: on for name, on in known.items() if on >= "2024"}
    for today in days("2024-01-01", "2024-03-31"):
        assert cadence.escalated(DUE, today) == make_cadence().escalated(DUE, today)
        assert set(cadence.coming(DUE, DUE, today)) == {
            each for each in make_cadence().coming(DUE, DUE, today) if each >= calendar.first
        }


def test_days_off_within_the_calendar_still_count_where_a_stage_lies_beyond_it() -> None:
    decreed = [DayNote(day(each), DayKind.OFF, "a decree", "A 12") for each in ("01-11", "01-16")]
    calendar = make_calendar(
        {day("01-12"): "a holiday", day("01-17"): "another"}, moved=decreed, last=day("01-15")
    )
    cadence = make_cadence(calendar, after=("2wd", "2d"), escalate=())
    assert cadence.coming(DUE, DUE, DUE) == (day("01-16"), day("01-15"))


@pytest.mark.parametrize(
    "after", [("1wd", "3wd", "5wd", "+5wd"), ("3wd", "1wd"), ("2d", "9d", "+7d"), ("5wd", "+1wd"), ()]
)
def test_what_comes_next_is_never_missed(after: Sequence[str]) -> None:
    """Going from each day only to the first coming one meets every change of the last stage, on every day of a year."""
    cadence = make_cadence(make_off("01-01", "01-02", "02-12", "03-08"), after=after)
    for due_on in days("2023-12-25", "2024-02-20"):
        act_by = WEEKDAYS.preceding(due_on)
        today, last = date(2023, 11, 1), day("05-31")
        while today < last:
            following = min((each for each in cadence.coming(due_on, act_by, today)), default=last)
            assert following > today
            for between in range(1, (following - today).days):
                later = today + timedelta(days=between)
                assert cadence.last_come(due_on, act_by, later) == cadence.last_come(due_on, act_by, today)
                assert cadence.escalated(due_on, later) == cadence.escalated(due_on, today)
            today = following


@pytest.mark.parametrize(
    "after",
    [
        ("1wd", "+1wd"),
        ("1d", "+1d"),
        ("5wd", "1wd", "7wd", "+3wd"),
        ("40d", "2wd", "+3wd"),
        ("30wd", "5d", "+9d"),
    ],
)
def test_of_stages_without_end_the_last_that_has_come_is_found_as_by_going_through_them(
    after: Sequence[str],
) -> None:
    calendar = make_off("01-01", "02-12", "02-13", "02-14", "03-08", "07-11", "07-12", "07-15")
    cadence = make_cadence(calendar, before=("0d",), after=after)
    listed = [int(each.rstrip("wd")) for each in after if each[0] != "+"]
    step = int(after[-1].strip("+wd"))
    counts = listed + [listed[-1] + n * step for n in range(1, 400)]

    def day_of(place: int, count: int) -> date:
        is_working = after[min(place, len(after) - 1)].endswith("wd")
        return calendar.add(DUE, count) if is_working else calendar.following(DUE + timedelta(days=count))

    stages = [(day_of(place, count), place, f"{count}") for place, count in enumerate(counts)]
    for today in days("2024-01-11", "2024-12-31"):
        on, place, count = max((each for each in stages if each[0] <= today), default=(DUE, -1, ""))
        stage = cadence.last_come(DUE, DUE, today)
        assert stage is not None
        assert (stage.on, stage.place, stage.name.strip("+-wd")) == (on, place + 1, count or "0")
        assert min(cadence.coming(DUE, DUE, today)) <= min(each[0] for each in stages if each[0] > today)


def test_what_is_overdue_for_a_lifetime_costs_no_more_than_since_yesterday() -> None:
    class Counting(WorkingCalendar):
        asked = 0

        def add(self, day: date, n: int) -> date:
            Counting.asked += 1
            return super().add(day, n)

    calendar = Counting("", frozenset({5, 6}), date.min, date.max, lambda _year: {}, "", {}, {})
    cadence = make_cadence(calendar, before=(), after=("1wd", "+1wd"))
    assert last_come(cadence, "2084-01-10") == f"+{WEEKDAYS.count(DUE, day('2084-01-10'))}wd"
    assert Counting.asked < 5


def test_every_stage_of_every_due_date_falls_on_a_working_day() -> None:
    calendar = make_off("01-01", "02-12", "02-13", "02-14", "06-03", "07-11", "07-12", "07-15", "12-30")
    cadence = make_cadence(calendar, before=("30d", "7d", "1wd", "0d"), after=("1d", "3wd", "10d", "+7d"))
    for due_on in days("2024-01-01", "2024-12-31"):
        act_by = calendar.preceding(due_on)
        for today in (act_by, due_on, due_on + timedelta(days=40)):
            stage = cadence.last_come(due_on, act_by, today)
            assert stage is not None
            assert calendar.is_working(stage.on), (due_on, stage)
            assert all(calendar.is_working(each) for each in cadence.coming(due_on, act_by, today))
