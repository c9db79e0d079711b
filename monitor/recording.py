"""What people record: events, postings, waivers. Each is checked, written, and worked out in one transaction.

The command line and the page call the same functions and show the same sentences. Every function raises `Refused`
where what was asked cannot be; then nothing was written.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Table, insert, select, update

from monitor.assembly import Assembly
from monitor.clock import day_in
from monitor.core.evidence import Posting
from monitor.core.obligations import Event, Obligation, key_of
from monitor.core.plan import appraise
from monitor.core.status import Assessment
from monitor.cycle import refresh
from monitor.lookup import Found, facts_now, find, organisation_named, unknown
from monitor.state import Refused
from monitor.storage import tables
from rules.limits import Limit
from rules.model import BeforeEvent
from rules.sentences import sentence
from rules.workdays import OutsideCalendar

LARGEST_FILE = 25 * 1024 * 1024
"""Bytes of a file or photograph that backs a posting."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was recorded, or stood already, and the obligations that it concerns as they now are."""

    id: int
    new: bool
    obligations: tuple[tuple[Obligation, Assessment], ...]


def add_event(
    connection: Connection,
    assembly: Assembly,
    now: datetime,
    *,
    kind: str,
    organisation: str,
    on: date,
    due: date | None,
    reference: str,
    note: str,
) -> Recorded:
    """Record an event; opens at once the obligations that it starts."""
    who = organisation_named(assembly, organisation)
    if kind not in assembly.book.event_kinds:
        raise Refused(unknown(sentence("event kind"), kind, assembly.book.event_kinds))
    _refuse_future(on, day_in(who.timezone, now), planned=_is_planned(assembly, kind))
    if due is not None and due < on:
        raise Refused(
            sentence(
                "--due {due} lies before the event's own day, {on}; give the day that it states",
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
        refresh(connection, assembly.law, who, now)
    else:
        number = found
    return Recorded(number, found is None, _started_by(connection, assembly, who.id, number, now))


def amend_event(
    connection: Connection,
    assembly: Assembly,
    now: datetime,
    number: int,
    *,
    on: date | None,
    due: date | None,
    reason: str,
) -> Recorded:
    """Correct the day of an event, or the due date that it states; what it opened is worked out again."""
    if on is None and due is None:
        raise Refused(sentence("say what is to be amended: --on DATE, --due DATE, or both"))
    event = _standing_event(connection, assembly, number, now)
    who = organisation_named(assembly, event.organisation)
    changed_on, changed_due = on or event.on, due or event.due
    _refuse_future(changed_on, day_in(who.timezone, now), planned=_is_planned(assembly, event.kind))
    if changed_due is not None and changed_due < changed_on:
        raise Refused(
            sentence(
                "--due {due} lies before the event's own day, {on}; give the day that it states",
                due=changed_due,
                on=changed_on,
            )
        )
    new = (changed_on, changed_due) != (event.on, event.due)
    if new:
        table = tables.event
        values = {"happened_on": changed_on, "due_on": changed_due, "amended_at": now, "amended_why": reason}
        connection.execute(update(table).where(table.c.id == number).values(values))
        refresh(connection, assembly.law, who, now)
    return Recorded(number, new, _started_by(connection, assembly, who.id, number, now))


def withdraw_event(
    connection: Connection, assembly: Assembly, now: datetime, number: int, reason: str
) -> Recorded:
    """Take an event back: the obligations that it opened are withdrawn, their history stays."""
    event = _standing_event(connection, assembly, number, now)
    who = organisation_named(assembly, event.organisation)
    table = tables.event
    values = {"withdrawn_at": now, "withdrawn_why": reason}
    connection.execute(update(table).where(table.c.id == number).values(values))
    refresh(connection, assembly.law, who, now)
    return Recorded(number, True, ())


def post(
    connection: Connection,
    assembly: Assembly,
    now: datetime,
    *,
    key: str,
    channel: str,
    on: date,
    url: str | None,
    file: Path | None,
    note: str,
) -> Recorded:
    """Record that the document was put up in one channel on a day."""
    found = find(connection, assembly, key, now)
    channels = found.obligation.card.channels
    if channel not in channels:
        raise Refused(
            sentence(
                "{key} is not posted in {channel}; its channels are: {known}",
                key=key,
                channel=channel,
                known=channels,
            )
        )
    _refuse_future(on, found.today, planned=False)
    if url is not None:
        _refuse_bad_address(url)
    same = _same_posting(found, channel, on, url)
    if same is None:
        row = {
            "organisation": found.organisation.id,
            "key": key,
            "channel": channel,
            "posted_on": on,
            "url": url,
            "evidence": _keep_file(connection, file) if file else None,
            "note": note,
            "recorded_at": now,
        }
        table = tables.posting
        number = connection.execute(insert(table).returning(table.c.id), row).scalar_one()
        refresh(connection, assembly.law, found.organisation, now)
    else:
        number = same.id
    return Recorded(number, same is None, _twins(connection, assembly, found, now))


def withdraw_posting(
    connection: Connection, assembly: Assembly, now: datetime, number: int, reason: str, on: date | None
) -> Recorded:
    """Withdraw a posting: with `on` it was up until that day, without it it was never valid."""
    table = tables.posting
    row = connection.execute(select(table).where(table.c.id == number)).one_or_none()
    if row is None:
        raise Refused(sentence("posting {id} is not known; see: iltod posting list", id=number))
    found = find(connection, assembly, row.key, now)
    if row.withdrawn_at is not None:
        return Recorded(number, False, _twins(connection, assembly, found, now))
    if on is not None:
        _refuse_future(on, found.today, planned=False)
        if on < row.posted_on:
            raise Refused(
                sentence(
                    "posting {id} was put up on {posted}; it was not taken down before, on {on}",
                    id=number,
                    posted=row.posted_on,
                    on=on,
                )
            )
    values = {"withdrawn_at": now, "withdrawn_why": reason, "taken_down_on": on}
    connection.execute(update(table).where(table.c.id == number).values(values))
    refresh(connection, assembly.law, found.organisation, now)
    return Recorded(number, True, _twins(connection, assembly, found, now))


def waive(connection: Connection, assembly: Assembly, now: datetime, key: str, reason: str) -> Recorded:
    """Record the decision that an obligation does not apply."""
    found = find(connection, assembly, key, now)
    table = tables.waiver
    standing = connection.scalar(select(table.c.id).where(table.c.key == key, table.c.lifted_at.is_(None)))
    if standing is None:
        row = {"organisation": found.organisation.id, "key": key, "reason": reason, "recorded_at": now}
        number = connection.execute(insert(table).returning(table.c.id), row).scalar_one()
        refresh(connection, assembly.law, found.organisation, now)
        return Recorded(number, True, _judged(connection, assembly, found, now))
    return Recorded(standing, False, _judged(connection, assembly, found, now))


def unwaive(connection: Connection, assembly: Assembly, now: datetime, key: str, reason: str) -> Recorded:
    """Take a waiver back; the obligation stands again as if it had never been waived."""
    found = find(connection, assembly, key, now)
    table = tables.waiver
    standing = connection.scalar(select(table.c.id).where(table.c.key == key, table.c.lifted_at.is_(None)))
    if standing is None:
        raise Refused(sentence("{key} is not waived, so there is nothing to take back", key=key))
    values = {"lifted_at": now, "lifted_why": reason}
    connection.execute(update(table).where(table.c.id == standing).values(values))
    refresh(connection, assembly.law, found.organisation, now)
    return Recorded(standing, True, _judged(connection, assembly, found, now))


def extend(
    connection: Connection,
    assembly: Assembly,
    now: datetime,
    *,
    key: str,
    by: Limit | None,
    until: date | None,
    reason: str,
    reference: str,
) -> Recorded:
    """Record the decision that an obligation may be met later, as far as its rule allows and before it is due.

    The extension counts from the unextended due date; a later extension takes the place of an earlier one.
    """
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
        wanted = book.extended(unextended, by) if by is not None else until
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
        "by": str(by) if by else None,
        "until": until,
        "reason": reason,
        "reference": reference,
    }
    number = _add_decision(connection, tables.extension, row, now)
    if number is None:
        return Recorded(0, False, _judged(connection, assembly, found, now))
    refresh(connection, assembly.law, found.organisation, now)
    return Recorded(number, True, _judged(connection, assembly, found, now))


def snooze(
    connection: Connection, assembly: Assembly, now: datetime, *, key: str, until: date, reason: str
) -> Recorded:
    """Record that nobody is to be reminded before `until`, which may not lie past the day before the act-by date."""
    found = find(connection, assembly, key, now)
    act_by = found.obligation.act_by
    if act_by is None:
        raise Refused(sentence("{key} has no date before which it could be snoozed", key=key))
    last = assembly.book.calendar.add(act_by, -1)
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
    return Recorded(number or 0, number is not None, _judged(connection, assembly, found, now))


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


def _refuse_future(on: date, today: date, *, planned: bool) -> None:
    if on > today and not planned:
        raise Refused(
            sentence(
                "--on {on} lies in the future; today is {today}: record it when it has happened",
                on=on,
                today=today,
            )
        )


def _refuse_bad_address(url: str) -> None:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        good = False
    if not good or any(character.isspace() or not character.isprintable() for character in url):
        raise Refused(sentence("--url {url} is not an address; one begins with https:// or http://", url=url))


def _is_planned(assembly: Assembly, kind: str) -> bool:
    """Whether something must be done *before* such an event, so that it is recorded when it is planned."""
    return any(
        isinstance(rule.deadline, BeforeEvent) for rule in assembly.book.rules if rule.event_kind == kind
    )


def _same_posting(found: Found, channel: str, on: date, url: str | None) -> Posting | None:
    postings: Sequence[Posting] = found.facts.postings.get(found.obligation.key, ())
    return next(
        (
            each
            for each in postings
            if each.withdrawn is None and (each.channel, each.on, each.url) == (channel, on, url)
        ),
        None,
    )


def _keep_file(connection: Connection, file: Path) -> str:
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise Refused(sentence("{file} is larger than 25 MB; give a smaller copy", file=file))
        content = file.read_bytes()
    except OSError as error:
        raise Refused(sentence("{file} cannot be read: {why}", file=file, why=error.strerror)) from error
    sha256 = hashlib.sha256(content).hexdigest()
    table = tables.evidence
    if connection.scalar(select(table.c.sha256).where(table.c.sha256 == sha256)) is None:
        connection.execute(insert(table).values(sha256=sha256, name=file.name, content=content))
    return sha256


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


def _judged(
    connection: Connection, assembly: Assembly, found: Found, now: datetime
) -> tuple[tuple[Obligation, Assessment], ...]:
    again = find(connection, assembly, found.obligation.key, now)
    withdrawn = again.opened.withdrawn if again.opened else None
    return (
        (again.obligation, appraise(again.facts, assembly.law, again.obligation, again.today, withdrawn)),
    )


def _twins(
    connection: Connection, assembly: Assembly, found: Found, now: datetime
) -> tuple[tuple[Obligation, Assessment], ...]:
    """The obligation, and those on the same document that the same posting serves."""
    judged = list(_judged(connection, assembly, found, now))
    obligation = found.obligation
    for rule_id in obligation.card.documents:
        key = key_of(found.organisation.id, rule_id, obligation.occurrence)
        if rule_id != obligation.card.id and _is_given(connection, assembly, key, now):
            judged.extend(_judged(connection, assembly, find(connection, assembly, key, now), now))
    return tuple(judged)


def _is_given(connection: Connection, assembly: Assembly, key: str, now: datetime) -> bool:
    try:
        find(connection, assembly, key, now)
    except Refused:
        return False
    return True
