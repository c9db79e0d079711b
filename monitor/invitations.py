"""The reader's own calendar: the due dates of a mail as events, moved and cancelled by later mails."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, select
from sqlalchemy.dialects import postgresql, sqlite

from monitor.core.subjects import Recipient
from monitor.storage import tables
from notifications import tables as outbox
from notifications.invitations import DueEvent, make_calendar
from notifications.letters import DutyLine, Letter
from notifications.messages import DeliveryState, Way

_LOST = (DeliveryState.SUPERSEDED, DeliveryState.CANCELLED, DeliveryState.FAILED)
"""The mail did not arrive: what it brought for the calendar is brought again."""
_MOST = 100
"""Events of one mail, 90 KB: as many duties as a mail shows in lines of their own. Mail servers refuse what is large,
and no telephone takes in thousands. What is left over comes with the next mail that names it.
"""


@dataclass(frozen=True, slots=True)
class _Invited:
    """What a mail said of an obligation; the next that says something else of it has a higher sequence."""

    due_on: date
    sequence: int
    summary: str
    is_settled: bool = False
    cancelled: bool = False
    arrived: bool = True


@dataclass(frozen=True, slots=True)
class Attached:
    """The calendar of a letter, if it has one, and what it changes in its reader's own."""

    text: str | None
    changes: tuple[dict[str, Any], ...] = ()


class Invitations:
    """What the calendars of some people show, as their last mails left it."""

    def __init__(
        self,
        connection: Connection,
        people: Sequence[str],
        now: datetime,
        taken_over: Collection[int] = (),
    ) -> None:
        """`taken_over` are deliveries that will not arrive, since newer ones tell what they would."""
        self._connection, self._now = connection, now
        self._shown: dict[str, dict[str, _Invited]] = defaultdict(dict)
        invitation, obligation, delivery = tables.invitation, tables.obligation, outbox.delivery
        brought_by = and_(delivery.c.message_id == invitation.c.message_id, delivery.c.way == Way.MAIL)
        statement = (
            select(invitation, obligation.c.settled, delivery.c.state, delivery.c.id.label("delivery"))
            .join(obligation, obligation.c.key == invitation.c.key)
            .join(delivery, brought_by)
            .where(invitation.c.recipient.in_(people))
        )
        for row in connection.execute(statement):
            arrived = row.state not in _LOST and row.delivery not in taken_over
            invited = _Invited(row.due_on, row.sequence, row.summary, row.settled, row.cancelled, arrived)
            self._shown[row.recipient][row.key] = invited

    def calendar_for(self, person: Recipient, letter: Letter) -> Attached:
        """The calendar to attach to a letter: due dates that are new or moved, and those that are settled since.

        The next letter to the same person goes on from there, so of two on one morning the first has the change, and
        where there are more than a mail may bring, the next that names them brings those that were left over.
        """
        duties = [duty for section in letter.sections for duty in section.duties]
        events = sorted([*self._due(person, duties, letter.day), *self._settled(person)], key=_rank)[:_MOST]
        if not events:
            return Attached(None)
        shown = self._shown[person.key]
        for event in events:
            shown[event.key] = _Invited(
                event.due_on, event.sequence, event.summary, cancelled=event.cancelled
            )
        text = make_calendar(events, person.language, self._now)
        return Attached(text, tuple(_row(person, event) for event in events))

    def keep(self, queued: Iterable[tuple[Attached, int]]) -> None:
        """These are attached to letters that were queued, each by the message's number: remember what they show."""
        changes = [row | {"message_id": number} for attached, number in queued for row in attached.changes]
        if changes:
            dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
            statement = dialect.insert(tables.invitation)
            columns = ("due_on", "sequence", "summary", "cancelled", "message_id")
            changed = {column: statement.excluded[column] for column in columns}
            keys = ["recipient", "key"]
            self._connection.execute(
                statement.on_conflict_do_update(index_elements=keys, set_=changed), changes
            )

    def _due(self, person: Recipient, duties: Sequence[DutyLine], day: date) -> Iterator[DueEvent]:
        """Due dates that are still to come, and those that moved away from where the calendar shows them."""
        for duty in duties:
            shown = self._shown[person.key].get(duty.key)
            if duty.due_on is None or (shown is None and duty.due_on < day):
                continue
            if shown is None or shown.due_on != duty.due_on or shown.cancelled or not shown.arrived:
                summary = f"{duty.title}, {duty.organisation}"
                sequence = shown.sequence + 1 if shown else 0
                yield DueEvent(duty.key, duty.due_on, summary, duty.words, sequence)

    def _settled(self, person: Recipient) -> Iterator[DueEvent]:
        for key, shown in self._shown[person.key].items():
            known = shown.arrived or shown.sequence > 0
            if shown.is_settled and known and not (shown.cancelled and shown.arrived):
                yield DueEvent(key, shown.due_on, shown.summary, "", shown.sequence + 1, cancelled=True)


def _rank(event: DueEvent) -> tuple[bool, bool, date]:
    """First what the calendar shows wrongly, then what it lacks, the nearest first, last what is done."""
    return event.cancelled, event.sequence == 0, event.due_on


def _row(person: Recipient, event: DueEvent) -> dict[str, Any]:
    return {
        "recipient": person.key,
        "key": event.key,
        "due_on": event.due_on,
        "sequence": event.sequence,
        "summary": event.summary,
        "cancelled": event.cancelled,
    }
