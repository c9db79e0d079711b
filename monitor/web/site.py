"""What the pages stand on: the database, the configuration as it is now, the clock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine

from monitor.assembly import Assembly
from monitor.clock import Clock
from monitor.opening import Opened, opened
from monitor.pulse import Pulse
from monitor.storage.locks import Sole, do_alone, wait_as_people_do


@dataclass(frozen=True, slots=True)
class Site:
    """Given once, when the application is made; each page opens the database anew, for as long as it needs it."""

    engine: Engine
    reader: Engine
    """One that can change nothing, and waits for nobody."""
    assembly: Callable[[], Assembly]
    """What the daemon works with; it takes a changed configuration in."""
    clock: Clock
    pulse: Pulse | None = None
    """What the daemon in this process knows of its work; None where there is none in it."""

    @contextmanager
    def reading(self) -> Iterator[Opened]:
        """One snapshot of the database."""
        with self.reader.connect() as connection:
            yield opened(connection, self.clock)

    @contextmanager
    def writing(self) -> Iterator[Opened]:
        """One transaction that may write; of those that people begin, one at a time."""
        with self.engine.begin() as connection:
            wait_as_people_do(connection)
            do_alone(connection, Sole.RECORDING)
            yield opened(connection, self.clock)
