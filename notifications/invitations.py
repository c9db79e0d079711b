"""Due dates as an iCalendar file, to be taken into one's own calendar.

Written by hand, because the objects of a library cost more than all the rest of a mail. The tests hold the result
against what icalendar writes and reads.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

_MARKS = str.maketrans({"\\": r"\\", ";": r"\;", ",": r"\,"})
_LINE_END = re.compile("\r\n|[\r\n]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_FETCH_EVERY = "PT6H"
_LONGEST_LINE = 75
"""Octets, without the line's end."""


@dataclass(frozen=True, slots=True)
class DueEvent:
    """A due date for a calendar. `sequence` rises with every change; a cancelled one disappears from
    calendars.
    """

    key: str
    due_on: date
    summary: str
    description: str
    sequence: int = 0
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class FollowedEvent:
    """A due date in a calendar that is fetched again and again: since when it is as it is, and where to read more."""

    due: DueEvent
    changed_at: datetime
    address: str


def make_calendar(events: Iterable[DueEvent], language: str, at: datetime) -> str:
    """A whole iCalendar text (RFC 5545, METHOD:PUBLISH); each due date is an event of a whole day.

    An event's UID comes from its key, so a later file changes the event of an earlier one instead of adding
    another. `at` is the aware moment of writing.
    """
    stamp = _moment(at)
    return _calendar(language, (), (line for each in events for line in _event(each, stamp)))


def make_followed_calendar(events: Iterable[FollowedEvent], language: str, name: str) -> str:
    """The same for programs that fetch it every few hours. The same events give the same text at any moment.

    The name and the interval are said in the standard's way (RFC 7986) and in that of Google and Outlook.
    """
    heads = (
        _folded(f"NAME:{_escaped(name)}"),
        _folded(f"X-WR-CALNAME:{_escaped(name)}"),
        f"REFRESH-INTERVAL;VALUE=DURATION:{_FETCH_EVERY}",
        f"X-PUBLISHED-TTL:{_FETCH_EVERY}",
    )
    return _calendar(language, heads, (line for each in events for line in _followed(each)))


def _calendar(language: str, heads: Iterable[str], events: Iterable[str]) -> str:
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//iltod//iltod//{language.upper()}",
        "METHOD:PUBLISH",
        *heads,
        *events,
        "END:VCALENDAR",
    )
    return "".join(f"{line}\r\n" for line in lines)


def _followed(each: FollowedEvent) -> tuple[str, ...]:
    stamp = _moment(each.changed_at)
    begin, *rest, end = _event(each.due, stamp)
    return (begin, *rest, f"LAST-MODIFIED:{stamp}", _folded(f"URL:{each.address}"), end)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _event(due: DueEvent, stamp: str) -> tuple[str, ...]:
    return (
        "BEGIN:VEVENT",
        f"UID:{sha256(due.key.encode()).hexdigest()[:32]}@iltod",
        f"DTSTAMP:{stamp}",
        f"DTSTART;VALUE=DATE:{due.due_on:%Y%m%d}",
        f"DTEND;VALUE=DATE:{due.due_on + timedelta(days=1):%Y%m%d}",
        _folded(f"SUMMARY:{_escaped(due.summary)}"),
        _folded(f"DESCRIPTION:{_escaped(due.description)}"),
        f"SEQUENCE:{due.sequence}",
        f"STATUS:{'CANCELLED' if due.cancelled else 'CONFIRMED'}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    )


def _escaped(text: str) -> str:
    """The text as a value (RFC 5545, 3.3.11), which has no control characters."""
    lines = _LINE_END.split(text.translate(_MARKS))
    return "\\n".join(_CONTROL.sub(" ", line) for line in lines)


def _folded(line: str) -> str:
    """The line in pieces of at most 75 octets (RFC 5545, 3.1); no character is torn apart between two."""
    encoded = line.encode("utf-8", "replace")
    pieces, start, room = [], 0, _LONGEST_LINE
    while len(encoded) - start > room:
        end = start + room
        while encoded[end] & 0b1100_0000 == 0b1000_0000:  # in the middle of a character
            end -= 1
        pieces.append(encoded[start:end])
        start, room = end, _LONGEST_LINE - 1  # the space that begins a further line counts
    pieces.append(encoded[start:])
    return b"\r\n ".join(pieces).decode("utf-8")
