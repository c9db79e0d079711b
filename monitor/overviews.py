"""What a person watches as a whole: counts by organisation, failed deliveries, what comes next."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, func, select

from monitor.core.register import Register
from monitor.core.status import State
from monitor.core.subjects import HEAD, OVERSIGHT, Recipient
from monitor.storage import tables
from monitor.wording import Speech, kind_word
from notifications.letters import FailedDelivery, OrganisationCount
from notifications.mail_list import failed

_WORRYING = (State.UNKNOWN, State.REMOVED, State.OVERDUE)


class Overview:
    """The states of all obligations as this cycle left them, and the deliveries that failed."""

    def __init__(self, connection: Connection, register: Register) -> None:
        table = tables.obligation
        statement = select(table.c.organisation, table.c.state, func.count().label("n")).group_by(
            table.c.organisation, table.c.state
        )
        self._register = register
        self._counts: dict[str, dict[str, int]] = defaultdict(dict)
        for row in connection.execute(statement):
            self._counts[row.organisation][row.state] = row.n
        self._failed = failed(connection)

    def summary(self, organisations: Iterable[str]) -> tuple[OrganisationCount, ...]:
        """How each of those organisations stands that has anything to show, worst first."""
        counts = [self._count(each) for each in organisations]
        shown = [each for each in counts if each.unknown or each.removed or each.overdue or each.due_soon]
        return tuple(
            sorted(shown, key=lambda each: (-each.overdue - each.removed, -each.unknown, each.organisation))
        )

    def failed_to(self, organisations: Collection[str], voice: Speech) -> tuple[FailedDelivery, ...]:
        """The failed deliveries to anybody who serves in one of those organisations."""
        addresses = {
            contact.email.casefold() for each in organisations for contact in self._register[each].contacts
        }
        return tuple(
            FailedDelivery(
                each.id, each.to, kind_word(each.kind).say(voice), each.day, each.reason or each.answer
            )
            for each in self._failed
            if each.recipient.casefold() in addresses
        )

    def is_clear(self, organisations: Collection[str], voice: Speech) -> bool:
        """Whether there is something to do, and nothing of it is overdue, removed, unknown or failed."""
        counts = [self._counts[each] for each in organisations if each in self._counts]
        worrying = any(count.get(state) for count in counts for state in _WORRYING)
        return bool(counts) and not worrying and not self.failed_to(organisations, voice)

    def _count(self, organisation: str) -> OrganisationCount:
        states = self._counts.get(organisation, {})
        return OrganisationCount(
            organisation=self._register[organisation].name,
            unknown=states.get(State.UNKNOWN, 0),
            removed=states.get(State.REMOVED, 0),
            overdue=states.get(State.OVERDUE, 0),
            due_soon=states.get(State.DUE_SOON, 0),
        )


def watched_by(person: Recipient, register: Register, day: date) -> tuple[str, ...]:
    """The organisations that a person answers for as head, or watches with all below them as oversight."""
    found: dict[str, None] = {}
    for organisation in register:
        for contact in organisation.contacts:
            if contact.email.casefold() == person.key and contact.serves_on(day):
                if contact.role == OVERSIGHT:
                    found.update(dict.fromkeys(register.under(organisation.id)))
                elif contact.role == HEAD:
                    found[organisation.id] = None
    return tuple(found)


def next_due(connection: Connection, organisations: Collection[str], day: date, most: int) -> list[Row[Any]]:
    """The obligations of those organisations that fall due next, after `day`."""
    table = tables.obligation
    statement = (
        select(table.c.organisation, table.c.key)
        .where(table.c.organisation.in_(organisations), ~table.c.settled, table.c.due_on > day)
        .order_by(table.c.due_on, table.c.key)
        .limit(most)
    )
    return list(connection.execute(statement))
