"""The daemon: few jobs, all level-triggered; what they do rests on the database, never on when they last ran."""

import os
import signal
import threading
from collections.abc import Iterable
from datetime import datetime, timedelta
from types import FrameType
from zoneinfo import ZoneInfo

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from sqlalchemy import Engine

from monitor.assembly import Assembly, assemble
from monitor.backups import back_up_daily
from monitor.clock import Clock, day_in, monotonic
from monitor.cycle import at_or_after, run_cycle, works
from monitor.lock import is_alone, process_name
from monitor.state import Mode, Refused, begin_cycle, read_state, refuse_other_basis
from monitor.storage.engine import why_unusable
from monitor.wording import speech
from notifications import outbox
from notifications.delivering import deliver
from notifications.messages import Way
from notifications.transports import Transport, make_transports
from rules.faults import Faults

TICK = timedelta(seconds=60)
"""How often it is asked whether a cycle is due."""
DELIVER_EVERY = timedelta(seconds=5)
_BACK_UP_EVERY = timedelta(hours=1)
"""How soon a backup that failed is tried again; the first of a day follows its first cycle."""
_BACKUP = "backup"
_GUARD_SECONDS = 5.0
_CLOCK_JUMP_SECONDS = 5.0
_DATABASE_DOWN = "database.down"

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
        self._stop = threading.Event()
        self._hurry = threading.Event()
        self._last_cycle: datetime | None = None
        self._basis = assembly.basis  # the one that this process has taken in, by a cycle before this
        self._told: dict[str, str] = {}
        self._name = process_name()
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(2 + len(self._transports))},
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )

    def heed_signals(self) -> None:
        """From now on the first SIGTERM or SIGINT asks `run` to return; a second one ends the process at once."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        signal.signal(signal.SIGHUP, self._on_hangup)

    def run(self) -> None:
        """Work until a signal has come, finish what is in hand, and return."""
        if is_alone(self._engine, Mode.LIVE):
            with self._engine.begin() as connection:
                outbox.release_all(connection)
        self._make_jobs()
        self._scheduler.start()
        log.info("daemon.started", process=os.getpid())
        self._guard_clock()
        self._scheduler.shutdown(wait=True)
        log.info("daemon.stopped")

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._stop.is_set():
            os._exit(128 + number)  # what was claimed is freed at the next start
        self._stop.set()

    def _on_hangup(self, _number: int, _frame: FrameType | None) -> None:
        """Take a changed configuration in at once, rather than with the next cycle."""
        self._last_cycle = None
        self._hurry.set()

    def _make_jobs(self) -> None:
        self._scheduler.remove_all_jobs()
        self._scheduler.add_job(self._tick, Every(TICK), id="cycle")
        self._scheduler.add_job(self._back_up, Every(_BACK_UP_EVERY), id=_BACKUP)
        for way in self._transports:  # no mail waits for a service that is slow to answer
            self._scheduler.add_job(self._deliver, Every(DELIVER_EVERY), id=f"deliver {way}", args=[way])

    def _guard_clock(self) -> None:
        """The scheduler sleeps by the wall clock: after that was set, it is woken and its jobs are made anew."""
        apart = self._clock.now().timestamp() - monotonic()
        while not self._stop.wait(_GUARD_SECONDS):
            if self._hurry.is_set():
                self._hurry.clear()
                self._make_jobs()
            now_apart = self._clock.now().timestamp() - monotonic()
            if abs(now_apart - apart) > _CLOCK_JUMP_SECONDS:
                log.warning("clock.jumped", seconds=round(now_apart - apart))
                apart = now_apart
                self._make_jobs()

    def _tick(self) -> None:
        now = self._clock.now()
        try:
            if self._stop.is_set() or not self._is_wanted(now):
                return
            self._last_cycle = now  # before the files are read: a SIGHUP that comes meanwhile takes it back
            self._take_configuration()
            with self._engine.begin() as connection:
                begin_cycle(connection, Mode.LIVE, now)
                if (
                    self._assembly.basis == self._basis
                ):  # nothing is new here; then not from another daemon either
                    refuse_other_basis(connection, self._basis)
            done = run_cycle(self._engine, self._assembly, now)
        except Exception as error:  # noqa: BLE001 -- the daemon goes on and tells; the next tick tries again
            self._last_cycle = None
            self._tell_failure("cycle", error)
        else:
            self._basis = self._assembly.basis
            self._tell_success("cycle")
            log.info("cycle.done", opened=done.opened, changed=done.changed, queued=done.queued)
            self._scheduler.modify_job(_BACKUP, next_run_time=self._clock.now())

    def _take_configuration(self) -> None:
        """Read the files anew; where they are wrong, go on with what is known, and say so."""
        known = self._assembly
        try:
            read = assemble(known.settings.path)
        except Faults as faults:
            self._tell_once("configuration.refused", str(faults))
            return
        self._told.pop("configuration.refused", None)
        if read.basis != known.basis:
            services = read.settings.register.services
            if (read.settings.mail, services) != (known.settings.mail, known.settings.register.services):
                made = make_transports(read.settings.mail, services)
                self._transports = {each.way: each for each in made}
            self._assembly = read
            log.info("configuration.taken", path=str(read.settings.path))

    def _tell_failure(self, job: str, error: Exception) -> None:
        """A database that cannot be used is told once for all jobs, however often and in whatever words it says so."""
        match error:
            case Refused():
                self._tell_once(f"{job}.refused", error.sentence.say(speech("en")))
            case _ if (why := why_unusable(error)) is not None:
                if _DATABASE_DOWN not in self._told:
                    self._tell_once(_DATABASE_DOWN, why)
            case _:
                self._tell_once(f"{job}.failed", f"{type(error).__name__}: {error}")

    def _tell_success(self, job: str) -> None:
        self._forget(job)
        if self._told.pop(_DATABASE_DOWN, None) is not None:
            log.info("database.up")

    def _forget(self, job: str) -> None:
        for event in (f"{job}.refused", f"{job}.failed"):
            self._told.pop(event, None)

    def _tell_once(self, event: str, why: str) -> None:
        """A failure is told when it begins, not at every tick."""
        if self._told.get(event) != why:
            self._told[event] = why
            log.error(event, why=why)

    def _is_wanted(self, now: datetime) -> bool:
        """At the start, on a new day of any organisation, and when a sending time has come since the last cycle."""
        last = self._last_cycle
        if last is None or now < last:
            return True
        settings = self._assembly.settings
        if any(
            day_in(zone, last) != day_in(zone, now) for zone in {each.timezone for each in settings.register}
        ):
            return True
        zones = {person.timezone for person in settings.register.recipients}
        return any(self._came_between(zone, last, now) for zone in zones)

    def _came_between(self, zone: str, last: datetime, now: datetime) -> bool:
        send_at = self._assembly.settings.reminders.send_at
        local = now.astimezone(ZoneInfo(zone))
        before = last.astimezone(ZoneInfo(zone))
        came = at_or_after(local, send_at) and (
            before.date() < local.date() or not at_or_after(before, send_at)
        )
        return came and works(self._assembly.book.calendar, local.date())

    def _back_up(self) -> None:
        """A day's backup, once a cycle of that day went well; no cycle waits for it."""
        settings, last = self._assembly.settings, self._last_cycle
        day = day_in(settings.monitor.timezone, self._clock.now())
        if self._stop.is_set() or last is None or day_in(settings.monitor.timezone, last) != day:
            return
        try:
            made = back_up_daily(settings, day)
        except Exception as error:  # noqa: BLE001 -- as above
            self._tell_failure(_BACKUP, error)
        else:
            self._forget(_BACKUP)
            if made is not None:
                log.info("backup.made", path=str(made))

    def _deliver(self, way: Way) -> None:
        try:
            with self._engine.connect() as connection:
                held = read_state(connection).held(self._clock.now())
            if held is None:
                deliver(self._engine, self._transports[way], self._clock.now, self._stop.is_set, self._name)
        except Exception as error:  # noqa: BLE001 -- as above
            self._tell_failure(f"deliver.{way}", error)
        else:
            self._tell_success(f"deliver.{way}")
