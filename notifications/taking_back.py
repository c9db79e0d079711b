"""What waits in the outbox: superseded by a newer message, cancelled, or sent again at once."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime

from sqlalchemy import (
    Connection,
    Select,
    Update,
    false,
    select,
    update,
)

from notifications.messages import DeliveryState, Kind, Way
from notifications.outbox import OPEN
from notifications.tables import delivery, message


def undelivered(connection: Connection, recipients: Iterable[str]) -> dict[tuple[str, Kind], list[int]]:
    """The queued deliveries by mail that a newer message to the same person may take over, by address and kind.

    Those of which an attempt ended without an answer are not among them: they are repeated as they stand.
    """
    rows = connection.execute(
        select(delivery.c.id, message.c.recipient, message.c.kind)
        .join(message, message.c.id == delivery.c.message_id)
        .where(OPEN, delivery.c.state == DeliveryState.QUEUED, delivery.c.unanswered == false())
        .where(delivery.c.way == Way.MAIL)
        .where(message.c.recipient.in_([address.casefold() for address in recipients]))
        .order_by(delivery.c.id)
    )
    found: dict[tuple[str, Kind], list[int]] = defaultdict(list)
    for row in rows:
        found[row.recipient, Kind(row.kind)].append(row.id)
    return dict(found)


def supersede(connection: Connection, ids: Collection[int], now: datetime) -> None:
    """Ends queued deliveries whose items a newer message has taken over, and what services would tell of them."""
    theirs = select(delivery.c.message_id).where(delivery.c.id.in_(ids))
    together = connection.execute(select(delivery.c.id).where(delivery.c.message_id.in_(theirs)))
    connection.execute(_finish(together.scalars().all(), DeliveryState.SUPERSEDED, "", now))


def cancel(connection: Connection, ids: Collection[int], reason: str, now: datetime) -> int:
    """Ends queued deliveries for `reason`, and says how many; what is being sent or is finished stays as it
    is.
    """
    return connection.execute(_finish(ids, DeliveryState.CANCELLED, reason, now)).rowcount


def cancel_departed(
    connection: Connection, is_here: Callable[[str, str | None], bool], reason: str, now: datetime
) -> tuple[int, ...]:
    """Cancels what is queued for whoever has left, tests apart; gives the ids.

    `is_here` is asked for a person, by the key of the address, and with the name of a service whether that person
    is still told by it: what this costs goes by what is queued, not by who is known.
    """
    rows = connection.execute(
        select(delivery.c.id, message.c.recipient, delivery.c.recipient.label("address"), delivery.c.way)
        .join(message, message.c.id == delivery.c.message_id)
        .where(OPEN, delivery.c.state == DeliveryState.QUEUED, message.c.kind != Kind.TEST)
    )
    departed = tuple(
        row.id for row in rows if not is_here(row.recipient, row.address if row.way == Way.SERVICE else None)
    )
    if departed:
        cancel(connection, departed, reason, now)
    return departed


def dated_after(day: date) -> Select[tuple[int]]:
    """The numbers of the messages of a later day, tests apart."""
    return select(message.c.id).where(message.c.day > day, message.c.kind != Kind.TEST)


def call_back(connection: Connection, messages: Select[tuple[int]], reason: str, now: datetime) -> None:
    """Cancels what is queued of those messages; whatever else waits for a later moment than `now` is due now."""
    theirs = connection.scalars(select(delivery.c.id).where(OPEN, delivery.c.message_id.in_(messages))).all()
    cancel(connection, theirs, reason, now)
    waits = update(delivery).where(OPEN, delivery.c.state == DeliveryState.QUEUED, delivery.c.due_at > now)
    connection.execute(waits.values(due_at=now))


def retry(connection: Connection, delivery_id: int, now: datetime) -> bool:
    """Sends a failed or waiting delivery again, at once and with new patience; False: it is neither of
    these.
    """
    again = (
        update(delivery)
        .where(delivery.c.id == delivery_id)
        .where(delivery.c.state.in_([DeliveryState.FAILED, DeliveryState.QUEUED]))
        .values(
            state=DeliveryState.QUEUED, due_at=now, refusals=0, give_up_at=None, reason="", finished_at=None
        )
    )
    return connection.execute(again).rowcount == 1


def _finish(ids: Collection[int], state: DeliveryState, reason: str, now: datetime) -> Update:
    queued = update(delivery).where(delivery.c.id.in_(ids), delivery.c.state == DeliveryState.QUEUED)
    return queued.values(state=state, reason=reason, finished_at=now)
