"""What a due date rests on, before any working day is looked at, and the reckoning that follows from it.

Whatever a rule's form, its due date rests on one of five grounds. The reckoning, the steps and the count day
by day are all told from the ground, so that they cannot differ.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from rules.days import civil
from rules.limits import Limit, calendar_end, end_of, start_before
from rules.model import Roll
from rules.sentences import Sentence
from rules.workdays import OutsideCalendar, WorkingCalendar

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FixedDay:
    """The day itself is given; `roll` says where it goes when it is no working day."""

    on: date
    roll: Roll

    def nominal(self, calendar: WorkingCalendar) -> date:  # noqa: ARG002 - as every dated ground
        """The day as given."""
        return civil(self.on)

    def due_on(self, calendar: WorkingCalendar) -> date:
        """The day, or the working day to which the rule moves it; raises OutsideCalendar.

        A date beyond the days that the calendar knows is refused even where it does not move: nobody could
        say by which working day it must be done.
        """
        if self.roll is Roll.FOLLOWING:
            return calendar.following(self.on)
        before = calendar.preceding(self.on)
        return before if self.roll is Roll.PRECEDING else self.on

    def looked_at(self, nominal: date, due_on: date) -> tuple[date, date] | None:
        """The first and the last of the days on whose being worked the due date rests; None if on none."""
        if self.roll is Roll.NONE:
            return None
        return min(nominal, due_on), max(nominal, due_on)


@dataclass(frozen=True, slots=True)
class CountedFrom:
    """A limit counted from a day, which does not count."""

    start: date
    limit: Limit

    def nominal(self, calendar: WorkingCalendar) -> date:
        """The limit's end if every day were worked."""
        return calendar_end(self.limit, self.start, calendar)

    def due_on(self, calendar: WorkingCalendar) -> date:
        """The limit's end; raises OutsideCalendar."""
        return end_of(self.limit, self.start, calendar)

    def looked_at(self, nominal: date, due_on: date) -> tuple[date, date]:
        """As for a fixed day."""
        return (self.start + _ONE_DAY if self.limit.in_working_days else nominal), due_on


@dataclass(frozen=True, slots=True)
class CountedBack:
    """A limit counted back from a day, which does not count."""

    day: date
    limit: Limit

    def nominal(self, calendar: WorkingCalendar) -> date:
        """Where the count back ends if every day were worked."""
        return calendar_end(self.limit, self.day, calendar, back=True)

    def due_on(self, calendar: WorkingCalendar) -> date:
        """Where the count back ends, on the strict side; raises OutsideCalendar."""
        return start_before(self.limit, self.day, calendar)

    def looked_at(self, nominal: date, due_on: date) -> tuple[date, date]:
        """As for a fixed day."""
        return due_on, (self.day - _ONE_DAY if self.limit.in_working_days else nominal)


@dataclass(frozen=True, slots=True)
class NoLastDay:
    """The text asks for the thing and sets no last day."""


@dataclass(frozen=True, slots=True)
class CannotTell:
    """The facts do not give a due date; `nominal` is where it would lie, when that much is known."""

    reason: Sentence
    nominal: date | None = None


Dated = FixedDay | CountedFrom | CountedBack
Ground = Dated | NoLastDay | CannotTell


@dataclass(frozen=True, slots=True)
class Reckoning:
    """The due date, or why there is none.

    `due_on` is None with `unknown` where it cannot be worked out, and without it where there is no last day.
    `nominal` is the day before any working day was looked at, known also where `due_on` is not; for a limit
    in working days it is the day on which the limit would end if every day were worked. `provisional`: the
    reckoning rests on the working days of a year whose decrees nobody has looked for.
    """

    due_on: date | None
    nominal: date | None = None
    unknown: Sentence | None = None
    provisional: bool = False


def reckon(ground: Ground, calendar: WorkingCalendar) -> Reckoning:
    """The due date that follows from a ground, or why it cannot be worked out."""
    if isinstance(ground, NoLastDay):
        return Reckoning(None)
    if isinstance(ground, CannotTell):
        return Reckoning(None, ground.nominal, ground.reason)
    nominal = None
    try:
        nominal = ground.nominal(calendar)
        due_on = ground.due_on(calendar)
    except OutsideCalendar as outside:
        return Reckoning(None, nominal, outside.sentence)
    looked_at = ground.looked_at(nominal, due_on)
    return Reckoning(
        due_on, nominal, None, looked_at is not None and calendar.is_provisional(looked_at[1], looked_at[0])
    )
