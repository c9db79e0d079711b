"""What was recorded of an obligation, and who was told of it, as rows that people are shown; it changes nothing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select

from monitor.core.journal import Entry
from monitor.core.reminders import Kind
from monitor.storage import tables
from monitor.storage.codec import sentence_from_json
from monitor.storage.journal import entries_of
from notifications import tables as outbox
from notifications.messages import AS_ASKED, DeliveryState, Way
from rules.sentences import Sentence


@dataclass(frozen=True, slots=True)
class PostingRecord:
    """A posting with all that was recorded of it."""

    id: int
    key: str
    channel: str
    on: date
    url: str | None
    evidence: str | None
    """The SHA-256 of a file or photograph."""
    note: str
    recorded_at: datetime
    withdrawn_at: datetime | None
    withdrawn: str | None
    """Why."""
    taken_down: date | None


@dataclass(frozen=True, slots=True)
class Decision:
    """A waiver, an extension or a wish not to be reminded: who reads it sees whether it still stands."""

    what: str
    """`waiver`, `extension` or `snooze`."""
    reason: str
    recorded_at: datetime
    until: date | None = None
    by: str | None = None
    reference: str = ""
    lifted_at: datetime | None = None
    lifted_why: str | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """A person who was told, or is to be told, with the state of the mail that tells it."""

    recipient: str
    kind: Kind
    stage: str
    why: Sentence
    day: date | None
    """The day of the mail; None: the reminder waits for the next sending time."""
    state: DeliveryState | None
    finished_at: datetime | None
    reason: str
    """Why it was not delivered."""


@dataclass(frozen=True, slots=True)
class EventRecord:
    """An event with all that was recorded of it."""

    id: int
    kind: str
    on: date
    due: date | None
    reference: str
    note: str
    recorded_at: datetime
    amended: str | None
    withdrawn: str | None


def postings_of(connection: Connection, keys: Collection[str]) -> Sequence[PostingRecord]:
    """What was posted for any of those obligations, the earliest first."""
    table = tables.posting
    statement = select(table).where(table.c.key.in_(keys)).order_by(table.c.posted_on, table.c.id)
    return [_posting(row) for row in connection.execute(statement)]


def posting_named(connection: Connection, number: int) -> PostingRecord | None:
    """One posting; None where there is none of that number."""
    table = tables.posting
    row = connection.execute(select(table).where(table.c.id == number)).one_or_none()
    return _posting(row) if row else None


def decisions_of(connection: Connection, key: str) -> Sequence[Decision]:
    """What was decided about an obligation, the latest first."""
    waivers, extensions, snoozes = tables.waiver, tables.extension, tables.snooze
    found = [
        Decision("waiver", row.reason, row.recorded_at, lifted_at=row.lifted_at, lifted_why=row.lifted_why)
        for row in connection.execute(select(waivers).where(waivers.c.key == key))
    ]
    found += [
        Decision("extension", row.reason, row.recorded_at, row.until, row.by, row.reference)
        for row in connection.execute(select(extensions).where(extensions.c.key == key))
    ]
    found += [
        Decision("snooze", row.reason, row.recorded_at, row.until)
        for row in connection.execute(select(snoozes).where(snoozes.c.key == key))
    ]
    return sorted(found, key=lambda each: each.recorded_at, reverse=True)


def tellings_of(connection: Connection, organisation: str, key: str) -> Sequence[Telling]:
    """Who was told of an obligation, the latest first."""
    reminder, message, delivery = tables.reminder, outbox.message, outbox.delivery
    mail = and_(delivery.c.message_id == message.c.id, delivery.c.way == Way.MAIL)
    statement = (
        select(
            reminder.c.recipient,
            reminder.c.kind,
            reminder.c.stage,
            reminder.c.reason,
            message.c.day,
            delivery.c.state,
            delivery.c.finished_at,
            delivery.c.reason.label("undelivered"),
        )
        .outerjoin(message, message.c.id == reminder.c.message_id)
        .outerjoin(delivery, mail)
        .where(reminder.c.organisation == organisation, reminder.c.key == key)
        .order_by(message.c.day.desc(), reminder.c.id.desc())
    )
    return [
        Telling(
            recipient=row.recipient,
            kind=Kind(row.kind),
            stage=row.stage,
            why=sentence_from_json(row.reason),
            day=row.day,
            state=DeliveryState(row.state) if row.state else None,
            finished_at=row.finished_at,
            reason=row.undelivered or "",
        )
        for row in connection.execute(statement)
    ]


def journal_of(connection: Connection, organisation: str, key: str, most: int) -> Sequence[Entry]:
    """What the journal tells of an obligation, the latest first."""
    table = tables.journal
    chosen = (
        select(table)
        .where(table.c.chain == organisation, table.c.key == key)
        .order_by(table.c.number.desc())
        .limit(most)
    )
    with entries_of(connection, chosen) as entries:
        return list(entries)


def last_told(connection: Connection, recipients: Collection[str]) -> dict[str, date]:
    """The day of the last mail that told each of those people anything, by the key of the address."""
    message = outbox.message
    statement = (
        select(message.c.recipient, func.max(message.c.day).label("day"))
        .where(message.c.recipient.in_(recipients), message.c.kind.not_in(AS_ASKED))
        .group_by(message.c.recipient)
    )
    return {row.recipient: row.day for row in connection.execute(statement)}


def events_of(connection: Connection, organisation: str, most: int) -> Sequence[EventRecord]:
    """The events of an organisation, the latest first."""
    table = tables.event
    rows = connection.execute(
        select(table)
        .where(table.c.organisation == organisation)
        .order_by(table.c.happened_on.desc(), table.c.id.desc())
        .limit(most)
    )
    return [_event(row) for row in rows]


def event_named(connection: Connection, number: int) -> tuple[str, EventRecord] | None:
    """The organisation of an event, and the event; None where there is none of that number."""
    table = tables.event
    row = connection.execute(select(table).where(table.c.id == number)).one_or_none()
    return (row.organisation, _event(row)) if row else None


def _posting(row: Row[Any]) -> PostingRecord:
    return PostingRecord(
        id=row.id,
        key=row.key,
        channel=row.channel,
        on=row.posted_on,
        url=row.url,
        evidence=row.evidence,
        note=row.note,
        recorded_at=row.recorded_at,
        withdrawn_at=row.withdrawn_at,
        withdrawn=row.withdrawn_why,
        taken_down=row.taken_down_on,
    )


def _event(row: Row[Any]) -> EventRecord:
    return EventRecord(
        id=row.id,
        kind=row.kind,
        on=row.happened_on,
        due=row.due_on,
        reference=row.reference,
        note=row.note,
        recorded_at=row.recorded_at,
        amended=row.amended_why,
        withdrawn=row.withdrawn_why,
    )
