"""RFC 5545 recurrences of days, by python-dateutil, kept to what a rule may say."""

import re
from collections.abc import Iterator
from datetime import date, datetime, time
from functools import lru_cache
from itertools import takewhile
from typing import cast

from dateutil.rrule import rrule, rrulestr

from rules.days import months_later
from rules.sentences import Sentence, sentence

EPOCH = date(2000, 1, 1)  # where counting begins for a recurrence that does not depend on where it begins
_FREQUENCY = re.compile(r"FREQ=(YEARLY|MONTHLY|WEEKLY|DAILY)")
_END = re.compile(r"\b(COUNT|UNTIL)=")
_DAYS = re.compile(r"BY(MONTHDAY|DAY|YEARDAY)=")


class BadRecurrence(ValueError):  # noqa: N818 - its name says what is wrong
    """The text is no recurrence of days; `why` says what it lacks."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(why.text)
        self.why = why


def recurrence(text: str, anchor: date | None) -> date:
    """The day from which the recurrence `text` is counted: the anchor, or else one that cannot matter.

    Raises BadRecurrence for what is not a recurrence, comes more often than once a day, never comes, or
    depends on a beginning that is not given.
    """
    parts = text.strip().upper().removeprefix("RRULE:").split(";")
    if not any(_FREQUENCY.fullmatch(part) for part in parts):
        raise BadRecurrence(sentence("FREQ must be YEARLY, MONTHLY, WEEKLY or DAILY"))
    if any(part.startswith(("BYHOUR", "BYMINUTE", "BYSECOND")) for part in parts):
        raise BadRecurrence(sentence("a due date is a day and has no hours"))
    if sum(bool(_END.match(part)) for part in parts) > 1:
        raise BadRecurrence(sentence("COUNT and UNTIL cannot stand together"))
    if anchor is None and not _says_its_days(parts):
        raise BadRecurrence(sentence("in_force.from must say where the counting begins"))
    start = anchor or EPOCH
    endless = ";".join(part for part in parts if not _END.match(part))
    try:
        _days(text, start, start)
        first = next(_days(endless, start, _horizon(start)), None)
    except (ValueError, TypeError, OverflowError, KeyError) as refused:
        raise BadRecurrence(sentence("python-dateutil says: {error}", error=str(refused))) from refused
    if first is None:
        raise BadRecurrence(sentence("it never comes"))
    return start


def days_between(text: str, start: date, first: date, last: date) -> Iterator[date]:
    """The days of the recurrence from `first` to `last`, both inclusive."""
    for year in range(first.year, last.year + 1):
        yield from (day for day in _days_of_year(text, start, year) if first <= day <= last)


@lru_cache(maxsize=4096)
def _days_of_year(text: str, start: date, year: int) -> tuple[date, ...]:
    return tuple(day for day in _days(text, start, date(year, 12, 31)) if day.year == year)


def _days(text: str, start: date, last: date) -> Iterator[date]:
    """The days up to `last`; an endless one gets an end, or it would be sought up to the year 9999."""
    rule = cast("rrule", rrulestr(text, dtstart=datetime.combine(start, time.min)))
    end = datetime.combine(last, time.min)
    if not _END.search(text.upper()):
        rule = rule.replace(until=end)
    return (moment.date() for moment in takewhile(lambda moment: moment <= end, rule))


def _says_its_days(parts: list[str]) -> bool:
    """Does it come on the same days wherever the counting begins?"""
    if any(part.startswith(("INTERVAL=", "COUNT=")) and part != "INTERVAL=1" for part in parts):
        return False
    return "FREQ=DAILY" in parts or any(_DAYS.match(part) for part in parts)


def _horizon(start: date) -> date:
    """29 February falls on a given weekday once in 28 or 40 years: what has not come by then never does."""
    try:
        return months_later(start, 12 * 40)
    except OverflowError:
        return date.max
