"""The second pass: from the reminders that nobody was told yet to one message a person, day and kind."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, select, update

from monitor.assembly import Assembly
from monitor.core.reminders import Kind
from monitor.core.subjects import Recipient
from monitor.letters import LetterDesk, Told
from monitor.storage import tables
from monitor.wording import speech
from notifications import outbox
from notifications import tables as outbox_tables
from notifications.messages import Kind as MessageKind
from notifications.messages import Message
from notifications.rendering import Renderer
from rules.sentences import sentence

_BATCH = 25

Reminders = Sequence[Row[Any]]


def queue_messages(engine: Engine, assembly: Assembly, now: datetime, sending: Mapping[str, date]) -> int:
    """Queue the messages of every person whose sending time it is, and say how many.

    Each person's messages are queued, and their reminders linked to them, in one transaction: killed anywhere and
    begun again, nobody is told twice and nothing is forgotten.
    """
    register = assembly.settings.register
    with engine.begin() as connection:
        present = [person.key for person in register.recipients]
        outbox.cancel_departed(connection, present, _said(assembly, "the contact has left"), now)
        waiting = connection.scalars(select(_reminder.c.recipient).where(_UNTOLD).distinct()).all()
    people = [person for key in waiting if (person := register.recipient(key)) and person.timezone in sending]
    renderer = Renderer({language: speech(language) for language in ("mn", "en")})
    queued = 0
    for batch in _batches(people):
        with engine.begin() as connection:
            queued += _serve(connection, assembly, renderer, batch, now, sending)
    return queued


_reminder = tables.reminder
_UNTOLD = _reminder.c.message_id.is_(None)


def _serve(
    connection: Connection,
    assembly: Assembly,
    renderer: Renderer,
    people: Sequence[Recipient],
    now: datetime,
    sending: Mapping[str, date],
) -> int:
    _forget_settled(connection, people)
    untold = _untold(connection, people)
    open_messages = {person.key: _undelivered(connection, person) for person in people}
    carried = _carried(connection, open_messages)
    rows = [row for each in (*untold.values(), *carried.values()) for row in each]
    desk = LetterDesk(connection, assembly, rows, now)
    queued = 0
    for person in people:
        for kind in (Kind.NOTICE, Kind.DIGEST, Kind.ESCALATION):
            fresh = [row for row in untold[person.key] if row.kind == kind]
            if fresh:
                older = [row for row in carried[person.key] if row.kind == kind]
                items = [*fresh, *_not_repeated(older, fresh)]
                day = sending[person.timezone]
                letter = desk.letter(kind, person, day, [Told.of(row) for row in items])
                rendered = renderer.render(letter)
                said = Message(
                    recipient=person.address,
                    name=person.name,
                    language=person.language,
                    day=day,
                    kind=MessageKind(kind),
                    subject=rendered.subject,
                    text=rendered.text,
                    html=rendered.html,
                )
                queued += _queue(connection, assembly, said, items, open_messages[person.key][kind], now)
    return queued


def _queue(
    connection: Connection,
    assembly: Assembly,
    said: Message,
    items: Reminders,
    taken_over: Sequence[int],
    now: datetime,
) -> int:
    mail = assembly.settings.mail
    delivery_id = outbox.queue(connection, said, mail.sender, mail.reply_to, now)
    if delivery_id is None:
        return 0  # that person had this kind of message today
    delivery = outbox_tables.delivery
    message_id = connection.scalar(select(delivery.c.message_id).where(delivery.c.id == delivery_id))
    told = update(_reminder).where(_reminder.c.id.in_([row.id for row in items]))
    connection.execute(told.values(message_id=message_id))
    if taken_over:
        outbox.supersede(connection, taken_over, now)
    return 1


def _forget_settled(connection: Connection, people: Sequence[Recipient]) -> None:
    """What was posted after it was decided needs no reminder."""
    settled = select(tables.obligation.c.key).where(tables.obligation.c.settled)
    mine = _reminder.c.recipient.in_([person.key for person in people])
    connection.execute(delete(_reminder).where(_UNTOLD, mine, _reminder.c.key.in_(settled)))


def _untold(connection: Connection, people: Sequence[Recipient]) -> dict[str, list[Row[Any]]]:
    mine = _reminder.c.recipient.in_([person.key for person in people])
    return _by_recipient(connection.execute(select(_reminder).where(_UNTOLD, mine).order_by(_reminder.c.id)))


def _undelivered(connection: Connection, person: Recipient) -> dict[Kind, Sequence[int]]:
    """What a newer message of the same kind takes over; a notice tells what happened once, and stands as it is."""
    found: dict[Kind, Sequence[int]] = {Kind.NOTICE: ()}
    for kind in (Kind.DIGEST, Kind.ESCALATION):
        found[kind] = outbox.undelivered(connection, person.key, MessageKind(kind))
    return found


def _carried(
    connection: Connection, open_messages: Mapping[str, Mapping[Kind, Sequence[int]]]
) -> dict[str, list[Row[Any]]]:
    """What the undelivered messages tell, as far as it is not settled meanwhile."""
    ids = [each for kinds in open_messages.values() for deliveries in kinds.values() for each in deliveries]
    if not ids:
        return defaultdict(list)
    delivery, obligation = outbox_tables.delivery, tables.obligation
    statement = (
        select(_reminder)
        .join(delivery, delivery.c.message_id == _reminder.c.message_id)
        .join(obligation, obligation.c.key == _reminder.c.key)
        .where(delivery.c.id.in_(ids), ~obligation.c.settled)
        .order_by(_reminder.c.id)
    )
    return _by_recipient(connection.execute(statement))


def _by_recipient(rows: Iterable[Row[Any]]) -> dict[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row.recipient].append(row)
    return found


def _not_repeated(older: Reminders, fresh: Reminders) -> Reminders:
    told_anew = {row.key for row in fresh}
    return [row for row in older if row.key not in told_anew]


def _batches(people: Sequence[Recipient]) -> Iterable[Sequence[Recipient]]:
    return (people[start : start + _BATCH] for start in range(0, len(people), _BATCH))


def _said(assembly: Assembly, text: str) -> str:
    return sentence(text).say(speech(assembly.settings.monitor.language))
