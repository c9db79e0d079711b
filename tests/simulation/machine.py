"""The program in the simulated world: what starts it, what it is made to do, and how it ends.

The daemon is the real one, and so is everything below it; only its scheduler is not started: the world says when it
looks whether a cycle or a delivery is due.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from unittest.mock import patch

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from monitor import daemon as daemon_module
from monitor.assembly import Assembly, assemble
from monitor.daemon import Daemon
from monitor.lock import only_daemon
from monitor.resuming import take_as_present
from monitor.state import Refused, accept_register, read_state
from monitor.storage.engine import DatabaseUnusable, open_engine, open_reader
from monitor.storage.register import compare_register
from monitor.storage.schema import bring_up_to_date
from notifications import outbox
from notifications.messages import Way
from notifications.transports.smtp import SmtpTransport
from tests.simulation.faults import Faults, Killed
from tests.simulation.mail_server import MailServer
from tests.simulation.virtual_time import SimulatedClock, sleeping_by
from tests.simulation.world import DATABASE, World


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


class Workshop:
    """A folder in which one year after the other is lived through.

    The engines stay: one that is disposed of has lost every connection, as in another process, but not the statements
    that it has compiled, which would cost a third of a year. So does the file that they know, emptied.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults = Faults()
        self._engines: dict[str, Engine] = {}
        self.engine("daemon")
        self._empty = self._database.read_bytes()
        """A database as the program makes it, before anything is in it: with it each year begins, the first too."""

    def engine(self, of: str) -> Engine:
        """What one of the processes opens the database with."""
        if of not in self._engines:
            self._engines[of] = open_engine(f"sqlite:///{self._database}")
            self.faults.watch(self._engines[of])
        return self._engines[of]

    def reader(self) -> Engine:
        """What `status` opens it with."""
        if "reader" not in self._engines:
            reader = open_reader(f"sqlite:///{self._database}")
            assert reader is not None
            self._engines["reader"] = reader
        return self._engines["reader"]

    def clear(self) -> None:
        """Another year begins with nothing."""
        self.faults.reset()
        for engine in self._engines.values():
            engine.dispose()
        for each in self.folder.iterdir():
            if each != self._database:
                each.unlink()
        self._database.write_bytes(self._empty)

    @property
    def _database(self) -> Path:
        return self.folder / DATABASE


class Machine:
    """One machine with one database; at most one daemon runs on it."""

    def __init__(self, workshop: Workshop, world: World, clock: SimulatedClock, server: MailServer) -> None:
        self.workshop, self.world, self.clock, self.server = workshop, world, clock, server
        self.faults = workshop.faults
        self.files = Files(world)
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
        self.workshop.engine("daemon").dispose()
        self._process.close()

    def tick(self) -> None:
        """The daemon looks whether a cycle is due."""
        self._do(lambda daemon: daemon._tick())

    def deliver(self) -> None:
        """The daemon looks whether a mail is due."""
        with sleeping_by(self.clock, self.server.connect):
            self._do(lambda daemon: daemon._deliver(Way.MAIL))

    def refuses_a_second(self) -> bool:
        """Whether another daemon is kept out while this one runs."""
        try:
            with only_daemon(self.world.database):
                return False
        except Refused:
            return True

    @contextmanager
    def recording(self) -> Iterator[tuple[Connection, Assembly]]:
        """What a command does that records something: another process, with a transaction of its own."""
        self.faults.dead = False  # if anything was killed, it was the daemon
        assembly = self.files.assemble(self.world.config)
        engine = self.workshop.engine("command")
        try:
            bring_up_to_date(engine)
            with engine.begin() as connection:
                yield connection, assembly
        finally:
            engine.dispose()

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

    def _start(self) -> None:
        assembly = self.files.assemble(self.world.config)
        self._process.enter_context(only_daemon(assembly.settings.monitor.database_file))
        self._process.enter_context(patch.object(daemon_module, "assemble", self.files.assemble))
        engine = self.workshop.engine("daemon")
        bring_up_to_date(engine)
        transport = SmtpTransport(assembly.settings.mail, tls=None)
        transport.own_name = "iltod.example"
        daemon = Daemon(engine, assembly, [transport], self.clock)
        daemon.begin()
        with engine.begin() as connection:
            outbox.release_all(connection)
        self.daemon = daemon

    def _do(self, work: Callable[[Daemon], None]) -> None:
        if self.daemon is None:
            return
        with suppress(Killed):
            work(self.daemon)
        if self.faults.dead:
            self.stop()
