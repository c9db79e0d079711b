"""The working-day arithmetic against a reference that walks day by day, over every day of 2015 to 2030."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

import pytest

from rules.workdays import DayKind, DayNote, LookedAt, OutsideCalendar, WorkingCalendar, make_calendar

ONE_DAY = timedelta(days=1)
FIRST, LAST = date(2015, 1, 1), date(2030, 12, 31)
COUNTS = (1, 2, 3, 5, 10, 14, 22, 45)


def note(text: str, kind: DayKind) -> DayNote:
    return DayNote(date.fromisoformat(text), kind, "a reason", "a source")


HOLIDAYS = {date(2024, 1, 1): "New year", date(2024, 3, 8): "Women's day", date(2024, 6, 1): "Children's day"}
MOVED = [note("2024-03-11", DayKind.OFF), note("2024-03-16", DayKind.ON), note("2024-06-01", DayKind.ON)]


@pytest.fixture
def small() -> WorkingCalendar:
    return make_calendar(
        HOLIDAYS,
        moved=MOVED,
        first=date(2023, 1, 1),
        last=date(2024, 12, 31),
        looked_at=[LookedAt(2024, date(2024, 12, 1), "a source")],
        holiday_source="a law",
    )


def every_day() -> Iterator[date]:
    day = FIRST
    while day <= LAST:
        yield day
        day += ONE_DAY


def walked(calendar: WorkingCalendar, day: date, n: int) -> date:
    """The nth working day after or before `day`, found on foot."""
    step = ONE_DAY if n > 0 else -ONE_DAY
    while n:
        day += step
        if calendar.is_working(day):
            n -= 1 if n > 0 else -1
    return day


def test_a_day_is_worked_unless_weekend_holiday_or_off_and_worked_whatever_it_is_when_on(
    mongolia: WorkingCalendar,
) -> None:
    for day in every_day():
        told = mongolia.note(day)
        usual = day.weekday() < 5 and told is None
        assert mongolia.is_working(day) is (usual or (told is not None and told.kind is DayKind.ON)), day


def test_sums_forward_and_back_agree_with_walking_for_every_day(mongolia: WorkingCalendar) -> None:
    worked = [day for day in walk_from(date(2014, 1, 1), date(2032, 1, 1)) if mongolia.is_working(day)]
    after = 0  # worked[after] is the first working day after the day
    for day in every_day():
        while worked[after] <= day:
            after += 1
        before = after - 1 - mongolia.is_working(day)  # worked[before] is the last one before it
        for n in COUNTS:
            assert mongolia.add(day, n) == worked[after + n - 1], (day, n)
            assert mongolia.add(day, -n) == worked[before - n + 1], (day, -n)
        assert mongolia.add(day, 0) == day
        assert mongolia.following(day) == (day if mongolia.is_working(day) else worked[after]), day
        assert mongolia.preceding(day) == (day if mongolia.is_working(day) else worked[before]), day


def walk_from(day: date, last: date) -> Iterator[date]:
    while day <= last:
        yield day
        day += ONE_DAY


@pytest.mark.parametrize("n", [1, 14, -1, -14, 600, -600])
def test_the_reference_itself_walks_as_a_person_would(mongolia: WorkingCalendar, n: int) -> None:
    for day in (date(2018, 10, 25), date(2019, 2, 1), date(2026, 2, 16)):
        assert mongolia.add(day, n) == walked(mongolia, day, n)


def test_counting_gives_back_the_number_that_was_added(mongolia: WorkingCalendar) -> None:
    for day in every_day():
        for n in (1, 14, 260, 1000):
            assert mongolia.count(day, mongolia.add(day, n)) == n
            assert mongolia.count(mongolia.add(day, n), day) == -n
        assert mongolia.count(day, day) == 0


def test_days_since_a_missed_date_are_counted_without_the_date_itself(mongolia: WorkingCalendar) -> None:
    assert mongolia.count(date(2024, 4, 5), date(2024, 1, 10)) == -60
    assert mongolia.count(date(2024, 1, 10), date(2024, 4, 5)) == 60


def test_a_week_may_have_no_weekend_at_all() -> None:
    without = make_calendar({}, weekend=())
    assert without.add(date(2024, 3, 1), 3) == date(2024, 3, 4)


def test_a_week_without_a_working_day_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one working day"):
        make_calendar({}, weekend=range(7))


def test_a_worked_saturday_counts_and_a_decreed_day_off_does_not(small: WorkingCalendar) -> None:
    assert small.add(date(2024, 3, 7), 1) == date(2024, 3, 12)  # 8 March, the weekend and 11 March are off
    assert small.add(date(2024, 3, 15), 1) == date(2024, 3, 16)


def test_a_day_worked_by_decree_is_worked_even_on_a_holiday(small: WorkingCalendar) -> None:
    assert small.is_working(date(2024, 6, 1))


def test_notes_tell_why_a_day_is_off_or_worked_and_say_nothing_of_usual_days(small: WorkingCalendar) -> None:
    assert small.note(date(2024, 3, 8)) == DayNote(date(2024, 3, 8), DayKind.HOLIDAY, "Women's day", "a law")
    assert small.note(date(2024, 3, 11)) == MOVED[0]
    assert small.note(date(2024, 3, 9)) is None
    assert small.note(date(2024, 3, 12)) is None


def test_the_notes_of_a_year_stand_in_order_and_a_decree_stands_for_the_holiday_it_moves(
    small: WorkingCalendar,
) -> None:
    told = [(str(each.on), each.kind) for each in small.notes(2024)]
    assert told == [
        ("2024-01-01", DayKind.HOLIDAY),
        ("2024-03-08", DayKind.HOLIDAY),
        ("2024-03-11", DayKind.OFF),
        ("2024-03-16", DayKind.ON),
        ("2024-06-01", DayKind.ON),
    ]
    assert small.notes(2023) == ()


@pytest.mark.parametrize(
    "ask",
    [
        lambda calendar: calendar.is_working(date(2025, 1, 1)),
        lambda calendar: calendar.is_working(date(2022, 12, 31)),
        lambda calendar: calendar.note(date(2025, 1, 1)),
        lambda calendar: calendar.notes(2025),
        lambda calendar: calendar.notes(10_000),
        lambda calendar: calendar.add(date(2024, 12, 31), 1),
        lambda calendar: calendar.add(date(2023, 1, 2), -1),
        lambda calendar: calendar.add(date(2024, 1, 1), 10_000),
        lambda calendar: calendar.add(date(2024, 1, 1), -10_000),
        lambda calendar: calendar.preceding(date(2023, 1, 1)),
        lambda calendar: calendar.following(date(2025, 1, 1)),
        lambda calendar: calendar.count(date(2024, 1, 1), date(2025, 1, 1)),
        lambda calendar: calendar.count(date(2022, 1, 1), date(2024, 1, 1)),
    ],
)
def test_days_beyond_the_known_range_are_refused(
    small: WorkingCalendar, ask: Callable[[WorkingCalendar], object]
) -> None:
    with pytest.raises(OutsideCalendar) as refused:
        ask(small)
    assert (refused.value.first, refused.value.last) == (small.first, small.last)


def test_a_range_may_end_in_mid_year() -> None:
    short = make_calendar({}, first=date(2024, 3, 4), last=date(2024, 3, 14))
    assert short.add(date(2024, 3, 4), 8) == date(2024, 3, 14)
    with pytest.raises(OutsideCalendar):
        short.add(date(2024, 3, 4), 9)
    with pytest.raises(OutsideCalendar):
        short.add(date(2024, 3, 12), -7)


def test_the_refusal_says_what_is_known_and_what_to_do(small: WorkingCalendar) -> None:
    with pytest.raises(OutsideCalendar) as refused:
        small.add(date(2024, 12, 31), 1)
    said = refused.value.sentence
    assert said.text.format_map(said.values) == (
        "The working days are known from 2023-01-01 to 2024-12-31 only, and the reckoning from 2024-12-31 leaves that"
        " range; check the date, or widen `known` in the calendar file"
    )


@pytest.mark.parametrize("method", ["is_working", "following", "preceding", "note", "is_weekend"])
def test_a_moment_is_refused_everywhere(small: WorkingCalendar, method: str) -> None:
    with pytest.raises(TypeError):
        getattr(small, method)(datetime(2024, 3, 8, 9))  # noqa: DTZ001 - it is refused


def test_what_rests_on_a_year_nobody_has_looked_at_is_provisional(small: WorkingCalendar) -> None:
    assert not small.is_provisional(upto=date(2024, 12, 31), since=date(2024, 1, 1))
    assert small.is_provisional(upto=date(2024, 1, 5), since=date(2023, 12, 29))
    assert small.is_provisional(upto=date(2023, 1, 5), since=date(2023, 1, 2))


def test_a_years_table_is_made_only_when_the_year_is_asked_for() -> None:
    asked = []

    def holidays(year: int) -> dict[date, str]:
        asked.append(year)
        return {}

    calendar = WorkingCalendar(
        "", frozenset({5, 6}), date(2004, 1, 1), date(2100, 12, 31), holidays, "", {}, {}
    )
    calendar.add(date(2024, 3, 1), 3)
    calendar.add(date(2024, 9, 1), 3)
    calendar.add(date(2024, 12, 31), 3)
    assert asked == [2024, 2025]
