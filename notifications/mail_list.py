"""The outbox as people see it: lists, counts, one delivery with its attempts. It changes nothing."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, text

from notifications.messages import DeliveryState, Kind, Way
from notifications.names import among
from notifications.tables import attempt, delivery, message, outage

_OPEN = text("delivery.state IN ('queued', 'sending')")
_FAILED = text("delivery.state = 'failed'")
_UNSETTLED = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.FAILED)


@dataclass(frozen=True, slots=True)
class Listed:
    """A delivery in a list. `answer` and `code` are those of its last attempt, empty where there was none."""

    id: int
    recipient: str
    """The person's address."""
    service: str
    """What kind of service tells it (`tgram`); empty for a mail."""
    day: date
    kind: Kind
    subject: str
    state: DeliveryState
    queued_at: datetime
    due_at: datetime
    finished_at: datetime | None
    give_up_at: datetime | None
    unanswered: bool
    reason: str
    answer: str
    code: int | None

    @property
    def to(self) -> str:
        """Whom it goes to, and by which service, as people read it."""
        return f"{self.recipient} ({self.service})" if self.service else self.recipient


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt."""

    transport: str
    started_at: datetime
    ended_at: datetime
    outcome: str
    code: int | None
    answer: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One delivery, the bytes that are sent (of a service the text in UTF-8), and its attempts, the first one first."""

    delivery: Listed
    message_id: str
    raw: bytes
    attempts: tuple[Tried, ...]


def listing(
    connection: Connection,
    state: DeliveryState | None = None,
    limit: int | None = None,
    *,
    people: Collection[str] | None = None,
    before: int | None = None,
) -> tuple[Listed, ...]:
    """The deliveries, newest first; only those in `state`, to those `people` (addresses), numbered `before` one."""
    chosen = _LISTED if state is None else _LISTED.where(delivery.c.state == state)
    if people is not None:
        chosen = chosen.where(among(message.c.recipient, people))
    if before is not None:
        chosen = chosen.where(delivery.c.id < before)
    return _listed(connection, chosen.order_by(delivery.c.id.desc()).limit(limit))


def failed(connection: Connection) -> tuple[Listed, ...]:
    """The failed deliveries, newest first."""
    return _listed(connection, _LISTED.where(_FAILED).order_by(delivery.c.id.desc()))


def show(connection: Connection, delivery_id: int) -> Shown | None:
    """All that is known of one delivery."""
    found = _listed(connection, _LISTED.where(delivery.c.id == delivery_id))
    if not found:
        return None
    frozen = connection.execute(
        select(delivery.c.message_id_header, message.c.raw, message.c.brief)
        .join(message, message.c.id == delivery.c.message_id)
        .where(delivery.c.id == delivery_id)
    ).one()
    tried = connection.execute(
        select(
            attempt.c.transport,
            attempt.c.started_at,
            attempt.c.ended_at,
            attempt.c.outcome,
            attempt.c.code,
            attempt.c.answer,
        )
        .where(attempt.c.delivery_id == delivery_id)
        .order_by(attempt.c.id)
    )
    sent = frozen.brief if found[0].service else frozen.raw
    return Shown(found[0], frozen.message_id_header, sent, tuple(Tried(*row) for row in tried))


def counts(connection: Connection) -> dict[DeliveryState, int]:
    """How many deliveries are in each state; every state has its number."""
    rows = connection.execute(select(delivery.c.state, func.count()).group_by(delivery.c.state))
    found = {DeliveryState(state): number for state, number in rows}
    return {state: found.get(state, 0) for state in DeliveryState}


def counts_unsettled(connection: Connection) -> dict[DeliveryState, int]:
    """The same of the states in which something is left to do: there are few, each found by an index of its own."""
    counted = select(delivery.c.state, func.count()).group_by(delivery.c.state)
    rows = [row for each in (_OPEN, _FAILED) for row in connection.execute(counted.where(each))]
    found = {DeliveryState(state): number for state, number in rows}
    return {state: found.get(state, 0) for state in _UNSETTLED}


def oldest_undelivered(connection: Connection) -> datetime | None:
    """When the longest waiting message was queued."""
    waiting = (
        select(func.min(message.c.queued_at))
        .join(delivery, message.c.id == delivery.c.message_id)
        .where(_OPEN)
    )
    moment: datetime | None = connection.execute(waiting).scalar_one()
    return moment


def down_since(connection: Connection) -> tuple[datetime, str] | None:
    """Since when nobody can be reached, and the last answer; None: as far as is known, mail goes out."""
    row = connection.execute(
        select(outage.c.began_at, outage.c.answer)
        .where(outage.c.ended_at.is_(None))
        .order_by(outage.c.began_at)
        .limit(1)
    ).first()
    return None if row is None else (row.began_at, row.answer)


_earlier = attempt.alias("earlier")
_LAST = select(func.max(_earlier.c.id)).where(_earlier.c.delivery_id == delivery.c.id).scalar_subquery()

_LISTED: Select[Any] = (
    select(
        delivery.c.id,
        delivery.c.recipient,
        message.c.recipient.label("person"),
        delivery.c.way,
        message.c.day,
        message.c.kind,
        message.c.subject,
        delivery.c.state,
        message.c.queued_at,
        delivery.c.due_at,
        delivery.c.finished_at,
        delivery.c.give_up_at,
        delivery.c.unanswered,
        delivery.c.reason,
        attempt.c.answer,
        attempt.c.code,
    )
    .join(message, message.c.id == delivery.c.message_id)
    .outerjoin(attempt, attempt.c.id == _LAST)
)


def _listed(connection: Connection, chosen: Select[Any]) -> tuple[Listed, ...]:
    return tuple(_from_row(row) for row in connection.execute(chosen))


def _from_row(row: Row[Any]) -> Listed:
    values = row._asdict()
    values["kind"], values["state"] = Kind(row.kind), DeliveryState(row.state)
    values["answer"] = row.answer or ""
    values["service"] = ""
    person, way = values.pop("person"), values.pop("way")
    if way == Way.SERVICE:
        values["service"], values["recipient"] = row.recipient.partition(":")[0], person
    return Listed(**values)
