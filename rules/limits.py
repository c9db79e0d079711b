"""Limits such as `14 working days`, and the two ways of counting them: from a day, and back from a day."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Self

from rules.days import civil, days_later, months_later
from rules.sentences import Sentence, counted
from rules.workdays import OutsideCalendar, WorkingCalendar

LONGEST = 10_000


class Unit(StrEnum):
    """What a limit is counted in, with the calendar days or the months of one.

    `day` is a calendar day (хоног), `working day` an ажлын өдөр, which is a day long where every day is worked.
    """

    days: int
    months: int

    DAY = "day", 1, 0
    WORKING_DAY = "working day", 1, 0
    WEEK = "week", 7, 0
    MONTH = "month", 0, 1
    QUARTER = "quarter", 0, 3
    YEAR = "year", 0, 12

    def __new__(cls, word: str, days: int, months: int) -> Self:
        """The word as it is written, and the length."""
        unit = str.__new__(cls, word)
        unit._value_ = word
        unit.days, unit.months = days, months
        return unit


_UNITS = {str(unit): unit for unit in Unit}
_WRITTEN = re.compile(r"([0-9]{1,5}) +(day|working day|week|month|quarter|year)s?")


@dataclass(frozen=True, slots=True)
class Limit:
    """So many of a unit, from 1 to 10,000."""

    count: int
    unit: Unit

    def __post_init__(self) -> None:
        """Raise ValueError for a count that no law means."""
        if not 1 <= self.count <= LONGEST:
            raise ValueError(f"a limit counts from 1 to {LONGEST}, not {self.count}")

    @classmethod
    def parse(cls, text: str) -> "Limit":
        """The limit written as `30 days`, `14 working days`, `1 month`; raises ValueError."""
        found = _WRITTEN.fullmatch(text.strip())
        if found is None:
            raise ValueError(f"not a limit: {text!r}")
        return cls(int(found[1]), _UNITS[found[2]])

    @property
    def in_working_days(self) -> bool:
        """Is it counted in working days?"""
        return self.unit is Unit.WORKING_DAY

    @property
    def words(self) -> Sentence:
        """The limit as people read it."""
        match self.unit:
            case Unit.DAY:
                return counted("{n} day", "{n} days", self.count)
            case Unit.WORKING_DAY:
                return counted("{n} working day", "{n} working days", self.count)
            case Unit.WEEK:
                return counted("{n} week", "{n} weeks", self.count)
            case Unit.MONTH:
                return counted("{n} month", "{n} months", self.count)
            case Unit.QUARTER:
                return counted("{n} quarter", "{n} quarters", self.count)
            case Unit.YEAR:
                return counted("{n} year", "{n} years", self.count)

    def __str__(self) -> str:
        """As `parse` reads it."""
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"


def end_of(limit: Limit, start: date, calendar: WorkingCalendar) -> date:
    """The last day in time of a limit that `start` sets running.

    The start itself does not count (Civil Code of Mongolia, 72.1). A limit in working days ends on the Nth of
    them; any other on its last calendar day, or, where that is no working day, on the next one (72.2). A
    month limit ends on the same day number or on the month's last day (73.1). Raises OutsideCalendar.
    """
    if limit.in_working_days:
        return calendar.add(start, limit.count)
    return calendar.following(calendar_end(limit, start, calendar))


def start_before(limit: Limit, day: date, calendar: WorkingCalendar) -> date:
    """The last day in time for what must be done a limit *before* `day`, which does not count.

    Counted back to the strict side: a day that is no working day moves to the working day before it. Raises
    OutsideCalendar.
    """
    if limit.in_working_days:
        return calendar.add(day, -limit.count)
    return calendar.preceding(calendar_end(limit, day, calendar, back=True))


def keep_until(limit: Limit, posted_on: date, calendar: WorkingCalendar) -> date:
    """The last day on which what was posted on a day must still be up.

    The day of posting does not count (72.1), and the last day does not move: staying up is no work. Raises
    OutsideCalendar.
    """
    if limit.in_working_days:
        return calendar.add(posted_on, limit.count)
    return calendar_end(limit, posted_on, calendar)


def earliest_start(limit: Limit, day: date, calendar: WorkingCalendar) -> date:
    """The first day from which the limit may end on `day` or later, in a reckoning or by its nominal day."""
    try:
        if limit.in_working_days:
            return calendar.add(day, -limit.count)
        return calendar_end(limit, calendar.preceding(days_later(day, -1)), calendar, back=True)
    except OutsideCalendar:
        return min(calendar.first, _nominal_start(limit, day, calendar))


def calendar_end(limit: Limit, start: date, calendar: WorkingCalendar, *, back: bool = False) -> date:
    """Where the limit ends before working days are looked at; one in working days as if every day were
    worked.

    Raises OutsideCalendar only where the years themselves end (1 to 9999).
    """
    count, unit = -limit.count if back else limit.count, limit.unit
    try:
        if unit.days:
            return date.fromordinal(civil(start).toordinal() + count * unit.days)
        return months_later(civil(start), count * unit.months)
    except (ValueError, OverflowError) as too_far:
        raise OutsideCalendar(start, calendar.first, calendar.last) from too_far


def _nominal_start(limit: Limit, day: date, calendar: WorkingCalendar) -> date:
    try:
        return calendar_end(limit, day, calendar, back=True)
    except OutsideCalendar:
        return date.min
