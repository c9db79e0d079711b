"""Proving obligations: that none was deleted, invented or changed, and that their dates are those they rest on."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import closing
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, select

from monitor.core.journal import is_digest_of
from monitor.proof.broken import Broken, unreadable
from monitor.proof.chains import Rests, Told
from monitor.storage import tables
from monitor.storage.accounts import Listed, list_digest
from monitor.storage.codec import day_to_json
from monitor.storage.legible import legible_rows
from rules.sentences import sentence

_ROWS = 1000
"""How many are in hand at a time."""
_DATES = 65536
"""Of how many reckonings the dates are kept in memory."""


def prove_reckonings(connection: Connection) -> None:
    """See that no reckoning was changed after it was written; raises `Broken`."""
    table = tables.reckoning
    with closing(
        legible_rows(connection, select(table).order_by(table.c.id), [table.c.id], _changed_reckoning)
    ) as rows:
        for row in rows:
            basis = row.content.get("basis") if isinstance(row.content, dict) else None
            if not (is_digest_of(row.digest, row.content) and is_digest_of(row.basis, basis)):
                raise _changed_reckoning(row)


def prove_obligations(connection: Connection, told: Told) -> int:
    """Hold every obligation against what the chains told, which is used up; gives their number, or raises `Broken`."""
    obligation, reckoning = tables.obligation, tables.reckoning
    statement = (
        select(
            obligation.c.organisation,
            obligation.c.key,
            obligation.c.opening,
            obligation.c.due_on,
            obligation.c.extended_from,
            obligation.c.act_by,
            obligation.c.reckoning_id,
            reckoning.c.digest,
        )
        .outerjoin(reckoning, reckoning.c.id == obligation.c.reckoning_id)
        .order_by(obligation.c.organisation, obligation.c.id)
    )
    found, dates = 0, _Dates(connection)
    with closing(legible_rows(connection, statement, [obligation.c.key], _unreadable)) as rows:
        for organisation, owed in groupby(rows, key=attrgetter("organisation")):
            lists: dict[int | None, list[Listed]] = defaultdict(list)
            for row in dates.proven(owed):
                found += 1
                rested = _first_rest(row.key, (day_to_json(row.due_on), row.digest), told)
                lists[row.opening].append((row.key, *rested))
            _prove_lists(organisation, lists, told.openings.pop(organisation, {}))
    for organisation, openings in told.openings.items():
        _prove_lists(organisation, {}, openings)
    return found


class _Dates:
    """The dates that reckonings give, the last ones in memory: most obligations share theirs with many others."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dates: dict[int, tuple[str | None, ...]] = {}

    def proven(self, some: Iterable[Row[*tuple[Any, ...]]]) -> Sequence[Row[*tuple[Any, ...]]]:
        """Those obligations of one organisation, each with the dates that what it rests on gives."""
        owed = list(some)
        if len(self._dates) > _DATES:
            self._dates.clear()
        self._read([*({row.reckoning_id for row in owed} - self._dates.keys() - {None})])
        for row in owed:
            if row.reckoning_id is not None:
                self._compare(row)
        return owed

    def _compare(self, row: Row[*tuple[Any, ...]]) -> None:
        if row.reckoning_id not in self._dates:
            raise Broken(sentence("the reckoning of {key} is gone", key=row.key))
        due_on, act_by, extension = self._dates[row.reckoning_id]
        for is_on, reckoned in ((row.due_on, due_on), (row.act_by, act_by)):
            if day_to_json(is_on) != reckoned:
                raise Broken(
                    sentence(
                        "{key} has {date} where its reckoning has {reckoned}",
                        key=row.key,
                        date=day_to_json(is_on) or "-",
                        reckoned=reckoned or "-",
                    )
                )
        if (row.extended_from is None) != (extension is None or due_on is None):
            raise Broken(
                sentence("{key} is extended, or is not, otherwise than its reckoning says", key=row.key)
            )

    def _read(self, numbers: Sequence[int]) -> None:
        table = tables.reckoning
        basis = (table.c.content["basis", name].as_string() for name in ("due_on", "act_by", "extension"))
        columns = (table.c.id, *basis)
        for start in range(0, len(numbers), _ROWS):
            some = numbers[start : start + _ROWS]
            for number, *dates in self._connection.execute(select(*columns).where(table.c.id.in_(some))):
                self._dates[number] = tuple(dates)


def _first_rest(key: str, now: Rests, told: Told) -> Rests:
    """The due date and reckoning with which it was opened, by way of every entry that moved it since."""
    moves = told.moves.get(key)
    if moves is None:
        return now
    reached = moves[0][0]
    for before, after in moves:
        if before != reached:
            raise Broken(
                sentence("{key}: the entries about its due date do not follow from each other", key=key)
            )
        reached = after
    if reached != now:
        raise Broken(sentence("{key} has another due date or reckoning than the journal tells of", key=key))
    return moves[0][0]


def _prove_lists(organisation: str, lists: dict[int | None, list[Listed]], openings: dict[int, str]) -> None:
    if not openings and lists.keys() <= {None}:
        return  # opened by an older program: the next cycle takes them over
    for number in sorted(openings.keys() | lists.keys(), key=_place):
        if number is None or not _is_list(openings.get(number), lists.get(number, ())):
            raise Broken(
                sentence(
                    "the obligations of {organisation} are not those that entry {number} of its journal opened: "
                    "one was changed, deleted or invented",
                    organisation=organisation,
                    number=number or "-",
                )
            )


def _place(number: object) -> int:
    return number if isinstance(number, int) else 0


def _is_list(told: str | None, listed: Sequence[Listed]) -> bool:
    try:
        return told == list_digest(listed)
    except TypeError:  # a key that is no text
        return False


def _changed_reckoning(row: Row[Any]) -> Broken:
    return Broken(sentence("reckoning {id} was changed after it was written", id=row.id))


def _unreadable(row: Row[Any]) -> Broken:
    return unreadable(row.key)
