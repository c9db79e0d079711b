"""The journal in the database: the one place where an entry is added, and where entries are read."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, Row, Select, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from monitor.core.journal import Change, Entry, Head, chained
from monitor.storage import tables
from monitor.storage.bulk import add_rows
from notifications.moments import moment_text

_journal, _head = tables.journal, tables.journal_head
_ROWS = 500
"""How many are in hand at a time; an entry may be long."""


def append(connection: Connection, at: datetime, by: str, changes: Sequence[Change]) -> list[Entry]:
    """Add an entry for each change to its chain, in the caller's transaction, which holds those chains from now on.

    Chains are held in the order of their names. A transaction that adds to chains of organisations holds these before
    (`hold_organisations`), and adds to the chains of no organisation after them, so that nobody waits in a circle.
    """
    if not changes:
        return []
    heads = _hold(connection, sorted({each.chain for each in changes}))
    moment, entries = moment_text(at), []
    for change in changes:
        entry = chained(change, heads[change.chain], moment, by)
        heads[change.chain] = Head(entry.number, entry.hash)
        entries.append(entry)
    add_rows(connection, _journal, [_row(each, at) for each in entries])
    _move(connection, heads)
    return entries


def last_entry(connection: Connection, chain: str, what: str | None = None) -> Entry | None:
    """The newest entry of a chain, or the newest that tells `what`."""
    statement, wanted = (_LAST, {}) if what is None else (_LAST_OF, {"what": what})
    row = connection.execute(statement, {"chain": chain, **wanted}).one_or_none()
    return entry_of(row) if row else None


_LAST = (
    select(_journal).where(_journal.c.chain == bindparam("chain")).order_by(_journal.c.number.desc()).limit(1)
)
_LAST_OF = _LAST.where(_journal.c.what == bindparam("what"))


@contextmanager
def entries_of(connection: Connection, statement: Select[Any]) -> Iterator[Iterator[Entry]]:
    """The entries that a statement selects whole, not all in memory at once."""
    with connection.execute(statement, execution_options={"yield_per": _ROWS}) as rows:
        yield map(entry_of, rows)


def entry_of(row: Row[Any]) -> Entry:
    """The entry in a row of the table."""
    found = row._asdict()
    return Entry(**found | {"at": moment_text(found["at"])})


def unsealed_heads(connection: Connection, but: str) -> list[tuple[str, int, str]]:
    """The heads that no entry of the chain `but` has named yet, by name; they count as named from now on.

    Also one that is said to have been named further than it goes: what somebody wrote there keeps no chain out.
    A chain to which somebody adds at this moment is passed over: what is added is not there yet.
    """
    unsealed = (
        select(_head.c.chain, _head.c.number, _head.c.hash)
        .where(_head.c.sealed != _head.c.number, _head.c.chain != but)
        .order_by(_head.c.chain)
        .with_for_update(skip_locked=True)
    )
    heads = [(row.chain, row.number, row.hash) for row in connection.execute(unsealed)]
    if heads:
        connection.execute(_SEAL, [{"_chain": chain, "_number": number} for chain, number, _ in heads])
    return heads


_SEAL = update(_head).where(_head.c.chain == bindparam("_chain")).values(sealed=bindparam("_number"))


def _hold(connection: Connection, chains: Sequence[str]) -> dict[str, Head]:
    """The heads of those chains, which nobody else can move until this transaction ends."""
    held = _held(connection, chains)
    new = [{"chain": each, "number": 0, "hash": Head().hash} for each in chains if each not in held]
    if new:
        first = _insert(connection.dialect.name).on_conflict_do_nothing().returning(_head.c.chain)
        begun = set(connection.scalars(first, new))
        held |= dict.fromkeys(begun, Head())
        # and those that another transaction has begun meanwhile
        held |= _held(connection, [each for each in chains if each not in held])
    return held


def _move(connection: Connection, heads: Mapping[str, Head]) -> None:
    """Let the chains end there; one statement for all, which costs a tenth of one for each."""
    rows = [{"chain": chain, "number": head.number, "hash": head.hash} for chain, head in heads.items()]
    connection.execute(_to_move(connection.dialect.name), rows)


@cache
def _to_move(dialect: str) -> Insert:
    statement = _insert(dialect)
    moved = {"number": statement.excluded.number, "hash": statement.excluded.hash}
    upsert = statement.on_conflict_do_update(index_elements=[_head.c.chain], set_=moved)
    return upsert.returning(_head.c.chain)


def _insert(dialect: str) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(_head) if dialect == "postgresql" else sqlite.insert(_head)


def _held(connection: Connection, chains: Sequence[str]) -> dict[str, Head]:
    found: dict[str, Head] = {}
    for start in range(0, len(chains), _ROWS):
        some = chains[start : start + _ROWS]
        rows = connection.execute(_THESE_HEADS, {"chains": some})
        found |= {row.chain: Head(row.number, row.hash) for row in rows}
    return found


_THESE_HEADS = (
    select(_head)
    .where(_head.c.chain.in_(bindparam("chains", expanding=True)))
    .order_by(_head.c.chain)
    .with_for_update()
)


def _row(entry: Entry, at: datetime) -> dict[str, object]:
    return {
        "chain": entry.chain,
        "number": entry.number,
        "at": at,
        "by": entry.by,
        "what": entry.what,
        "key": entry.key,
        "content": entry.content,
        "before": entry.before,
        "hash": entry.hash,
    }
