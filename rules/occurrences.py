"""The times a rule comes round: each has a name, and from it follows what its due date rests on."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from rules.days import civil, day_in_month, days_later
from rules.grounds import CannotTell, CountedBack, CountedFrom, FixedDay, Ground, NoLastDay, Reckoning
from rules.limits import Limit
from rules.model import (
    AfterDue,
    AfterEvent,
    AfterPeriod,
    BeforeEvent,
    DayAfterPeriod,
    Deadline,
    InPeriod,
    Once,
    OnDay,
    OpenEnded,
    Promptly,
    Recurring,
    Roll,
    Rule,
    Stated,
    Yearly,
)
from rules.periods import Period, PeriodKind
from rules.recurrences import days_between
from rules.sentences import sentence

FIXED_DATES = (Yearly, DayAfterPeriod, InPeriod, Once, OnDay, Recurring)
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class EventFact:
    """What the rules need to know of an event: its name (`e17`), its day, and the due date that it states, if
    any.

    With a `kind` it starts only the versions of a rule that wait for that kind.
    """

    name: str
    on: date
    due: date | None = None
    kind: str | None = None

    def __post_init__(self) -> None:
        """Raise TypeError for a moment instead of a day."""
        civil(self.on)
        if self.due is not None:
            civil(self.due)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that a rule comes round.

    Its name is the period (`2024-Q3`), the day, the event's name, or, for a rule that follows another's due
    date, the name of that other duty's occurrence; `base` is then that duty's reckoning.
    """

    name: str
    period: Period | None = None
    event: EventFact | None = None
    on: date | None = None
    base: Reckoning | None = None

    @property
    def base_due(self) -> date | None:
        """The due date from which a rule that follows another is counted."""
        return self.base.due_on if self.base else None


def occurrence_named(rule: Rule, name: str) -> Occurrence | None:
    """The occurrence of that name, of a rule that neither an event nor another rule starts; None if there is
    none.
    """
    day = _day_named(name)
    match rule.deadline:
        case OnDay(on):
            return Occurrence(name, on=on) if day == on else None
        case Recurring(rrule, start):
            return Occurrence(name, on=day) if day and any(days_between(rrule, start, day, day)) else None
    try:
        period = Period.parse(name)
    except ValueError:
        return None
    return Occurrence(name, period) if _has_period(rule.deadline, period) else None


def names_between(rule: Rule, first: date, last: date) -> Iterator[str]:
    """The names of the occurrences whose day, or whose period's last day where a limit follows, may lie in a
    window.

    A few beyond the window may be among them, never one too few. For rules of the calendar only.
    """
    match rule.deadline:
        case Yearly(dates) as yearly:
            for year in range(first.year - len(dates), last.year + 1):
                yield from (str(period) for period in _series(yearly, year + rule.period.shift))
        case AfterPeriod(kind) | InPeriod(kind):
            yield from (
                str(period) for period in _periods(kind, first, last) if _has_period(rule.deadline, period)
            )
        case DayAfterPeriod(kind):
            yield from (str(period) for period in _periods(kind, days_later(first, -31), last))
        case OnDay(on):
            yield str(on)
        case Once(period):
            yield str(period)
        case Recurring(rrule, start):
            yield from (str(day) for day in days_between(rrule, start, first, last))


def ground_of(rule: Rule, occurrence: Occurrence, promptly: Limit) -> Ground:  # noqa: PLR0911 - a form, a return
    """What one due date rests on; `promptly` is the office's own standard for "each time"."""
    match rule.deadline:
        case AfterEvent(within=within):
            return CountedFrom(_event(occurrence).on, within)
        case BeforeEvent(before=before):
            return CountedBack(_event(occurrence).on, before)
        case Promptly():
            return CountedFrom(_event(occurrence).on, promptly)
        case Stated():
            return _stated(_event(occurrence))
        case OpenEnded():
            return NoLastDay()
        case AfterDue(rule=other, within=within):
            return _after_due(other, within, occurrence)
        case AfterPeriod(within=within):
            return CountedFrom(_period(occurrence).last, within)
    try:
        return FixedDay(_fixed_day(rule, occurrence), rule.roll)
    except (ValueError, OverflowError):
        return CannotTell(sentence("Its date lies outside the years 1 to 9999"))


def _fixed_day(rule: Rule, occurrence: Occurrence) -> date:
    match rule.deadline:
        case Yearly(dates):
            period = _period(occurrence)
            month, day = dates[period.number - 1]
            return day_in_month(_year_of(dates, period) - rule.period.shift, month, day)
        case DayAfterPeriod(_, day):
            following = _period(occurrence).last + timedelta(days=1)
            return day_in_month(following.year, following.month, day)
        case InPeriod() | Once():
            return _period(occurrence).last
    assert occurrence.on is not None, "an occurrence of a day carries its day"  # noqa: S101 - for the type checker
    return occurrence.on


def _year_of(dates: tuple[tuple[int, int], ...], period: Period) -> int:
    """The year in which a period's date falls: each date that falls before its forerunner lies one year
    further.
    """
    written = dates[: period.number]
    return period.year + sum(date < forerunner for forerunner, date in pairwise(written))


def _stated(event: EventFact) -> Ground:
    if event.due is not None:
        return FixedDay(event.due, Roll.NONE)
    reason = sentence(
        "The due date is the one that the event {event} of {on} states, and none was recorded;"
        " add it to the event",
        event=event.name,
        on=event.on,
    )
    return CannotTell(reason, event.on)


def _after_due(other: str, within: Limit, occurrence: Occurrence) -> Ground:
    base = occurrence.base
    if base is not None and base.due_on is not None:
        return CountedFrom(base.due_on, within)
    why = base.unknown if base is not None and base.unknown is not None else sentence("it has no last day")
    reason = sentence(
        "It is counted from the due date of {rule}, which cannot be worked out: {why}", rule=other, why=why
    )
    return CannotTell(reason, base.nominal if base else None)


def _has_period(deadline: Deadline, period: Period) -> bool:
    match deadline:
        case Yearly() | AfterPeriod() | DayAfterPeriod():
            return period.kind is deadline.kind
        case InPeriod(kind, only):
            return period.kind is kind and (not only or period.number in only)
        case Once(once):
            return period == once
    return False


def _series(yearly: Yearly, year: int) -> Iterator[Period]:
    if date.min.year <= year <= date.max.year:
        for number in range(1, len(yearly.dates) + 1):
            yield Period(yearly.kind, year, number)


def _periods(kind: PeriodKind, first: date, last: date) -> Iterator[Period]:
    """The periods whose last day lies in the window."""
    period = Period.containing(kind, first)
    while period.last <= last:
        yield period
        if period.last == date.max:
            return
        period = period.next()


def _day_named(name: str) -> date | None:
    try:
        return date.fromisoformat(name) if _ISO_DAY.fullmatch(name) else None
    except ValueError:
        return None


def _event(occurrence: Occurrence) -> EventFact:
    assert occurrence.event is not None, "an event's duty carries its event"  # noqa: S101 - for the type checker
    return occurrence.event


def _period(occurrence: Occurrence) -> Period:
    assert occurrence.period is not None, "a period's duty carries its period"  # noqa: S101 - for the type checker
    return occurrence.period
