"""The database opened for one command or one page, with the moment that counts as now."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from monitor.clock import Clock
from monitor.state import MonitorState, Refused, read_state
from monitor.storage.reading import Reader
from monitor.storage.schema import SCHEMA, bring_up_to_date, lacks, missing_migration
from rules.sentences import sentence


@dataclass(frozen=True, slots=True)
class Opened:
    """A connection, what the monitor knows of itself, and the moment that counts as now."""

    connection: Connection
    state: MonitorState
    now: datetime

    @property
    def reader(self) -> Reader:
        """The same snapshot for plain statements."""
        return Reader.within(self.connection.connection.driver_connection)


def opened(connection: Connection, clock: Clock) -> Opened:
    """What the database holds now; in a rehearsal now is its last cycle."""
    state = read_state(connection)
    return Opened(connection, state, state.clock(clock).now())


def make_tables(engine: Engine) -> None:
    """In an empty database; one of an older program is not migrated in passing."""
    missing = missing_migration(engine)
    if missing is None:
        return
    if missing.found is not None:
        raise _older(missing.found)
    bring_up_to_date(engine)


def is_ours(connection: Connection) -> bool:
    """Whether there are tables; raises `Refused` where an older program has written them, and `DatabaseUnusable` as
    `missing_migration` does.
    """
    missing = lacks(connection)
    if missing is not None and missing.found is not None:
        raise _older(missing.found)
    return missing is None


def _older(version: str) -> Refused:
    return Refused(
        sentence(
            "the database has schema {found}, this program needs {wanted}: run iltod migrate",
            found=version,
            wanted=SCHEMA,
        )
    )
