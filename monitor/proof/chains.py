"""Proving the journal's chains: that each holds, and ends where it ended; what they tell is kept in mind on the way."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, select

from monitor.core.journal import DAYS, OPENING, Entry, Head, What, first_break
from monitor.proof.broken import Broken
from monitor.storage import tables
from monitor.storage.journal import entry_of
from monitor.storage.legible import legible_rows
from rules.sentences import Sentence, sentence

_RESTS_ANEW = (What.MOVED, What.RECKONED_ANEW)

Rests = tuple[str | None, str | None]
"""A due date, and the digest of the reckoning on which it rests."""


@dataclass(frozen=True, slots=True)
class Sought:
    """The entry whose hash was asked for, and what that hash covers: no covered entry was changed since."""

    entry: Entry
    entries: int
    """Those that stand before it, itself among them, and those up to the last that the chain of days had named."""
    chains: int
    earlier: int
    """Those that say that they are older, and that it does not cover: when they were written it cannot show."""


@dataclass(slots=True)
class Told:
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
    moves: dict[str, list[tuple[Rests, Rests]]] = field(default_factory=lambda: defaultdict(list))
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
        elif entry.what in OPENING:
            self.openings[entry.chain][entry.number] = entry.content["list"]
        elif entry.what in _RESTS_ANEW and entry.key is not None:
            self.moves[entry.key].append((_rests(entry.content["from"]), _rests(entry.content["to"])))


def prove_chains(connection: Connection, told: Told) -> None:
    """Look through every chain and keep in mind what it tells; raises `Broken` at the first fault."""
    _prove_entries(connection, told)
    _prove_heads(connection, told)


def _prove_entries(connection: Connection, told: Told) -> None:
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


def _prove_heads(connection: Connection, told: Told) -> None:
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


def _unreadable_entry(row: Row[Any]) -> Broken:
    return _broken(row.chain, row.number, sentence("it holds what cannot be read"))


def _rests(told: dict[str, str | None]) -> Rests:
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
