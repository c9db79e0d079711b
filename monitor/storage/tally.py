"""The tally: how many obligations share an outcome and its days, so that `status` counts without reading each.

Whoever changes obligations adds rows with what came and what went; the number of a group is the sum over its rows. Rows
are never changed, so several daemons do not wait for each other; each cycle sums them up.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select

from monitor.core.outcome import AWAITED
from monitor.storage import tables


class Group(NamedTuple):
    """What obligations have in common that are counted together: no more than their state on any day follows from."""

    timezone: str
    card_id: int
    outcome: str
    due_on: date | None
    soon_from: date | None
    keep_until: date | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Group":
        """The group of an obligation, by its row."""
        awaited = row["outcome"] == AWAITED
        return cls(
            row["timezone"],
            row["card_id"],
            row["outcome"],
            row["due_on"] if awaited else None,
            row["soon_from"] if awaited else None,
            None if awaited else row["keep_until"],
        )


class TallyChanges:
    """What came and what went in one transaction."""

    def __init__(self) -> None:
        self._numbers: Counter[Group] = Counter()
        self._worked_on: dict[Group, date] = {}

    def add(self, group: Group, worked_on: date, n: int = 1) -> None:
        """So many more, or fewer, judged on that day."""
        self._numbers[group] += n
        self._worked_on[group] = max(worked_on, self._worked_on.get(group, worked_on))

    def write(self, connection: Connection) -> None:
        """Add the rows; one with nothing to count still says since when the outcomes hold."""
        rows = [
            {**group._asdict(), "n": n, "worked_on": self._worked_on[group]}
            for group, n in self._numbers.items()
        ]
        if rows:
            connection.execute(insert(tables.tally), rows)


def sum_up(connection: Connection) -> None:
    """Make one row of those that are alike. Only one transaction may do so at a time."""
    table = tables.tally
    columns = [table.c[name] for name in Group._fields]
    alike = select(func.count().label("rows")).select_from(table).group_by(*columns).subquery()
    if (connection.scalar(select(func.max(alike.c.rows))) or 0) < 2:
        return
    changes = TallyChanges()
    for row in _taken(connection.execute(delete(table).returning(table))):
        changes.add(Group(*(row[name] for name in Group._fields)), row["worked_on"], row["n"])
    changes.write(connection)


def _taken(rows: Iterable[Any]) -> list[Mapping[str, Any]]:
    return [row._mapping for row in rows]  # noqa: SLF001 -- the public mapping of a Row
