"""What befalls the machine: it is killed at a write, its disk is full, its database is held by somebody else."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

_BUSY_MS = 1
_ROOMY = 1 << 30


class Killed(BaseException):
    """As by kill -9: no `except Exception` sees it, and whatever is tried afterwards raises it again."""


class Faults:
    """The switches of one machine; every statement, commit and word to the mail server passes by here."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Nothing is wrong."""
        self.steps_left: int | None = None
        """After so many steps the machine is killed."""
        self.dead = False
        self.disk_full = False

    def watch(self, engine: Engine) -> None:
        """Let nothing pass to that database unseen."""
        event.listen(engine, "connect", _lose_patience)
        event.listen(engine, "begin", self._limit_the_disk)
        event.listen(engine, "before_cursor_execute", lambda *_: self.step())
        event.listen(engine, "commit", lambda _: self.step())

    def step(self) -> None:
        """Something is about to be done; a dead machine does nothing."""
        if self.dead:
            raise Killed
        if self.steps_left is not None:
            self.steps_left -= 1
            if self.steps_left < 0:
                self.steps_left, self.dead = None, True
                raise Killed

    def revive(self) -> None:
        """Another process."""
        self.dead, self.steps_left = False, None

    def _limit_the_disk(self, connection: Any) -> None:
        if not self.disk_full and not connection.info.get("was_full"):
            return
        connection.info["was_full"] = self.disk_full
        raw = connection.connection.driver_connection
        pages = raw.execute("PRAGMA page_count").fetchone()[0] if self.disk_full else _ROOMY
        raw.execute(f"PRAGMA max_page_count = {pages}")


@contextmanager
def held_by_somebody(database: Path) -> Iterator[None]:
    """Meanwhile nobody else can write."""
    other = sqlite3.connect(database, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
    finally:
        other.close()


def chance_of(chance: random.Random, percent: float) -> bool:
    return chance.random() * 100 < percent


def _lose_patience(connection: sqlite3.Connection, _: Any) -> None:
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
