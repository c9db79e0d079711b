"""What the journal tells of a working-out: what was opened, moved, withdrawn, and on what it now rests.

Openings are one entry for an organisation, with the digest of their list; every later change of a due date, or of
what it rests on, is an entry that names both. So the obligations of an entry can be held against its list for ever.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from monitor.core.journal import Change, Entry, What, digest
from monitor.storage.codec import day_to_json
from monitor.storage.journal import append
from monitor.storage.reckonings import ReckoningStore

RowValues = dict[str, Any]
Listed = tuple[str, str | None, str | None]
"""Key, due date and reckoning of an obligation, as they were when it was opened."""


class Account:
    """The changes of a batch of organisations, gathered up while they are worked out."""

    def __init__(self, reckonings: ReckoningStore) -> None:
        self._reckonings = reckonings
        self._opened: dict[tuple[str, What], list[RowValues]] = defaultdict(list)
        self._changed: list[tuple[What, RowValues, Mapping[str, Any]]] = []

    def add(self, row: RowValues, before: Mapping[str, Any] | None) -> None:
        """What an obligation's row becomes, and what it was; None where it is opened."""
        if before is None:
            self._opened[row["organisation"], What.OPENED].append(row)
            if row["exempt"] is not None:
                self._changed.append((What.EXEMPTION, row, {}))
            return
        if before["opening"] is None:
            self._opened[row["organisation"], What.TAKEN_OVER].append(row)
        elif before["due_on"] != row["due_on"]:
            self._changed.append((What.MOVED, row, before))
        elif before["reckoning_id"] != row["reckoning_id"]:
            self._changed.append((What.RECKONED_ANEW, row, before))
        if before["withdrawn"] != row["withdrawn"]:
            what = What.WITHDRAWN if row["withdrawn"] else What.STANDS_AGAIN
            self._changed.append((what, row, before))
        if before["exempt"] != row["exempt"]:
            self._changed.append((What.EXEMPTION, row, before))

    def write(self, connection: Connection, now: datetime, by: str) -> list[tuple[Entry, list[RowValues]]]:
        """Add the entries; gives those that opened something, each with the rows that belong to it."""
        if not self._opened and not self._changed:
            return []
        digests = self._digests()
        changes = [
            _opening(organisation, what, rows, digests) for (organisation, what), rows in self._opened.items()
        ]
        changes.extend(_change(what, row, before, digests) for what, row, before in self._changed)
        entries = append(connection, now, by, changes)
        return list(zip(entries, self._opened.values(), strict=False))  # the others opened nothing

    def _digests(self) -> Mapping[int | None, str | None]:
        rows = [row for opened in self._opened.values() for row in opened]
        rows.extend(row for _, row, _ in self._changed)
        numbers = {row["reckoning_id"] for row in rows}
        numbers.update(before["reckoning_id"] for _, _, before in self._changed if before)
        found = self._reckonings.digests(number for number in numbers if number is not None)
        return {None: None, **{number: name for number, name in found.items()}}  # noqa: C416 -- another type


def list_digest(listed: Sequence[Listed]) -> str:
    """The digest of what an entry has opened."""
    return digest(sorted(listed))


def _opening(
    organisation: str, what: What, rows: Sequence[RowValues], digests: Mapping[int | None, str | None]
) -> Change:
    listed = [(row["key"], day_to_json(row["due_on"]), digests[row["reckoning_id"]]) for row in rows]
    return Change(organisation, what, {"obligations": len(listed), "list": list_digest(listed)})


def _change(
    what: What, row: RowValues, before: Mapping[str, Any], digests: Mapping[int | None, str | None]
) -> Change:
    def rests_on(values: Mapping[str, Any]) -> dict[str, str | None]:
        return {"due_on": day_to_json(values["due_on"]), "reckoning": digests[values["reckoning_id"]]}

    content: dict[str, Any] = {}
    match what:
        case What.MOVED:
            content = {"from": rests_on(before), "to": rests_on(row), "why": row["moved_why"]}
        case What.RECKONED_ANEW:
            content = {"from": rests_on(before), "to": rests_on(row)}
        case What.EXEMPTION:
            content = {"why": row["exempt"]}
        case _:
            content = {"why": row["withdrawn"]}
    return Change(row["organisation"], what, content, row["key"])
