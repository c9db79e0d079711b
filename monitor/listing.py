"""Obligations as they stand now, from the stored outcomes: counted, in pages, in cells of a year.

They hold for the configuration with which the last cycle worked, as `status` does in `monitor.present`; its JSON of an
obligation is what a line is here. The page and the interface show them.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from monitor.clock import day_in
from monitor.speech import Speech
from monitor.storage import standing
from monitor.storage.browsing import Browsing, Place
from monitor.storage.reading import Reader, Unreadable
from monitor.storage.standing import COLUMNS, ORDER
from monitor.stored_lines import Cards, count_working_days, line_of_row

_COUNTED = 1000

Line = Mapping[str, Any]
"""An obligation as the JSON of `status` shows it."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines of a list, and where the next page begins: None where this is the last."""

    lines: Sequence[Line]
    more_after: Place | None


@dataclass(frozen=True, slots=True)
class Summary:
    """How many are in each state. Where there is a limit, a number that reaches it means so many or more."""

    numbers: Mapping[str, int]
    limit: int | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One obligation in the year of an organisation."""

    key: str
    due_on: date | None
    state: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which obligations: of these organisations, of these rules, for which that role is responsible; None for all."""

    organisations: Collection[str] | None = None
    rules: Collection[str] | None = None
    role: str | None = None


class Listing:
    """One snapshot of the database at `now`."""

    def __init__(self, reader: Reader, timezone: str, now: datetime, voice: Speech) -> None:
        """`timezone` is that of the monitor: its day counts where nothing was worked out yet."""
        self._reader, self._voice = reader, voice
        zones = {zone for zone, _ in reader.rows(standing.ZONES)} or {timezone}
        self._days = {zone: day_in(zone, now) for zone in zones}
        self._cards = Cards(reader)

    def summary(self, chosen: Chosen) -> Summary:
        """How many are in each state; among many organisations, but not all, only the open ones, up to a limit."""
        query = self._query(chosen)
        if query.counts_each:
            numbers = {state: int(n) for state, n in self._reader.rows(query.summary(), query.values)}
            return Summary({state: numbers.get(state, 0) for state in ORDER}, None)
        counted = {}
        for state, statement in query.counted():
            counted[state] = int(self._reader.rows(statement, query.values | {"limit": _COUNTED})[0][0])
        return Summary(counted, _COUNTED)

    def page(self, chosen: Chosen, states: Collection[str], after: Place | None, limit: int) -> Page:
        """At most `limit` of those in open `states`: by state, the most overdue first."""
        query = self._query(chosen)
        rows: list[dict[str, Any]] = []
        for statement in query.turned(states, after):
            left = limit + 1 - len(rows)
            if left > 0:
                rows += self._rows(statement, query.values | {"limit": left})
        lines = self._lines(rows[:limit])
        last = rows[limit - 1] if len(rows) > limit else None
        return Page(lines, Place(last["standing"], _day(last["due_on"]), last["key"]) if last else None)

    def cells(self, chosen: Chosen, year: int) -> dict[tuple[str, str], list[Cell]]:
        """What falls into a year, by organisation and rule."""
        query = self._query(chosen)
        rows = self._reader.rows(query.cells(), query.values | _year(year))
        found = defaultdict(list)
        for organisation, card_id, key, due_on, state in rows:
            found[organisation, self._cards.content(card_id)["id"]].append(Cell(key, _day(due_on), state))
        return dict(found)

    def year(self, organisation: str, year: int) -> Sequence[Line]:
        """All that falls into a year of one organisation, day by day."""
        query = self._query(Chosen(organisations=[organisation]))
        return self._lines(self._rows(query.of_days(), query.values | _year(year)))

    def _query(self, chosen: Chosen) -> Browsing:
        try:
            cards = self._cards.of(tuple(chosen.rules or ()), chosen.role)
        except Unreadable:  # of a rule that never gave an obligation there is none
            cards = []
        return Browsing(self._days, chosen.organisations, cards)

    def _rows(self, statement: str, values: Mapping[str, object]) -> list[dict[str, Any]]:
        return [dict(zip(COLUMNS, row, strict=True)) for row in self._reader.rows(statement, values)]

    def _lines(self, rows: Sequence[dict[str, Any]]) -> Sequence[Line]:
        lines = [
            line_of_row(row, self._cards.content(row["card_id"]), self._days[row["timezone"]], self._voice)
            for row in rows
        ]
        with suppress(Unreadable):  # a year that no cycle has counted yet: the calendar days stand there
            count_working_days(self._reader, self._days, rows, lines)
        return lines


def _year(year: int) -> dict[str, object]:
    return {"first": date(year, 1, 1), "last": date(year, 12, 31)}


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value
