"""What stands now, page by page, in plain SQL on the stored outcomes: for the page and the interface.

A page goes on behind the last line of the one before, which is found by an index; to count lines off would take longer
with every page.
"""

# ruff: noqa: S608 -- as in monitor.storage.standing

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from monitor.storage.standing import OPEN, ORDER, Asked, Query

_COUNTED_EACH = 1000
"""Organisations; to count all obligations of so many takes no longer than to go through those of all up to a limit."""
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
        super().__init__(days, Asked(organisations=tuple(organisations or ())), cards)
        if organisations is not None and not organisations:
            self._those = "FALSE"  # of none, not of all
        self.counts_each = not organisations or len(organisations) <= _COUNTED_EACH
        """Whether `summary` is over at once: it reads the tally, or the obligations of so many organisations."""

    def counted(self) -> Iterator[tuple[str, str]]:
        """The open states, each with a statement that counts it up to `:limit`."""
        for state in OPEN:
            found = " UNION ALL ".join(
                f"SELECT * FROM (SELECT t.id FROM obligation AS t WHERE {which} LIMIT :limit) AS part"
                for which in self._in_state(state)
                if which
            )
            yield state, f"SELECT count(*) FROM (SELECT * FROM ({found}) AS parts LIMIT :limit) AS t"

    def turned(self, states: Collection[str], after: Place | None) -> Iterator[str]:
        """Those in open `states` behind `after`, at most `:limit`; each statement gives those that come next."""
        wanted = [state for state in OPEN if state in states]
        place = (ORDER.index(after.state), after.due_on or date.max, after.key) if after else None
        if self._asked.of_few:
            which = f"{self._state()} IN ({self._list('state', wanted) or 'NULL'})"
            yield self.sorted(f"NOT t.settled AND {which}", place, "LIMIT :limit")
        else:
            yield from self.by_index(wanted, place)

    def cells(self) -> str:
        """Organisation, card, key, due date and state of what falls from `:first` to `:last`."""
        return (
            f"SELECT t.organisation, t.card_id, t.key, t.due_on, {self._state()} FROM obligation AS t"
            f" LEFT JOIN event AS e ON e.id = t.event_id WHERE {self._those} AND {_DAY} BETWEEN :first AND :last"
            f" ORDER BY t.organisation, {_DAY}, t.key"
        )

    def of_days(self) -> str:
        """What falls from `:first` to `:last`, as `COLUMNS`, in the order of the days."""
        return self._select(self._those, f"{_DAY} BETWEEN :first AND :last", f"{_DAY}, t.key")
