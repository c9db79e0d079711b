"""The calendar shipped for Mongolia against the evidence, which stands in a table that can be corrected."""

import csv
from datetime import date
from pathlib import Path

import holidays
import pytest

from rules.calendars import shipped_calendar
from rules.workdays import DayKind, WorkingCalendar

EVIDENCE = Path(__file__).parents[1] / "truth" / "mn_days.csv"
DAYS_OFF = EVIDENCE.parent / "days_off.csv"
YEARS = range(2012, 2027)


def evidence() -> list[tuple[date, str, str]]:
    with EVIDENCE.open(encoding="utf-8", newline="") as lines:
        return [(date.fromisoformat(row["day"]), row["is"], row["what"]) for row in csv.DictReader(lines)]


@pytest.mark.parametrize("year", YEARS)
def test_every_day_of_which_there_is_evidence_is_off_or_worked_as_it_says(
    mongolia: WorkingCalendar, year: int
) -> None:
    wrong = [
        (str(day), told, what)
        for day, told, what in evidence()
        if day.year == year and mongolia.is_working(day) is not (told == "worked")
    ]
    assert wrong == []


@pytest.mark.parametrize("year", range(2016, 2027))
def test_no_day_is_off_or_worked_by_decree_without_evidence(mongolia: WorkingCalendar, year: int) -> None:
    told = {day for day, _, _ in evidence()}
    moved = [
        str(note.on)
        for note in mongolia.notes(year)
        if note.kind is not DayKind.HOLIDAY and note.on not in told
    ]
    assert moved == []


@pytest.mark.parametrize("year", range(2004, 2101))
def test_the_holidays_are_those_of_the_package_for_every_year_it_knows(
    mongolia: WorkingCalendar, year: int
) -> None:
    package = holidays.country_holidays("MN", years=year, language="mn", expand=False)
    moved = {note.on for note in mongolia.notes(year) if note.kind is not DayKind.HOLIDAY}
    told = {note.on: note.reason for note in mongolia.notes(year) if note.kind is DayKind.HOLIDAY}
    assert told == {day: name for day, name in package.items() if day not in moved}


@pytest.mark.parametrize(
    ("year", "off", "worked"),
    [
        (2016, 3, 0),  # 19 October, 28 November, 30 December
        (2017, 0, 1),
        (2018, 1, 1),
        (2019, 2, 2),
        (2020, 2, 0),  # two polling days
        (2021, 1, 1),
        (2022, 1, 0),  # 10 July, by law, a Sunday
        (2023, 0, 0),
        (2024, 2, 0),
        (2025, 2, 0),
        (2026, 1, 1),
    ],
)
def test_what_the_package_lacks_of_each_year_is_added(
    mongolia: WorkingCalendar, year: int, off: int, worked: int
) -> None:
    kinds = [note.kind for note in mongolia.notes(year)]
    assert (kinds.count(DayKind.OFF), kinds.count(DayKind.ON)) == (off, worked)


def test_every_day_that_is_not_usual_says_why_and_who_says_so(mongolia: WorkingCalendar) -> None:
    notes = [note for year in range(2004, 2101) for note in mongolia.notes(year)]
    assert [note for note in notes if not note.reason or not note.source] == []


def test_holidays_are_named_in_mongolian_whatever_the_machine_speaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LANG", "C.UTF-8")
    shipped_calendar.cache_clear()
    note = shipped_calendar("MN").note(date(2024, 3, 8))
    assert note is not None
    assert note.reason == "Олон улсын эмэгтэйчүүдийн өдөр"


def test_the_calendar_is_known_from_2004_to_2100(mongolia: WorkingCalendar) -> None:
    assert (mongolia.first, mongolia.last) == (date(2004, 1, 1), date(2100, 12, 31))


def test_the_years_looked_at_are_2015_to_2026(mongolia: WorkingCalendar) -> None:
    assert sorted(mongolia.looked_at) == list(range(2015, 2027))


def test_fixed_dates_on_days_off_and_the_next_working_day(mongolia: WorkingCalendar) -> None:
    """The usual due dates of 2023 to 2029 that fall on no working day, counted by hand."""
    with DAYS_OFF.open(encoding="utf-8", newline="") as lines:
        expected = {date.fromisoformat(row["day"]): row["next_working_day"] for row in csv.DictReader(lines)}
    months_and_days = {(day.month, day.day) for day in expected}
    asked = [date(year, month, day) for year in range(2023, 2030) for month, day in months_and_days]
    found = {day: str(mongolia.following(day)) for day in asked if not mongolia.is_working(day)}
    assert found == expected


def test_a_year_that_ends_on_a_sunday_rolls_over_new_year(mongolia: WorkingCalendar) -> None:
    assert mongolia.following(date(2023, 12, 31)) == date(2024, 1, 2)
    assert mongolia.following(date(2028, 12, 31)) == date(2029, 1, 2)
    assert mongolia.following(date(2027, 2, 8)) == date(2027, 2, 10)
