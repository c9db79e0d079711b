"""A year lived on a real PostgreSQL server: lines to it break, it is away, it refuses, somebody else holds its tables.

What strikes, strikes at the driver: what the program is told is what the server and the driver say.
"""

import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Self

import psycopg
from psycopg.types.string import TextLoader
from sqlalchemy import Engine, event

from monitor.storage import locks
from monitor.storage.engine import open_engine
from tests.simulation.faults import Faults

_BUSY_MS = 1
_NOWHERE = "/nonexistent"
"""A folder in which no server listens."""
_REFUSALS = ("deadlock_detected", "lock_not_available", "query_canceled", "disk_full", "out_of_memory")
_REFUSE = "DO $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '{why}'; END $$"
_HELD = "LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"


class PostgresDatabase:
    """One database on a server. Two daemons share it, each with what it has claimed."""

    daemons = ("daemon", "other daemon")
    befalls = 4 * ("kill",) + 3 * ("meanwhile",) + 2 * ("cut off",) + ("away", "refused", "busy")

    def __init__(self, url: str) -> None:
        self.url = self.address = url
        self._lines: list[_Line] = []
        self._is_away = False
        self._ours = self._connect(autocommit=True)
        locks._PATIENCE_MS = _BUSY_MS

    @classmethod
    def made_on(cls, server: str) -> Self:
        """One of this process's own."""
        name = f"years_{os.getpid()}"
        with psycopg.connect(
            _as_libpq_has_it(server.format(database="postgres")), autocommit=True
        ) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        return cls(server.format(database=name))

    def open(self, faults: Faults) -> Engine:
        """What a process opens it with; nothing passes to it unseen."""
        engine = open_engine(self.address)
        engine.connect().close()  # what is asked at the very first is asked before a year begins
        engine.dispose()
        event.listen(engine, "do_connect", partial(self._line, engine, faults))
        return engine

    def end(self, engine: Engine) -> None:
        """The process is gone: its connections break, and the server takes back what they had begun."""
        engine.dispose()
        theirs = [each for each in self._lines if each.engine is engine]
        for each in theirs:
            each.close()
        self._wait_until_gone(theirs)
        self._lines = [each for each in self._lines if each.engine is not engine]

    def has_kept(self, engine: Engine) -> bool:
        """Whether a commit was kept though its answer was lost."""
        return any(each.is_kept for each in self._lines if each.engine is engine)

    def clear(self) -> None:
        """As it was before anything was in it; nobody has it open."""
        self._ours.execute("DROP SCHEMA public CASCADE")
        self._ours.execute("CREATE SCHEMA public")

    def look(self) -> "_Look":
        """For who looks at it past the program."""
        return _Look(self._connect(autocommit=True))

    def has_tables(self, look: "_Look") -> bool:
        return bool(look.execute("SELECT 1 WHERE to_regclass('monitor') IS NOT NULL").fetchone())

    @contextmanager
    def trouble(self, name: str, faults: Faults, chance: random.Random) -> Iterator[None]:
        """It befalls whoever uses it meanwhile."""
        match name:
            case "cut off":
                faults.arm(
                    chance, lambda _: self._cut([each for each in self._lines if each.faults is faults])
                )
                yield
            case "away":
                faults.arm(chance, lambda _: self._go_away())
                yield
                self._is_away = False
            case "refused":
                faults.arm(chance, partial(_refuse, faults, chance.choice(_REFUSALS)))
                yield
            case "busy":
                yield from self._held_by_somebody(chance)

    def _line(
        self, engine: Engine, faults: Faults, _dialect: Any, _record: Any, args: Any, given: Any
    ) -> "_Line":
        where = {"host": _NOWHERE} if self._is_away else {}
        asked = {"options": f"-c lock_timeout={_BUSY_MS}", "cursor_factory": _Words}
        line = _Line.connect(*args, **given | asked | where)
        line.engine, line.faults = engine, faults
        self._lines.append(line)
        return line

    def _go_away(self) -> None:
        self._is_away = True
        self._cut(self._lines)

    def _cut(self, lines: "list[_Line]") -> None:
        """As the server does when it is stopped; what is said on one next fails."""
        alive = [each for each in lines if not each.closed]
        for each in alive:
            self._ours.execute("SELECT pg_terminate_backend(%s)", [each.server_process])
            each.is_cut = True
        self._wait_until_gone(alive)

    def _wait_until_gone(self, lines: "list[_Line]") -> None:
        """Until the server has let go of what they held; else who came next would find it held, or not."""
        processes = [each.server_process for each in lines]
        while self._ours.execute(
            "SELECT 1 FROM pg_stat_activity WHERE pid = ANY(%s)", [processes]
        ).fetchone():
            time.sleep(0.0005)

    def _held_by_somebody(self, chance: random.Random) -> Iterator[None]:
        """Nobody else can write to a table."""
        table = chance.choice(("delivery", "monitor", "obligation", "organisation", "reminder"))
        with self._connect() as other:
            if other.execute("SELECT to_regclass(%s)", [table]).fetchone() != (None,):
                other.execute(_HELD.format(table=table))
            yield
            other.rollback()

    def _connect(self, *, autocommit: bool = False) -> psycopg.Connection[Any]:
        return psycopg.connect(_as_libpq_has_it(self.url), autocommit=autocommit)


class _Line(psycopg.Connection[Any]):
    """A process's connection; what it says passes by that one's switches."""

    engine: Engine
    faults: Faults
    is_cut = is_kept = False

    @classmethod
    def connect(cls, *args: Any, **given: Any) -> Self:
        line = super().connect(*args, **given)
        line.server_process = line.info.backend_pid
        return line

    def commit(self) -> None:
        self.faults.step(self)
        super().commit()
        self.is_kept = True
        self.faults.step()  # on the way back the answer can be lost, or find nobody
        if self.is_cut:
            psycopg.Cursor(self).execute("SELECT")
        self.is_kept = False


class _Words(psycopg.Cursor[Any]):
    """What is said on a line."""

    def execute(self, *args: Any, **given: Any) -> Self:
        self.connection.faults.step(self.connection)
        return super().execute(*args, **given)

    def executemany(self, *args: Any, **given: Any) -> None:
        self.connection.faults.step(self.connection)
        super().executemany(*args, **given)

    def copy(self, *args: Any, **given: Any) -> Any:
        self.connection.faults.step(self.connection)
        return super().copy(*args, **given)


class _Look:
    """Asked in the words that SQLite takes, and answered as it answers."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        connection.adapters.register_loader("date", TextLoader)

    def execute(self, query: str, values: Any = ()) -> psycopg.Cursor[Any]:
        return self._connection.execute(query.replace("?", "%s"), values)

    def close(self) -> None:
        self._connection.close()


def _as_libpq_has_it(url: str) -> str:
    return url.replace("+psycopg", "", 1)


def _refuse(faults: Faults, why: str, line: _Line | None) -> None:
    """The server does, and the transaction is broken off."""
    if line is None:
        faults.strike_next()  # what was said to the mail server, or is done already, it cannot refuse
    else:
        psycopg.Cursor(line).execute(_REFUSE.format(why=why))
