"""One year of the simulated world, from a seed: what people do, what befalls the machine, and what must hold."""

import hashlib
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any, Self
from zoneinfo import ZoneInfo

from sqlalchemy.exc import OperationalError

from monitor.state import Refused
from monitor.storage.engine import DatabaseUnusable
from tests.simulation.acts import Acts
from tests.simulation.books import Books
from tests.simulation.faults import Faults, Killed, chance_of
from tests.simulation.machine import COMMAND, DaemonProcess, Machine
from tests.simulation.mail_server import CALM, MOODS, MailServer
from tests.simulation.virtual_time import SimulatedClock
from tests.simulation.witness import Broken, Witness
from tests.simulation.workshop import Workshop
from tests.simulation.world import HOVD, ULAANBAATAR, World, days_in

_ZONE = ZoneInfo(ULAANBAATAR)
_OVERSEEN = 85
"""In percent, how many looks at which a cycle has nothing to do are leapt over; the others must find nothing to do."""
_CALM_DAYS = 6
_KILLED_AS_WELL = 30
"""In percent, how many daemons that work in the midst of another's work are killed in it."""


@dataclass
class Year:
    """What came of one seed."""

    seed: int
    trace: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    lines: list[str] = field(default_factory=list)
    days: int = 0
    leapt: int = 0
    told: int = 0
    mails: int = 0
    kills: int = 0
    clock_ahead: int = 0
    clock_back: int = 0
    decrees: int = 0
    laws: int = 0
    """How often a pack was changed."""


def live(seed: int, place: Workshop, tell: Callable[[str], None] = lambda _: None) -> Year:
    """Live through the year of that seed; raises `Broken`."""
    place.clear()
    life = _Life(seed, place, tell)
    try:
        life.live()
    finally:
        life.machine.stop()
        life.witness.close()
    return life.year


class _Life:
    def __init__(self, seed: int, place: Workshop, tell: Callable[[str], None]) -> None:
        self.chance = chance = random.Random(seed)
        self.year, self.tell = Year(seed), tell
        self.world = World(place.folder, chance, chance.randrange(2016, 2030), place.database.url)
        self.world.make_up()
        self.world.write()
        self.books = Books(self.world)
        first = datetime.combine(date(self.world.year, 1, 1), time(8), _ZONE) + timedelta(
            days=chance.randrange(0, 40)
        )
        self.first = first.date()
        self.last = self.first + timedelta(days=days_in(self.world.year))
        self.clock = SimulatedClock(first.astimezone(UTC))
        self.place = place
        self.server = MailServer(random.Random(f"server of {seed}"))
        self.machine = Machine(place, self.world, self.clock, self.server)
        self.witness = Witness(self.world, self.books, self.clock, self.server, place.database)
        self.acts = Acts(chance, self.world, self.books, self.machine)
        self.leaps = chance.random() < 0.96
        self.troubled = chance.choice((0.0, 1.0, 1.0, 3.0))
        (self.busy,) = chance.choices((3.0, 6.0, 12.0, 30.0), (40, 45, 12, 3))
        """In percent, how likely somebody records something on a day."""
        self.files_changed = False
        """Since the last cycle."""
        self.made_to_work: date | None = None
        """A day that a decree has made a working day on the day itself, when it had begun."""
        self.basis_before: str | None = None
        """What that cycle worked with."""
        self.off_until = self.first
        self.mood_until = self.first

    def live(self) -> None:
        self.note(
            f"year {self.world.year}, packs {self.world.packs}, region {self.world.region or '-'},"
            f" {len(self.world.offices)} offices, {'leaping' if self.leaps else 'day by day'}"
        )
        day = self.first
        while day < self.last:
            self.live_through(day)
            day += timedelta(days=1)
        self.end(day)

    def note(self, what: str) -> None:
        line = f"{self.clock.true.astimezone(_ZONE):%Y-%m-%d %H:%M:%S} {what}"
        self.year.trace.update(line.encode())
        self.year.lines.append(line)
        self.tell(line)

    # --- a day

    def live_through(self, day: date) -> None:
        self.clock.wrong_by = timedelta()
        self.change_moods(day)
        doings = self.doings(day)
        ends = datetime.combine(day, time(23, 59), _ZONE).astimezone(UTC)
        if not doings and self.machine.is_whole and self.may_leap(day) and not self.can_happen_until(ends):
            self.year.leapt += 1
            return
        self.year.days += 1
        moments = sorted([*doings, *self.looks(day)], key=lambda each: each[0])
        for at, what in moments:
            self.clock.wait_until(datetime.combine(day, at, _ZONE).astimezone(UTC))
            what()

    def doings(self, day: date) -> list[tuple[time, Callable[[], None]]]:
        """What people do that day, and what befalls the machine."""
        chance, found = self.chance, []
        if chance_of(chance, self.busy):
            found += [(self.some_time(), self.act) for _ in range(chance.choice((1, 2, 2, 4, 6)))]
        if chance_of(chance, 3):
            found.append((self.some_time(), self.change_files))
        if chance_of(chance, 1.2 * self.troubled) and self.machine.is_up:
            found.append((self.some_time(), lambda: self.go_off(day)))
        if chance_of(chance, 0.7 * self.troubled):
            found.append((self.some_time(), self.chance.choice((self.jump, self.resume_in_the_past))))
        return found

    def looks(self, day: date) -> list[tuple[time, Callable[[], None]]]:
        """When the daemon looks whether anything is due; it looks each minute, and mostly nothing is."""
        if day < self.off_until:
            return []
        found: list[tuple[time, Callable[[], None]]] = []
        stopped = [each for each in self.machine.daemons if not each.is_up]
        found += [(self.some_time(), partial(self.start, each)) for each in stopped]
        if not self.leaps or chance_of(self.chance, 5):
            found.append((time(1, 5), self.look))
        look = self.look_where_it_matters if self.may_leap(day) else self.look
        found.append((time(9, self.chance.randrange(3)), look))
        if HOVD in self.world.zones.values():
            found.append((time(10, self.chance.randrange(3)), self.look_where_it_matters))
        if chance_of(self.chance, 7):
            found.append((self.some_time(), self.look))
        found.append((time(18), self.deliver_what_waits))
        return found

    def may_leap(self, day: date) -> bool:
        """Not where a month begins, or somebody decreed what day it is."""
        return self.leaps and day.day != 1 and day not in self.world.decrees

    def can_happen_until(self, end: datetime) -> bool:
        """Whether anything can change until then, be told, or be sent."""
        waiting = self.witness.open_deliveries()
        return self.can_change_until(end) or (bool(waiting) and waiting[0] <= end)

    def can_change_until(self, end: datetime) -> bool:
        attention = self.witness.next_attention()
        return self.files_changed or attention is None or attention <= end

    def some_time(self) -> time:
        minutes = self.chance.randrange(65, 1410)
        return time(minutes // 60, minutes % 60, self.chance.randrange(60))

    def change_moods(self, day: date) -> None:
        if day >= self.mood_until:
            self.server.mood = (
                self.chance.choice(MOODS) if self.chance.random() < 0.3 * self.troubled else CALM
            )
            self.mood_until = day + timedelta(days=self.chance.choice((1, 1, 2, 5, 20)))

    # --- what is done

    def look_where_it_matters(self) -> None:
        """At a sending time; where a cycle has nothing to do, mostly not even that."""
        if self.machine.is_up and (
            not self.leaps or self.can_change_until(self.clock.true) or not chance_of(self.chance, _OVERSEEN)
        ):
            self.look()

    def look(self) -> None:
        """A tick of the daemon, with a fault or without, and the deliveries that follow."""
        if not self.machine.is_up:
            return
        first, *others = self.in_some_order()
        fault = self.some_fault(first.faults, lambda: self.look_anyway(others))
        is_spoilt = not self.files_changed and chance_of(self.chance, self.troubled)
        if is_spoilt:
            self.world.spoil()
        with suppress(Killed), fault:
            self.machine.tick()
        if is_spoilt:
            self.world.write()
        completed = self.after_cycle(fault)
        if self.machine.is_up:
            self.deliver()
        if self.machine.is_up and not completed and (fault.name or is_spoilt):
            self.clock.wait_until(self.clock.true + timedelta(seconds=61))
            self.look()  # the next tick tries again

    def in_some_order(self) -> list[DaemonProcess]:
        """The daemons; what befalls one befalls the first."""
        self.chance.shuffle(self.machine.daemons)
        return self.machine.daemons

    def some_fault(self, of: Faults, others: Callable[[], None]) -> "_Fault":
        """What befalls a process, or, as often as not where others share its database, what they do meanwhile."""
        name = ""
        if chance_of(self.chance, 6 * self.troubled):
            name = self.chance.choice(self.place.database.befalls)
        return _Fault(name, self, of, others)

    def look_anyway(self, daemons: Sequence[DaemonProcess]) -> None:
        """They make a cycle; where any daemon runs, those that do not run start with one."""
        if self.machine.is_up:
            self.do_in_between(daemons, lambda each: each.tick(anyway=True) if each.is_up else each.start())

    def do_in_between(
        self, daemons: Sequence[DaemonProcess], work: Callable[[DaemonProcess], object]
    ) -> None:
        """They do it in the midst of another's work, and may be killed in it; in a thread of their own, for in this
        one a loop may be running.
        """
        for each in daemons:
            was_up = each.is_up
            if chance_of(self.chance, _KILLED_AS_WELL):
                each.faults.arm(self.chance)
            with ThreadPoolExecutor(1) as pool:
                pool.submit(work, each).result()
            self.year.kills += was_up and each.faults.dead
            each.faults.disarm()

    def after_cycle(self, fault: "_Fault") -> bool:
        """Whether one was completed."""
        today = self.clock.now().astimezone(_ZONE).date()
        knows = not self.files_changed or self.made_to_work != today  # files are read when a cycle is due
        due = bool(self.witness.sending_now()) and knows and not fault.name
        has_begun = not self.files_changed or self.witness.basis() != self.basis_before
        completed = self.witness.after_cycle(must_complete=due and self.machine.is_up, has_begun=has_begun)
        self.files_changed &= not completed
        self.note(
            f"cycle {'done' if completed else 'not done'}{fault.said}, told {self.witness.items} so far"
        )
        if completed and (fault.name or chance_of(self.chance, 10)):
            self.check_status()
        return completed

    def deliver(self) -> None:
        if self.leaps and not self.witness.open_deliveries():
            return
        first, *others = self.in_some_order()
        fault = self.some_fault(first.faults, lambda: self.do_in_between(others, DaemonProcess.deliver))
        self.server.struck, kills = False, self.year.kills
        before = len(self.server.taken)
        with suppress(Killed), fault:
            self.machine.deliver()
        once = fault.name in ("", "meanwhile") and self.year.kills == kills and not self.server.struck
        clean = once and not fault.name and self.machine.is_up
        self.witness.after_delivery(must_be_empty=clean, once=once)
        if len(self.server.taken) > before or fault.name:
            self.note(f"{len(self.server.taken) - before} mails taken{fault.said}")

    def deliver_what_waits(self) -> None:
        """The rest of the day: each time when something is due, some times less when it goes on and on."""
        ends = self.clock.true + timedelta(hours=5)
        for _ in range(4):
            if not self.machine.is_up:
                return
            waiting = self.witness.open_deliveries()
            if not waiting or waiting[0] > ends:
                return
            self.clock.wait_until(waiting[0] + timedelta(seconds=61))
            self.deliver()

    def start(self, daemon: DaemonProcess) -> None:
        if daemon.is_up:
            return  # since this morning
        others = [each for each in self.machine.daemons if each.is_up]
        fault = self.some_fault(daemon.faults, lambda: self.look_anyway(others))
        with suppress(Killed), fault:
            started = daemon.start()
        if not started and not fault.name:
            raise Broken("the monitor does not start")
        if started and self.machine.is_held():
            self.sends_nothing("it started after more than 400 days")
            self.machine.resume()
            self.note("resumed after more than 400 days")
            self.machine.tick()
        self.after_cycle_of_start(fault)

    def after_cycle_of_start(self, fault: "_Fault") -> None:
        if self.witness.has_tables():
            self.after_cycle(fault)
        if self.machine.is_up:
            self.deliver()

    def act(self) -> None:
        faults = self.place.faults(COMMAND)

        def others() -> None:
            self.look_anyway(self.machine.daemons)
            self.after_cycle(fault)

        fault = self.some_fault(faults, others)
        try:
            with fault:
                said = self.acts.do_something(self.clock.now())
        except (Killed, OperationalError, DatabaseUnusable) as error:
            said = f"not recorded, {type(error).__name__}"
        except Refused as refused:
            said = f"refused: {refused}"
        finally:
            faults.revive()
        self.note(f"{said}{fault.said}")

    def change_files(self) -> None:
        today = self.clock.now().astimezone(_ZONE).date()
        worked = self.books.works(today)
        match self.chance.randrange(12):
            case 0 | 1 | 2 | 3:
                said = self.world.decree(today, self.books.due_soon(today))
                self.year.decrees += 1
            case 4 | 5:
                said = self.world.change_people(today)
            case 6 | 7:
                said = self.world.change_law(today)
                self.year.laws += 1
            case 8:
                said = self.world.change_exemptions()
            case 9:
                said = self.world.join_office(today)
            case 10 if not self.files_changed:  # who leaves and returns between two cycles was never away
                said = self.world.return_office()
            case _:
                said = self.world.leave_office()
        self.basis_before = self.witness.basis()
        self.world.write()
        self.books.read_files()
        self.files_changed = True
        if self.books.works(today) and not worked:
            self.made_to_work = today
        self.machine.accept_register()
        self.note(said)

    def go_off(self, day: date) -> None:
        if not self.machine.is_up:
            return
        self.machine.stop()
        self.off_until = day + timedelta(days=self.chance.choice((0, 1, 2, 4, 10, 25)))
        if chance_of(self.chance, 2):
            self.off_until = day + timedelta(days=420)
            self.last = max(self.last, self.off_until + timedelta(days=30))
        self.note(f"the machine is off until {self.off_until}")

    def jump(self) -> None:
        """The clock is set wrong for a while: nothing is told and nothing is sent."""
        self.look()
        last = self.witness.last_cycle()
        if not self.machine.is_up or last is None or self.clock.true - last > timedelta(hours=12):
            return  # nobody could see that a day is wrong who has slept through it
        days = self.chance.choice((-1, -3, -40, -400, 420, 3000))
        self.clock.wrong_by = timedelta(days=days)
        self.sends_nothing(f"the clock is wrong by {days} days")
        self.clock.wrong_by = timedelta()
        self.year.clock_ahead += days > 0
        self.year.clock_back += days < 0
        self.note(f"the clock was wrong by {days} days")

    def sends_nothing(self, held: str) -> None:
        """But warnings to its operator, who should know that it is held."""
        taken, told = len(self.server.taken), self.witness.count_messages()
        self.machine.tick()
        self.machine.deliver()
        if self.witness.count_messages() > told or not self.witness.are_warnings(self.server.taken[taken:]):
            raise Broken(f"{held}, and mails are sent")
        self.witness.after_delivery(must_be_empty=False, once=False)

    def resume_in_the_past(self) -> None:
        """The clock goes back by some hours, and somebody says that it is right now; it is, until the day ends."""
        hour = self.clock.true.astimezone(_ZONE).hour
        if not self.machine.is_up or hour < 12:
            return
        self.clock.wrong_by = -timedelta(hours=self.chance.randrange(1, hour - 9))
        self.machine.tick()
        if self.machine.is_held():
            self.machine.resume()
            self.note(f"resumed with the clock at {self.clock.now().astimezone(_ZONE):%H:%M}")
        self.look()

    def check_status(self, *, year_ends: bool = False) -> None:
        """What a broken journal says stays broken: when the year ends it is read whole, before only now and then."""
        if self.machine.is_up and not self.machine.keeps_others_out() and len(self.machine.daemons) == 1:
            raise Broken("a second daemon may work on the same database")
        answered = self.witness.status_is_the_cores(
            self.machine.files.assemble(self.world.config), self.place.reader()
        )
        if year_ends or chance_of(self.chance, 25):
            self.witness.journal_is_whole(self.place.reader())
        self.note("status compared" if answered else "status left to the core")

    def end(self, day: date) -> None:
        """Some calm days, after which everything has arrived."""
        self.server.mood, self.troubled, self.leaps = CALM, 0.0, False
        self.off_until = day
        self.mood_until = day + timedelta(days=100)
        lived = 0
        while (
            lived < _CALM_DAYS or self.files_changed
        ):  # what was decreed on the last day counts from the next
            self.live_through(day + timedelta(days=lived))
            lived += 1
        self.witness.nothing_is_lost()
        self.check_status(year_ends=True)
        self.year.told, self.year.mails = self.witness.items, len(self.server.taken)


class _Fault:
    """One trouble, for as long as the work lasts during which it comes; without a name there is none."""

    def __init__(self, name: str, life: _Life, faults: Faults, others: Callable[[], None]) -> None:
        self.name, self._life, self._faults, self._others = name, life, faults, others
        self.said = ""
        self._trouble = ExitStack()

    def __enter__(self) -> Self:
        match self.name:
            case "":
                pass
            case "kill":
                self._faults.arm(self._life.chance)
            case "meanwhile":
                self._faults.arm(self._life.chance, self._meanwhile)
            case _:
                trouble = self._life.place.database.trouble
                self._trouble.enter_context(trouble(self.name, self._faults, self._life.chance))
        return self

    def __exit__(self, *_: object) -> None:
        if self.name == "kill":
            self.said = ", killed" if self._faults.dead else ", not killed in time"
            self._life.year.kills += self._faults.dead
        elif self.name:
            self.said = f", {self.name}"
        self._faults.disarm()
        self._trouble.close()

    def _meanwhile(self, line: Any) -> None:
        """What others do in the midst of it, again and again; not after a commit of which nobody knows yet."""
        if line is None and self._faults is self._life.place.faults(COMMAND):
            self._faults.strike_next()
        else:
            self._others()
            self._faults.arm(self._life.chance, self._meanwhile)
