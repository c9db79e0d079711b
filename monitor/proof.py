"""Proving the journal: that no entry was changed, dropped or invented, and that the tables say what it tells.

It reads the database and nothing else: no configuration, pack or calendar. It cannot see that all chains were written
anew from some day on, by somebody who may write to the database: for that there are the mails, whose hash then lies on
no chain any more.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, inspect, select

from monitor.core.journal import DAYS, Entry, Head, What, first_break, is_digest_of
from monitor.proof_of_mails import prove_mails
from monitor.proof_of_outcomes import Differs
from monitor.proof_of_records import prove_records
from monitor.storage import tables
from monitor.storage.accounts import Listed, list_digest
from monitor.storage.codec import day_to_json
from monitor.storage.journal import entry_of
from monitor.storage.legible import legible_rows
from notifications import tables as outbox
from rules.sentences import Sentence, sentence

_ROWS = 1000
"""How many are in hand at a time."""
_READ = (
    *(tables.journal, tables.journal_head, tables.reckoning, tables.card, tables.obligation),
    *(tables.event, tables.posting, tables.waiver, tables.extension, tables.snooze),
    *(outbox.attempt, outbox.delivery),
)
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
class Sought:
    """The entry whose hash was asked for, and what that hash covers: no covered entry was changed since."""

    entry: Entry
    entries: int
    """Those that stand before it, itself among them, and those up to the last that the chain of days had named."""
    chains: int
    earlier: int
    """Those that say that they are older, and that it does not cover: when they were written it cannot show."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found whole."""

    entries: int
    chains: int
    obligations: int
    records: int
    """Events, postings and decisions."""
    sought: Sought | None
    """If it lies on a chain."""


@dataclass(slots=True)
class _Told:
    """What the entries say about everything else."""

    sought_hash: str | None
    entries: int = 0
    sought: Entry | None = None
    heads: dict[str, Head] = field(default_factory=dict)
    sealed: dict[tuple[str, int], tuple[str, int]] = field(default_factory=dict)
    """The hash that an entry must have by the entry of days of that number."""
    named: dict[str, int] = field(default_factory=dict)
    """The last entry of each chain that the chain of days names."""
    covered: dict[str, int] = field(default_factory=dict)
    """The last entry of each chain that the hash asked for covers."""
    earlier: int = 0
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
            if each is self.sought:
                covers = self.named if each.chain == DAYS else {}
                self.covered = {**covers, each.chain: each.number}
            elif self.sought and each.at < self.sought.at:
                self.earlier += each.number > self.covered.get(each.chain, 0)

    def found(self) -> Sought | None:
        """The entry whose hash was asked for, if it came."""
        if self.sought is None:
            return None
        return Sought(self.sought, sum(self.covered.values()), len(self.covered), self.earlier)

    def _heed(self, entry: Entry) -> None:
        if entry.chain == DAYS:
            for chain, number, head in entry.content["heads"]:
                self.sealed[chain, number] = head, entry.number
                self.named[chain] = number
        elif entry.what in _OPENING:
            self.openings[entry.chain][entry.number] = entry.content["list"]
        elif entry.what in _RESTS_ANEW and entry.key is not None:
            self.moves[entry.key].append((_rests(entry.content["from"]), _rests(entry.content["to"])))


def prove(connection: Connection, sought: str | None = None) -> Proof:
    """Look through the whole journal and at all that it tells of; raises `Broken` at the first fault."""
    _refuse_missing(connection)
    told = _Told(sought)
    _prove_chains(connection, told)
    _prove_heads(connection, told)
    _prove_reckonings(connection)
    obligations = _prove_obligations(connection, told)
    try:
        records = prove_records(connection)
        prove_mails(connection)
    except Differs as found:
        raise Broken(found.sentence) from found
    return Proof(told.entries, len(told.heads), obligations, records, told.found())


def _refuse_missing(connection: Connection) -> None:
    database = inspect(connection)
    for table in _READ:
        if not database.has_table(table.name):
            raise Broken(sentence("the table {table} is missing from the database", table=table.name))


def _prove_chains(connection: Connection, told: _Told) -> None:
    """The chain of days comes first: what it says of the others is known when they are looked at."""
    table = tables.journal
    statement = select(table).order_by(table.c.chain, table.c.number)
    with closing(
        legible_rows(connection, statement, [table.c.chain, table.c.number], _unreadable_entry)
    ) as rows:
        for _, link in groupby(map(entry_of, rows), key=attrgetter("chain")):
            if found := first_break(told.note(link)):
                raise _broken(found.chain, found.number, found.why)
    for chain, _ in told.sealed:  # the chain of days names an entry that did not come
        missing = told.heads.get(chain, Head()).number + 1
        raise _broken(chain, missing, sentence("entry {number} is missing", number=missing))


def _prove_heads(connection: Connection, told: _Told) -> None:
    table = tables.journal_head
    kept = {row.chain: row for row in connection.execute(select(table))}
    for chain in sorted(kept.keys() | told.heads.keys(), key=str):
        last, row = told.heads.get(chain, Head()), kept.get(chain)
        if row is None or (row.number, row.hash) != (last.number, last.hash):
            ends = row.number if row is not None and isinstance(row.number, int) else 0
            number = min(last.number, ends) + 1
            raise _broken(
                chain, number, sentence("the chain does not end where it ended when it was last written")
            )
        named = told.named.get(chain, 0)
        if row.sealed != named:
            raise _broken(
                chain,
                named + 1,
                sentence(
                    "the chain of days is said to name its entry {said}, and names {number}",
                    said=row.sealed,
                    number=named,
                ),
            )


def _prove_reckonings(connection: Connection) -> None:
    table = tables.reckoning
    with closing(
        legible_rows(connection, select(table).order_by(table.c.id), [table.c.id], _changed_reckoning)
    ) as rows:
        for row in rows:
            basis = row.content.get("basis") if isinstance(row.content, dict) else None
            if not (is_digest_of(row.digest, row.content) and is_digest_of(row.basis, basis)):
                raise _changed_reckoning(row)


def _prove_obligations(connection: Connection, told: _Told) -> int:
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
    with closing(legible_rows(connection, statement, [obligation.c.key], _unreadable_obligation)) as rows:
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


def _unreadable_entry(row: Row[Any]) -> Broken:
    return _broken(row.chain, row.number, sentence("it holds what cannot be read"))


def _changed_reckoning(row: Row[Any]) -> Broken:
    return Broken(sentence("reckoning {id} was changed after it was written", id=row.id))


def _unreadable_obligation(row: Row[Any]) -> Broken:
    return Broken(sentence("{what} holds what cannot be read", what=row.key))


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
