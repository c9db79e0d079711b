"""How limits are counted: from a day, back from a day, and how long a posting must stay up."""

import csv
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from rules.limits import Limit, Unit, end_of, keep_until, start_before
from rules.workdays import OutsideCalendar, WorkingCalendar, make_calendar

MONTH_ENDS = Path(__file__).parents[1] / "truth" / "month_ends.csv"
EVERY_DAY = make_calendar({}, weekend=())  # no day is ever off: the calendar's own sums stand alone


@pytest.mark.parametrize(
    ("written", "limit"),
    [
        ("30 days", Limit(30, Unit.DAY)),
        ("1 day", Limit(1, Unit.DAY)),
        ("14 working days", Limit(14, Unit.WORKING_DAY)),
        ("1 working day", Limit(1, Unit.WORKING_DAY)),
        ("2 weeks", Limit(2, Unit.WEEK)),
        ("1 month", Limit(1, Unit.MONTH)),
        ("2 quarters", Limit(2, Unit.QUARTER)),
        ("10000 years", Limit(10_000, Unit.YEAR)),
    ],
)
def test_a_limit_is_written_and_read_the_same(written: str, limit: Limit) -> None:
    assert (Limit.parse(written), str(limit)) == (limit, written)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "14",
        "working days",
        "0 days",
        "-3 days",
        "10001 days",
        "999999999 days",
        "1.5 days",
        "14 workdays",
        "fourteen days",
        "14  days extra",
        "3wd",
        "30d",
        "14 Days",
        "１４ days",
    ],
)
def test_what_is_no_limit_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="limit"):
        Limit.parse(written)


def month_ends() -> list[tuple[str, str, str]]:
    with MONTH_ENDS.open(encoding="utf-8", newline="") as lines:
        return [(row["start"], row["limit"], row["end"]) for row in csv.DictReader(lines)]


@pytest.mark.parametrize(("start", "limit", "end"), month_ends())
def test_a_month_limit_ends_on_the_same_day_number_or_the_last_day_where_that_is_missing(
    start: str, limit: str, end: str
) -> None:
    """Civil Code of Mongolia, 73.1; counted by hand."""
    assert str(end_of(Limit.parse(limit), date.fromisoformat(start), EVERY_DAY)) == end


def test_a_year_is_twelve_months_and_a_quarter_three_from_every_day_of_sixteen_years() -> None:
    day = date(2015, 1, 1)
    while day.year < 2031:
        assert end_of(Limit(1, Unit.YEAR), day, EVERY_DAY) == end_of(Limit(12, Unit.MONTH), day, EVERY_DAY)
        assert end_of(Limit(1, Unit.QUARTER), day, EVERY_DAY) == end_of(Limit(3, Unit.MONTH), day, EVERY_DAY)
        assert end_of(Limit(1, Unit.WEEK), day, EVERY_DAY) == end_of(Limit(7, Unit.DAY), day, EVERY_DAY)
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("start", "limit", "end"),
    [
        ("2024-03-01", "8 days", "2024-03-11"),  # 9 March is a Saturday
        ("2024-02-06", "1 month", "2024-03-06"),
        ("2024-02-08", "1 month", "2024-03-11"),  # 8 March is a holiday, then a weekend
        ("2026-01-18", "30 days", "2026-02-23"),  # 17 February off, 18 to 20 Tsagaan Sar, then a weekend
        ("2018-11-10", "7 days", "2018-11-17"),  # a Saturday that is worked
    ],
)
def test_a_last_day_that_is_no_working_day_moves_to_the_next_one(
    mongolia: WorkingCalendar, start: str, limit: str, end: str
) -> None:
    assert str(end_of(Limit.parse(limit), date.fromisoformat(start), mongolia)) == end


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2018-10-25", "2018-11-16"),  # 8 November holiday, 9 November moved off
        ("2018-11-02", "2018-11-23"),  # both halves of the moved day inside: they cancel
        ("2024-09-27", "2024-10-18"),  # 11 October election day
        ("2026-02-02", "2026-02-26"),  # 17 February off, 28 February, worked, comes after the end
        ("2026-02-10", "2026-03-05"),  # the pair cancels
    ],
)
def test_fourteen_working_days_end_where_they_were_counted_by_hand(
    mongolia: WorkingCalendar, start: str, end: str
) -> None:
    assert str(end_of(Limit.parse("14 working days"), date.fromisoformat(start), mongolia)) == end


@pytest.mark.parametrize(
    ("day", "limit", "start"),
    [
        ("2024-03-29", "3 days", "2024-03-26"),
        ("2024-04-03", "3 days", "2024-03-29"),  # 31 March is a Sunday: the strict side is Friday
        ("2024-03-31", "1 month", "2024-02-29"),
        ("2023-03-31", "1 month", "2023-02-28"),
        ("2024-03-11", "1 working day", "2024-03-07"),  # 8 March is a holiday
        ("2024-03-09", "1 working day", "2024-03-07"),
        ("2024-07-16", "2 working days", "2024-07-08"),  # Naadam, 10 to 15 July
    ],
)
def test_what_comes_before_a_day_is_counted_back_to_the_strict_side(
    mongolia: WorkingCalendar, day: str, limit: str, start: str
) -> None:
    assert str(start_before(Limit.parse(limit), date.fromisoformat(day), mongolia)) == start


@pytest.mark.parametrize(
    ("posted", "limit", "until"),
    [
        ("2024-01-31", "30 days", "2024-03-01"),
        ("2024-02-22", "30 days", "2024-03-23"),  # a Saturday: staying up is no work, the day does not move
        ("2024-01-31", "1 month", "2024-02-29"),
        ("2024-03-07", "1 working day", "2024-03-11"),
    ],
)
def test_a_posting_stays_up_to_a_day_that_does_not_move(
    mongolia: WorkingCalendar, posted: str, limit: str, until: str
) -> None:
    assert str(keep_until(Limit.parse(limit), date.fromisoformat(posted), mongolia)) == until


@pytest.mark.parametrize(
    "limit", ["10000 years", "10000 months", "10000 weeks", "10000 days", "10000 working days"]
)
def test_a_limit_that_leaves_the_calendar_is_refused_both_ways(mongolia: WorkingCalendar, limit: str) -> None:
    with pytest.raises(OutsideCalendar):
        end_of(Limit.parse(limit), date(2090, 1, 1), mongolia)
    with pytest.raises(OutsideCalendar):
        start_before(Limit.parse(limit), date(2010, 1, 1), mongolia)


@pytest.mark.parametrize("limit", ["1 day", "1 working day", "1 month"])
def test_no_limit_is_counted_from_a_moment(plain: WorkingCalendar, limit: str) -> None:
    with pytest.raises(TypeError):
        end_of(Limit.parse(limit), datetime(2024, 1, 1, 9), plain)  # noqa: DTZ001 - it is refused
