"""Laws that hold for every calendar, limit and day, whatever days are off."""

from datetime import date, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from rules.grounds import CountedBack, CountedFrom, FixedDay, reckon
from rules.limits import Limit, Unit, earliest_start, end_of, start_before
from rules.model import Roll
from rules.workdays import DayKind, DayNote, WorkingCalendar, make_calendar

FIRST, LAST = date(2019, 1, 1), date(2029, 12, 31)
"""Further than any limit leads from the days below, and on to a working day."""

days = st.dates(date(2022, 1, 1), date(2026, 12, 31))
limits = st.one_of(
    st.builds(Limit, st.integers(1, 60), st.sampled_from([Unit.DAY, Unit.WORKING_DAY])),
    st.builds(Limit, st.integers(1, 8), st.sampled_from([Unit.WEEK, Unit.MONTH, Unit.QUARTER])),
    st.builds(Limit, st.integers(1, 2), st.just(Unit.YEAR)),
)
weekends = st.sets(st.integers(0, 6), max_size=4)
notes = st.lists(
    st.builds(
        DayNote, days, st.sampled_from([DayKind.OFF, DayKind.ON]), st.just("reason"), st.just("source")
    ),
    max_size=40,
)


@st.composite
def calendars(draw: st.DrawFn) -> WorkingCalendar:
    return make_calendar({}, weekend=draw(weekends), moved=draw(notes), first=FIRST, last=LAST)


def with_a_day_off(calendar: WorkingCalendar, day: date) -> WorkingCalendar:
    off = DayNote(day, DayKind.OFF, "reason", "source")
    moved = [*calendar.moved.values(), off]
    return make_calendar({}, weekend=calendar.weekend, moved=moved, first=calendar.first, last=calendar.last)


@given(calendars(), limits, days, st.integers(0, 400))
def test_a_later_event_never_gives_an_earlier_due_date(
    calendar: WorkingCalendar, limit: Limit, start: date, later: int
) -> None:
    after = min(start + timedelta(days=later), date(2026, 12, 31))
    assert end_of(limit, start, calendar) <= end_of(limit, after, calendar)
    assert start_before(limit, start, calendar) <= start_before(limit, after, calendar)


@given(calendars(), limits, days, days)
def test_one_more_day_off_never_brings_an_end_forward_nor_puts_a_beginning_off(
    calendar: WorkingCalendar, limit: Limit, day: date, off: date
) -> None:
    poorer = with_a_day_off(calendar, off)
    assert end_of(limit, day, poorer) >= end_of(limit, day, calendar)
    assert start_before(limit, day, poorer) <= start_before(limit, day, calendar)


@given(calendars(), limits, days)
def test_a_limit_ends_on_a_working_day_after_its_start_and_a_beginning_lies_before_its_day(
    calendar: WorkingCalendar, limit: Limit, day: date
) -> None:
    end, beginning = end_of(limit, day, calendar), start_before(limit, day, calendar)
    assert calendar.is_working(end)
    assert calendar.is_working(beginning)
    assert beginning < day < end


@given(calendars(), days, st.sampled_from([Roll.FOLLOWING, Roll.PRECEDING]))
def test_a_moved_date_never_lands_on_a_day_off_and_never_leaps_over_a_working_day(
    calendar: WorkingCalendar, day: date, roll: Roll
) -> None:
    due_on = reckon(FixedDay(day, roll), calendar).due_on
    assert due_on is not None
    assert calendar.is_working(due_on)
    between = (min(day, due_on), max(day, due_on))
    assert sum(calendar.is_working(each) for each in span(*between)) == 1


@given(calendars(), days)
def test_the_strict_reading_gives_no_more_time_than_any_other(calendar: WorkingCalendar, day: date) -> None:
    strict = reckon(FixedDay(day, Roll.NONE), calendar).due_on
    rolled = reckon(FixedDay(day, Roll.FOLLOWING), calendar).due_on
    assert strict is not None
    assert rolled is not None
    assert calendar.preceding(strict) <= strict <= rolled


@given(calendars(), st.integers(1, 60), days)
def test_working_days_are_counted_inclusive_of_the_last_and_without_the_first(
    calendar: WorkingCalendar, n: int, day: date
) -> None:
    end = end_of(Limit(n, Unit.WORKING_DAY), day, calendar)
    assert sum(calendar.is_working(each) for each in span(day + timedelta(days=1), end)) == n
    assert calendar.count(day, end) == n


@given(calendars(), days, days, days)
def test_counts_add_up_in_any_order_of_the_days(calendar: WorkingCalendar, a: date, b: date, c: date) -> None:
    assert calendar.count(a, b) + calendar.count(b, c) == calendar.count(a, c)


@given(calendars(), limits, days)
def test_no_limit_that_ends_on_a_day_or_later_started_before_the_earliest_start(
    calendar: WorkingCalendar, limit: Limit, day: date
) -> None:
    start = earliest_start(limit, day, calendar)
    assert end_of(limit, start - timedelta(days=1), calendar) < day


@given(calendars(), limits, days)
@example(make_calendar({}, weekend=[2], first=FIRST, last=LAST), Limit(2, Unit.YEAR), date(2022, 1, 1))
def test_counted_back_and_then_forward_the_day_itself_is_not_passed(
    calendar: WorkingCalendar, limit: Limit, day: date
) -> None:
    beginning = reckon(CountedBack(day, limit), calendar).due_on
    assert beginning is not None
    nominal = reckon(CountedFrom(beginning, limit), calendar).nominal
    assert nominal is not None
    assert nominal <= day


def span(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
