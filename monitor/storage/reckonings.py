"""What a due date rests on, as it is kept: enough to work the date out again without packs, calendar or program.

Two obligations share a reckoning where their dates follow from the same. The words of the steps are kept as they were
first said; that a later program says them otherwise makes no other reckoning.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select

from monitor.core.journal import digest
from monitor.core.obligations import Obligation
from monitor.storage import tables
from monitor.storage.basis import basis_to_json, calendar_from_json, ground_from_json, work_out_again
from monitor.storage.codec import Json, day_to_json, sentence_from_json, sentence_to_json
from monitor.storage.locks import Sole, do_alone
from rules.due import RuleBook
from rules.grounds import Reckoning, reckon
from rules.steps import CountedDay, Step, days_counted

_KNOWN_AT_MOST = 65536
_IN_A_STATEMENT = 500


class Reckonings:
    """What the dates of obligations rest on under one rule book."""

    def __init__(self, book: RuleBook) -> None:
        self._book = book
        self._bases: dict[tuple[object, ...], str] = {}

    def basis_of(self, obligation: Obligation) -> str | None:
        """The digest of what its dates follow from; None: they were stored so."""
        duty, extension = obligation.duty, obligation.extension
        if duty is None:
            return None
        event = duty.occurrence.event
        case = (
            duty.rule.id,
            duty.rule.in_force_from,
            duty.occurrence.name,
            event and (event.on, event.due),
            extension and (extension.by, extension.until),
        )
        found = self._bases.get(case)
        if found is None:
            if len(self._bases) >= _KNOWN_AT_MOST:
                self._bases.clear()
            found = self._bases[case] = digest(basis_to_json(self._book, duty, obligation))
        return found

    def content_of(self, obligation: Obligation) -> Json:
        """All of it; the obligation's dates are not those that were stored."""
        duty = obligation.duty
        assert duty is not None  # noqa: S101 -- see above
        steps = [
            {
                "on": day_to_json(step.on),
                "text": sentence_to_json(step.text),
                "source": step.source,
            }
            for step in self._book.steps(duty)
        ]
        return {"basis": basis_to_json(self._book, duty, obligation), "steps": steps}


@lru_cache(maxsize=4)
def reckonings_of(book: RuleBook) -> Reckonings:
    """One for each rule book, which remembers what it has worked out."""
    return Reckonings(book)


class ReckoningStore:
    """The rows of reckonings, by the digest of their basis; what is missing is added."""

    def __init__(self, connection: Connection, reckonings: Reckonings) -> None:
        self._connection, self._reckonings = connection, reckonings
        self._stored: dict[str, tuple[int, str]] = {}

    def rows_of(self, obligations: Sequence[Obligation]) -> list[int | None]:
        """The number of the row that holds what the dates of each rest on; None: they were stored so."""
        bases = [self._reckonings.basis_of(each) for each in obligations]
        missing = {
            basis: obligation
            for basis, obligation in zip(bases, obligations, strict=True)
            if basis is not None and basis not in self._stored
        }
        if missing:
            self._keep(missing)
        return [self._stored[basis][0] if basis is not None else None for basis in bases]

    def digests(self, numbers: Iterable[int]) -> dict[int, str]:
        """The digests of stored reckonings, by their numbers."""
        table, found = tables.reckoning, dict(self._stored.values())
        for some in _parts(sorted(set(numbers).difference(found))):
            statement = select(table.c.id, table.c.digest).where(table.c.id.in_(some))
            found |= {row.id: row.digest for row in self._connection.execute(statement)}
        return found

    def _keep(self, missing: Mapping[str, Obligation]) -> None:
        self._read(missing)
        if missing.keys() <= self._stored.keys():
            return
        do_alone(self._connection, Sole.ADDING_RECKONINGS)
        self._read(missing)  # another daemon may have met them before
        for basis, obligation in missing.items():
            if basis not in self._stored:
                content = self._reckonings.content_of(obligation)
                name = digest(content)
                row = {"basis": basis, "digest": name, "content": content}
                statement = insert(tables.reckoning).returning(tables.reckoning.c.id)
                self._stored[basis] = self._connection.execute(statement, row).scalar_one(), name

    def _read(self, bases: Iterable[str]) -> None:
        for some in _parts([each for each in bases if each not in self._stored]):
            rows = self._connection.execute(_BY_BASIS, {"bases": some})
            self._stored |= {row.basis: (row.id, row.digest) for row in rows}


_BY_BASIS = select(tables.reckoning.c.basis, tables.reckoning.c.id, tables.reckoning.c.digest).where(
    tables.reckoning.c.basis.in_(bindparam("bases", expanding=True))
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A reckoning as it is stored; all that it tells follows from it alone."""

    basis: str
    digest: str
    """By which the journal names it."""
    content: Mapping[str, Any]

    @property
    def rule(self) -> str:
        """The id of the rule."""
        return str(self.content["basis"]["rule"])

    @property
    def is_provisional(self) -> bool:
        """Whether nobody had looked for the decrees of a year on which it rests."""
        return bool(self.content["basis"]["provisional"])

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps to the unextended due date, in the words in which they were first said."""
        return tuple(
            Step(
                date.fromisoformat(each["on"]) if each["on"] else None,
                sentence_from_json(each["text"]),
                each["source"],
            )
            for each in self.content["steps"]
        )

    @property
    def extended_from(self) -> date | None:
        """The due date without the extension that is part of it, and of which no step tells; None: there is none."""
        return self._reckoning().due_on if self.content["basis"]["extension"] else None

    @property
    def dates(self) -> tuple[date | None, date | None]:
        """The due date and the act-by date, worked out again."""
        return work_out_again(self.content)

    @property
    def count(self) -> tuple[CountedDay, ...]:
        """The count day by day, as `RuleBook.count_days` gives it."""
        basis = self.content["basis"]
        return days_counted(ground_from_json(basis["ground"]), self._reckoning(), calendar_from_json(basis))

    def _reckoning(self) -> Reckoning:
        basis = self.content["basis"]
        return reckon(ground_from_json(basis["ground"]), calendar_from_json(basis))


def kept_reckonings(connection: Connection, numbers: Iterable[int]) -> dict[int, Kept]:
    """The stored reckonings of those numbers."""
    found = {}
    for some in _parts(sorted(set(numbers))):
        for row in connection.execute(_KEPT.where(tables.reckoning.c.id.in_(some))):
            found[row.id] = Kept(row.basis, row.digest, row.content)
    return found


def reckonings_named(connection: Connection, beginning: str, at_most: int) -> list[Kept]:
    """Those whose digest begins so."""
    named = tables.reckoning.c.digest.startswith(beginning, autoescape=True)
    return [
        Kept(row.basis, row.digest, row.content)
        for row in connection.execute(_KEPT.where(named).limit(at_most))
    ]


_KEPT = select(tables.reckoning)


def _parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (values[start : start + _IN_A_STATEMENT] for start in range(0, len(values), _IN_A_STATEMENT))
