"""Messages into the outbox: frozen as finished bytes, and queued inside the caller's transaction."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert
from sqlalchemy.dialects import postgresql, sqlite

from notifications.composing import compose, make_message_id
from notifications.messages import DeliveryState, Message, Way
from notifications.tables import delivery, message

_ADD_MESSAGE = {
    name: dialect.insert(message)
    .on_conflict_do_nothing()
    .returning(message.c.id, message.c.recipient, message.c.day, message.c.kind)
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}
_ADD_DELIVERY = insert(delivery).returning(delivery.c.id, delivery.c.message_id, delivery.c.way)


@dataclass(frozen=True, slots=True)
class Queued:
    """A message that was queued: its number, and that of its delivery by mail."""

    message_id: int
    delivery_id: int


def queue(connection: Connection, said: Message, sender: str, reply_to: str, now: datetime) -> int | None:
    """Freezes and queues a message; gives its delivery's id, or None where this recipient, day and kind is
    taken.

    `sender` and `reply_to` as for `compose`. Raises `ValueError` for an address that cannot be written to.
    """
    (queued,) = queue_many(connection, [said], sender, reply_to, now)
    return queued.delivery_id if queued else None


def queue_many(
    connection: Connection, messages: Iterable[Message], sender: str, reply_to: str, now: datetime
) -> tuple[Queued | None, ...]:
    """Freezes and queues messages together, each as `queue` does; gives what became of each, in their order.

    A whole morning is queued so: asking the database for each message anew would cost more than writing it.
    """
    all_said = [(said, make_message_id(said, sender, now)) for said in messages]
    if not all_said:
        return ()
    rows = [_message_row(said, compose(said, sender, reply_to, id_, now), now) for said, id_ in all_said]
    added = connection.execute(_ADD_MESSAGE[connection.dialect.name], rows)
    numbers = {(row.recipient, row.day, row.kind): row.id for row in added}
    # a place is given once: the second of two messages for the same person, day and kind finds it gone
    taken = [numbers.pop((said.recipient_key, said.day, said.kind), None) for said, _ in all_said]
    opened = [
        row
        for (said, header), number in zip(all_said, taken, strict=True)
        if number is not None
        for row in _delivery_rows(said, header, number, now)
    ]
    if not opened:
        return (None,) * len(taken)
    added = connection.execute(_ADD_DELIVERY, opened)
    deliveries = {row.message_id: row.id for row in added if row.way == Way.MAIL}
    return tuple(None if number is None else Queued(number, deliveries[number]) for number in taken)


def _message_row(said: Message, raw: bytes, now: datetime) -> dict[str, object]:
    return {
        "recipient": said.recipient_key,
        "day": said.day,
        "kind": said.kind,
        "language": said.language,
        "subject": said.subject,
        "raw": raw,
        "brief": said.brief.encode() if said.services else None,
        "queued_at": now,
    }


def _delivery_rows(said: Message, header: str, number: int, now: datetime) -> Iterator[dict[str, object]]:
    same = {
        "message_id": number,
        "state": DeliveryState.QUEUED,
        "due_at": now,
        "refusals": 0,
        "unanswered": False,
        "reason": "",
    }
    yield same | {"way": Way.MAIL, "recipient": said.recipient, "message_id_header": header}
    for service in dict.fromkeys(said.services):
        yield same | {"way": Way.SERVICE, "recipient": service, "message_id_header": f"{service} {header}"}
