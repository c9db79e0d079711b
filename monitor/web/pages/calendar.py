"""The calendar of a year: which days are off, which were moved, and who says so."""

from calendar import monthcalendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from starlette.responses import Response

from monitor.clock import day_in
from monitor.web.asking import year_in
from monitor.web.visits import Visit
from monitor.web.words import month_names
from rules.workdays import DayNote, WorkingCalendar


@dataclass(frozen=True, slots=True)
class Day:
    """A day as it stands in the calendar."""

    on: date
    off: bool
    note: DayNote | None
    today: bool


@dataclass(frozen=True, slots=True)
class Month:
    """A month in weeks that begin on Monday; None where a week reaches into another month."""

    name: str
    weeks: Sequence[Sequence[Day | None]]


def calendar(visit: Visit) -> Response:
    """Answer with the year that the address asks for, or this one."""
    working = visit.assembly.book.calendar
    with visit.site.reading() as opened:
        today = day_in(visit.timezone, opened.now)
    year = year_in(visit.request.query_params) or today.year
    year = min(max(year, working.first.year), working.last.year)
    months = [
        Month(name, _weeks(working, year, number, today))
        for number, name in enumerate(month_names(visit.voice.language), 1)
    ]
    return visit.page(
        "calendar.html",
        year=year,
        first=working.first,
        last=working.last,
        months=months,
        notes=working.notes(year),
        worked=sum(not day.off for month in months for week in month.weeks for day in week if day),
        law=working.holiday_source,
        looked=working.looked_at.get(year),
    )


def _weeks(working: WorkingCalendar, year: int, month: int, today: date) -> list[list[Day | None]]:
    return [
        [_day(working, date(year, month, number), today) if number else None for number in week]
        for week in monthcalendar(year, month)
    ]


def _day(working: WorkingCalendar, on: date, today: date) -> Day:
    if not working.first <= on <= working.last:
        return Day(on, off=False, note=None, today=on == today)
    return Day(on, off=not working.is_working(on), note=working.note(on), today=on == today)
