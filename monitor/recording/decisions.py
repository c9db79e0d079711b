"""Decisions about one obligation: waivers, extensions, snoozes."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update

from monitor.assembly import Assembly
from monitor.core.journal import What
from monitor.core.standing import last_rest
from monitor.cycle import refresh
from monitor.lookup import find
from monitor.recording.outcome import Recorded, judged, tell
from monitor.state import Refused
from monitor.storage import tables
from monitor.texts import refuse_control_characters
from rules.limits import Limit
from rules.sentences import sentence
from rules.workdays import OutsideCalendar


def waive(
    connection: Connection, assembly: Assembly, now: datetime, by: str, key: str, reason: str
) -> Recorded:
    """Record the decision that an obligation does not apply."""
    refuse_control_characters(reason)
    found = find(connection, assembly, key, now)
    table = tables.waiver
    standing = connection.scalar(select(table.c.id).where(table.c.key == key, table.c.lifted_at.is_(None)))
    if standing is None:
        row = {"organisation": found.organisation.id, "key": key, "reason": reason, "recorded_at": now}
        number = connection.execute(insert(table).returning(table.c.id), row).scalar_one()
        tell(connection, found.organisation, now, by, What.WAIVER, {"why": reason}, key=key)
        refresh(connection, assembly.law, found.organisation, now, by)
        return Recorded(number, True, judged(connection, assembly, found, now))
    return Recorded(standing, False, judged(connection, assembly, found, now))


def unwaive(
    connection: Connection, assembly: Assembly, now: datetime, by: str, key: str, reason: str
) -> Recorded:
    """Take a waiver back; the obligation stands again as if it had never been waived."""
    refuse_control_characters(reason)
    found = find(connection, assembly, key, now)
    table = tables.waiver
    standing = connection.scalar(select(table.c.id).where(table.c.key == key, table.c.lifted_at.is_(None)))
    if standing is None:
        raise Refused(sentence("{key} is not waived, so there is nothing to take back", key=key))
    values = {"lifted_at": now, "lifted_why": reason}
    connection.execute(update(table).where(table.c.id == standing).values(values))
    tell(connection, found.organisation, now, by, What.WAIVER_LIFTED, {"why": reason}, key=key)
    refresh(connection, assembly.law, found.organisation, now, by)
    return Recorded(standing, True, judged(connection, assembly, found, now))


def extend(
    connection: Connection,
    assembly: Assembly,
    now: datetime,
    by: str,
    *,
    key: str,
    limit: Limit | None,
    until: date | None,
    reason: str,
    reference: str,
) -> Recorded:
    """Record the decision that an obligation may be met later, as far as its rule allows and before it is due.

    The extension counts from the unextended due date; a later extension takes the place of an earlier one.
    """
    refuse_control_characters(reason, reference)
    found = find(connection, assembly, key, now)
    unextended = found.obligation.extended_from or found.obligation.due_on
    if found.duty is None or found.duty.rule.extendable is None or unextended is None:
        raise Refused(sentence("rule {rule} does not allow an extension", rule=found.obligation.card.id))
    if found.today > (found.obligation.due_on or unextended):
        raise Refused(
            sentence(
                "{key} was due on {due}; an extension comes before that", key=key, due=found.obligation.due_on
            )
        )
    book = assembly.book
    try:
        longest = book.longest_extension(found.duty.rule, unextended)
        wanted = book.extended(unextended, limit) if limit is not None else until
    except OutsideCalendar as outside:
        raise Refused(outside.sentence) from outside
    if wanted is None or longest is None or not unextended < wanted <= longest:
        raise Refused(
            sentence(
                "{key} can be extended until {longest} ({limit} from {due}), and beyond {due}; not until {wanted}",
                key=key,
                longest=longest,
                limit=str(found.duty.rule.extendable),
                due=unextended,
                wanted=wanted,
            )
        )
    row = {
        "organisation": found.organisation.id,
        "key": key,
        "by": str(limit) if limit else None,
        "until": until,
        "reason": reason,
        "reference": reference,
    }
    number = _add_decision(connection, tables.extension, row, now)
    if number is None:
        return Recorded(0, False, judged(connection, assembly, found, now))
    told = {"by": row["by"], "until": until, "why": reason, "reference": reference}
    tell(connection, found.organisation, now, by, What.EXTENSION, told, key=key)
    refresh(connection, assembly.law, found.organisation, now, by)
    return Recorded(number, True, judged(connection, assembly, found, now))


def snooze(
    connection: Connection, assembly: Assembly, now: datetime, by: str, *, key: str, until: date, reason: str
) -> Recorded:
    """Record that nobody is to be reminded before `until`, which may not lie past the day before the act-by date."""
    refuse_control_characters(reason)
    found = find(connection, assembly, key, now)
    act_by = found.obligation.act_by
    if act_by is None:
        raise Refused(sentence("{key} has no date before which it could be snoozed", key=key))
    last = last_rest(act_by, assembly.book.calendar)
    if last is None:
        raise Refused(
            sentence(
                "{key} cannot be snoozed: no working day before {act_by} is known; widen `known` in the calendar file",
                key=key,
                act_by=act_by,
            )
        )
    if last <= found.today:
        raise Refused(
            sentence(
                "{key} cannot be snoozed any more; it could be until {last}, the last working day before {act_by}",
                key=key,
                last=last,
                act_by=act_by,
            )
        )
    if not found.today < until <= last:
        raise Refused(
            sentence(
                "{key} can be snoozed to a day after {today} and until {last}, the last working day before {act_by}",
                key=key,
                today=found.today,
                last=last,
                act_by=act_by,
            )
        )
    row = {"organisation": found.organisation.id, "key": key, "until": until, "reason": reason}
    number = _add_decision(connection, tables.snooze, row, now)
    if number is not None:
        told = {"until": until, "why": reason}
        tell(connection, found.organisation, now, by, What.SNOOZE, told, key=key)
    return Recorded(number or 0, number is not None, judged(connection, assembly, found, now))


def _add_decision(connection: Connection, table: Table, row: dict[str, Any], now: datetime) -> int | None:
    """Write a decision about a key, unless it says what the latest one says: then None."""
    latest = connection.execute(
        select(table).where(table.c.key == row["key"]).order_by(table.c.id.desc()).limit(1)
    ).one_or_none()
    if latest is not None and all(getattr(latest, name) == value for name, value in row.items()):
        return None
    return int(
        connection.execute(insert(table).returning(table.c.id), row | {"recorded_at": now}).scalar_one()
    )
