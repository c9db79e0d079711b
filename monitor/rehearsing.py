"""Running ahead on a copy: every mail of some days, sent nowhere; nothing is kept."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, Row, event, insert, select, update

from monitor.assembly import Assembly
from monitor.core.status import State
from monitor.cycle import run_cycle, works
from monitor.state import Mode, read_state
from monitor.storage import tables
from monitor.storage.backup import back_up
from monitor.storage.copying import copy_rows
from monitor.storage.engine import open_engine, open_reader, sqlite_file
from monitor.storage.schema import bring_up_to_date, schema_of
from notifications import tables as outbox
from notifications.messages import DeliveryState


@dataclass(frozen=True, slots=True)
class Leaving:
    """The mails that leave at one sending time, each with the items that it tells."""

    at: datetime
    mails: tuple[Row[Any], ...]
    items: dict[int, tuple[Row[Any], ...]]
    """By the mail's number."""
    states: dict[str, State]
    """Of the obligations in the items, by key."""


@contextmanager
def copy_of(assembly: Assembly) -> Iterator[Engine]:
    """A throw-away copy of the configured database, or an empty one where there is none yet."""
    with TemporaryDirectory(prefix="iltod-") as folder:
        file = Path(folder) / "copy.db"
        source = assembly.settings.monitor.database
        original = sqlite_file(source)
        if original is not None and original.exists():
            back_up(original, file)
        engine = open_engine(f"sqlite:///{file}")
        event.listen(engine, "connect", _forget_power_cuts)
        bring_up_to_date(engine)
        with engine.begin() as connection:
            if original is None:
                _copy_from_server(source, connection)
            if read_state(connection).mode is None:
                connection.execute(insert(tables.monitor).values(id=1, mode=str(Mode.REHEARSAL)))
        try:
            yield engine
        finally:
            engine.dispose()


def _forget_power_cuts(connection: sqlite3.Connection, _: Any) -> None:
    connection.execute("PRAGMA synchronous = OFF")  # nothing of the copy is kept


def leaving(engine: Engine, assembly: Assembly, moments: Iterable[datetime]) -> Iterator[Leaving]:
    """What leaves at each of those moments, where anything does, if nothing more is posted."""
    for moment in moments:
        run_cycle(engine, assembly, moment)
        with engine.begin() as connection:
            found = _taken(connection, moment)
        if found.mails:
            yield found


def sending_moments(assembly: Assembly, first: date, last: date) -> Iterator[datetime]:
    """Every sending time of every recipient's zone on the working days from `first` to `last`, in order."""
    send_at = assembly.settings.reminders.send_at
    zones = {ZoneInfo(person.timezone) for person in assembly.settings.register.recipients}
    day = first
    while day <= last:
        if works(assembly.book.calendar, day):
            yield from sorted({datetime.combine(day, send_at, zone).astimezone(UTC) for zone in zones})
        day += timedelta(days=1)


def _copy_from_server(source: str, target: Connection) -> None:
    engine = open_reader(source)
    assert engine is not None  # noqa: S101 -- only a file may be missing
    try:
        with engine.connect() as connection:
            if schema_of(connection) is not None:
                copy_rows(connection, target)
    finally:
        engine.dispose()


def _taken(connection: Connection, moment: datetime) -> Leaving:
    """The mails queued at that moment; they count as sent, so that none is taken over by a later one."""
    message, delivery, reminder = outbox.message, outbox.delivery, tables.reminder
    statement = (
        select(message).where(message.c.queued_at == moment).order_by(message.c.recipient, message.c.kind)
    )
    mails = tuple(connection.execute(statement))
    ids = [mail.id for mail in mails]
    sent = update(delivery).where(delivery.c.message_id.in_(ids))
    connection.execute(sent.values(state=str(DeliveryState.SENT), finished_at=moment))
    items: dict[int, list[Row[Any]]] = {}
    for row in connection.execute(
        select(reminder).where(reminder.c.message_id.in_(ids)).order_by(reminder.c.key)
    ):
        items.setdefault(row.message_id, []).append(row)
    keys = {row.key for rows in items.values() for row in rows}
    obligation = tables.obligation
    judged = connection.execute(
        select(obligation.c.key, obligation.c.state).where(obligation.c.key.in_(keys))
    )
    states = {row.key: State(row.state) for row in judged}
    return Leaving(moment, mails, {mail: tuple(rows) for mail, rows in items.items()}, states)
