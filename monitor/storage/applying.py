"""Applying: a plan to rows. Writes only what changed, and sets rather than rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from monitor.core.journal import digest
from monitor.core.obligations import RuleCard
from monitor.core.outcome import Outcome
from monitor.core.reminders import Reminder
from monitor.core.standing import Standing
from monitor.core.status import SETTLED
from monitor.storage import tables
from monitor.storage.accounts import Account
from monitor.storage.bulk import add_rows
from monitor.storage.codec import card_to_json, posting_to_json, sentence_to_json
from monitor.storage.locks import Sole, do_alone
from monitor.storage.reckonings import Reckonings, ReckoningStore
from monitor.storage.tally import Group, TallyChanges


@dataclass(frozen=True, slots=True)
class Applied:
    """How many obligations were opened, and how many changed."""

    opened: int = 0
    changed: int = 0

    def __add__(self, other: "Applied") -> "Applied":
        return Applied(self.opened + other.opened, self.changed + other.changed)


class CardStore:
    """The numbers of the cards of rules, one for each wording."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._by_digest = self._stored()
        self._by_card: dict[RuleCard, int] = {}

    def number_of(self, card: RuleCard) -> int:
        """The number of the card's row, written first where it is new."""
        if card not in self._by_card:
            content = card_to_json(card)
            name = digest(content)
            if name not in self._by_digest:
                do_alone(self._connection, Sole.ADDING_CARDS)
                self._by_digest = self._stored()  # another daemon may have met the rule before
            if name not in self._by_digest:
                row = {"rule": card.id, "digest": name, "content": content}
                statement = insert(tables.card).returning(tables.card.c.id)
                self._by_digest[name] = self._connection.execute(statement, row).scalar_one()
            self._by_card[card] = self._by_digest[name]
        return self._by_card[card]

    def _stored(self) -> dict[str, int]:
        table = tables.card
        return {row.digest: row.id for row in self._connection.execute(select(table.c.id, table.c.digest))}


class Changes:
    """What should stand for a batch of organisations, gathered up, written as sets, and journalled."""

    def __init__(self, connection: Connection, reckonings: Reckonings) -> None:
        self._connection, self._cards = connection, CardStore(connection)
        self._reckonings = ReckoningStore(connection, reckonings)
        self._opened: list[dict[str, Any]] = []
        self._changed: list[dict[str, Any]] = []
        self._account = Account(self._reckonings)
        self._tally = TallyChanges()

    def add(
        self,
        judged: Sequence[tuple[Standing, Outcome]],
        stored: Mapping[str, Row[Any]],
        zone: str,
        today: date,
    ) -> None:
        """What stands for one organisation on its `today`; `stored` are the rows of its obligations as gathered."""
        reckonings = self._reckonings.rows_of([standing.obligation for standing, _ in judged])
        for (standing, outcome), reckoning in zip(judged, reckonings, strict=True):
            found = stored.get(standing.obligation.key)
            before = cast("Mapping[str, Any]", found._mapping) if found else None  # noqa: SLF001 -- the public mapping of a Row
            row = {"timezone": zone, **_row_of(standing, outcome, self._cards), "reckoning_id": reckoning}
            row["opening"] = before["opening"] if before else None
            if reckoning is None and before is not None:
                # what was met by the law as it then stood, and what stands no longer, keeps what it rested on
                row["reckoning_id"] = before["reckoning_id"]
            self._account.add(row, before)
            if before is None:
                self._opened.append(row)
                self._tally.add(Group.of(row), today)
            elif before["opening"] is None or any(before[column] != value for column, value in row.items()):
                self._changed.append(row)
                self._tally.add(Group.of(before), today, -1)
                self._tally.add(Group.of(row), today)

    def write(self, now: datetime, by: str) -> Applied:
        """Write what was added, and only what changed; `by` is who made it so."""
        for entry, rows in self._account.write(self._connection, now, by):
            for row in rows:
                row["opening"] = entry.number
        add_rows(self._connection, tables.obligation, self._opened)
        if self._changed:
            columns: dict[str, Any] = {
                name: bindparam(f"_{name}") for name in self._changed[0] if name != "key"
            }
            statement = (
                update(tables.obligation).where(tables.obligation.c.key == bindparam("_key")).values(columns)
            )
            rows = [{f"_{column}": value for column, value in row.items()} for row in self._changed]
            self._connection.execute(statement, rows)
        self._tally.write(self._connection)
        return Applied(len(self._opened), len(self._changed))


def replace_reminders(
    connection: Connection, decided: Mapping[str, Sequence[Reminder]], today: Mapping[str, date]
) -> None:
    """Decisions that nobody was told yet are taken anew by each cycle, by organisation; what was told stays."""
    table = tables.reminder
    connection.execute(delete(table).where(table.c.organisation.in_(decided), table.c.message_id.is_(None)))
    rows = [
        _reminder_row(organisation, each, today[organisation])
        for organisation, reminders in decided.items()
        for each in reminders
    ]
    add_rows(connection, table, rows)


def _row_of(standing: Standing, outcome: Outcome, cards: CardStore) -> dict[str, Any]:
    obligation, assessment, move = standing.obligation, standing.assessment, standing.move
    withdrawn, reason = standing.withdrawn, assessment.reason
    return {
        "key": obligation.key,
        "organisation": obligation.organisation,
        "card_id": cards.number_of(obligation.card),
        "event_id": obligation.event.id if obligation.event else None,
        "occurrence": obligation.occurrence,
        "period": obligation.period,
        "exists_from": obligation.exists_from,
        "opened_on": standing.opened_on,
        "due_on": obligation.due_on,
        "extended_from": obligation.extended_from,
        "act_by": obligation.act_by,
        "soon_from": outcome.soon_from,
        "provisional": obligation.provisional,
        "backlog": standing.backlog,
        "exempt": obligation.exempt,
        "unknown": sentence_to_json(obligation.unknown) if obligation.unknown else None,
        "withdrawn": sentence_to_json(withdrawn) if withdrawn else None,
        "moved_from": move.from_due if move else None,
        "moved_seen_on": move.seen_on if move else None,
        "moved_why": sentence_to_json(move.reason) if move else None,
        "state": str(assessment.state),
        "settled": assessment.state in SETTLED,
        "outcome": outcome.name,
        "keep_until": assessment.keep_until,
        "reason": sentence_to_json(reason) if reason else None,
        "posted": [posting_to_json(each) for each in outcome.posted] or None,
        "down": list(outcome.down) or None,
    }


def _reminder_row(organisation: str, reminder: Reminder, today: date) -> dict[str, Any]:
    return {
        "recipient": reminder.recipient,
        "organisation": organisation,
        "key": reminder.key,
        "about": reminder.about,
        "stage": reminder.stage,
        "stage_on": reminder.stage_on,
        "kind": str(reminder.kind),
        "reason": sentence_to_json(reminder.reason),
        "decided_on": today,
    }
