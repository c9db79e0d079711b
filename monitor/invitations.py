"""The reader's own calendar: the due dates of a mail as events, moved and cancelled by later mails."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
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


@dataclass(frozen=True, slots=True)
class Attached:
    """The calendar of a letter, if it has one, and what it changes in its reader's own."""

    text: str | None
    changes: tuple[dict[str, Any], ...] = ()


class Invitations:
    """What the calendars of some people show, as their last mails left it."""

    def __init__(self, connection: Connection, people: Sequence[str], now: datetime) -> None:
        self._connection, self._now = connection, now
        self._shown: dict[str, dict[str, _Invited]] = defaultdict(dict)
        invitation, obligation = tables.invitation, tables.obligation
        statement = (
            select(invitation, obligation.c.settled)
            .join(obligation, obligation.c.key == invitation.c.key)
            .where(invitation.c.recipient.in_(people), ~invitation.c.cancelled)
        )
        for row in connection.execute(statement):
            invited = _Invited(row.due_on, row.sequence, row.summary, row.settled)
            self._shown[row.recipient][row.key] = invited

    def calendar_for(self, person: Recipient, letter: Letter) -> Attached:
        """The calendar to attach to a letter: due dates that are new or moved, and those that are settled since.

        The next letter to the same person goes on from there, so of two on one morning the first has the change.
        """
        duties = [duty for section in letter.sections for duty in section.duties if duty.due_on is not None]
        events = [*self._due(person, duties), *self._settled(person)]
        if not events:
            return Attached(None)
        shown = self._shown[person.key]
        for event in events:
            if event.cancelled:
                del shown[event.key]
            else:
                shown[event.key] = _Invited(event.due_on, event.sequence, event.summary, is_settled=False)
        text = make_calendar(events, person.language, self._now)
        return Attached(text, tuple(_row(person, event) for event in events))

    def keep(self, queued: Iterable[Attached]) -> None:
        """These went out with letters that were queued: remember what they showed."""
        changes = [row for attached in queued for row in attached.changes]
        if changes:
            dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
            statement = dialect.insert(tables.invitation)
            columns = ("due_on", "sequence", "summary", "cancelled")
            changed = {column: statement.excluded[column] for column in columns}
            keys = ["recipient", "key"]
            self._connection.execute(
                statement.on_conflict_do_update(index_elements=keys, set_=changed), changes
            )

    def _due(self, person: Recipient, duties: Sequence[DutyLine]) -> Iterator[DueEvent]:
        for duty in duties:
            shown = self._shown[person.key].get(duty.key)
            if duty.due_on is not None and (shown is None or shown.due_on != duty.due_on):
                summary = f"{duty.title}, {duty.organisation}"
                sequence = shown.sequence + 1 if shown else 0
                yield DueEvent(duty.key, duty.due_on, summary, duty.words, sequence)

    def _settled(self, person: Recipient) -> Iterator[DueEvent]:
        for key, shown in self._shown[person.key].items():
            if shown.is_settled:
                yield DueEvent(key, shown.due_on, shown.summary, "", shown.sequence + 1, cancelled=True)


def _row(person: Recipient, event: DueEvent) -> dict[str, Any]:
    return {
        "recipient": person.key,
        "key": event.key,
        "due_on": event.due_on,
        "sequence": event.sequence,
        "summary": event.summary,
        "cancelled": event.cancelled,
    }
