"""Proving the journal: that no entry was changed, dropped or invented, and that the obligations are those it tells of.

It reads the database and nothing else: no configuration, pack or calendar. It cannot see that all chains were written
anew from some day on, by somebody who may write to the database: for that there are the mails, whose hash then lies on
no chain any more.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter

from sqlalchemy import Connection, select

from monitor.core.journal import DAYS, Entry, Head, What, digest, first_break
from monitor.storage import tables
from monitor.storage.accounts import Listed, list_digest, text_of
from monitor.storage.journal import entries_of
from rules.sentences import Sentence, sentence

_ROWS = 1000
"""How many are in hand at a time."""

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
    return Proof(told.entries, len(told.heads), obligations, told.sought)


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
            reckoning.c.digest,
        )
        .outerjoin(reckoning, reckoning.c.id == obligation.c.reckoning_id)
        .order_by(obligation.c.organisation)
    )
    found = 0
    with connection.execute(statement, execution_options={"yield_per": _ROWS}) as rows:
        for organisation, owed in groupby(rows, key=attrgetter("organisation")):
            lists: dict[int | None, list[Listed]] = defaultdict(list)
            for row in owed:
                found += 1
                rested = _first_rest(row.key, (text_of(row.due_on), row.digest), told)
                lists[row.opening].append((row.key, *rested))
            _prove_lists(organisation, lists, told.openings.pop(organisation, {}))
    for organisation, openings in told.openings.items():
        _prove_lists(organisation, {}, openings)
    return found


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
