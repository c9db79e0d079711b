"""What changed in the working-day calendar since the last cycle, so that a moved due date can say why."""

from collections.abc import Mapping
from datetime import date, datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from monitor.core.journal import CYCLE, MONITOR, Change, What
from monitor.storage import tables
from monitor.storage.journal import append
from rules.sentences import Sentence, sentence
from rules.workdays import DayKind, DayNote, WorkingCalendar


def changes_since_last_cycle(connection: Connection, calendar: WorkingCalendar) -> dict[date, Sentence]:
    """The days that were moved, or moved back, since the last cycle, and why."""
    if connection.scalar(select(tables.monitor.c.last_cycle_at)) is None:
        return {}
    before = {row.day: row for row in connection.execute(select(tables.calendar_day))}
    changes: dict[date, Sentence] = {}
    for day, note in calendar.moved.items():
        row = before.get(day)
        if row is None or row.works != (note.kind is DayKind.ON):
            changes[day] = _moved(note)
    for day in before.keys() - calendar.moved.keys():
        changes[day] = sentence("{day} is no longer an exception", day=day)
    return changes


def keep_calendar(connection: Connection, calendar: WorkingCalendar, now: datetime) -> None:
    """Remember the exceptions as this cycle knew them."""
    rows = [_row(note) for note in calendar.moved.values()]
    kept = [dict(row._mapping) for row in connection.execute(select(tables.calendar_day))]  # noqa: SLF001 -- the public mapping of a Row
    if sorted(rows, key=itemgetter("day")) != sorted(kept, key=itemgetter("day")):
        connection.execute(delete(tables.calendar_day))
        if rows:
            connection.execute(insert(tables.calendar_day), rows)
        told = {
            "now": [_told(row) for row in rows if row not in kept],
            "no_longer": [_told(row) for row in kept if row not in rows],
        }
        append(connection, now, CYCLE, [Change(MONITOR, What.CALENDAR, told)])


def _moved(note: DayNote) -> Sentence:
    if note.kind is DayKind.ON:
        return sentence("{day} is worked: {reason}", day=note.on, reason=note.reason)
    return sentence("{day} is a day off: {reason}", day=note.on, reason=note.reason)


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "day": row["day"].isoformat()}


def _row(note: DayNote) -> dict[str, Any]:
    return {"day": note.on, "works": note.kind is DayKind.ON, "reason": note.reason, "source": note.source}
