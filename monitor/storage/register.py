"""The register in the database: who is watched, who has left, and whom a cycle must work out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Integer, bindparam, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from monitor.clock import day_in
from monitor.core.journal import CYCLE, Change, What
from monitor.core.subjects import Organisation
from monitor.storage import tables
from monitor.storage.codec import sentence_to_json
from monitor.storage.journal import append
from monitor.storage.tally import Group, TallyChanges
from rules.sentences import sentence

_organisation = tables.organisation
_IN_A_STATEMENT = 500


@dataclass(frozen=True, slots=True)
class RegisterChange:
    """What a register brings that the database does not know yet."""

    known: int
    joined: int
    changed: int
    left: tuple[str, ...]


def compare_register(connection: Connection, organisations: Sequence[Organisation]) -> RegisterChange:
    """How a register differs from the organisations that are watched; changes nothing."""
    known = _watched(connection)
    rows = [_row(each) for each in organisations]
    return RegisterChange(
        known=len(known),
        joined=sum(row["id"] not in known for row in rows),
        changed=sum(row["id"] in known and _differs(known[row["id"]], row) for row in rows),
        left=tuple(sorted(known.keys() - {row["id"] for row in rows})),
    )


def take_register(connection: Connection, organisations: Iterable[Organisation], now: datetime) -> None:
    """Keep the organisations as the register shows them, and have each worked out anew by the next cycle."""
    known = {row.id: row for row in connection.execute(select(_organisation))}
    rows = [_row(each) for each in organisations]
    new = [row for row in rows if row["id"] not in known]
    changed = [row for row in rows if row["id"] in known and _differs(known[row["id"]], row)]
    if new:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        connection.execute(dialect.insert(_organisation).on_conflict_do_nothing(), new)  # see `know`
    if changed:
        columns: dict[str, Any] = {name: bindparam(f"_{name}") for name in changed[0] if name != "id"}
        statement = update(_organisation).where(_organisation.c.id == bindparam("_id")).values(columns)
        connection.execute(statement, [_bound(row) for row in changed])
    told = [_told(What.JOINED, row) for row in new]
    for row in changed:
        returns = known[row["id"]].retired_on is not None
        told.append(_told(What.JOINED if returns else What.CHANGED, row))
    append(connection, now, CYCLE, told)


def know(connection: Connection, organisation: Organisation, now: datetime) -> None:
    """Keep an organisation of which something is recorded before a cycle has taken in the register that brings it.

    So too one that had left and is back: it is watched from now on, or it would not be known that it leaves again.
    """
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    row = _row(organisation)
    watched = dialect.insert(_organisation).values(row)
    watched = watched.on_conflict_do_update(
        index_elements=["id"], set_=row, where=_organisation.c.retired_on.is_not(None)
    )
    if connection.scalar(watched.returning(_organisation.c.id)) is not None:
        append(connection, now, CYCLE, [_told(What.JOINED, row)])


def work_all_out_anew(connection: Connection) -> None:
    """Whatever was known of the next interesting day holds no longer."""
    connection.execute(update(_organisation).values(attention_at=None))


def retire(connection: Connection, ids: Sequence[str], on: date, now: datetime) -> None:
    """Who left the register is watched no longer: what was open is withdrawn with the reason, its history stays."""
    why = sentence_to_json(sentence("the organisation left the register on {day}", day=on))
    values = {"state": "withdrawn", "settled": True, "outcome": "withdrawn", "keep_until": None}
    obligation, tally = tables.obligation, TallyChanges()
    for some in _parts(ids):
        retired = update(_organisation).where(_organisation.c.id.in_(some))
        connection.execute(retired.values(retired_on=on))
        opened = obligation.c.organisation.in_(some) & ~obligation.c.settled
        withdrawn: dict[str, list[str]] = {each: [] for each in some}
        columns = (obligation.c[name] for name in (*Group._fields, "organisation", "key"))
        for *group, organisation, key in connection.execute(select(*columns).where(opened)):
            before = Group(*group)
            withdrawn[organisation].append(key)
            tally.add(Group.of(before._asdict()), on, -1)
            tally.add(Group.of(before._asdict() | values), on)
        connection.execute(update(obligation).where(opened).values(withdrawn=why, reason=why, **values))
        told = [
            Change(each, What.LEFT, {"on": on.isoformat(), "withdrawn": sorted(keys)})
            for each, keys in withdrawn.items()
        ]
        append(connection, now, CYCLE, told)
    tally.write(connection)


def count_needing_attention(connection: Connection, now: datetime) -> int:
    """How many organisations a cycle must work out: whose time has come, and those that wait for the next cycle."""
    return connection.scalar(_COUNT_OF_THESE, {"now": now}) or 0


def claim_needing_attention(
    connection: Connection, now: datetime, after: str, most: int, *, wait: bool
) -> list[str]:
    """The next of them by id, those after `after`, held until the transaction ends.

    Those that another daemon holds are passed over, or, with `wait`, waited for: then it has worked them out, or it has
    died and they are ours.
    """
    wanted = {"now": now, "after": after, "most": most}
    return list(connection.scalars(_NEXT_WAITED_FOR if wait else _NEXT_FREE, wanted))


def set_attention(connection: Connection, moments: Mapping[str, datetime | None]) -> None:
    """When each organisation is to be worked out again; None: by the next cycle."""
    rows = [{"_id": each, "_moment": moment} for each, moment in moments.items()]
    connection.execute(_SET_ATTENTION, rows)


def date_first_cycles(connection: Connection, organisations: Iterable[Organisation], now: datetime) -> None:
    """Note the day, in its zone, on which each is first worked out: what was due before is backlog."""
    rows = [{"_id": each.id, "_day": day_in(each.timezone, now)} for each in organisations]
    connection.execute(_DATE_FIRST_CYCLE, rows)


# Every cycle asks these, also one that finds nothing to do: so they are made once.
_NEED_ATTENTION = (
    or_(
        _organisation.c.attention_at.is_(None),
        _organisation.c.attention_at <= bindparam("now", type_=_organisation.c.attention_at.type),
    ),
    _organisation.c.retired_on.is_(None),
)
_COUNT_OF_THESE = select(func.count()).where(*_NEED_ATTENTION)
_NEXT = (
    select(_organisation.c.id)
    .where(*_NEED_ATTENTION, _organisation.c.id > bindparam("after"))
    .order_by(_organisation.c.id)
    .limit(bindparam("most", type_=Integer))
)
_NEXT_FREE, _NEXT_WAITED_FOR = (_NEXT.with_for_update(skip_locked=skips) for skips in (True, False))
_OF_ID = update(_organisation).where(_organisation.c.id == bindparam("_id"))
_SET_ATTENTION = _OF_ID.values(attention_at=bindparam("_moment"))
_DATE_FIRST_CYCLE = _OF_ID.where(_organisation.c.first_cycle_on.is_(None)).values(
    first_cycle_on=bindparam("_day")
)


def _watched(connection: Connection) -> dict[str, Any]:
    statement = select(_organisation).where(_organisation.c.retired_on.is_(None))
    return {row.id: row for row in connection.execute(statement)}


def _row(organisation: Organisation) -> dict[str, Any]:
    return {
        "id": organisation.id,
        "name": organisation.name,
        "kind": organisation.kind,
        "parent": organisation.parent,
        "timezone": organisation.timezone,
        "website": organisation.website,
        "since": organisation.since,
        "retired_on": None,
    }


def _differs(before: Any, row: Mapping[str, Any]) -> bool:
    return any(getattr(before, column) != value for column, value in row.items())


def _told(what: What, row: Mapping[str, Any]) -> Change:
    """What the register now shows of an organisation."""
    shown = {name: row[name] for name in ("name", "kind", "parent", "timezone", "website")}
    return Change(row["id"], what, {**shown, "since": row["since"].isoformat()})


def _bound(row: Mapping[str, Any]) -> dict[str, Any]:
    return {f"_{column}": value for column, value in row.items()}


def _parts(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + _IN_A_STATEMENT] for start in range(0, len(ids), _IN_A_STATEMENT))
