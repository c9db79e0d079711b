"""Due dates as an iCalendar file, to be taken into one's own calendar."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

from icalendar import Calendar, Event


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


def make_calendar(events: Iterable[DueEvent], language: str, at: datetime) -> str:
    """A whole iCalendar text (RFC 5545, METHOD:PUBLISH); each due date is an event of a whole day.

    An event's UID comes from its key, so a later file changes the event of an earlier one instead of adding
    another. `at` is the aware moment of writing.
    """
    calendar = Calendar()
    calendar.add("prodid", f"-//iltod//iltod//{language.upper()}")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for each in events:
        calendar.add_component(_event(each, at))
    written: bytes = calendar.to_ical()
    return written.decode("utf-8")


def _event(due: DueEvent, at: datetime) -> Event:
    event = Event()
    event.add("uid", f"{sha256(due.key.encode()).hexdigest()[:32]}@iltod")
    event.add("dtstamp", at.astimezone(UTC))
    event.add("dtstart", due.due_on)
    event.add("dtend", due.due_on + timedelta(days=1))
    event.add("summary", due.summary)
    event.add("description", due.description)
    event.add("sequence", due.sequence)
    event.add("status", "CANCELLED" if due.cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    return event
