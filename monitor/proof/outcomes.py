"""Proving what became of obligations: that none is withdrawn, exempt, waived or met but by what was told and recorded.

What is kept of an obligation was worked out from the records that stand now, for whoever records something works its
organisation out anew in the same transaction. Only one that began on a day after that of the record (the clock had been
ahead, or the record came early) waits for a cycle on that day: such a one is not held against its records.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, select

from monitor.clock import day_in
from monitor.core.evidence import Posting, earliest
from monitor.core.journal import Entry, What, is_digest_of
from monitor.core.obligations import RuleCard, key_of
from monitor.core.outcome import belongs_to
from monitor.core.status import SETTLED, State, met_state
from monitor.proof.broken import Broken, unreadable
from monitor.storage import tables
from monitor.storage.codec import card_from_json
from monitor.storage.facts import posting_from
from monitor.storage.legible import legible_rows
from rules.sentences import sentence

TELLING = (What.EXEMPTION, What.WITHDRAWN, What.STANDS_AGAIN, What.LEFT)
"""The entries that say why something is no longer asked."""

_POSTED = frozenset({State.MET, State.MET_LATE, State.REMOVED})
_LEFT = object()
"""Stands for the reason of what was withdrawn because its organisation left."""


@dataclass(slots=True)
class Becoming:
    """What the entries and records of one organisation say of its obligations."""

    organisation: str
    cards: Mapping[int, RuleCard]
    _opened: set[int] = field(default_factory=set)
    """The entries that opened something: what was taken over had a past that no entry tells."""
    _why: dict[tuple[str, str], tuple[object, int]] = field(default_factory=dict)
    """What the last entry about a column of an obligation says, and the number of that entry."""
    _postings: dict[str, list[Posting]] = field(default_factory=dict)
    _waived: set[str] = field(default_factory=set)
    _since: dict[str, datetime] = field(default_factory=dict)
    """When something was first recorded about it."""

    def heed(self, entry: Entry) -> None:
        """Keep in mind what an entry tells; raises KeyError where it lacks something."""
        match entry.what:
            case What.OPENED:
                self._opened.add(entry.number)
            case What.EXEMPTION:
                self._why[str(entry.key), "exempt"] = entry.content["why"], entry.number
            case What.WITHDRAWN | What.STANDS_AGAIN:
                self._why[str(entry.key), "withdrawn"] = entry.content["why"], entry.number
            case What.LEFT:
                for key in entry.content["withdrawn"]:
                    self._why[key, "withdrawn"] = _LEFT, entry.number

    def note(self, table: Table, row: Row[Any]) -> None:
        """Keep a posting or a waiver in mind."""
        if table is tables.posting:
            self._postings.setdefault(row.key, []).append(posting_from(row, row.posted_on))
            self._date(row.key, row.recorded_at, row.withdrawn_at)
        elif table is tables.waiver:
            if row.lifted_at is None:
                self._waived.add(row.key)
            self._date(row.key, row.recorded_at, row.lifted_at)

    def judge(self, row: Row[Any]) -> None:
        """Raise `Broken` where an obligation is not what all that makes of it.

        What an older program opened is taken over by the next cycle as it then is.
        """
        if row.opening is None:
            return
        try:
            for column in ("exempt", "withdrawn"):
                self._compare(row, column)
            shown = key_of(self.organisation, self.cards[row.card_id].id, row.occurrence)
            follows = self._follows(row)
        except (KeyError, TypeError, ValueError) as error:
            raise _unreadable(row) from error
        if shown != row.key:
            raise Broken(sentence("{key} is kept with the words of {other}", key=row.key, other=shown))
        if not follows:
            raise Broken(
                sentence(
                    "{key} is kept as {outcome}, and what was recorded of it does not make it so",
                    key=row.key,
                    outcome=row.outcome,
                )
            )

    def _date(self, key: str, *moments: datetime | None) -> None:
        known = self._since.get(key)
        self._since[key] = min(each for each in (known, *moments) if each is not None)

    def _compare(self, row: Row[Any], column: str) -> None:
        kept, (told, number) = getattr(row, column), self._why.get((row.key, column), (None, 0))
        if not number:
            if kept is not None and row.opening in self._opened:
                raise Broken(
                    sentence(
                        "{key} has a reason in {column} of which no entry of the journal of {organisation} tells",
                        key=row.key,
                        column=column,
                        organisation=self.organisation,
                    )
                )
        elif kept is None if told is _LEFT else kept != told:
            raise Broken(
                sentence(
                    "{key} has another reason in {column} than entry {number} of the journal of {organisation} tells",
                    key=row.key,
                    column=column,
                    number=number,
                    organisation=self.organisation,
                )
            )

    def _follows(self, row: Row[Any]) -> bool:
        outcome, card = row.outcome, self.cards[row.card_id]
        if not belongs_to(outcome, row.state) or bool(row.settled) != (row.state in SETTLED):
            return False
        if (row.withdrawn is not None and outcome != State.WAIVED) != (outcome == State.WITHDRAWN):
            return False
        keys = [key_of(self.organisation, rule_id, row.occurrence) for rule_id in card.documents]
        if any(
            day_in(row.timezone, self._since[key]) < row.exists_from for key in keys if key in self._since
        ):
            return True
        if (row.exempt is not None or row.key in self._waived) != (outcome == State.WAIVED):
            return False
        return self._is_posted_so(row, card, keys)

    def _is_posted_so(self, row: Row[Any], card: RuleCard, keys: Iterable[str]) -> bool:
        found = [posting for key in keys for posting in self._postings.get(key, ())]
        if not found and not row.posted:
            return row.outcome not in _POSTED
        covered = earliest(found, card.channels, date.max)
        shown = {each["channel"]: (each["posting"], each["posted_on"]) for each in row.posted or ()}
        standing = {channel: (each.id, each.on.isoformat()) for channel, each in covered.items()}
        if not shown.items() <= standing.items():
            return False
        if row.outcome not in _POSTED:
            return True
        if len(shown) < len(set(card.channels)):
            return False
        posted_on = max((posting.on for posting in covered.values()), default=date.min)
        return row.outcome in (State.REMOVED, met_state(row.due_on, posted_on))


def obligations() -> Select[Any]:
    """What is to be judged of them."""
    columns = tables.obligation.c
    return select(
        *(columns.id, columns.organisation, columns.key, columns.timezone, columns.card_id),
        *(columns.occurrence, columns.opening, columns.exists_from, columns.due_on, columns.exempt),
        *(columns.withdrawn, columns.state, columns.settled, columns.outcome, columns.posted),
    )


def proven_cards(connection: Connection) -> dict[int, RuleCard]:
    """What is shown of the rules, by number; raises `Broken` where that was changed."""
    table, found = tables.card, {}
    for row in legible_rows(connection, select(table).order_by(table.c.id), [table.c.id], _changed_card):
        if not is_digest_of(row.digest, row.content):
            raise _changed_card(row)
        try:
            found[row.id] = card_from_json(row.content)
        except (KeyError, TypeError, ValueError) as error:
            raise _changed_card(row) from error
    return found


def _changed_card(row: Row[Any]) -> Broken:
    return Broken(sentence("what is shown of a rule (card {id}) was changed after it was written", id=row.id))


def _unreadable(row: Row[Any]) -> Broken:
    return unreadable(row.key)
