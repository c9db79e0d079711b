"""RFC 5545 recurrences of days, by python-dateutil, kept to what a rule may say."""

import re
from collections.abc import Iterator
from datetime import date, datetime, time
from functools import lru_cache
from itertools import takewhile
from typing import cast

from dateutil.rrule import rrule, rrulestr

from rules.days import months_later

EPOCH = date(2000, 1, 1)  # where counting begins for a recurrence that does not depend on where it begins
_HORIZON_YEARS = 40  # 29 February on a certain weekday comes once in 28 or 40 years
_FREQUENCY = re.compile(r"FREQ=(YEARLY|MONTHLY|WEEKLY|DAILY)")
_DAY_PART = re.compile(r"BY(MONTHDAY|DAY|YEARDAY|EASTER)=")


class BadRecurrence(ValueError):
    """The text is no recurrence of days."""


def recurrence(text: str, anchor: date | None) -> date:
    """The day from which the recurrence `text` is counted: the anchor, or for want of one a day that cannot matter.

    Raises BadRecurrence for what is not a recurrence, comes more often than once a day, never comes, or depends on
    a beginning that is not given.
    """
    parts = text.upper().removeprefix("RRULE:").split(";")
    if not any(_FREQUENCY.fullmatch(part) for part in parts) or any("\n" in part for part in parts):
        raise BadRecurrence("FREQ must be YEARLY, MONTHLY, WEEKLY or DAILY")
    if any(part.startswith(("BYHOUR", "BYMINUTE", "BYSECOND")) for part in parts):
        raise BadRecurrence("days have no hours")
    if anchor is None and not _says_its_days(parts):
        raise BadRecurrence("in_force.from must say where the counting begins")
    start = anchor or EPOCH
    try:
        first = next(_days(text, start, _latest(start)), None)
    except (ValueError, TypeError, OverflowError, KeyError) as refused:
        raise BadRecurrence(str(refused)) from refused
    if first is None:
        raise BadRecurrence("it never comes")
    return start


@lru_cache(maxsize=1024)
def days_between(text: str, start: date, first: date, last: date) -> tuple[date, ...]:
    """The days of the recurrence from `first` to `last`, both inclusive."""
    return tuple(day for day in _days(text, start, last) if day >= first)


def _days(text: str, start: date, last: date) -> Iterator[date]:
    """The days up to `last`; bounded also where the recurrence never comes, which would search to the year 9999."""
    rule = cast("rrule", rrulestr(text, dtstart=datetime.combine(start, time.min)))  # noqa: DTZ901 - days, no zone
    end = datetime.combine(last, time.min)  # noqa: DTZ901 - the same
    if "COUNT=" not in text.upper():
        until = cast("datetime | None", rule._until)  # type: ignore[attr-defined]
        rule = rule.replace(until=min(end, until) if until else end)
    return (moment.date() for moment in takewhile(lambda moment: moment <= end, rule))


def _says_its_days(parts: list[str]) -> bool:
    counts = any(part.startswith(("INTERVAL=", "COUNT=")) and not part.endswith("=1") for part in parts)
    daily = "FREQ=DAILY" in parts
    return not counts and (daily or any(_DAY_PART.match(part) for part in parts))


def _latest(start: date) -> date:
    try:
        return months_later(start, 12 * _HORIZON_YEARS)
    except OverflowError:
        return date.max
