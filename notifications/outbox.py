"""The outbox: what is claimed, recorded, given back.

Each function works on a SQLAlchemy `Connection` inside the caller's transaction, and `now` is an argument.
The promise rests on the order: a claim is committed before a message is sent, its outcome recorded right
after the answer.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, partial
from secrets import token_hex

from sqlalchemy import (
    Boolean,
    Connection,
    Integer,
    Select,
    bindparam,
    func,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from notifications.headers import one_line
from notifications.messages import DeliveryState, Kind, Way
from notifications.moments import UtcMoment
from notifications.retry import Standing, Verdict, judge
from notifications.tables import attempt, delivery, message
from notifications.transports import Parcel
from notifications.transports.outcomes import Outcome, Temporary, Unanswered, Unreachable

OPEN = text("delivery.state IN ('queued', 'sending')")
"""Said in the words of the partial index, or it would not be used."""
MAX_ANSWER = 500
"""Characters of a server's answer that are kept."""
_UNCLAIMED = {"claimed_by": None, "lease_until": None}


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that one sender holds for the time of its lease."""

    id: int
    parcel: Parcel
    refusals: int
    """How often it was refused for now, or had no answer, before."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that ended, to be recorded."""

    claimed: Claimed
    transport: str
    started_at: datetime
    ended_at: datetime
    outcome: Outcome
    nonce: str = field(default_factory=partial(token_hex, 8))
    """Drawn, for a rehearsal's clock stands: two attempts at a delivery may begin at one moment."""


def claim(
    connection: Connection,
    now: datetime,
    by: str,
    limit: int,
    lease: timedelta,
    way: Way = Way.MAIL,
    only: Kind | None = None,
) -> tuple[Claimed, ...]:
    """Takes up to `limit` deliveries by that way that are due, oldest first, for `by` until `now` + `lease`.

    One whose lease has ended is due again, and counts as unanswered: its sender may have died after handing
    it over. Several senders never get the same one. With `only`, messages of other kinds stay where they are.
    """
    ids = connection.execute(_due(only), {"now": now, "way": way, "limit": limit}).scalars().all()
    if not ids:
        return ()
    connection.execute(
        update(delivery)
        .where(delivery.c.id.in_(ids))
        .values(
            unanswered=or_(delivery.c.unanswered, delivery.c.state == DeliveryState.SENDING),
            state=DeliveryState.SENDING,
            claimed_by=by,
            lease_until=now + lease,
        )
    )
    frozen = message.c.raw if way is Way.MAIL else message.c.brief
    header = delivery.c.message_id_header
    rows = connection.execute(
        select(delivery.c.id, delivery.c.refusals, delivery.c.recipient, header, frozen, message.c.subject)
        .join(message, message.c.id == delivery.c.message_id)
        .where(delivery.c.id.in_(ids))
        .order_by(delivery.c.due_at, delivery.c.id)
    )
    return tuple(Claimed(number, Parcel(*parcel), refusals) for number, refusals, *parcel in rows)


@cache
def _due(only: Kind | None) -> Select[tuple[int]]:
    """Made once: it is asked every few seconds, and mostly nothing is due."""
    now = bindparam("now", type_=UtcMoment)
    due = (
        select(delivery.c.id)
        .where(OPEN, delivery.c.due_at <= now, delivery.c.way == bindparam("way"))
        .where(or_(delivery.c.state == DeliveryState.QUEUED, delivery.c.lease_until <= now))
        .order_by(delivery.c.due_at, delivery.c.id)
        .limit(bindparam("limit", type_=Integer))
        .with_for_update(skip_locked=True)
    )
    if only is not None:
        due = due.where(delivery.c.message_id.in_(select(message.c.id).where(message.c.kind == only)))
    return due


def renew(connection: Connection, ids: Collection[int], by: str, now: datetime, lease: timedelta) -> None:
    """Holds what `by` still has in hand for another `lease`; an answer may take longer than one."""
    mine = update(delivery).where(delivery.c.id.in_(ids), delivery.c.claimed_by == by)
    connection.execute(mine.values(lease_until=now + lease))


def record(connection: Connection, attempts: Sequence[Attempt], by: str) -> tuple[DeliveryState, ...]:
    """Records attempts, whose claims end with it; gives the new state of each delivery.

    To do it again changes nothing, so that it may be done where the answer to the commit was lost. Nobody was
    reached: then no attempt is written down, for none was made at this recipient. A claim that was
    lost meanwhile is left to its new holder, unless the message was sent: that stays true.
    """
    refused = [each.claimed.id for each in attempts if isinstance(each.outcome, Temporary | Unanswered)]
    standings = _standings(connection, refused) if refused else {}
    verdicts = [
        judge(each.outcome, standings.get(each.claimed.id, Standing()), each.ended_at) for each in attempts
    ]
    rows = [_attempt_row(each) for each in attempts if not isinstance(each.outcome, Unreachable)]
    if rows:
        connection.execute(_ADD_ATTEMPT[connection.dialect.name], rows)
    if attempts:
        marks = zip(attempts, verdicts, strict=True)
        connection.execute(_RECORD, [_mark(each, verdict, by) for each, verdict in marks])
    return tuple(verdict.state for verdict in verdicts)


def release(connection: Connection, ids: Collection[int], by: str) -> None:
    """Gives back what `by` claimed and did not begin."""
    mine = update(delivery).where(delivery.c.id.in_(ids), delivery.c.claimed_by == by)
    connection.execute(mine.values(state=DeliveryState.QUEUED, **_UNCLAIMED))


def release_all(connection: Connection) -> int:
    """Frees what a dead process had claimed, and says how much; only where no other process can be alive.

    Each counts as unanswered: it may have been handed over already.
    """
    dead = update(delivery).where(OPEN, delivery.c.state == DeliveryState.SENDING)
    return connection.execute(dead.values(state=DeliveryState.QUEUED, unanswered=True, **_UNCLAIMED)).rowcount


def _standings(connection: Connection, ids: Collection[int]) -> dict[int, Standing]:
    """As they are now: the end of an outage may have moved them since they were claimed."""
    rows = connection.execute(
        select(delivery.c.id, delivery.c.refusals, delivery.c.give_up_at, delivery.c.unanswered).where(
            delivery.c.id.in_(ids)
        )
    )
    return {row.id: Standing(row.refusals, row.give_up_at, row.unanswered) for row in rows}


_ADD_ATTEMPT = {
    name: dialect.insert(attempt).on_conflict_do_nothing()
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}
_RECORD = (
    update(delivery)
    .where(delivery.c.id == bindparam("of"), delivery.c.state != DeliveryState.SENT)
    .where(or_(delivery.c.claimed_by == bindparam("holder"), bindparam("was_sent", type_=Boolean) == true()))
    .values(
        state=bindparam("new_state"),
        due_at=func.coalesce(bindparam("next_at", type_=UtcMoment), delivery.c.due_at),
        refusals=func.coalesce(bindparam("refused", type_=Integer), delivery.c.refusals),
        give_up_at=func.coalesce(bindparam("patience", type_=UtcMoment), delivery.c.give_up_at),
        unanswered=func.coalesce(bindparam("no_answer", type_=Boolean), delivery.c.unanswered),
        reason=bindparam("why"),
        finished_at=bindparam("finished"),
        **_UNCLAIMED,
    )
)


def _mark(ended: Attempt, verdict: Verdict, by: str) -> dict[str, object]:
    return {
        "of": ended.claimed.id,
        "holder": by,
        "was_sent": verdict.state is DeliveryState.SENT,
        "new_state": verdict.state,
        "next_at": verdict.due_at,
        "refused": verdict.standing.refusals if verdict.standing else None,
        "patience": verdict.standing.give_up_at if verdict.standing else None,
        "no_answer": verdict.standing.unanswered if verdict.standing else None,
        "why": verdict.reason,
        "finished": None if verdict.due_at else ended.ended_at,
    }


def _attempt_row(ended: Attempt) -> dict[str, object]:
    return {
        "delivery_id": ended.claimed.id,
        "nonce": ended.nonce,
        "transport": ended.transport,
        "started_at": ended.started_at,
        "ended_at": ended.ended_at,
        "outcome": type(ended.outcome).__name__.lower(),
        "code": getattr(ended.outcome, "code", None),
        "answer": one_line(ended.outcome.answer, MAX_ANSWER),
    }
