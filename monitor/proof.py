"""Proving the journal: that no entry was changed, dropped or invented, and that the tables say what it tells.

It reads the database and nothing else: no configuration, pack or calendar. It cannot see that all chains were written
anew from some day on, by somebody who may write to the database: for that there are the mails, whose hash then lies on
no chain any more.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, select

from monitor.core.journal import DAYS, Entry, Head, What, digest, first_break
from monitor.proof_of_records import Differs, prove_records
from monitor.storage import tables
from monitor.storage.accounts import Listed, list_digest, text_of
from monitor.storage.journal import entries_of
from rules.sentences import Sentence, sentence

_ROWS = 1000
"""How many are in hand at a time."""
_DATES = 65536
"""Of how many reckonings the dates are kept in memory."""

_OPENING = (What.OPENED, What.TAKEN_OVER)
_RESTS_ANEW = (What.MOVED, What.RECKONED_ANEW)

_Rests = tuple[str | None, str | None]
"""A due date, and the digest of the reckoning on which it rests."""


class Broken(Exception):  # noqa: N818 -- what was found
    """The journal, or what it tells of, is not as it was written; `sentence` says where."""

    def __init__(self, said: Sentence) -> None:
        super().__init__(said.text)
        self.sentence = said


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found whole."""

    entries: int
    chains: int
    obligations: int
    records: int
    """Events, postings and decisions."""
    sought: Entry | None
    """The entry whose hash was asked for, if it lies on a chain."""


@dataclass(slots=True)
class _Told:
    """What the entries say about everything else."""

    sought_hash: str | None
    entries: int = 0
    sought: Entry | None = None
    heads: dict[str, Head] = field(default_factory=dict)
    sealed: dict[tuple[str, int], tuple[str, int]] = field(default_factory=dict)
    """The hash that an entry must have by the entry of days of that number."""
    openings: dict[str, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    """The digest of the list by organisation and number."""
    moves: dict[str, list[tuple[_Rests, _Rests]]] = field(default_factory=lambda: defaultdict(list))
    """By key."""

    def note(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """The entries of one chain as they come, with what they say kept in mind."""
        for each in entries:
            self.entries += 1
            if each.hash == self.sought_hash:
                self.sought = each
            hash_told, day = self.sealed.pop((each.chain, each.number), (each.hash, 0))
            if hash_told != each.hash:
                raise _broken(each.chain, each.number, _changed_since(day))
            self.heads[each.chain] = Head(each.number, each.hash)
            yield each  # whether it is as it was written is seen before its content counts
            try:
                self._heed(each)
            except (KeyError, TypeError, ValueError) as error:
                why = sentence("it does not say what such an entry says")
                raise _broken(each.chain, each.number, why) from error

    def _heed(self, entry: Entry) -> None:
        if entry.chain == DAYS:
            for chain, number, head in entry.content["heads"]:
                self.sealed[chain, number] = head, entry.number
        elif entry.what in _OPENING:
            self.openings[entry.chain][entry.number] = entry.content["list"]
        elif entry.what in _RESTS_ANEW and entry.key is not None:
            self.moves[entry.key].append((_rests(entry.content["from"]), _rests(entry.content["to"])))


def prove(connection: Connection, sought: str | None = None) -> Proof:
    """Look through the whole journal and at all that it tells of; raises `Broken` at the first fault."""
    told = _Told(sought)
    _prove_chains(connection, told)
    _prove_heads(connection, told)
    _prove_reckonings(connection)
    obligations = _prove_obligations(connection, told)
    try:
        records = prove_records(connection)
    except Differs as found:
        raise Broken(found.sentence) from found
    return Proof(told.entries, len(told.heads), obligations, records, told.sought)


def _prove_chains(connection: Connection, told: _Told) -> None:
    """The chain of days comes first: what it says of the others is known when they are looked at."""
    table = tables.journal
    with entries_of(connection, select(table).order_by(table.c.chain, table.c.number)) as entries:
        for _, link in groupby(entries, key=attrgetter("chain")):
            if found := first_break(told.note(link)):
                raise _broken(found.chain, found.number, found.why)
    for chain, _ in told.sealed:  # the chain of days names an entry that did not come
        missing = told.heads.get(chain, Head()).number + 1
        raise _broken(chain, missing, sentence("entry {number} is missing", number=missing))


def _prove_heads(connection: Connection, told: _Told) -> None:
    table = tables.journal_head
    kept = {row.chain: Head(row.number, row.hash) for row in connection.execute(select(table))}
    for chain in sorted(kept.keys() | told.heads.keys()):
        last, head = told.heads.get(chain, Head()), kept.get(chain, Head())
        if last != head:
            number = min(last.number, head.number) + 1
            raise _broken(
                chain, number, sentence("the chain does not end where it ended when it was last written")
            )


def _prove_reckonings(connection: Connection) -> None:
    statement = select(tables.reckoning).order_by(tables.reckoning.c.id)
    with connection.execute(statement, execution_options={"yield_per": _ROWS}) as rows:
        for row in rows:
            if (digest(row.content), digest(row.content.get("basis"))) != (row.digest, row.basis):
                raise Broken(sentence("reckoning {id} was changed after it was written", id=row.id))


def _prove_obligations(connection: Connection, told: _Told) -> int:
    obligation, reckoning = tables.obligation, tables.reckoning
    statement = (
        select(
            obligation.c.organisation,
            obligation.c.key,
            obligation.c.opening,
            obligation.c.due_on,
            obligation.c.act_by,
            obligation.c.reckoning_id,
            reckoning.c.digest,
        )
        .outerjoin(reckoning, reckoning.c.id == obligation.c.reckoning_id)
        .order_by(obligation.c.organisation)
    )
    found, dates = 0, _Dates(connection)
    with connection.execute(statement, execution_options={"yield_per": _ROWS}) as rows:
        for organisation, owed in groupby(rows, key=attrgetter("organisation")):
            lists: dict[int | None, list[Listed]] = defaultdict(list)
            for row in dates.proven(owed):
                found += 1
                rested = _first_rest(row.key, (text_of(row.due_on), row.digest), told)
                lists[row.opening].append((row.key, *rested))
            _prove_lists(organisation, lists, told.openings.pop(organisation, {}))
    for organisation, openings in told.openings.items():
        _prove_lists(organisation, {}, openings)
    return found


class _Dates:
    """The dates that reckonings give, the last ones in memory: most obligations share theirs with many others."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dates: dict[int, tuple[str | None, str | None]] = {}

    def proven(self, some: Iterable[Row[*tuple[Any, ...]]]) -> Sequence[Row[*tuple[Any, ...]]]:
        """Those obligations of one organisation, each with the dates that what it rests on gives."""
        owed = list(some)
        if len(self._dates) > _DATES:
            self._dates.clear()
        self._read(sorted({row.reckoning_id for row in owed} - self._dates.keys() - {None}))
        for row in owed:
            if row.reckoning_id is None:
                continue
            for is_on, reckoned in zip((row.due_on, row.act_by), self._dates[row.reckoning_id], strict=True):
                if text_of(is_on) != reckoned:
                    raise Broken(
                        sentence(
                            "{key} has {date} where its reckoning has {reckoned}",
                            key=row.key,
                            date=text_of(is_on) or "-",
                            reckoned=reckoned or "-",
                        )
                    )
        return owed

    def _read(self, numbers: Sequence[int]) -> None:
        table = tables.reckoning
        due_on, act_by = (table.c.content["basis", name].as_string() for name in ("due_on", "act_by"))
        for start in range(0, len(numbers), _ROWS):
            some = numbers[start : start + _ROWS]
            statement = select(table.c.id, due_on, act_by).where(table.c.id.in_(some))
            self._dates |= {row[0]: (row[1], row[2]) for row in self._connection.execute(statement)}


def _first_rest(key: str, now: _Rests, told: _Told) -> _Rests:
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
    for number in sorted(openings.keys() | lists.keys(), key=lambda each: each or 0):
        if number is None or openings.get(number) != list_digest(lists.get(number, ())):
            raise Broken(
                sentence(
                    "the obligations of {organisation} are not those that entry {number} of its journal opened: "
                    "one was changed, deleted or invented",
                    organisation=organisation,
                    number=number or "-",
                )
            )


def _rests(told: dict[str, str | None]) -> _Rests:
    return told["due_on"], told["reckoning"]


def _changed_since(day: int) -> Sentence:
    return sentence("it is not the entry that entry {day} of the chain of days names", day=day)


def _broken(chain: str, number: int, why: Sentence) -> Broken:
    return Broken(
        sentence(
            "the journal is broken in chain {chain} at entry {number}: {why}",
            chain=chain,
            number=number,
            why=why,
        )
    )
