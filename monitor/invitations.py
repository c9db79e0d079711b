"""The reader's own calendar: the due dates of a mail as events, moved and cancelled by later mails."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from monitor.core.subjects import Recipient
from monitor.storage import tables
from notifications.invitations import DueEvent, make_calendar
from notifications.letters import DutyLine, Letter


@dataclass(frozen=True, slots=True)
class _Invited:
    due_on: date
    sequence: int
    summary: str
    is_settled: bool


class Invitations:
    """What the calendars of some people show, as their last mails left it."""

    def __init__(self, connection: Connection, people: Sequence[str], now: datetime) -> None:
        self._connection, self._now = connection, now
        self._shown: dict[str, dict[str, _Invited]] = defaultdict(dict)
        self._changes: list[dict[str, Any]] = []
        invitation, obligation = tables.invitation, tables.obligation
        statement = (
            select(invitation, obligation.c.settled)
            .join(obligation, obligation.c.key == invitation.c.key)
            .where(invitation.c.recipient.in_(people), ~invitation.c.cancelled)
        )
        for row in connection.execute(statement):
            invited = _Invited(row.due_on, row.sequence, row.summary, row.settled)
            self._shown[row.recipient][row.key] = invited

    def calendar_for(self, person: Recipient, letter: Letter) -> str | None:
        """The calendar to attach to a letter: due dates that are new or moved, and those that are settled since."""
        duties = [duty for section in letter.sections for duty in section.duties if duty.due_on is not None]
        self._changes = []
        events = [*self._due(person, duties), *self._settled(person)]
        return make_calendar(events, person.language, self._now) if events else None

    def keep(self, person: Recipient) -> None:
        """The letter was queued: remember what its calendar showed."""
        if self._changes:
            dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
            statement = dialect.insert(tables.invitation)
            columns = ("due_on", "sequence", "summary", "cancelled")
            changed = {column: statement.excluded[column] for column in columns}
            keys = ["recipient", "key"]
            self._connection.execute(
                statement.on_conflict_do_update(index_elements=keys, set_=changed), self._changes
            )
        for row in self._changes:
            self._shown[person.key].pop(row["key"], None)
            if not row["cancelled"]:
                shown = _Invited(row["due_on"], row["sequence"], row["summary"], is_settled=False)
                self._shown[person.key][row["key"]] = shown
        self._changes = []

    def _due(self, person: Recipient, duties: Sequence[DutyLine]) -> Iterator[DueEvent]:
        for duty in duties:
            shown = self._shown[person.key].get(duty.key)
            if duty.due_on is not None and (shown is None or shown.due_on != duty.due_on):
                summary = f"{duty.title}, {duty.organisation}"
                sequence = shown.sequence + 1 if shown else 0
                self._note(person, duty.key, duty.due_on, sequence, summary, cancelled=False)
                yield DueEvent(duty.key, duty.due_on, summary, duty.words, sequence)

    def _settled(self, person: Recipient) -> Iterator[DueEvent]:
        for key, shown in self._shown[person.key].items():
            if shown.is_settled:
                self._note(person, key, shown.due_on, shown.sequence + 1, shown.summary, cancelled=True)
                yield DueEvent(key, shown.due_on, shown.summary, "", shown.sequence + 1, cancelled=True)

    def _note(
        self, person: Recipient, key: str, due_on: date, sequence: int, summary: str, *, cancelled: bool
    ) -> None:
        row = {
            "recipient": person.key,
            "key": key,
            "due_on": due_on,
            "sequence": sequence,
            "summary": summary,
        }
        self._changes.append(row | {"cancelled": cancelled})
