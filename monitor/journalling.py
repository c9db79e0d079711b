"""What the monitor itself puts into the journal: the law that it took in, the mails, and the heads of each day."""

from collections.abc import Mapping
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, select, text

from monitor.assembly import Assembly
from monitor.core.journal import CYCLE, DAYS, MAILS, MONITOR, Change, What
from monitor.storage.basis import rule_digest
from monitor.storage.journal import append, last_entry, unsealed_heads
from monitor.storage.locks import Sole, do_alone
from monitor.storage.register import RegisterChange
from notifications import tables as outbox
from notifications.messages import Way
from notifications.moments import moment_text

_ATTEMPTS = 500
"""In one entry."""


def journal_configuration(
    connection: Connection, assembly: Assembly, change: RegisterChange, now: datetime
) -> None:
    """Tell that another configuration was taken in, and which rules hold from now on."""
    told = {
        "files": assembly.settings.fingerprint,
        "basis": assembly.basis,
        "joined": change.joined,
        "changed": change.changed,
        "left": len(change.left),
    }
    changes = [Change(MONITOR, What.CONFIGURATION, told)]
    packs = _packs(assembly)
    before = last_entry(connection, MONITOR, What.PACKS)
    if before is None or before.content != packs:
        changes.append(Change(MONITOR, What.PACKS, packs))
    append(connection, now, CYCLE, changes)


def journal_mails(engine: Engine, now: datetime) -> None:
    """Tell every attempt at a delivery that has ended since the last one told: killed anywhere, none is left out."""
    with engine.connect() as connection:
        if _newest(connection) == _told_until(connection):
            return
    more = True
    while more:
        with engine.begin() as connection:
            do_alone(connection, Sole.JOURNALLING_MAILS)
            if connection.dialect.name == "postgresql":
                # numbers are given before they are committed: nobody is between the two from here on
                connection.execute(text("LOCK TABLE attempt IN SHARE MODE"))
            rows = _ended_after(connection, _told_until(connection))
            if rows:
                told = {"attempts": [_attempt(row) for row in rows]}
                append(connection, now, CYCLE, [Change(MAILS, What.MAILS, told)])
            more = len(rows) == _ATTEMPTS


def seal_day(engine: Engine, now: datetime, sending: Mapping[str, date]) -> str:
    """Chain the heads of all chains that have grown, and give the hash that the mails of this sending time carry.

    A sending time that was begun before, here or by another daemon, keeps its hash; outside of one there is none.
    """
    if not sending:
        return ""
    morning = {zone: day.isoformat() for zone, day in sending.items()}
    with engine.begin() as connection:
        do_alone(connection, Sole.SEALING_A_DAY)
        before = last_entry(connection, DAYS)
        if before is not None and before.content["sending"] == morning:
            return before.hash
        heads = [list(row) for row in unsealed_heads(connection, DAYS)]
        (entry,) = append(
            connection, now, CYCLE, [Change(DAYS, What.DAY, {"sending": morning, "heads": heads})]
        )
    return entry.hash


def _packs(assembly: Assembly) -> dict[str, Any]:
    return {
        "packs": [
            {
                "pack": pack.id,
                "version": pack.version,
                "reviewed": pack.reviewed.isoformat(),
                "rules": [[rule.id, rule_digest(rule)] for rule in pack.rules],
            }
            for pack in assembly.packs
        ]
    }


def _newest(connection: Connection) -> int:
    return connection.scalar(select(func.max(outbox.attempt.c.id))) or 0


def _told_until(connection: Connection) -> int:
    last = last_entry(connection, MAILS, What.MAILS)
    return int(last.content["attempts"][-1]["attempt"]) if last else 0


def _ended_after(connection: Connection, number: int) -> list[Row[Any]]:
    attempt, delivery, message = outbox.attempt, outbox.delivery, outbox.message
    statement = (
        select(
            attempt.c.id,
            attempt.c.ended_at,
            attempt.c.outcome,
            attempt.c.code,
            attempt.c.delivery_id,
            delivery.c.recipient,
            delivery.c.way,
            delivery.c.state,
            delivery.c.message_id_header,
            message.c.kind,
            message.c.day,
            message.c.raw,
            message.c.brief,
        )
        .join(delivery, delivery.c.id == attempt.c.delivery_id)
        .join(message, message.c.id == delivery.c.message_id)
        .where(attempt.c.id > number)
        .order_by(attempt.c.id)
        .limit(_ATTEMPTS)
    )
    return list(connection.execute(statement))


def _attempt(row: Row[Any]) -> dict[str, Any]:
    said = row.raw if row.way == Way.MAIL else row.brief
    return {
        "attempt": row.id,
        "mail": f"m{row.delivery_id}",
        "to": row.recipient,
        "kind": row.kind,
        "day": row.day.isoformat(),
        "message_id": row.message_id_header,
        "sha256": sha256(said or b"").hexdigest(),
        "at": moment_text(row.ended_at),
        "outcome": row.outcome,
        "code": row.code,
        "state": row.state,
    }
