"""The report of what stands: read from the database, judged by the core."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Connection, select

from monitor.assembly import Assembly
from monitor.clock import day_in
from monitor.core.evidence import earliest
from monitor.core.obligations import Obligation
from monitor.core.plan import Facts, Law, Opened, appraise, is_backlog, postings_for
from monitor.core.report import Line, Report, Wanted, line_of, make_report
from monitor.core.subjects import Organisation
from monitor.state import Refused
from monitor.storage import tables
from monitor.storage.facts import gather, organisation_from
from monitor.storage.standing import Asked
from notifications.names import among
from rules.sentences import sentence
from rules.workdays import OutsideCalendar

_BATCH = 200


def report(
    connection: Connection, assembly: Assembly, asked: Asked, now: datetime, last_cycle: datetime
) -> Report:
    """What stands on `asked.as_of`, or on each organisation's own today. Raises `Refused` for an unknown filter."""
    chosen = _chosen(connection, asked)
    _refuse_unknown_rules(connection, assembly, asked)
    wanted = Wanted(
        organisations=chosen.keys(),
        rules=asked.rules or None,
        role=asked.role,
        everything=asked.everything,
        overdue=asked.overdue,
        due_within=asked.due_within,
        limit=asked.limit,
        by_key=asked.by_key,
        after=asked.after,
    )
    as_of = asked.as_of or day_in(assembly.settings.monitor.timezone, now)
    lines = _lines(connection, assembly.law, chosen, wanted, asked.as_of, now)
    return make_report(lines, wanted, as_of, last_cycle)


def line_for(facts: Facts, law: Law, opened: Opened, day: date) -> Line:
    """One opened obligation as it stands on `day`."""
    obligation = opened.obligation
    postings = postings_for(obligation, facts.postings)
    return line_of(
        obligation,
        appraise(facts, law, obligation, day, opened.withdrawn),
        earliest(postings, obligation.card.channels, day),
        day,
        law.book.calendar,
        backlog=is_backlog(facts, obligation),
    )


def _lines(
    connection: Connection,
    law: Law,
    chosen: Mapping[str, Organisation],
    wanted: Wanted,
    as_of: date | None,
    now: datetime,
) -> Iterator[Line]:
    ids = list(chosen)
    for start in range(0, len(ids), _BATCH):
        batch = {each: chosen[each] for each in ids[start : start + _BATCH]}
        zones = {each.id: each.timezone for each in batch.values()}
        today = {each: day_in(zone, now) for each, zone in zones.items()}
        for organisation_id, gathered in gather(connection, zones, today, recorded_by=as_of).items():
            facts = gathered.facts(batch[organisation_id], today[organisation_id])
            day = as_of or today[organisation_id]
            for opened in facts.opened.values():
                if opened.obligation.exists_from <= day and wanted.counts(opened.obligation):
                    yield line_for(facts, law, _as_recorded(opened, facts, law), day)


def _as_recorded(opened: Opened, facts: Facts, law: Law) -> Opened:
    """Before an extension was recorded, the unextended date held."""
    obligation = opened.obligation
    if obligation.extended_from is None or obligation.key in facts.extensions:
        return opened
    return replace(opened, obligation=_unextended(obligation, law))


def _unextended(obligation: Obligation, law: Law) -> Obligation:
    due_on = obligation.extended_from
    try:
        act_by = law.book.act_by(due_on) if due_on else None
    except OutsideCalendar:
        act_by = None
    return replace(obligation, due_on=due_on, extended_from=None, act_by=act_by)


def _known_organisations(
    connection: Connection, among_ids: Collection[str] | None = None
) -> dict[str, Organisation]:
    table = tables.organisation
    wanted = select(table).order_by(table.c.id)
    if among_ids is not None:
        wanted = wanted.where(among(table.c.id, among_ids))
    return {row.id: organisation_from(row) for row in connection.execute(wanted)}


def _chosen(connection: Connection, asked: Asked) -> dict[str, Organisation]:
    if asked.organisations and not asked.under:
        found = _known_organisations(connection, asked.organisations)
        if len(found) == len(asked.organisations):
            return found
    organisations = _known_organisations(connection)
    for each in (*asked.organisations, *([asked.under] if asked.under else [])):
        if each not in organisations:
            raise Refused(
                sentence(
                    "organisation {id} is not known; the known ones are: {ids}",
                    id=each,
                    ids=tuple(organisations),
                )
            )
    chosen = set(asked.organisations or organisations)
    if asked.under:
        chosen &= _under(organisations, asked.under)
    return {each: organisation for each, organisation in organisations.items() if each in chosen}


def _under(organisations: Mapping[str, Organisation], top: str) -> set[str]:
    found = {top}
    while below := {each.id for each in organisations.values() if each.parent in found} - found:
        found |= below
    return found


def _refuse_unknown_rules(connection: Connection, assembly: Assembly, asked: Asked) -> None:
    if not asked.rules:
        return
    known = set(assembly.book.ids) | set(connection.scalars(select(tables.card.c.rule)))
    for each in asked.rules:
        if each not in known:
            raise Refused(
                sentence(
                    "rule {rule} is not known; the known ones are: {rules}",
                    rule=each,
                    rules=tuple(sorted(known)),
                )
            )
