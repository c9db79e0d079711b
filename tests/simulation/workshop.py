"""Where years are lived: a folder, and a database with the engines of all that use it."""

from collections import defaultdict
from pathlib import Path

from sqlalchemy import Engine

from monitor.storage.engine import open_reader
from tests.simulation.faults import Faults
from tests.simulation.on_postgres import PostgresDatabase
from tests.simulation.on_sqlite import SqliteFile

Database = SqliteFile | PostgresDatabase


class Workshop:
    """A folder and a database in which one year after the other is lived through.

    The engines stay: one that is disposed of has lost every connection, as in another process, but not the statements
    that it has compiled, which would cost a third of a year. So does the database that they know, emptied.
    """

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder, self.database = folder, database
        self._faults: dict[str, Faults] = defaultdict(Faults)
        self._engines: dict[str, Engine] = {}

    def faults(self, of: str) -> Faults:
        """What befalls one of the processes."""
        return self._faults[of]

    def engine(self, of: str) -> Engine:
        """What one of the processes opens the database with."""
        if of not in self._engines:
            self._engines[of] = self.database.open(self.faults(of))
        return self._engines[of]

    def end(self, of: str) -> None:
        """That process is gone."""
        self.database.end(self.engine(of))

    def reader(self) -> Engine:
        """What `status` opens it with."""
        if "reader" not in self._engines:
            reader = open_reader(self.database.address)
            assert reader is not None
            self._engines["reader"] = reader
        return self._engines["reader"]

    def clear(self) -> None:
        """Another year begins with nothing."""
        for faults in self._faults.values():
            faults.reset()
        for engine in self._engines.values():
            self.database.end(engine)
        for each in self.folder.glob("*.toml"):
            each.unlink()
        self.database.clear()
