"""Many postings or events at once, from a sheet: all or nothing, and a second import of the same file adds nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

from sqlalchemy import Connection, select

from monitor.assembly import Assembly
from monitor.configuration import notations
from monitor.configuration.sheets import Row, on_line, read_sheet
from monitor.core.journal import MONITOR, Change, What
from monitor.days import sensible
from monitor.recording.events import add_event
from monitor.recording.files import bytes_of
from monitor.recording.outcome import Recorded
from monitor.recording.postings import post
from monitor.state import Refused
from monitor.storage import tables
from monitor.storage.journal import append
from rules.faults import Fault
from rules.reading import Reading
from rules.sentences import sentence

LARGEST = 16 * 1024 * 1024
"""Bytes of a file."""


@dataclass(frozen=True, slots=True)
class Imported:
    """How many rows were recorded, and how many stood already."""

    new: int
    known: int


_Cells: TypeAlias = Mapping[str, str]
_Record: TypeAlias = Callable[[Connection, Assembly, datetime, str, _Cells], Recorded]


@dataclass(frozen=True, slots=True)
class Kind:
    """What the rows of a sheet are, and how one is recorded; what is the `same` as something that stands is not."""

    name: str
    columns: tuple[str, ...]
    needed: tuple[str, ...]
    same: Callable[[_Cells], tuple[object, ...]]
    standing: Callable[[Connection], set[tuple[object, ...]]]
    record: _Record


@dataclass(frozen=True, slots=True)
class Listed:
    """A sheet that was read: its rows, and what is wrong with others."""

    kind: Kind
    file: Path
    sha256: str
    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]


def read(kind: Kind, file: Path) -> Listed:
    """The sheet, read whole while nobody waits for the database; raises `Refused` where that cannot be."""
    too_large = sentence("{file} is larger than 16 MiB; import it in parts", file=file)
    content = bytes_of(file, LARGEST, too_large)
    faults: list[Fault] = []
    rows = read_sheet(content, str(file), kind.columns, kind.needed, faults)
    return Listed(kind, file, sha256(content).hexdigest(), rows, tuple(faults))


def record(connection: Connection, assembly: Assembly, now: datetime, by: str, listed: Listed) -> Imported:
    """Record each row as a command of its own would; raises `Faults` for bad ones, and then nothing may be kept."""
    reading = Reading(str(listed.file), list(listed.faults))
    kind, new = listed.kind, 0
    standing = kind.standing(connection)  # at once: one by one, 90,000 known rows took two minutes
    for row in listed.rows:
        try:
            _refuse_missing(row, kind)
            same = kind.same(row.cells)
            if same not in standing:
                new += kind.record(connection, assembly, now, by, row.cells).new
                standing.add(same)
        except Refused as refused:
            reading.note(Fault(reading.where, "", None, on_line(row.line, refused.sentence)))
    reading.refuse_faults()
    imported = Imported(new, known=len(listed.rows) - new)
    _tell(connection, now, by, listed, imported)
    return imported


def _same_posting(cells: _Cells) -> tuple[object, ...]:
    return cells["key"], cells["channel"], _day(cells, "on"), cells.get("url")


def _standing_postings(connection: Connection) -> set[tuple[object, ...]]:
    table = tables.posting.c
    standing = select(table.key, table.channel, table.posted_on, table.url).where(
        table.withdrawn_at.is_(None)
    )
    return {tuple(row) for row in connection.execute(standing)}


def _post(connection: Connection, assembly: Assembly, now: datetime, by: str, cells: _Cells) -> Recorded:
    return post(
        connection,
        assembly,
        now,
        by,
        key=cells["key"],
        channel=cells["channel"],
        on=_day(cells, "on"),
        url=cells.get("url"),
        file=None,
        note=cells.get("note", ""),
    )


def _same_event(cells: _Cells) -> tuple[object, ...]:
    due = _day(cells, "due") if cells.get("due") else None
    return cells["organisation"], cells["kind"], _day(cells, "on"), due, cells.get("reference", "")


def _standing_events(connection: Connection) -> set[tuple[object, ...]]:
    table = tables.event.c
    standing = select(table.organisation, table.kind, table.happened_on, table.due_on, table.reference)
    return {tuple(row) for row in connection.execute(standing.where(table.withdrawn_at.is_(None)))}


def _add_event(connection: Connection, assembly: Assembly, now: datetime, by: str, cells: _Cells) -> Recorded:
    return add_event(
        connection,
        assembly,
        now,
        by,
        kind=cells["kind"],
        organisation=cells["organisation"],
        on=_day(cells, "on"),
        due=_day(cells, "due") if cells.get("due") else None,
        reference=cells.get("reference", ""),
        note=cells.get("note", ""),
    )


POSTINGS = Kind(
    "postings",
    ("key", "channel", "on", "url", "note"),
    ("key", "channel", "on"),
    _same_posting,
    _standing_postings,
    _post,
)
EVENTS = Kind(
    "events",
    ("organisation", "kind", "on", "due", "reference", "note"),
    ("organisation", "kind", "on"),
    _same_event,
    _standing_events,
    _add_event,
)


def _tell(connection: Connection, now: datetime, by: str, listed: Listed, done: Imported) -> None:
    """What each row brought stands in the journal of its organisation; where it came from stands here."""
    if done.new:
        told = {
            "file": listed.file.name,
            "sha256": listed.sha256,
            "rows": listed.kind.name,
            "new": done.new,
            "known": done.known,
        }
        append(connection, now, by, [Change(MONITOR, What.IMPORTED, told)])


def _refuse_missing(row: Row, kind: Kind) -> None:
    for column in kind.needed:
        if not row.cells.get(column):
            raise Refused(sentence("{column} is missing", column=column))


def _day(cells: Mapping[str, str], column: str) -> date:
    try:
        return sensible(notations.day(cells[column]))
    except ValueError as error:
        raise Refused(
            sentence(
                "{column} must be a date such as 2024-02-21, not {value}", column=column, value=cells[column]
            )
        ) from error
