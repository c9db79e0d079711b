"""Proving what became of mails: that the attempts are those that the journal tells of, and what was sent is kept so."""

from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from monitor.core.journal import MAILS, Entry, What
from monitor.proof.broken import Broken, unreadable
from monitor.storage import tables
from monitor.storage.journal import entries_of
from monitor.storage.legible import legible_rows
from notifications.messages import DeliveryState
from notifications.moments import moment_text
from notifications.tables import attempt, delivery
from rules.sentences import sentence


def prove_mails(connection: Connection) -> None:
    """Hold every attempt up to the last told one against the journal; raises `Broken` at the first that is not so."""
    table, until = tables.journal, 0
    telling = select(table).where(table.c.chain == MAILS, table.c.what == What.MAILS).order_by(table.c.number)
    with entries_of(connection, telling) as entries:
        for entry in entries:
            until = _prove(connection, entry, until)


def _prove(connection: Connection, entry: Entry, after: int) -> int:
    """An entry tells all attempts that stand behind those of the entry before; gives its last one."""
    told = {each["attempt"]: each for each in entry.content["attempts"]}
    last: int = max(told)
    statement = _STANDING.params(after=after, last=last)
    known_by = [attempt.c.id]
    standing = {row.id: row for row in legible_rows(connection, statement, known_by, _unreadable)}
    for number in sorted(told.keys() | standing.keys()):
        if number not in told or number not in standing or not _is_as_told(standing[number], told[number]):
            raise Broken(
                sentence(
                    "attempt {attempt} at a mail is not as entry {number} of chain {chain} tells",
                    attempt=number,
                    number=entry.number,
                    chain=entry.chain,
                )
            )
    return last


_STANDING = (
    select(
        *(attempt.c.id, attempt.c.delivery_id, attempt.c.ended_at, attempt.c.outcome, attempt.c.code),
        *(delivery.c.recipient, delivery.c.message_id_header, delivery.c.state),
    )
    .outerjoin(delivery, delivery.c.id == attempt.c.delivery_id)
    .where(attempt.c.id > bindparam("after"), attempt.c.id <= bindparam("last"))
    .order_by(attempt.c.id)
)


def _is_as_told(row: Row[Any], told: dict[str, Any]) -> bool:
    """What was sent once stays so; every other state may have changed since."""
    if row.outcome == DeliveryState.SENT and row.state != DeliveryState.SENT:
        return False
    is_now = {
        "mail": f"m{row.delivery_id}",
        "to": row.recipient,
        "message_id": row.message_id_header,
        "at": moment_text(row.ended_at),
        "outcome": row.outcome,
        "code": row.code,
    }
    return is_now.items() <= told.items()


def _unreadable(row: Row[Any]) -> Broken:
    return unreadable(sentence("attempt {attempt} at a mail", attempt=row.id))
