"""What a due date rests on, before any working day is looked at, and the reckoning that follows from it.

Whatever a rule's form, its due date rests on one of five grounds. The reckoning, the steps and the count day by day
are all told from the ground, so that they cannot differ.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from rules.days import civil
from rules.limits import Limit, calendar_end, end_of, start_before
from rules.model import Roll
from rules.sentences import Sentence
from rules.workdays import OutsideCalendar, WorkingCalendar


@dataclass(frozen=True, slots=True)
class FixedDay:
    """The day itself is given; `roll` says where it goes when it is no working day."""

    on: date
    roll: Roll


@dataclass(frozen=True, slots=True)
class CountedFrom:
    """A limit counted from a day, which does not count."""

    start: date
    limit: Limit


@dataclass(frozen=True, slots=True)
class CountedBack:
    """A limit counted back from a day, which does not count."""

    day: date
    limit: Limit


@dataclass(frozen=True, slots=True)
class NoLastDay:
    """The text asks for the thing and sets no last day."""


@dataclass(frozen=True, slots=True)
class CannotTell:
    """The facts do not give a due date; `nominal` is where it would lie, when that much is known."""

    reason: Sentence
    nominal: date | None = None


Ground = FixedDay | CountedFrom | CountedBack | NoLastDay | CannotTell


@dataclass(frozen=True, slots=True)
class Reckoning:
    """The due date, or why there is none.

    `due_on` is None with `unknown` where it cannot be worked out, and without it where there is no last day.
    `nominal` is the day before any working day was looked at, known also where `due_on` is not; for a limit in working
    days it is the day on which the limit would end if every day were worked. `provisional`: the reckoning rests on
    the working days of a year whose decrees nobody has looked for.
    """

    due_on: date | None
    nominal: date | None = None
    unknown: Sentence | None = None
    provisional: bool = False


def reckon(ground: Ground, calendar: WorkingCalendar) -> Reckoning:
    """The due date that follows from a ground.

    A date beyond the days that the calendar knows is refused even where the law fixes it: nobody could say by which
    working day it must be done.
    """
    if isinstance(ground, NoLastDay):
        return Reckoning(None)
    if isinstance(ground, CannotTell):
        return Reckoning(None, ground.nominal, ground.reason)
    nominal = None
    try:
        nominal = nominal_day(ground, calendar)
        due_on = _due_day(ground, nominal, calendar)
        calendar.preceding(due_on)  # refuses a due date beyond the calendar
    except OutsideCalendar as outside:
        return Reckoning(None, nominal, outside.sentence)
    if isinstance(ground, FixedDay) and ground.roll is Roll.NONE:
        return Reckoning(due_on, nominal)
    first, last = looked_at(ground, nominal, due_on)
    return Reckoning(due_on, nominal, None, calendar.is_provisional(last, first))


def nominal_day(ground: FixedDay | CountedFrom | CountedBack, calendar: WorkingCalendar) -> date:
    """See Reckoning; raises OutsideCalendar where the years themselves end."""
    match ground:
        case FixedDay(on):
            return civil(on)
        case CountedFrom(start, limit):
            return calendar_end(limit, start, calendar)
        case CountedBack(day, limit):
            return calendar_end(limit, day, calendar, back=True)


def looked_at(ground: FixedDay | CountedFrom | CountedBack, nominal: date, due_on: date) -> tuple[date, date]:
    """The first and the last of the days that were looked up in the calendar to find the due date."""
    match ground:
        case CountedFrom(start, limit) if limit.in_working_days:
            return start + timedelta(days=1), due_on
        case CountedBack(day, limit) if limit.in_working_days:
            return due_on, day - timedelta(days=1)
    return min(nominal, due_on), max(nominal, due_on)


def _due_day(ground: FixedDay | CountedFrom | CountedBack, nominal: date, calendar: WorkingCalendar) -> date:
    match ground:
        case CountedFrom(start, limit):
            return end_of(limit, start, calendar)
        case CountedBack(day, limit):
            return start_before(limit, day, calendar)
        case FixedDay(roll=Roll.FOLLOWING):
            return calendar.following(nominal)
        case FixedDay(roll=Roll.PRECEDING):
            return calendar.preceding(nominal)
    return nominal
