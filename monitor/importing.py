"""Many postings or events at once, from a sheet: all or nothing, and a second import of the same file adds nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection

from monitor.assembly import Assembly
from monitor.configuration import notations
from monitor.configuration.sheets import Row, on_line, read_sheet
from monitor.core.journal import MONITOR, Change, What
from monitor.recording.events import add_event
from monitor.recording.outcome import Recorded
from monitor.recording.postings import post
from monitor.state import Refused
from monitor.storage.journal import append
from rules.faults import Fault, Faults
from rules.sentences import sentence

LARGEST = 16 * 1024 * 1024
"""Bytes of a file."""

POSTINGS = ("key", "channel", "on", "url", "note")
EVENTS = ("organisation", "kind", "on", "due", "reference", "note")


@dataclass(frozen=True, slots=True)
class Imported:
    """How many rows were recorded, and how many stood already."""

    new: int
    known: int


def import_postings(
    connection: Connection, assembly: Assembly, now: datetime, by: str, file: Path
) -> Imported:
    """Record each row as `post` would; raises `Faults` with every bad row, and then nothing may be kept."""

    def record(cells: Mapping[str, str]) -> Recorded:
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

    content = _content(file)
    done = _import(content, file, POSTINGS, ("key", "channel", "on"), record)
    _tell(connection, now, by, file.name, content, "postings", done)
    return done


def import_events(connection: Connection, assembly: Assembly, now: datetime, by: str, file: Path) -> Imported:
    """Record each row as `event add` would; raises `Faults` with every bad row, and then nothing may be kept."""

    def record(cells: Mapping[str, str]) -> Recorded:
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

    content = _content(file)
    done = _import(content, file, EVENTS, ("organisation", "kind", "on"), record)
    _tell(connection, now, by, file.name, content, "events", done)
    return done


def _import(
    content: bytes,
    file: Path,
    columns: tuple[str, ...],
    needed: tuple[str, ...],
    record: Callable[[Mapping[str, str]], Recorded],
) -> Imported:
    faults: list[Fault] = []
    done = []
    for row in read_sheet(content, str(file), columns, needed, faults):
        try:
            done.append(_recorded(row, needed, record))
        except Refused as refused:
            faults.append(Fault(str(file), "", None, on_line(row.line, refused.sentence)))
    if faults:
        raise Faults(faults)
    return Imported(new=sum(each.new for each in done), known=sum(not each.new for each in done))


def _tell(
    connection: Connection, now: datetime, by: str, file: str, content: bytes, rows: str, done: Imported
) -> None:
    """What each row brought stands in the journal of its organisation; where it came from stands here."""
    if done.new:
        digest = sha256(content).hexdigest()
        told = {"file": file, "sha256": digest, "rows": rows, "new": done.new, "known": done.known}
        append(connection, now, by, [Change(MONITOR, What.IMPORTED, told)])


def _recorded(row: Row, needed: tuple[str, ...], record: Callable[[Mapping[str, str]], Recorded]) -> Recorded:
    for column in needed:
        if not row.cells.get(column):
            raise Refused(sentence("{column} is missing", column=column))
    return record(row.cells)


def _day(cells: Mapping[str, str], column: str) -> date:
    try:
        return notations.day(cells[column])
    except ValueError as error:
        raise Refused(
            sentence(
                "{column} must be a date such as 2024-02-21, not {value}", column=column, value=cells[column]
            )
        ) from error


def _content(file: Path) -> bytes:
    if file.stat().st_size > LARGEST:
        raise Refused(sentence("{file} is larger than 16 MiB; import it in parts", file=file))
    return file.read_bytes()
