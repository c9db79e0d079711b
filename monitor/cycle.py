"""A cycle: one pass gather -> plan -> apply, organisation by organisation, then the messages by person."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, select
from sqlalchemy.dialects import postgresql, sqlite

from monitor.assembly import Assembly
from monitor.calendar_changes import changes_since_last_cycle, keep_calendar
from monitor.clock import day_in
from monitor.core.plan import Law, plan, soon_from
from monitor.core.subjects import Organisation
from monitor.notices import queue_messages
from monitor.state import read_state, record_cycle
from monitor.storage import tables
from monitor.storage.applying import (
    Applied,
    CardStore,
    apply,
    date_first_cycles,
    register_organisations,
    replace_reminders,
)
from monitor.storage.facts import gather
from rules.workdays import OutsideCalendar, WorkingCalendar

_BATCH = 100
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class CycleDone:
    """What one cycle did."""

    organisations: int
    opened: int
    changed: int
    queued: int
    """How many messages."""


def run_cycle(engine: Engine, assembly: Assembly, now: datetime) -> CycleDone:
    """Work everything out as of `now`; can be killed anywhere and begun again.

    Whether the database may take a cycle at that moment is asked before, by `monitor.state.begin_cycle`.
    """
    organisations = assembly.settings.register.organisations
    with engine.begin() as connection:
        register_organisations(connection, organisations)
        sending = sending_times(connection, assembly, now)
        law = changes_since_last_cycle(connection, assembly.law)
    applied = Applied()
    for batch in _batches(organisations, _BATCH):
        with engine.begin() as connection:
            date_first_cycles(connection, batch, now)
            applied += _work_out(connection, law, batch, now, sending)
    queued = queue_messages(engine, assembly, now, sending)
    with engine.begin() as connection:
        _close(connection, assembly, now, sending)
    return CycleDone(len(organisations), applied.opened, applied.changed, queued)


def refresh(connection: Connection, law: Law, organisation: Organisation, now: datetime) -> None:
    """Work one organisation out anew after something was recorded; nobody is reminded by this.

    Before the first cycle only what events open is written: the rest waits for the day on which the monitor begins.
    """
    begun = read_state(connection).last_cycle_at is not None
    register_organisations(connection, [organisation])
    law = changes_since_last_cycle(connection, law)
    _work_out(connection, law, [organisation], now, {}, only_events=not begun)


def sending_times(connection: Connection, assembly: Assembly, now: datetime) -> dict[str, date]:
    """Today's date in each time zone whose sending time has come and is not over: on a working day, from `send_at`."""
    send_at = assembly.settings.reminders.send_at
    found = {}
    for zone in {person.timezone for person in assembly.settings.register.recipients}:
        local = now.astimezone(ZoneInfo(zone))
        if at_or_after(local, send_at) and works(assembly.book.calendar, local.date()):
            found[zone] = local.date()
    served = (
        {(row.timezone, row.day) for row in connection.execute(select(tables.served))} if found else set()
    )
    return {zone: day for zone, day in found.items() if (zone, day) not in served}


def at_or_after(local: datetime, send_at: time) -> bool:
    """Whether the sending time of that local day has come."""
    return local.time() >= send_at


def works(calendar: WorkingCalendar, day: date) -> bool:
    """Whether mails leave on `day`; beyond the calendar's range every weekday counts: noisy, not silent."""
    try:
        return calendar.is_working(day)
    except OutsideCalendar:
        return day.weekday() < _SATURDAY


def _work_out(
    connection: Connection,
    law: Law,
    organisations: Sequence[Organisation],
    now: datetime,
    sending: Mapping[str, date],
    *,
    only_events: bool = False,
) -> Applied:
    today = {each.id: day_in(each.timezone, now) for each in organisations}
    found = gather(connection, {each.id: each.timezone for each in organisations}, today)
    cards = CardStore(connection)
    applied = Applied()
    for each in organisations:
        gathered, day = found[each.id], today[each.id]
        decided = plan(gathered.facts(each, day, sending), law, day, only_events=only_events)
        soon = {one.obligation.key: soon_from(one.obligation, law.cadence) for one in decided.standings}
        applied += apply(connection, decided, gathered.stored, cards, soon)
        if sending:  # what another cycle decided and has not told yet is its own
            replace_reminders(connection, each.id, decided.reminders, day)
    return applied


def _close(connection: Connection, assembly: Assembly, now: datetime, sending: Mapping[str, date]) -> None:
    keep_calendar(connection, assembly.book.calendar)
    if sending:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        rows = [{"timezone": zone, "day": day, "completed_at": now} for zone, day in sending.items()]
        connection.execute(dialect.insert(tables.served).on_conflict_do_nothing(), rows)
    record_cycle(connection, now)


def _batches(organisations: Iterable[Organisation], size: int) -> Iterator[list[Organisation]]:
    iterator = iter(organisations)
    while batch := list(islice(iterator, size)):
        yield batch
