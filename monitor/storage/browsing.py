"""What stands now, page by page, in plain SQL on the stored outcomes: for the page and the interface.

A page goes on behind the last line of the one before, which is found by an index; to count lines off would take longer
with every page.
"""

# ruff: noqa: S608 -- as in monitor.storage.standing

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from monitor.storage.standing import COLUMNS, ORDER, Asked, Query

_FEW = 200
"""Organisations; of so many all obligations are sooner sorted than those of all organisations gone through."""
_OPEN = ("unknown", "removed", "overdue", "due_soon", "upcoming")
_PLACE = " ".join(f"WHEN '{state}' THEN {place}" for place, state in enumerate(ORDER))
_ID = re.compile(r"[a-z0-9-]+")
_DAY = "coalesce(t.due_on, e.happened_on, t.opened_on)"
"""On which an obligation lies in a year: what has no due date, by its event; or by when it came up."""


class Place(NamedTuple):
    """A line in the order of a list: by state, then the most overdue first."""

    state: str
    due_on: date | None
    key: str


class Browsing(Query):
    """Statements whose lists are turned page by page, among some organisations or all of them."""

    def __init__(
        self, days: Mapping[str, date], organisations: Collection[str] | None, cards: Collection[int] | None
    ) -> None:
        """`days` gives today by time zone; `organisations` and `cards` are None for all of them."""
        self._few = organisations is not None and len(organisations) <= _FEW
        super().__init__(days, Asked(organisations=tuple(organisations or ())), cards)
        if organisations is not None and not organisations:
            self._those = "FALSE"  # of none, not of all
        self.counts_each = organisations is None or self._few
        """Whether `summary` is over at once: it reads the tally, or the obligations of few organisations."""

    def counted(self) -> Iterator[tuple[str, str]]:
        """The open states, each with a statement that counts it up to `:limit`."""
        for state in _OPEN:
            found = " UNION ALL ".join(
                f"SELECT * FROM (SELECT t.id FROM obligation AS t WHERE {which} LIMIT :limit) AS part"
                for which in self._in_state(state)
            )
            yield state, f"SELECT count(*) FROM (SELECT * FROM ({found}) AS parts LIMIT :limit) AS t"

    def turned(self, states: Collection[str], after: Place | None) -> Iterator[str]:
        """Those in open `states` behind `after`, at most `:limit`; each statement gives those that come next."""
        wanted = [state for state in _OPEN if state in states]
        if self._few:
            yield self._sorted(wanted, after)
            return
        for state in wanted:
            if after is None or ORDER.index(state) > ORDER.index(after.state):
                yield from self._by_index(state, None)
            elif state == after.state:
                yield from self._by_index(state, after)

    def cells(self) -> str:
        """Organisation, card, key, due date and state of what falls from `:first` to `:last`."""
        return (
            f"SELECT t.organisation, t.card_id, t.key, t.due_on, {self._state()} FROM obligation AS t"
            f" LEFT JOIN event AS e ON e.id = t.event_id WHERE {self._those} AND {_DAY} BETWEEN :first AND :last"
            f" ORDER BY t.organisation, {_DAY}, t.key"
        )

    def of_days(self) -> str:
        """What falls from `:first` to `:last`, as `COLUMNS`, in the order of the days."""
        return self._browsed(self._those, f"{_DAY} BETWEEN :first AND :last", f"{_DAY}, t.key")

    def _conditions(self, cards: Collection[int] | None) -> list[str]:
        """Of many organisations nothing is looked up by organisation: what is wanted is found by its state."""
        found = super()._conditions(cards)
        return (
            found
            if self._few
            else [each.replace("t.organisation IN", "t.organisation || '' IN") for each in found]
        )

    def _list(self, name: str, items: Collection[str]) -> str:
        """Ids of organisations stand in the statement: SQLite would look each of 5,000 names up among all of them."""
        if name != "organisation":
            return super()._list(name, items)
        return ", ".join(f"'{each}'" for each in items if _ID.fullmatch(each)) or "NULL"

    def _sorted(self, states: Collection[str], after: Place | None) -> str:
        place = f"CASE t.standing {_PLACE} END, t.due_on IS NULL, coalesce(t.due_on, '{date.max}'), t.key"
        which = f"t.standing IN ({self._list('state', states) or 'NULL'})"
        if after is not None:
            due_on = after.due_on or date.max
            named = {
                "place": ORDER.index(after.state),
                "undated": after.due_on is None,
                "due_on": due_on,
                "key": after.key,
            }
            self.values |= {f"after_{name}": value for name, value in named.items()}
            which += f" AND ({place}) > ({', '.join(f':after_{name}' for name in named)})"
        return f"{self._browsed(f'NOT t.settled AND {self._those}', which, place)} LIMIT :limit"

    def _by_index(self, state: str, after: Place | None) -> Iterator[str]:
        """The dated ones, then the undated."""
        dated, undated = self._in_state(state)
        if after is None or after.due_on is not None:
            behind = "TRUE"
            if after is not None:
                self.values |= {"after_due_on": after.due_on, "after_key": after.key}
                behind = "(t.due_on, t.key) > (:after_due_on, :after_key)"
            yield f"{self._browsed(f'{dated} AND {behind}', 'TRUE', 't.due_on, t.key')} LIMIT :limit"
        behind = "TRUE"
        if after is not None and after.due_on is None:
            self.values |= {"after_key": after.key}
            behind = "t.key > :after_key"
        yield f"{self._browsed(f'{undated} AND {behind}', 'TRUE', 't.key')} LIMIT :limit"

    def _in_state(self, state: str) -> tuple[str, str]:
        """That it is in that open state with a due date, and without: so said that the index helps."""
        self.values |= {"earliest": min(self._days.values()), "latest": max(self._days.values())}
        soon = f"coalesce(t.soon_from <= {self._day}, FALSE)"
        match state:
            case "overdue":
                dated, undated = (
                    f"t.outcome = 'awaited' AND t.due_on < :latest AND t.due_on < {self._day}",
                    "FALSE",
                )
            case "due_soon":
                last = "SELECT max(due_on) FROM tally WHERE outcome = 'awaited' AND soon_from <= :latest"
                ahead = f"t.due_on >= :earliest AND t.due_on <= ({last}) AND t.due_on >= {self._day}"
                dated, undated = f"t.outcome = 'awaited' AND {ahead} AND {soon}", "FALSE"
            case "upcoming":
                ahead = f"t.due_on >= :earliest AND t.due_on >= {self._day}"
                dated, undated = f"t.outcome = 'awaited' AND {ahead} AND NOT {soon}", "t.outcome = 'awaited'"
            case _:
                dated, undated = f"t.outcome = '{state}' AND t.due_on IS NOT NULL", f"t.outcome = '{state}'"
        own = f"NOT t.settled AND {self._those}"
        return f"{own} AND {dated}", f"{own} AND {undated} AND t.due_on IS NULL"

    def _browsed(self, where: str, which: str, order: str) -> str:
        own = ", ".join(f"t.{column}" for column in COLUMNS[:15])
        return (
            f"SELECT {own}, e.id, e.kind, e.happened_on, e.due_on, e.reference"
            f" FROM (SELECT t.*, {self._state()} AS standing FROM obligation AS t WHERE {where}) AS t"
            f" LEFT JOIN event AS e ON e.id = t.event_id WHERE {which} ORDER BY {order}"
        )
