"""Proving what people recorded: that events, postings and decisions are those that the journal tells of.

Called when the journal itself was found whole. The entries and the rows of all tables are read beside each other in
the order of organisations, so that one of them at a time is in memory. Last come the obligations: what became of
them is judged by the same entries and rows, in `monitor.proof.outcomes`.
"""

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from functools import partial
from heapq import merge
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, Select, Table, collate, select

from monitor.core.journal import OPENING, Entry
from monitor.proof.broken import Broken, unreadable
from monitor.proof.outcomes import TELLING, Becoming, obligations, proven_cards
from monitor.proof.tellings import RECORDED, TELLINGS, Name, ToldRecords
from monitor.storage import tables
from monitor.storage.codec import day_to_json
from monitor.storage.journal import entries_of
from monitor.storage.legible import legible_rows
from notifications.moments import moment_text
from rules.sentences import Sentence, sentence


def prove_records(connection: Connection) -> int:
    """Hold every event, posting and decision against the journal; gives their number, or raises `Broken`."""
    journal, found, cards = tables.journal, 0, proven_cards(connection)
    telling = (
        select(journal)
        .where(journal.c.what.in_((*TELLINGS, *OPENING, *TELLING)))
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
            told = ToldRecords(organisation, Becoming(organisation, cards))
            found += _prove(told, map(itemgetter(1), of_it))
    return found


def _prove(told: ToldRecords, of_it: Iterable[Any]) -> int:
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
        if RECORDED not in values and not told.is_older(recorded_at):
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


def _refuse_gone(told: ToldRecords) -> None:
    for name in told.values:
        raise Broken(
            sentence(
                "{what} is gone, of which entry {number} of the journal of {organisation} tells",
                what=_words(name),
                number=told.entry[name],
                organisation=told.organisation,
            )
        )


def _heed(told: ToldRecords, entry: Entry) -> None:
    try:
        told.heed(entry)
    except (KeyError, TypeError) as error:
        said = sentence(
            "entry {number} of the journal of {organisation} does not say what such an entry says",
            number=entry.number,
            organisation=told.organisation,
        )
        raise Broken(said) from error


def _compare(told: ToldRecords, name: Name, values: Mapping[str, str | None], row: Row[Any]) -> None:
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


def _words(name: Name) -> Sentence:
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
