"""Calendars from files: regions, the operator's own days, and every fault of a calendar file."""

from datetime import date
from pathlib import Path

import pytest

from rules.calendars import load_calendar, read_calendar_file
from rules.faults import Faults
from rules.workdays import DayKind

WEEKEND = ("saturday", "sunday")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "calendar.toml"


def said(refused: pytest.ExceptionInfo[Faults]) -> list[str]:
    return [str(fault).partition(": ")[2] for fault in refused.value.faults]


def entry(kind: str, day: str, reason: str = "a decree") -> str:
    return f'[[{kind}]]\ndate = {day}\nreason = "{reason}"\nsource = "somewhere"\n'


def test_a_region_may_be_a_part_of_a_country() -> None:
    england, scotland = load_calendar("GB-ENG", WEEKEND, None), load_calendar("GB-SCT", WEEKEND, None)
    assert england.is_working(date(2024, 1, 2))
    assert not scotland.is_working(date(2024, 1, 2))
    assert not england.is_working(date(2024, 8, 26))


def test_without_a_region_no_day_is_a_holiday_and_every_day_is_known() -> None:
    calendar = load_calendar("", WEEKEND, None)
    assert calendar.is_working(date(2024, 1, 1))
    assert (calendar.first, calendar.last) == (date.min, date.max)


def test_the_weekend_is_what_the_configuration_says_and_may_be_empty() -> None:
    assert load_calendar("", ["friday", "saturday"], None).following(date(2024, 3, 1)) == date(2024, 3, 3)
    assert load_calendar("", [], None).following(date(2024, 3, 2)) == date(2024, 3, 2)


def test_the_operators_entry_stands_above_the_shipped_one(own: Path) -> None:
    own.write_text(entry("on", "2026-02-17", "the decree was withdrawn"), encoding="utf-8")
    assert not load_calendar("MN", WEEKEND, None).is_working(date(2026, 2, 17))
    calendar = load_calendar("MN", WEEKEND, own)
    assert calendar.is_working(date(2026, 2, 17))
    assert calendar.is_working(date(2026, 2, 28))  # the shipped days stand beside it


def test_a_day_off_beats_a_working_day_and_a_worked_day_beats_weekend_and_holiday(own: Path) -> None:
    own.write_text(
        entry("off", "2026-03-04") + entry("on", "2026-03-07") + entry("on", "2026-06-01"), encoding="utf-8"
    )
    calendar = load_calendar("MN", WEEKEND, own)
    assert not calendar.is_working(date(2026, 3, 4))
    assert calendar.is_working(date(2026, 3, 7))
    assert calendar.is_working(date(2026, 6, 1))
    assert calendar.note(date(2026, 3, 4)) is not None
    assert [note.kind for note in calendar.notes(2026) if note.on.month == 3] == [
        DayKind.OFF,
        DayKind.ON,
        DayKind.HOLIDAY,
    ]


def test_what_is_shipped_can_be_left_out() -> None:
    assert load_calendar("MN", WEEKEND, None, shipped=False).is_working(date(2026, 2, 17))


def test_the_operator_narrows_the_known_range_and_cannot_widen_it(own: Path) -> None:
    own.write_text("known = { from = 1990-01-01, until = 2030-12-31 }", encoding="utf-8")
    calendar = load_calendar("MN", WEEKEND, own)
    assert (calendar.first, calendar.last) == (date(2004, 1, 1), date(2030, 12, 31))


def test_a_year_the_operator_looked_at_is_no_longer_provisional(own: Path) -> None:
    own.write_text('[[looked_at]]\nyear = 2027\non = 2026-12-01\nsource = "the gazette"', encoding="utf-8")
    calendar = load_calendar("MN", WEEKEND, own)
    assert not calendar.is_provisional(upto=date(2027, 1, 20), since=date(2026, 12, 20))
    assert calendar.is_provisional(upto=date(2028, 1, 20), since=date(2027, 12, 20))


@pytest.mark.parametrize(
    ("region", "weekend", "sentences"),
    [
        (
            "XX",
            WEEKEND,
            ['calendar.region must be a region of the holidays package such as "MN" or "GB-ENG", not "XX"'],
        ),
        (
            "MNG",  # the days shipped for Mongolia would silently be missing
            WEEKEND,
            ['calendar.region must be a region of the holidays package such as "MN" or "GB-ENG", not "MNG"'],
        ),
        (
            "__class__",
            WEEKEND,
            [
                'calendar.region must be a region of the holidays package such as "MN" or "GB-ENG", not "__class__"'
            ],
        ),
        (
            "GB-XX",
            WEEKEND,
            [
                'calendar.region must be a region of the holidays package such as "MN" or "GB-ENG", not "GB-XX"'
            ],
        ),
        (
            "",
            ["saturdy"],
            [
                (
                    "calendar.weekend must be one of: monday, tuesday, wednesday, thursday, friday, saturday, sunday,"
                    ' not "saturdy"; perhaps saturday is meant'
                )
            ],
        ),
        (
            "",
            ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
            ["calendar.weekend must leave at least one working day in the week"],
        ),
    ],
)
def test_a_region_or_weekend_that_cannot_be_is_refused(
    region: str, weekend: list[str], sentences: list[str]
) -> None:
    with pytest.raises(Faults) as refused:
        load_calendar(region, weekend, None)
    assert said(refused) == sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("[[off]]\ndate = 2026-03-04\nreason = 'a decree'", ["off[1].source is missing"]),
        (
            "[[off]]\ndate = '2026-03-04'\nreason = 'r'\nsource = 's'",
            ['off[1].date must be a date such as 2024-01-10, without quotes and time, not "2026-03-04"'],
        ),
        (
            "[[on]]\ndate = 2026-03-04T09:00:00\nreason = 'r'\nsource = 's'",
            [
                "on[1].date must be a date such as 2024-01-10, without quotes and time, not 2026-03-04T09:00:00"
            ],
        ),
        ("[[of]]\ndate = 2026-03-04", ["of is not known; perhaps off is meant"]),
        ("holidays = 3", ["holidays is not known; known here are: known, law, off, on, looked_at"]),
        ("off = 2026-03-04", ["off must be a list of tables, each begun with [[off]], not 2026-03-04"]),
        ("known = 2026", ["known must be a table, not 2026"]),
        (
            "known = { from = 2026-01-01, until = 2025-01-01 }",
            ["known.until must not lie before the beginning of the range, 2026-01-01, as 2025-01-01 does"],
        ),
        (
            "[[looked_at]]\nyear = 20260\non = 2026-11-23\nsource = 's'",
            ["looked_at[1].year must be a whole number from 1 to 9999, not 20260"],
        ),
        (
            entry("off", "2026-03-04") + entry("on", "2026-03-04"),
            [
                "on[1].date names 2026-03-04, as off[1].date does; a day is either off or worked, and named once"
            ],
        ),
        (
            entry("off", "2026-03-04") + entry("off", "2026-03-04"),
            [
                "off[2].date names 2026-03-04, as off[1].date does; a day is either off or worked, and named once"
            ],
        ),
    ],
)
def test_a_fault_in_a_calendar_file_is_told_with_its_key(own: Path, text: str, sentences: list[str]) -> None:
    own.write_text(text, encoding="utf-8")
    with pytest.raises(Faults) as refused:
        read_calendar_file(own)
    assert said(refused) == sentences
    assert {fault.where for fault in refused.value.faults} == {str(own)}


def test_the_faults_of_configuration_and_file_are_told_together(own: Path) -> None:
    own.write_text("known = 2026", encoding="utf-8")
    with pytest.raises(Faults) as refused:
        load_calendar("XX", ["sunda"], own)
    assert len(said(refused)) == 3


def test_two_ranges_that_do_not_meet_leave_nothing(own: Path) -> None:
    own.write_text("known = { until = 1999-12-31 }", encoding="utf-8")
    with pytest.raises(Faults) as refused:
        load_calendar("MN", WEEKEND, own)
    assert said(refused) == ["The calendar is known for no day at all: from 2004-01-01 until 1999-12-31"]
