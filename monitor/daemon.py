"""The daemon: few jobs, all level-triggered; what they do rests on the database, never on when they last ran."""

import os
import signal
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from types import FrameType

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from sqlalchemy import Engine

from monitor import events
from monitor.assembly import Assembly, assemble
from monitor.backups import back_up_daily
from monitor.clock import Clock, day_in, moment_in, monotonic
from monitor.configuration.settings import Settings
from monitor.cycle import run_cycle
from monitor.heartbeat import Heartbeat
from monitor.journalling import journal_mails
from monitor.lock import is_alone, process_name
from monitor.logs import without_addresses
from monitor.notices import queue_warning
from monitor.opening import is_ours
from monitor.pulse import Pulse
from monitor.state import Held, Mode, Refused, begin_cycle, read_state, refuse_other_basis, touch
from monitor.storage.engine import WalReplaced, WrittenByNewer, write_back
from monitor.supervisor import ALIVE, READY, STOPPING, reloading, status, tell_supervisor
from monitor.waking import is_wanted
from monitor.wording import speech
from notifications import outbox
from notifications.delivering import deliver
from notifications.messages import Kind, Way
from notifications.transports import Transport, make_transports
from rules.faults import Faults
from rules.sentences import Sentence, sentence

TICK = timedelta(seconds=60)
"""How often it is asked whether a cycle is due."""
DELIVER_EVERY = timedelta(seconds=5)
LOOK_FOR_BACKUP_EVERY = timedelta(seconds=10)
"""How often it is asked whether the day has its backup."""
_BACK_UP_AGAIN_SECONDS = 3600.0
"""How soon one that failed is tried again: to copy a large database takes the disk a while."""
_GUARD_SECONDS = 5.0
_CLOCK_JUMP_SECONDS = 5.0
_NEWS_FOR_THE_OPERATOR = {
    events.CYCLE_REFUSED,
    events.CYCLE_FAILED,
    events.CONFIGURATION_REFUSED,
    events.BACKUP_FAILED,
}
"""Troubles in which the database is there and a mail can leave."""
_TICK = "tick"

log = structlog.get_logger("monitor")


class Every(BaseTrigger):  # type: ignore[misc]  # APScheduler ships no types
    """Fires at once, then so long after now: a clock set a year ahead makes one run, not a list of millions."""

    def __init__(self, interval: timedelta) -> None:
        self._interval = interval

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """The next time, seen from `now`."""
        return now if previous is None else now + self._interval


class Daemon:
    """Cycles when they are due, deliveries when they are due, until it is told to stop."""

    def __init__(
        self, engine: Engine, assembly: Assembly, transports: Iterable[Transport], clock: Clock
    ) -> None:
        self._engine, self._assembly, self._clock = engine, assembly, clock
        self._transports = {each.way: each for each in transports}
        self._is_stopping = self._reload_asked = False
        self._ended_by: WalReplaced | WrittenByNewer | None = None
        self._woken: SimpleQueue[None] = SimpleQueue()  # an Event may not be set where a signal is handled
        self._last_cycle: datetime | None = None
        self._basis = ""  # the one that this process has taken in
        self._operator_knows: set[tuple[str, str, datetime]] = set()
        self._name = process_name()
        self._no_backup_before = 0.0
        self.pulse = Pulse(clock)
        self._heartbeat = Heartbeat(self.pulse)
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(2 + len(self._transports))},
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )

    @property
    def assembly(self) -> Assembly:
        """What it works with now; a changed configuration takes its place whole."""
        return self._assembly

    def heed_signals(self) -> None:
        """From now on the first SIGTERM or SIGINT asks `run` to return; a second one ends the process at once."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        signal.signal(signal.SIGHUP, self._on_hangup)

    def begin(self) -> Sentence | None:
        """The first cycle, before anything else is done; gives why none may run now, where it is held.

        It is held no longer than until a later one may run: a daemon that ended could tell nobody that it is.
        Raises `Refused` for a database of rehearsals, and what the database raises.
        """
        now = self._clock.now()
        try:
            with self._engine.begin() as connection:
                begin_cycle(connection, Mode.LIVE, now)
            run_cycle(self._engine, self._assembly, now)
        except Held as held:
            self._failed(events.CYCLE_FAILED, held)
            return held.sentence
        self._basis = self._assembly.basis
        return None

    def run(self) -> None:
        """After `begin`: work until a signal has come, finish what is in hand, and return.

        Raises `WalReplaced` where that ended it: to be killed would lose what only this process still has. And
        `WrittenByNewer`: what is told from then on is that program's to tell.
        """
        if is_alone(self._engine, Mode.LIVE):
            with self._engine.begin() as connection:
                outbox.release_all(connection)
        self._make_jobs()
        self._scheduler.start()
        log.info(events.DAEMON_STARTED, process=os.getpid())
        tell_supervisor(READY)
        self._guard_clock()
        tell_supervisor(STOPPING, status("finishing what is in hand"))
        if isinstance(self._ended_by, WalReplaced):
            write_back(self._engine)  # before the wait for what is in hand, which may be long
        self._scheduler.shutdown(wait=True)
        log.info(events.DAEMON_STOPPED)
        if self._ended_by is not None:
            raise self._ended_by

    @property
    def _is_ending(self) -> bool:
        return self._is_stopping or self._ended_by is not None

    def _failed(self, event: str, error: Exception, *, of: str = "") -> None:
        """The daemon tells and goes on; the next try may go well. But a lost `-wal` does not come back, nor do tables
        that a newer program has made its own.
        """
        self.pulse.failed(event, error, of=of)
        if isinstance(error, WalReplaced | WrittenByNewer):
            self._ended_by = error
            self._woken.put(None)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._is_stopping:
            os._exit(128 + number)  # what was claimed is freed at the next start
        self._is_stopping = True
        self._woken.put(None)

    def _on_hangup(self, _number: int, _frame: FrameType | None) -> None:
        """Take a changed configuration in at once, rather than with the next cycle."""
        tell_supervisor(*reloading())
        self._last_cycle = None
        self._reload_asked = True
        self._woken.put(None)

    def _make_jobs(self) -> None:
        self._scheduler.remove_all_jobs()
        self._scheduler.add_job(self._tick, Every(TICK), id="cycle")
        self._scheduler.add_job(self._back_up, Every(LOOK_FOR_BACKUP_EVERY), id="backup")
        for way in self._transports:  # no mail waits for a service that is slow to answer
            self._scheduler.add_job(self._deliver, Every(DELIVER_EVERY), id=f"deliver {way}", args=[way])

    def _guard_clock(self) -> None:
        """The scheduler sleeps by the wall clock: after that was set, it is woken and its jobs are made anew."""
        apart = self._clock.now().timestamp() - monotonic()
        while not self._is_ending:
            with suppress(Empty):
                self._woken.get(timeout=_GUARD_SECONDS)
            if self._reload_asked:  # until a tick has seen it: one that was just ending has not
                self._make_jobs()
            now_apart = self._clock.now().timestamp() - monotonic()
            if abs(now_apart - apart) > _CLOCK_JUMP_SECONDS:
                log.warning(events.CLOCK_JUMPED, seconds=round(now_apart - apart))
                apart = now_apart
                self._make_jobs()

    def _tick(self) -> None:
        if self._is_ending:
            return
        now = self._clock.now()
        if self._cycle_if_wanted(now) and self._touch_database():
            self._heartbeat.pay(self._assembly.settings.daemon.heartbeat_url)
            self._tell_operator(now)
        tell_supervisor(status(self._standing()))

    def _cycle_if_wanted(self, now: datetime) -> bool:
        """False where it failed; that none may run is not a failure of ours, and starting anew would not help."""
        try:
            if is_wanted(self._assembly, self._last_cycle, now):
                self._cycle(now)
        except Exception as error:  # noqa: BLE001 -- the daemon goes on and tells; the next tick tries again
            self._last_cycle = None
            self._failed(events.CYCLE_FAILED, error)
            return isinstance(error, Refused)
        return True

    def _cycle(self, now: datetime) -> None:
        self._last_cycle = now  # before the files are read: a SIGHUP that comes meanwhile takes it back
        begun = monotonic()
        self._take_configuration()
        with self._engine.begin() as connection:
            is_ours(connection)
            begin_cycle(connection, Mode.LIVE, now)
            if self._assembly.basis == self._basis:  # nothing is new; then not from another daemon either
                refuse_other_basis(connection, self._basis)
        done = run_cycle(self._engine, self._assembly, now, lambda _done, _of: self._show_life())
        self._basis = self._assembly.basis
        self.pulse.cycle_seconds = monotonic() - begun
        self._heartbeat.owe()
        self.pulse.end(events.CYCLE_REFUSED)
        self.pulse.went_well(events.CYCLE_FAILED)
        log.info(
            events.CYCLE_DONE,
            opened=done.opened,
            changed=done.changed,
            queued=done.queued,
            seconds=round(self.pulse.cycle_seconds, 2),
        )

    def _touch_database(self) -> bool:
        """Where a write goes through, whoever watches is told that we live: never by a timer that only runs."""
        try:
            with self._engine.begin() as connection:
                is_ours(connection)
                touch(connection)
        except Exception as error:  # noqa: BLE001 -- as above
            self._failed(events.CYCLE_FAILED, error, of=_TICK)
            return False
        self.pulse.went_well(events.CYCLE_FAILED, of=_TICK)
        self._show_life()
        return True

    def _show_life(self) -> None:
        self.pulse.beat()
        tell_supervisor(ALIVE)

    def _take_configuration(self) -> None:
        """Read the files anew; where they are wrong, go on with what is known, and say so."""
        asked, self._reload_asked = self._reload_asked, False
        known = self._assembly
        try:
            read = assemble(known.settings.path, known.basis)
        except Faults as faults:
            said = sentence(
                "the changed files have faults, so that those before stay in force: {faults}",
                faults=faults.without_values,
            )
            self.pulse.begin(events.CONFIGURATION_REFUSED, said, again=asked)
        else:
            self.pulse.end(events.CONFIGURATION_REFUSED)
            if read.basis != known.basis:
                self._put_in_force(read)
        if asked:
            tell_supervisor(READY)

    def _put_in_force(self, read: Assembly) -> None:
        known, services = self._assembly.settings, read.settings.register.services
        if (read.settings.mail, services) != (known.mail, known.register.services):
            made = make_transports(read.settings.mail, lambda: services)
            self._transports = {each.way: each for each in made}
        self._assembly = read
        log.info(events.CONFIGURATION_TAKEN, path=str(read.settings.path))
        if waiting := _needing_a_start(known, read.settings):
            log.warning(events.CONFIGURATION_WAITS, keys=waiting)

    def _tell_operator(self, now: datetime) -> None:
        """By one mail a day at most, also while sending is held."""
        news = [
            each
            for each in self.pulse.troubles
            if each.event in _NEWS_FOR_THE_OPERATOR and each.key not in self._operator_knows
        ]
        if not news or not self._assembly.settings.monitor.operator:
            return
        try:
            with self._engine.begin() as connection:
                told = queue_warning(connection, self._assembly, [each.said for each in news], now)
        except Exception as error:  # noqa: BLE001 -- as above
            self._failed(events.CYCLE_FAILED, error, of=_TICK)
            return
        if told:
            self._operator_knows.update(each.key for each in news)

    def _standing(self) -> str:
        """In a line, for `systemctl status`."""
        if troubles := self.pulse.troubles:
            said = "; ".join(f"{each.event}: {each.said.say(speech('en'))}" for each in troubles)
            return without_addresses(said)
        zone = self._assembly.settings.monitor.timezone
        return f"last cycle at {moment_in(self._last_cycle, zone)}" if self._last_cycle else "no cycle yet"

    def _back_up(self) -> None:
        """A day's backup, once a cycle of that day went well; no cycle waits for it."""
        settings, last = self._assembly.settings, self._last_cycle
        day = day_in(settings.monitor.timezone, self._clock.now())
        if self._is_ending or last is None or day_in(settings.monitor.timezone, last) != day:
            return
        if monotonic() < self._no_backup_before:
            return
        try:
            made = back_up_daily(settings, day)
        except Exception as error:  # noqa: BLE001 -- as above
            self._no_backup_before = monotonic() + _BACK_UP_AGAIN_SECONDS
            if isinstance(error, Refused):
                self.pulse.begin(events.BACKUP_FAILED, error.sentence)
            else:
                self._failed(events.BACKUP_FAILED, error)
        else:
            self.pulse.end(events.BACKUP_FAILED)
            if made is not None:
                log.info(events.BACKUP_MADE, path=str(made))

    def _deliver(self, way: Way) -> None:
        try:
            with self._engine.connect() as connection:
                is_ours(connection)  # a newer program may have brought it up to date meanwhile
                held = read_state(connection).held(self._clock.now())
            done = deliver(
                self._engine,
                self._transports[way],
                self._clock.now,
                lambda: self._is_ending,
                self._name,
                only=Kind.WARNING if held else None,  # who runs it should know that it is held
            )
            if done.tried:
                journal_mails(self._engine, self._clock.now())
            if self.pulse.is_without_database:  # to have read an empty queue does not show otherwise
                with self._engine.begin() as connection:
                    touch(connection)
        except Exception as error:  # noqa: BLE001 -- as above
            self._failed(events.DELIVERING_FAILED, error, of=way)
        else:
            self.pulse.went_well(events.DELIVERING_FAILED, of=way)


def _needing_a_start(before: Settings, now: Settings) -> list[str]:
    """The changed settings that a running daemon cannot take in."""
    pairs = {
        "monitor.database": (before.monitor.database, now.monitor.database),
        "web.listen": (before.web.listen, now.web.listen),
        "web.trusted_proxies": (before.web.trusted_proxies, now.web.trusted_proxies),
        "daemon.log_level": (before.daemon.log_level, now.daemon.log_level),
    }
    return [key for key, (old, new) in pairs.items() if old != new]
