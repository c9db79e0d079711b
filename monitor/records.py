"""What was recorded and said, and which days are worked, as plain data: for the command line and the interface."""

from collections.abc import Collection
from email import message_from_bytes, policy
from typing import Any

from sqlalchemy import Connection, Select, Table, select, tuple_

from monitor.core.journal import Entry
from monitor.storage import tables
from monitor.storage.journal import entries_of
from monitor.wording import Speech
from notifications.mail_list import Listed, Shown
from notifications.messages import DeliveryState
from notifications.names import among
from rules.sentences import sentence
from rules.workdays import WorkingCalendar

Row = dict[str, Any]

EVENTS = (
    "id",
    "organisation",
    "kind",
    "on",
    "due",
    "reference",
    "note",
    "recorded_at",
    "withdrawn",
    "amended",
)
POSTINGS = ("id", "key", "channel", "on", "url", "sha256", "note", "recorded_at", "withdrawn", "taken_down")
MAILS = ("id", "day", "kind", "to", "state", "subject", "queued_at", "next_try", "answer")
JOURNAL = ("at", "by", "what", "organisation", "key", "content", "number", "before", "hash")
DAYS = ("date", "weekday", "kind", "reason", "source")

WEEKDAYS = (
    sentence("Monday"),
    sentence("Tuesday"),
    sentence("Wednesday"),
    sentence("Thursday"),
    sentence("Friday"),
    sentence("Saturday"),
    sentence("Sunday"),
)


def events(
    connection: Connection,
    *,
    organisations: Collection[str] | None = None,
    number: int | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[Row]:
    """The recorded events, withdrawn ones among them, by their numbers; those of some organisations, or just one."""
    wanted = _some(tables.event, organisations, number, after, limit)
    return [
        {
            "id": f"e{row.id}",
            "organisation": row.organisation,
            "kind": row.kind,
            "on": row.happened_on,
            "due": row.due_on,
            "reference": row.reference,
            "note": row.note,
            "recorded_at": row.recorded_at,
            "withdrawn": row.withdrawn_why,
            "amended": row.amended_why,
        }
        for row in connection.execute(wanted)
    ]


def postings(
    connection: Connection,
    *,
    organisations: Collection[str] | None = None,
    key: str | None = None,
    number: int | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[Row]:
    """The recorded postings, withdrawn ones among them, by their numbers; those of one obligation, or just one."""
    wanted = _some(tables.posting, organisations, number, after, limit)
    if key is not None:
        wanted = wanted.where(tables.posting.c.key == key)
    return [
        {
            "id": f"p{row.id}",
            "key": row.key,
            "channel": row.channel,
            "on": row.posted_on,
            "url": row.url,
            "sha256": row.evidence,
            "note": row.note,
            "recorded_at": row.recorded_at,
            "withdrawn": row.withdrawn_why,
            "taken_down": row.taken_down_on,
        }
        for row in connection.execute(wanted)
    ]


def journal(
    connection: Connection,
    *,
    chains: Collection[str] | None = None,
    key: str | None = None,
    after: tuple[str, int] | None = None,
    limit: int | None = None,
) -> list[Row]:
    """The entries of some chains of the journal, or of all: chain by chain, as they follow from each other."""
    table = tables.journal
    wanted = select(table).order_by(table.c.chain, table.c.number).limit(limit)
    if chains is not None:
        wanted = wanted.where(among(table.c.chain, chains))
    if key is not None:
        wanted = wanted.where(table.c.key == key)
    if after is not None:
        wanted = wanted.where(tuple_(table.c.chain, table.c.number) > tuple_(*after))
    with entries_of(connection, wanted) as entries:
        return [journal_entry(each) for each in entries]


def journal_entry(entry: Entry) -> Row:
    """One entry; its chain is that of an organisation, or begins with a dash."""
    return {
        "at": entry.at,
        "by": entry.by,
        "what": entry.what,
        "organisation": entry.chain,
        "key": entry.key,
        "content": entry.content,
        "number": entry.number,
        "before": entry.before,
        "hash": entry.hash,
    }


def mail(row: Listed) -> Row:
    """One delivery."""
    return {
        "id": f"m{row.id}",
        "day": row.day,
        "kind": str(row.kind),
        "to": row.to,
        "state": str(row.state),
        "subject": row.subject,
        "queued_at": row.queued_at,
        "next_try": row.due_at if row.state is DeliveryState.QUEUED else None,
        "answer": why(row),
    }


def shown_mail(shown: Shown) -> Row:
    """One delivery with its text and the attempts at it."""
    return mail(shown.delivery) | {
        "message_id": shown.message_id,
        "text": text_of(shown),
        "attempts": [
            {"at": tried.started_at, "outcome": tried.outcome, "code": tried.code, "answer": tried.answer}
            for tried in shown.attempts
        ],
    }


def text_of(shown: Shown) -> str:
    """What a mail says, as text; a service is told nothing but that."""
    if shown.delivery.service:
        return f"{shown.raw.decode()}\n"
    body = message_from_bytes(shown.raw, policy=policy.default).get_body(("plain",))
    return body.get_content().replace("\r\n", "\n") if body else ""


def why(delivery: Listed) -> str:
    """Why a mail is where it is: our own reason where we ended it, else what the server said last."""
    ours = delivery.state is DeliveryState.CANCELLED or not delivery.answer
    return delivery.reason if ours else delivery.answer


def moved_days(calendar: WorkingCalendar, year: int, voice: Speech) -> list[Row]:
    """The year's days off and moved days."""
    return [
        {
            "date": note.on,
            "weekday": WEEKDAYS[note.on.weekday()].say(voice),
            "kind": str(note.kind),
            "reason": note.reason,
            "source": note.source,
        }
        for note in calendar.notes(year)
    ]


def _some(
    table: Table, organisations: Collection[str] | None, number: int | None, after: int, limit: int | None
) -> Select[Any]:
    wanted = select(table).order_by(table.c.id).limit(limit)
    if organisations is not None:
        wanted = wanted.where(among(table.c.organisation, organisations))
    if number is not None:
        wanted = wanted.where(table.c.id == number)
    return wanted.where(table.c.id > after) if after else wanted
