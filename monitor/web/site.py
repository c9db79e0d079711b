"""What the pages stand on: the database, the configuration as it is now, the clock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Engine

from monitor import events
from monitor.assembly import Assembly
from monitor.clock import Clock
from monitor.opening import Opened, opened
from monitor.pulse import Pulse
from monitor.storage.engine import why_unusable
from monitor.storage.locks import Sole, do_alone, wait_as_people_do
from rules.sentences import sentence


@dataclass(slots=True)
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

    troubles: Pulse = field(init=False)
    """What keeps pages from being shown."""

    def __post_init__(self) -> None:
        self.troubles = Pulse(self.clock)

    @contextmanager
    def reading(self) -> Iterator[Opened]:
        """One snapshot of the database."""
        with self._telling("reading"), self.reader.connect() as connection:
            yield opened(connection, self.clock)

    @contextmanager
    def writing(self) -> Iterator[Opened]:
        """One transaction that may write; of those that people begin, one at a time."""
        with self._telling("writing"), self.engine.begin() as connection:
            wait_as_people_do(connection)
            do_alone(connection, Sole.RECORDING)
            yield opened(connection, self.clock)

    @contextmanager
    def _telling(self, of: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if (why := why_unusable(error)) is not None:
                said = sentence("the database cannot be used: {why}", why=why)
                self.troubles.begin(events.PAGE_BUSY, said, of=of)
            raise
        self.troubles.end(events.PAGE_BUSY, of=of)
