"""Proving what people recorded: that events, postings and decisions are those that the journal tells of.

Called when the journal itself was found whole. The entries and the rows of all tables are read beside each other in
the order of organisations, so that one of them at a time is in memory. Last come the obligations: what became of
them is judged by the same entries and rows, in `monitor.proof.outcomes`.
"""

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from heapq import merge
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, Select, Table, collate, select

from monitor.core.journal import OPENING, Entry, What
from monitor.proof.broken import Broken, unreadable
from monitor.proof.outcomes import TELLING, Becoming, obligations, proven_cards
from monitor.storage import tables
from monitor.storage.codec import day_to_json
from monitor.storage.journal import entries_of
from monitor.storage.legible import legible_rows
from notifications.moments import moment_text
from rules.sentences import Sentence, sentence

_RECORDED = "recorded_at"

_Name = tuple[str, str, int]
"""The table; the id, or the key of the obligation that is decided about; and which of the decisions about it."""
_Values = dict[str, str | None]
"""What a row says, by column; days and moments as the journal writes them."""


@dataclass(frozen=True, slots=True)
class _Telling:
    """What an entry of a kind says of a row: its words and the columns that they stand in, and that of its moment."""

    table: str
    columns: Mapping[str, str]
    moment: str = _RECORDED
    empty: Sequence[str] = ()


_TELLINGS: Mapping[str, _Telling] = {
    What.EVENT: _Telling(
        "event",
        {"kind": "kind", "on": "happened_on", "due": "due_on", "reference": "reference", "note": "note"},
        empty=("amended_at", "amended_why", "withdrawn_at", "withdrawn_why"),
    ),
    What.EVENT_AMENDED: _Telling(
        "event", {"on": "happened_on", "due": "due_on", "why": "amended_why"}, "amended_at"
    ),
    What.EVENT_WITHDRAWN: _Telling("event", {"why": "withdrawn_why"}, "withdrawn_at"),
    What.POSTING: _Telling(
        "posting",
        {
            "key": "key",
            "channel": "channel",
            "on": "posted_on",
            "url": "url",
            "sha256": "evidence",
            "note": "note",
        },
        empty=("withdrawn_at", "withdrawn_why", "taken_down_on"),
    ),
    What.POSTING_WITHDRAWN: _Telling(
        "posting", {"on": "taken_down_on", "why": "withdrawn_why"}, "withdrawn_at"
    ),
    What.WAIVER: _Telling("waiver", {"why": "reason"}, empty=("lifted_at", "lifted_why")),
    What.WAIVER_LIFTED: _Telling("waiver", {"why": "lifted_why"}, "lifted_at"),
    What.EXTENSION: _Telling(
        "extension", {"by": "by", "until": "until", "why": "reason", "reference": "reference"}
    ),
    What.SNOOZE: _Telling("snooze", {"until": "until", "why": "reason"}),
}


@dataclass(slots=True)
class _Told:
    """What the entries of one organisation say."""

    organisation: str
    becoming: Becoming
    values: dict[_Name, _Values] = field(default_factory=dict)
    entry: dict[_Name, int] = field(default_factory=dict)
    """The last entry that tells of each."""
    decisions: Counter[tuple[str, str]] = field(default_factory=Counter)
    begun: str | None = None
    """When its obligations were opened under the journal, or taken over into it."""
    taken_over: bool = False

    def heed(self, entry: Entry) -> None:
        """Keep in mind what an entry tells; raises KeyError where it lacks something."""
        self.becoming.heed(entry)
        if entry.what in TELLING:
            return
        if entry.what in OPENING:
            self.begun = self.begun or entry.at
            self.taken_over = self.taken_over or entry.what == What.TAKEN_OVER
            return
        telling, said = _TELLINGS[entry.what], {"key": entry.key, **entry.content}
        said |= said.get("to", {})  # of an amended event
        name = self._name(telling, said)
        if name is None:
            return
        values = {column: said[word] for word, column in telling.columns.items()}
        known = self.values.setdefault(name, dict.fromkeys(telling.empty))
        known.update(values, **{telling.moment: entry.at})
        self.entry[name] = entry.number

    def _name(self, telling: _Telling, said: Mapping[str, str]) -> _Name | None:
        """None: it lifts a waiver that is older than the journal."""
        table = telling.table
        if table in ("event", "posting"):
            return table, said[table], 1
        about = table, said["key"]
        self.decisions[about] += telling.moment == _RECORDED
        return (*about, self.decisions[about]) if self.decisions[about] else None

    def is_older(self, recorded_at: str) -> bool:
        """Whether what was recorded then may have no entry: it was recorded before there was a journal."""
        return self.begun is None or (self.taken_over and recorded_at < self.begun)


def prove_records(connection: Connection) -> int:
    """Hold every event, posting and decision against the journal; gives their number, or raises `Broken`."""
    journal, found, cards = tables.journal, 0, proven_cards(connection)
    telling = (
        select(journal)
        .where(journal.c.what.in_((*_TELLINGS, *OPENING, *TELLING)))
        .order_by(journal.c.chain, journal.c.number)
    )
    with ExitStack() as opened:
        entries = opened.enter_context(entries_of(connection, telling))
        streams: list[Iterator[tuple[str, object]]] = [((each.chain, each) for each in entries)]
        for table, statement in _STATEMENTS.items():
            rows = opened.enter_context(closing(_rows(connection, table, statement)))
            streams.append(_with_organisation(table, rows))
        beside = merge(*streams, key=itemgetter(0))
        for organisation, of_it in groupby(beside, key=itemgetter(0)):
            told = _Told(organisation, Becoming(organisation, cards))
            found += _prove(told, map(itemgetter(1), of_it))
    return found


def _prove(told: _Told, of_it: Iterable[Any]) -> int:
    """The entries of one organisation come before its rows."""
    found, numbers = 0, Counter[tuple[str, str]]()
    for each in of_it:
        if isinstance(each, Entry):
            _heed(told, each)
            continue
        table, row = each
        if table is tables.obligation:
            _refuse_gone(told)
            told.becoming.judge(row)
            continue
        found += 1
        told.becoming.note(table, row)
        recorded_at = moment_text(row.recorded_at)
        name = table.name, _NAMES[table](row), 1
        if table in _DECISIONS:
            if told.is_older(recorded_at):
                continue
            numbers[name[:2]] += 1
            name = (*name[:2], numbers[name[:2]])
        values = told.values.pop(name, {})
        if _RECORDED not in values and not told.is_older(recorded_at):
            raise Broken(
                sentence(
                    "{what} of {organisation} is told of by no entry of its journal",
                    what=_words(name),
                    organisation=told.organisation,
                )
            )
        _compare(told, name, values, row)
    _refuse_gone(told)
    return found


def _refuse_gone(told: _Told) -> None:
    for name in told.values:
        raise Broken(
            sentence(
                "{what} is gone, of which entry {number} of the journal of {organisation} tells",
                what=_words(name),
                number=told.entry[name],
                organisation=told.organisation,
            )
        )


def _heed(told: _Told, entry: Entry) -> None:
    try:
        told.heed(entry)
    except (KeyError, TypeError) as error:
        said = sentence(
            "entry {number} of the journal of {organisation} does not say what such an entry says",
            number=entry.number,
            organisation=told.organisation,
        )
        raise Broken(said) from error


def _compare(told: _Told, name: _Name, values: Mapping[str, str | None], row: Row[Any]) -> None:
    for column, wanted in values.items():
        value = getattr(row, column)
        if column.endswith("_at"):
            value = moment_text(value) if value else None
        elif column in _DAYS:
            value = day_to_json(value)
        if value != wanted:
            raise Broken(
                sentence(
                    "{what}: {column} is {value}, and entry {number} of the journal of {organisation} tells {wanted}",
                    what=_words(name),
                    column=column,
                    value=_shown(value),
                    number=told.entry[name],
                    organisation=told.organisation,
                    wanted=_shown(wanted),
                )
            )


_DAYS = frozenset({"happened_on", "due_on", "posted_on", "taken_down_on", "until"})
_DECISIONS = (tables.waiver, tables.extension, tables.snooze)
_NAMES: Mapping[Table, Callable[[Row[Any]], str]] = {
    tables.event: lambda row: f"e{row.id}",
    tables.posting: lambda row: f"p{row.id}",
    **dict.fromkeys(_DECISIONS, attrgetter("key")),
}
"""By what an entry names a row."""
_STATEMENTS: Mapping[Table, Select[Any]] = {
    **{table: select(table) for table in _NAMES},
    tables.obligation: obligations(),
}
"""What is read, in this order for each organisation."""


def _rows(connection: Connection, table: Table, statement: Select[Any]) -> Generator[Row[Any]]:
    by_name = statement.order_by(_by_bytes(connection, table.c.organisation), table.c.id)
    known_by = [table.c[name] for name in ("id", "key") if name in table.c]
    return legible_rows(connection, by_name, known_by, partial(_unreadable, table))


def _with_organisation(table: Table, rows: Iterable[Row[Any]]) -> Iterator[tuple[str, object]]:
    for row in rows:
        if not isinstance(row.organisation, str):
            raise _unreadable(table, row)
        yield row.organisation, (table, row)


def _unreadable(table: Table, row: Row[Any]) -> Broken:
    if table is tables.obligation:
        what = row.key
    elif table in _DECISIONS:
        what = sentence("a decision about {key}", key=row.key)
    else:
        what = _words((table.name, _NAMES[table](row), 1))
    return unreadable(what)


def _by_bytes(connection: Connection, column: Column[str]) -> ColumnElement[str]:
    """As chains are ordered, and as Python compares."""
    return collate(column, "C") if connection.dialect.name == "postgresql" else column


def _words(name: _Name) -> Sentence:
    table, word, which = name
    match table:
        case "event":
            return sentence("event {event}", event=word)
        case "posting":
            return sentence("posting {posting}", posting=word)
        case "waiver":
            return sentence("waiver {n} of {key}", n=which, key=word)
        case "extension":
            return sentence("extension {n} of {key}", n=which, key=word)
        case _:
            return sentence("snooze {n} of {key}", n=which, key=word)


def _shown(value: str | None) -> str:
    return "-" if value is None else f'"{value}"'
