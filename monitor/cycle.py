"""A cycle: one pass gather -> plan -> apply, organisation by organisation, then the messages by person.

Whom it works out is told by the day that each organisation's last working-out named, so a quiet cycle costs next to
nothing; when the configuration, the packs or the calendar changed, it is everybody. It can be killed anywhere and
begun again: each batch is a transaction, and what was not reached keeps its day.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, insert, select, update

from monitor.assembly import Assembly
from monitor.calendar_changes import changes_since_last_cycle, keep_calendar
from monitor.clock import day_in
from monitor.core.journal import CYCLE
from monitor.core.outcome import outcome_of
from monitor.core.plan import Law, stand, tell
from monitor.core.subjects import Organisation
from monitor.journalling import journal_configuration, journal_mails, seal_day
from monitor.kept_for_status import forget_what_status_needs, keep_what_status_needs
from monitor.notices import queue_messages, queue_occasions
from monitor.state import read_state, record_cycle, refuse_other_basis, refuse_shrunken_register
from monitor.storage import tables
from monitor.storage.applying import Applied, Changes, replace_reminders
from monitor.storage.facts import gather, gather_told
from monitor.storage.locks import Sole, do_alone, hold_organisations
from monitor.storage.reckonings import reckonings_of
from monitor.storage.register import (
    claim_needing_attention,
    compare_register,
    count_needing_attention,
    date_first_cycles,
    know,
    retire,
    set_attention,
    take_register,
    work_all_out_anew,
)
from rules.workdays import OutsideCalendar, WorkingCalendar

_BATCH = 100
_A_DAY = timedelta(days=1)
_SATURDAY = 5

Progress = Callable[[int, int], None]
"""Told after each batch: how many organisations are done, of how many."""


@dataclass(frozen=True, slots=True)
class CycleDone:
    """What one cycle did."""

    organisations: int
    """How many were worked out."""
    opened: int
    changed: int
    queued: int
    """How many messages."""


@dataclass(frozen=True, slots=True)
class _Morning:
    """Where in the day each time zone is: its today, by name of the zone."""

    sending: Mapping[str, date]
    """Where the sending time has come."""
    waiting: Mapping[str, date]
    """Where it is still to come."""
    send_at: time

    def attention(self, organisation: Organisation, day: date, today: date) -> datetime:
        """The moment at which `day` begins for it; where something waits to be told today, the next sending time."""
        if day <= today:
            moments = [
                datetime.combine(each, self.send_at, ZoneInfo(zone)) for zone, each in self.waiting.items()
            ]
            return min(moments)
        if day == date.max:
            return datetime.max.replace(tzinfo=UTC)
        return datetime.combine(day, time.min, ZoneInfo(organisation.timezone))


def run_cycle(
    engine: Engine, assembly: Assembly, now: datetime, progress: Progress = lambda _done, _of: None
) -> CycleDone:
    """Work out as of `now` whatever needs it, and queue the messages of this sending time.

    Several daemons on one PostgreSQL database share the batches and the people among them; each goes on to the next
    step when the one before is done by whoever took it. Whether the database may take a cycle at that moment is asked
    before, by `monitor.state.begin_cycle`. Raises `Refused` for a register that would retire more than a tenth of the
    organisations, and where another daemon has taken in another configuration meanwhile.
    """
    with engine.begin() as connection:
        _take_changes(connection, assembly, now)
        morning = _morning(connection, assembly, now)
        moved = changes_since_last_cycle(connection, assembly.book.calendar)
        expected = count_needing_attention(connection, now)
    done, applied = 0, Applied()
    for wait in (
        False,
        True,
    ):  # what no other daemon holds; then what others held and, killed, did not finish
        ids = [""]
        while True:
            with engine.begin() as connection:
                ids = claim_needing_attention(connection, now, ids[-1], _BATCH, wait=wait)
                if not ids:
                    break
                refuse_other_basis(connection, assembly.basis)
                law = replace(assembly.law, changes=moved)
                organisations = [law.register[each] for each in ids if each in law.register]
                _retire(connection, assembly, [each for each in ids if each not in law.register], now)
                date_first_cycles(connection, organisations, now)
                applied += _work_out(connection, law, organisations, now, morning, CYCLE)
            done += len(ids)
            progress(done, expected)
    journal_mails(engine, now)
    witness = seal_day(engine, now, morning.sending)
    queued = queue_messages(engine, assembly, now, morning.sending, witness)
    with engine.begin() as connection:
        queued += _close(connection, assembly, now, morning.sending)
    return CycleDone(done, applied.opened, applied.changed, queued)


def refresh(connection: Connection, law: Law, organisation: Organisation, now: datetime, by: str) -> None:
    """Work one organisation out anew after `by` recorded something; nobody is reminded by this.

    Before the first cycle only what events open is written: the rest waits for the day on which the monitor begins.
    """
    know(connection, organisation, now)
    hold_organisations(connection, [organisation.id], to_change=True)
    begun = read_state(connection).last_cycle_at is not None
    if begun:  # it is watched from now on: what falls due before its first cycle is not backlog
        date_first_cycles(connection, [organisation], now)
    law = replace(law, changes=changes_since_last_cycle(connection, law.book.calendar))
    _work_out(connection, law, [organisation], now, _Morning({}, {}, time.min), by, only_events=not begun)
    # Whether something waits to be told today is the next cycle's to say, also where the clock is set back meanwhile.
    set_attention(connection, {organisation.id: None})


def at_or_after(local: datetime, send_at: time) -> bool:
    """Whether the sending time of that local day has come."""
    return local.time() >= send_at


def works(calendar: WorkingCalendar, day: date) -> bool:
    """Whether mails leave on `day`; beyond the calendar's range every weekday counts: noisy, not silent."""
    try:
        return calendar.is_working(day)
    except OutsideCalendar:
        return day.weekday() < _SATURDAY


def _take_changes(connection: Connection, assembly: Assembly, now: datetime) -> None:
    """Take in a changed register, and have everybody worked out again where anything changed."""
    before = connection.scalar(select(tables.monitor.c.basis).with_for_update())
    if before == assembly.basis:
        return
    hold_organisations(connection, to_change=True)
    organisations = assembly.settings.register.organisations
    change = compare_register(connection, organisations)
    if before is not None:
        refuse_shrunken_register(connection, change, assembly.basis)
    take_register(connection, organisations, now)
    _retire(connection, assembly, change.left, now)
    journal_configuration(connection, assembly, change, now)
    work_all_out_anew(connection)
    forget_what_status_needs(connection)
    zones = sorted(assembly.settings.register.zones)
    known = {"basis": assembly.basis, "config_checksum": assembly.settings.checksum, "zones": zones}
    connection.execute(update(tables.monitor).values(known))


def _retire(connection: Connection, assembly: Assembly, left: Sequence[str], now: datetime) -> None:
    """Who is watched and not in the register has left: also who was in it for a while between two cycles only, and is
    known because something was recorded then.
    """
    if left:
        retire(connection, left, day_in(assembly.settings.monitor.timezone, now), now)


def _morning(connection: Connection, assembly: Assembly, now: datetime) -> _Morning:
    send_at, calendar = assembly.settings.reminders.send_at, assembly.book.calendar
    served = _served(connection, now)
    sending: dict[str, date] = {}
    waiting: dict[str, date] = {}
    for zone in connection.scalar(select(tables.monitor.c.zones)) or ():
        local = now.astimezone(ZoneInfo(zone))
        day = local.date()
        if (zone, day) not in served and works(calendar, day):
            (sending if at_or_after(local, send_at) else waiting)[zone] = day
    return _Morning(sending, waiting, send_at)


def _work_out(
    connection: Connection,
    law: Law,
    organisations: Sequence[Organisation],
    now: datetime,
    morning: _Morning,
    by: str,
    *,
    only_events: bool = False,
) -> Applied:
    today = {each.id: day_in(each.timezone, now) for each in organisations}
    found = gather(connection, {each.id: each.timezone for each in organisations}, today)
    facts = {
        each.id: found[each.id].facts(each, today[each.id], morning.sending, morning.waiting)
        for each in organisations
    }
    stances = {id_: stand(known, law, today[id_], only_events=only_events) for id_, known in facts.items()}
    told = gather_told(connection, list(found), [key for each in stances.values() for key in each.open_keys])
    changes = Changes(connection, reckonings_of(law.book))
    attention, reminders = {}, {}
    for each in organisations:
        known, day = facts[each.id], today[each.id]
        decided = tell(stances[each.id], known, told[each.id], law, day)
        judged = [(one, outcome_of(one, known.postings, law, day)) for one in decided.standings]
        changes.add(judged, found[each.id].stored, each.timezone, day)
        attention[each.id] = morning.attention(each, decided.attention_on, day)
        reminders[each.id] = decided.reminders
    applied = changes.write(now, by)
    set_attention(connection, attention)
    if morning.sending:  # what another cycle decided and has not told yet is its own
        replace_reminders(connection, reminders, today)
    return applied


def _close(connection: Connection, assembly: Assembly, now: datetime, sending: Mapping[str, date]) -> int:
    """End those sending times, with the letters that no reminder asks for; gives how many these were."""
    do_alone(connection, Sole.ENDING_A_SENDING_TIME)
    served = _served(connection, now)
    ending = {zone: day for zone, day in sending.items() if (zone, day) not in served}
    queued = queue_occasions(connection, assembly, now, ending) if ending else 0
    if ending:
        rows = [{"timezone": zone, "day": day, "completed_at": now} for zone, day in ending.items()]
        connection.execute(insert(tables.served), rows)
    # the monitor's row before the journal's chain, as everybody who needs both takes them
    record_cycle(connection, now)
    keep_calendar(connection, assembly.book.calendar, now)
    keep_what_status_needs(connection, assembly, now)
    return queued


def _served(connection: Connection, now: datetime) -> set[tuple[str, date]]:
    """The sending times that have ended, of every day that it may be anywhere."""
    lately = select(tables.served).where(tables.served.c.day >= now.date() - _A_DAY)
    return {(row.timezone, row.day) for row in connection.execute(lately)}
