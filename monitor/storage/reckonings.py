"""What a due date rests on, as it is kept: enough to work the date out again without packs, calendar or program.

Two obligations share a reckoning where their dates follow from the same. The words of the steps are kept as they were
first said; that a later program says them otherwise makes no other reckoning.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select

from monitor.core.journal import digest
from monitor.core.obligations import Extension, Obligation
from monitor.storage import tables
from monitor.storage.codec import Json, sentence_from_json, sentence_to_json
from monitor.storage.locks import Sole, do_alone
from rules.due import Duty, RuleBook
from rules.grounds import CannotTell, CountedBack, CountedFrom, FixedDay, Ground, NoLastDay, Reckoning, reckon
from rules.limits import Limit, end_of
from rules.model import Roll, Rule
from rules.steps import CountedDay, Step, days_counted
from rules.workdays import DayKind, DayNote, OutsideCalendar, WorkingCalendar, make_calendar

_ONE_DAY = timedelta(days=1)
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
            found = self._bases[case] = digest(_basis(self._book, duty, obligation))
        return found

    def content_of(self, obligation: Obligation) -> Json:
        """All of it; the obligation's dates are not those that were stored."""
        duty = obligation.duty
        assert duty is not None  # noqa: S101 -- see above
        steps = [
            {
                "on": _text(step.on),
                "text": sentence_to_json(step.text),
                "source": step.source,
            }
            for step in self._book.steps(duty)
        ]
        return {"basis": _basis(self._book, duty, obligation), "steps": steps}


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
        return days_counted(_ground_from(basis["ground"]), self._reckoning(), _calendar_from(basis))

    def _reckoning(self) -> Reckoning:
        basis = self.content["basis"]
        return reckon(_ground_from(basis["ground"]), _calendar_from(basis))


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


def work_out_again(content: Mapping[str, Any]) -> tuple[date | None, date | None]:
    """The due date and the act-by date that follow from a kept reckoning, from nothing else."""
    basis = content["basis"]
    calendar = _calendar_from(basis)
    due_on = reckon(_ground_from(basis["ground"]), calendar).due_on
    extension = basis["extension"]
    if due_on is None:
        return None, None
    try:
        if extension is not None:
            by, until = extension["by"], extension["until"]
            due_on = end_of(Limit.parse(by), due_on, calendar) if by else date.fromisoformat(until)
        return due_on, calendar.preceding(due_on)
    except OutsideCalendar:
        return due_on, None


@lru_cache(maxsize=4096)
def rule_digest(rule: Rule) -> str:
    """The same for the same rule, as far as a due date rests on it: its title and its examples may differ."""
    return digest(
        {
            "id": rule.id,
            "deadline": repr(rule.deadline),
            "period": str(rule.period),
            "roll": str(rule.roll),
            "in_force": [_text(rule.in_force_from), _text(rule.in_force_until)],
            "basis": [rule.basis.source, rule.basis.item, rule.basis.words],
        }
    )


def _basis(book: RuleBook, duty: Duty, obligation: Obligation) -> Json:
    rule, occurrence, calendar = duty.rule, duty.occurrence, book.calendar
    event, extension, ground = occurrence.event, obligation.extension, book.ground(duty)
    basis: Json = {
        "pack": rule.pack,
        "rule": rule.id,
        "rule_digest": rule_digest(rule),
        "occurrence": None if event else occurrence.name,
        "event": {"on": _text(event.on), "due": _text(event.due)} if event else None,
        "ground": _ground_to_json(ground),
        "extension": _extension_to_json(extension) if extension else None,
        "due_on": _text(obligation.due_on),
        "act_by": _text(obligation.act_by),
        "provisional": obligation.provisional,
        "unknown": sentence_to_json(obligation.unknown) if obligation.unknown else None,
        "weekend": sorted(calendar.weekend),
        "days": [_day_to_json(note) for note in _days_that_count(ground, duty, obligation, calendar)],
    }
    if obligation.unknown is not None:
        basis["known"] = [calendar.first.isoformat(), calendar.last.isoformat()]
    return basis


def _days_that_count(
    ground: Ground, duty: Duty, obligation: Obligation, calendar: WorkingCalendar
) -> Iterator[DayNote]:
    """The days that are not what their weekday says, among all on which the dates rest."""
    nominal, due_on = duty.reckoning.nominal, duty.reckoning.due_on
    if isinstance(ground, NoLastDay | CannotTell) or nominal is None or due_on is None:
        return
    days = [due_on, *(ground.looked_at(nominal, due_on) or ())]
    days.extend(day for day in (obligation.act_by, obligation.due_on) if day is not None)
    day, last = max(min(days), calendar.first), min(max(days), calendar.last)
    while day <= last:
        if note := calendar.note(day):
            yield note
        day += _ONE_DAY


def _ground_to_json(ground: Ground) -> Json:
    match ground:
        case FixedDay(on, roll):
            return {"fixed": on.isoformat(), "roll": str(roll)}
        case CountedFrom(start, limit):
            return {"counted_from": start.isoformat(), "limit": str(limit)}
        case CountedBack(day, limit):
            return {"counted_back_from": day.isoformat(), "limit": str(limit)}
        case NoLastDay():
            return {"no_last_day": True}
        case CannotTell(reason):
            return {"cannot_tell": sentence_to_json(reason)}


def _ground_from(stored: Mapping[str, Any]) -> Ground:
    match stored:
        case {"fixed": on, "roll": roll}:
            return FixedDay(date.fromisoformat(on), Roll(roll))
        case {"counted_from": start, "limit": limit}:
            return CountedFrom(date.fromisoformat(start), Limit.parse(limit))
        case {"counted_back_from": day, "limit": limit}:
            return CountedBack(date.fromisoformat(day), Limit.parse(limit))
        case {"cannot_tell": reason}:
            return CannotTell(sentence_from_json(reason))
        case _:
            return NoLastDay()


def _extension_to_json(extension: Extension) -> Json:
    return {"by": str(extension.by) if extension.by else None, "until": _text(extension.until)}


def _day_to_json(note: DayNote) -> Json:
    works = note.kind is DayKind.ON
    return {"on": note.on.isoformat(), "works": works, "reason": note.reason, "source": note.source}


def _calendar_from(basis: Mapping[str, Any]) -> WorkingCalendar:
    notes = [
        DayNote(
            date.fromisoformat(each["on"]),
            DayKind.ON if each["works"] else DayKind.OFF,
            each["reason"],
            each["source"],
        )
        for each in basis["days"]
    ]
    first, last = map(date.fromisoformat, basis.get("known") or (date.min.isoformat(), date.max.isoformat()))
    return make_calendar({}, weekend=basis["weekend"], moved=notes, first=first, last=last)


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (values[start : start + _IN_A_STATEMENT] for start in range(0, len(values), _IN_A_STATEMENT))
