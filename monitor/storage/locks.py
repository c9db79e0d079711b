"""What keeps several daemons on one PostgreSQL database out of each other's way.

A lock is held until its transaction ends, however it ends: one whose process is killed, or whose connection breaks, is
free again. On SQLite one transaction writes at a time (`BEGIN IMMEDIATE`), so there nothing needs to be locked.
"""

from collections.abc import Iterable, Sequence
from enum import IntEnum

from sqlalchemy import Connection, select, text

from monitor.storage import tables


class Sole(IntEnum):
    """What only one transaction does at a time."""

    MIGRATING = 1
    RECORDING = 2
    """What people record is checked against what stands, and then written."""
    ADDING_CARDS = 3
    ENDING_A_SENDING_TIME = 4
    ADDING_RECKONINGS = 5
    SEALING_A_DAY = 6
    JOURNALLING_MAILS = 7


_OURS = 0x696C746F
"""`ilto`: keeps our advisory locks apart from those of another program in the same database."""
_PEOPLE = _OURS + 1

_PATIENCE_MS = 30_000
_PATIENCE = text("SELECT set_config('lock_timeout', :patience, true)")
_ALONE = text("SELECT pg_advisory_xact_lock(:ours, :what)")
_PEOPLE_NOW = text(
    "SELECT person FROM unnest(CAST(:people AS text[])) AS person"
    " WHERE pg_try_advisory_xact_lock(:ours, hashtext(person))"
)
_PEOPLE_IN_TURN = text(
    "SELECT person, pg_advisory_xact_lock(:ours, hashtext(person)) FROM"
    " (SELECT person FROM unnest(CAST(:people AS text[])) AS person ORDER BY hashtext(person)) AS sorted"
)


def wait_as_people_do(connection: Connection) -> None:
    """No longer for any lock of this transaction than SQLite waits; then the database says that it is in use.

    The work of a daemon waits for as long as another one holds what it needs.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_PATIENCE, {"patience": f"{_PATIENCE_MS}ms"})


def do_alone(connection: Connection, what: Sole) -> None:
    """Wait until no other transaction does this, and keep others waiting."""
    if connection.dialect.name == "postgresql":
        connection.execute(_ALONE, {"ours": _OURS, "what": int(what)})


def claim_people(connection: Connection, people: Sequence[str], *, wait: bool) -> list[str]:
    """Those of the people whom no other transaction serves, or, with `wait`, all of them in time."""
    if connection.dialect.name != "postgresql":
        return list(people)
    statement = _PEOPLE_IN_TURN if wait else _PEOPLE_NOW
    claimed = set(connection.scalars(statement, {"ours": _PEOPLE, "people": list(people)}))
    return [each for each in people if each in claimed]


def hold_organisations(connection: Connection, ids: Iterable[str] | None = None, *, to_change: bool) -> None:
    """Keep those organisations (all, without `ids`) as they are, or, `to_change`, for this transaction alone."""
    column = tables.organisation.c.id
    statement = select(column).order_by(
        column
    )  # everybody in the same order, so that nobody waits in a circle
    if ids is not None:
        statement = statement.where(column.in_(sorted(set(ids))))
    if connection.dialect.name == "postgresql":
        connection.execute(statement.with_for_update(read=not to_change))
