"""Events: dated facts that start a clock."""

from datetime import date, datetime

from sqlalchemy import Connection, insert, select, update

from monitor.assembly import Assembly
from monitor.clock import day_in
from monitor.core.journal import What
from monitor.core.obligations import Event, Obligation
from monitor.core.plan import appraise
from monitor.core.status import Assessment
from monitor.cycle import refresh
from monitor.lookup import facts_now, organisation_named, unknown
from monitor.recording.outcome import Recorded, refuse_future, tell
from monitor.state import Refused
from monitor.storage import tables
from monitor.texts import refuse_control_characters
from rules.model import BeforeEvent
from rules.sentences import sentence


def add_event(
    connection: Connection,
    assembly: Assembly,
    now: datetime,
    by: str,
    *,
    kind: str,
    organisation: str,
    on: date,
    due: date | None,
    reference: str,
    note: str,
) -> Recorded:
    """Record an event; opens at once the obligations that it starts."""
    refuse_control_characters(reference, note)
    who = organisation_named(assembly, organisation)
    if kind not in assembly.book.event_kinds:
        raise Refused(unknown(sentence("event kind"), kind, assembly.book.event_kinds))
    refuse_future(on, day_in(who.timezone, now), planned=_is_planned(assembly, kind))
    if due is not None and due < on:
        raise Refused(
            sentence(
                "the due date {due} lies before the event's own day, {on}; give the day that it states",
                due=due,
                on=on,
            )
        )
    table = tables.event
    same = select(table.c.id).where(
        table.c.organisation == who.id,
        table.c.kind == kind,
        table.c.happened_on == on,
        table.c.due_on.is_(None) if due is None else table.c.due_on == due,
        table.c.reference == reference,
        table.c.withdrawn_at.is_(None),
    )
    found = connection.scalar(same)
    if found is None:
        row = {
            "organisation": who.id,
            "kind": kind,
            "happened_on": on,
            "due_on": due,
            "reference": reference,
            "note": note,
            "recorded_at": now,
        }
        number = connection.execute(insert(table).returning(table.c.id), row).scalar_one()
        told = {
            "event": f"e{number}",
            "kind": kind,
            "on": on,
            "due": due,
            "reference": reference,
            "note": note,
        }
        tell(connection, who, now, by, What.EVENT, told)
        refresh(connection, assembly.law, who, now, by)
    else:
        number = found
    return Recorded(number, found is None, _started_by(connection, assembly, who.id, number, now))


def amend_event(
    connection: Connection,
    assembly: Assembly,
    now: datetime,
    by: str,
    number: int,
    *,
    on: date | None,
    due: date | None,
    reason: str,
) -> Recorded:
    """Correct the day of an event, or the due date that it states; what it opened is worked out again."""
    refuse_control_characters(reason)
    if on is None and due is None:
        raise Refused(sentence("say what is to be amended: --on DATE, --due DATE, or both"))
    event = _standing_event(connection, assembly, number, now)
    who = organisation_named(assembly, event.organisation)
    changed_on, changed_due = on or event.on, due or event.due
    refuse_future(changed_on, day_in(who.timezone, now), planned=_is_planned(assembly, event.kind))
    if changed_due is not None and changed_due < changed_on:
        raise Refused(
            sentence(
                "the due date {due} lies before the event's own day, {on}; give the day that it states",
                due=changed_due,
                on=changed_on,
            )
        )
    new = (changed_on, changed_due) != (event.on, event.due)
    if new:
        table = tables.event
        values = {"happened_on": changed_on, "due_on": changed_due, "amended_at": now, "amended_why": reason}
        connection.execute(update(table).where(table.c.id == number).values(values))
        told = {
            "event": event.name,
            "from": {"on": str(event.on), "due": str(event.due) if event.due else None},
            "to": {"on": str(changed_on), "due": str(changed_due) if changed_due else None},
            "why": reason,
        }
        tell(connection, who, now, by, What.EVENT_AMENDED, told)
        refresh(connection, assembly.law, who, now, by)
    return Recorded(number, new, _started_by(connection, assembly, who.id, number, now))


def withdraw_event(
    connection: Connection, assembly: Assembly, now: datetime, by: str, number: int, reason: str
) -> Recorded:
    """Take an event back: the obligations that it opened are withdrawn, their history stays."""
    refuse_control_characters(reason)
    event = _standing_event(connection, assembly, number, now)
    who = organisation_named(assembly, event.organisation)
    table = tables.event
    values = {"withdrawn_at": now, "withdrawn_why": reason}
    connection.execute(update(table).where(table.c.id == number).values(values))
    tell(connection, who, now, by, What.EVENT_WITHDRAWN, {"event": event.name, "why": reason})
    refresh(connection, assembly.law, who, now, by)
    return Recorded(number, True, ())


def _is_planned(assembly: Assembly, kind: str) -> bool:
    """Whether something must be done *before* such an event, so that it is recorded when it is planned."""
    return any(
        isinstance(rule.deadline, BeforeEvent) for rule in assembly.book.rules if rule.event_kind == kind
    )


def _standing_event(connection: Connection, assembly: Assembly, number: int, now: datetime) -> Event:
    table = tables.event
    organisation = connection.scalar(select(table.c.organisation).where(table.c.id == number))
    if organisation is None:
        raise Refused(sentence("event {event} is not known; see: iltod event list", event=f"e{number}"))
    facts, _ = facts_now(connection, organisation_named(assembly, organisation), now)
    event = next(each for each in facts.events if each.id == number)
    if event.withdrawn is not None:
        raise Refused(
            sentence(
                "event {event} was withdrawn already: {reason}", event=event.name, reason=event.withdrawn
            )
        )
    return event


def _started_by(
    connection: Connection, assembly: Assembly, organisation: str, number: int, now: datetime
) -> tuple[tuple[Obligation, Assessment], ...]:
    facts, today = facts_now(connection, organisation_named(assembly, organisation), now)
    opened = [
        each for each in facts.opened.values() if each.obligation.event and each.obligation.event.id == number
    ]
    return tuple(
        (each.obligation, appraise(facts, assembly.law, each.obligation, today, each.withdrawn))
        for each in opened
    )
