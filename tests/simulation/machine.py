"""The program in the simulated world: what starts it, what it is made to do, and how it ends.

The daemon is the real one, and so is everything below it; only its scheduler is not started: the world says when it
looks whether a cycle or a delivery is due.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from unittest.mock import patch

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from monitor import daemon as daemon_module
from monitor.assembly import Assembly, assemble
from monitor.daemon import Daemon
from monitor.lock import is_alone, only_daemon
from monitor.resuming import take_as_present
from monitor.state import Mode, Refused, accept_register, read_state
from monitor.storage.engine import DatabaseUnusable
from monitor.storage.register import compare_register
from monitor.storage.schema import bring_up_to_date
from notifications import outbox
from notifications.messages import Way
from notifications.transports.smtp import SmtpTransport
from tests.simulation.faults import Killed
from tests.simulation.mail_server import MailServer
from tests.simulation.virtual_time import SimulatedClock, sleeping_by
from tests.simulation.workshop import Workshop
from tests.simulation.world import World

COMMAND = "command"


class Files:
    """The configuration as it is read; what was read before and has not changed is not parsed anew."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._read: dict[tuple[bytes, str], Assembly] = {}

    def assemble(self, path: Path, checked: str = "") -> Assembly:
        digest = sha256(b"\0".join(each.read_bytes() for each in sorted(self._world.folder.glob("*.toml"))))
        what = digest.digest(), checked
        if what not in self._read:
            self._read[what] = assemble(path, checked)
        return self._read[what]


class Machine:
    """What works on one database: its daemons, in the order in which they look, and whatever commands people type."""

    def __init__(self, workshop: Workshop, world: World, clock: SimulatedClock, server: MailServer) -> None:
        self.workshop, self.world, self.clock = workshop, world, clock
        self.files = Files(world)
        self.daemons = [
            DaemonProcess(workshop, world, clock, server, self.files, each)
            for each in workshop.database.daemons
        ]

    @property
    def is_up(self) -> bool:
        """Whether any daemon runs."""
        return any(each.is_up for each in self.daemons)

    @property
    def is_whole(self) -> bool:
        """Whether all of them run."""
        return all(each.is_up for each in self.daemons)

    def stop(self) -> None:
        for each in self.daemons:
            each.stop()

    def tick(self) -> None:
        """Each daemon looks whether a cycle is due."""
        for each in self.daemons:
            each.tick()

    def deliver(self) -> None:
        """Each daemon looks whether a mail is due."""
        for each in self.daemons:
            each.deliver()

    def keeps_others_out(self) -> bool:
        """Whether no further daemon may work on the database while this one runs."""
        try:
            with only_daemon(self.files.assemble(self.world.config).settings.monitor.database_file):
                return False
        except Refused:
            return True

    @contextmanager
    def recording(self) -> Iterator[tuple[Connection, Assembly]]:
        """What a command does that records something: a process with a transaction of its own."""
        assembly = self.files.assemble(self.world.config)
        engine = self.workshop.engine(COMMAND)
        try:
            bring_up_to_date(engine)
            with self._looks_again(engine), engine.begin() as connection:
                yield connection, assembly
        finally:
            self.workshop.end(COMMAND)

    @contextmanager
    def _looks_again(self, engine: Engine) -> Iterator[None]:
        """Whoever got no answer looks, and where it is recorded all the same, takes it as done."""
        try:
            yield
        except (OperationalError, Killed):
            if not self.workshop.database.has_kept(engine):
                raise

    def resume(self) -> None:
        """What `iltod resume` does."""
        with self.recording() as (connection, _):
            take_as_present(connection, self.clock.now(), "somebody", "the clock is right", "en")

    def accept_register(self) -> None:
        """What `iltod check --accept-register` does."""
        with self.recording() as (connection, assembly):
            change = compare_register(connection, assembly.settings.register.organisations)
            accept_register(connection, change, assembly.basis, self.clock.now(), "somebody")

    def is_held(self) -> bool:
        """Whether it sends nothing, because its clock cannot be right."""
        with self.recording() as (connection, _):
            return read_state(connection).held(self.clock.now()) is not None


class DaemonProcess:
    """One daemon, if it runs."""

    def __init__(
        self,
        workshop: Workshop,
        world: World,
        clock: SimulatedClock,
        server: MailServer,
        files: Files,
        name: str,
    ) -> None:
        self.workshop, self.world, self.clock, self.server = workshop, world, clock, server
        self.files, self.name = files, name
        self.faults = workshop.faults(name)
        self.daemon: Daemon | None = None
        self._process = ExitStack()

    @property
    def is_up(self) -> bool:
        return self.daemon is not None

    def start(self) -> bool:
        """What `iltod run` does up to its first word; False where it was refused or broke off."""
        self.faults.revive()
        try:
            self._start()
        except (Refused, OperationalError, DatabaseUnusable, Killed):
            self.stop()
            return False
        return True

    def stop(self) -> None:
        """The process is gone: its connections and its lock with it."""
        self.daemon = None
        self.workshop.end(self.name)
        self._process.close()

    def tick(self, *, anyway: bool = False) -> None:
        """The daemon looks whether a cycle is due, or makes one anyway, as after a SIGHUP."""
        if self.daemon is not None and anyway:
            self.daemon._last_cycle = None
        self._do(lambda daemon: daemon._tick())

    def deliver(self) -> None:
        """The daemon looks whether a mail is due."""
        with sleeping_by(self.clock, partial(self.server.connect, self.faults.step)):
            self._do(lambda daemon: daemon._deliver(Way.MAIL))

    def _start(self) -> None:
        assembly = self.files.assemble(self.world.config)
        self._process.enter_context(only_daemon(assembly.settings.monitor.database_file))
        engine = self.workshop.engine(self.name)
        bring_up_to_date(engine)
        transport = SmtpTransport(assembly.settings.mail, tls=None)
        transport.own_name = "iltod.example"
        daemon = Daemon(engine, assembly, [transport], self.clock)
        daemon.begin()
        if is_alone(engine, Mode.LIVE):
            with engine.begin() as connection:
                outbox.release_all(connection)
        self.daemon = daemon

    def _do(self, work: Callable[[Daemon], None]) -> None:
        if self.daemon is None:
            return
        with suppress(Killed), patch.object(daemon_module, "assemble", self.files.assemble):
            work(self.daemon)
        if self.faults.dead:
            self.stop()
