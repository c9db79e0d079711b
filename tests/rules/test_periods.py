"""Periods: how they are written, where they begin and end, and which comes first."""

from datetime import date, datetime, timedelta

import pytest

from rules.periods import Period, PeriodKind


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2024", "2024-01-01", "2024-12-31"),
        ("2024-H1", "2024-01-01", "2024-06-30"),
        ("2024-H2", "2024-07-01", "2024-12-31"),
        ("2024-Q1", "2024-01-01", "2024-03-31"),
        ("2024-Q3", "2024-07-01", "2024-09-30"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2023-02", "2023-02-01", "2023-02-28"),
        ("2024-12", "2024-12-01", "2024-12-31"),
        ("9999-12", "9999-12-01", "9999-12-31"),
    ],
)
def test_a_period_is_written_read_and_bounded(written: str, first: str, last: str) -> None:
    period = Period.parse(written)
    assert (str(period), str(period.first), str(period.last)) == (written, first, last)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "24",
        "2024-13",
        "2024-00",
        "2024-H3",
        "2024-Q5",
        "2024-Q0",
        "2024-q1",
        "2024-7",
        "2024-07-01",
        " 2024",
        "0000",
        "2024\n",
        "٢٠٢٤",
    ],
)
def test_what_is_no_period_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"period|year"):
        Period.parse(written)


@pytest.mark.parametrize("kind", PeriodKind)
def test_every_day_of_sixteen_years_lies_in_one_period_of_a_kind_and_they_follow_each_other(
    kind: PeriodKind,
) -> None:
    day, period = date(2015, 1, 1), Period.containing(kind, date(2015, 1, 1))
    while day.year < 2031:
        if day > period.last:
            assert day == period.last + timedelta(days=1)
            period = period.next()
            assert day == period.first
        assert Period.containing(kind, day) == period
        day += timedelta(days=1)


def test_periods_stand_in_the_order_of_their_first_days_and_the_shorter_first() -> None:
    written = ["2023", "2024-01", "2024-Q1", "2024-H1", "2024", "2024-02", "2024-Q2", "2024-H2", "2025-Q1"]
    assert [str(period) for period in sorted(map(Period.parse, reversed(written)))] == written


def test_there_is_no_fifth_quarter_and_no_period_after_the_last() -> None:
    with pytest.raises(ValueError, match="no quarter 5"):
        Period(PeriodKind.QUARTER, 2024, 5)
    with pytest.raises(ValueError, match="10000"):
        Period.parse("9999-12").next()


def test_a_moment_lies_in_no_period() -> None:
    with pytest.raises(TypeError, match="moment"):
        Period.containing(PeriodKind.YEAR, datetime(2024, 1, 1, 9))  # noqa: DTZ001 - it is refused
