"""A year lived on a file of SQLite: its disk is full, or somebody else holds it."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from monitor.storage.engine import open_engine
from tests.simulation.faults import Faults

_BUSY_MS = 1
_ROOMY = 1 << 30


class SqliteFile:
    """The file in one folder. It stays from year to year, emptied, for the engines know it."""

    url = "sqlite:///iltod.db"
    """As a configuration in the folder gives it."""
    daemons = ("daemon",)
    """Those that may work on it at a time."""
    befalls = ("kill", "kill", "kill", "disk full", "busy")

    def __init__(self, folder: Path) -> None:
        self.file = folder / "iltod.db"
        self.address = f"sqlite:///{self.file}"
        self._disk_full = False
        open_engine(self.address).dispose()
        self._empty = self.file.read_bytes()
        """As the program makes it, before anything is in it: with it each year begins, the first too."""

    def open(self, faults: Faults) -> Engine:
        """What a process opens it with; nothing passes to it unseen."""
        engine = open_engine(self.address)
        event.listen(engine, "connect", _lose_patience)
        event.listen(engine, "begin", self._limit_the_disk)
        event.listen(engine, "before_cursor_execute", lambda *_: faults.step())
        event.listen(engine, "commit", lambda _: faults.step())
        return engine

    def end(self, engine: Engine) -> None:
        """The process is gone, and its connections with it."""
        engine.dispose()

    def has_kept(self, _: Engine) -> bool:
        """Whether a commit was kept though its answer was lost: to a file nothing is lost on the way."""
        return False

    def clear(self) -> None:
        """As it was before anything was in it; nobody has it open."""
        for each in self.file.parent.glob(f"{self.file.name}?*"):
            each.unlink()
        self.file.write_bytes(self._empty)

    def look(self) -> sqlite3.Connection:
        """For who looks at it past the program."""
        return sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, isolation_level=None)

    def has_tables(self, look: Any) -> bool:
        return bool(look.execute("SELECT 1 FROM sqlite_master WHERE name = 'monitor'").fetchone())

    @contextmanager
    def trouble(self, name: str, _faults: Faults, _chance: random.Random) -> Iterator[None]:
        """It befalls whoever uses it meanwhile."""
        if name == "disk full":
            self._disk_full = True
            yield
            self._disk_full = False
        else:
            yield from self._held_by_somebody()

    def _held_by_somebody(self) -> Iterator[None]:
        """Nobody else can write."""
        other = sqlite3.connect(self.file, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            yield
        finally:
            other.close()

    def _limit_the_disk(self, connection: Any) -> None:
        if not self._disk_full and not connection.info.get("was_full"):
            return
        connection.info["was_full"] = self._disk_full
        raw = connection.connection.driver_connection
        pages = raw.execute("PRAGMA page_count").fetchone()[0] if self._disk_full else _ROOMY
        raw.execute(f"PRAGMA max_page_count = {pages}")


def _lose_patience(connection: sqlite3.Connection, _: Any) -> None:
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
