"""Where the program keeps things in a test: a file of SQLite, or a database on a PostgreSQL server of the tests' own.

A test that asks for `store`, or for a fixture that rests on it, runs on both; on PostgreSQL as part of `make test-all`.
One that is about files, or about what is the same on any database, says so:
`@pytest.mark.parametrize("store", ["sqlite"], indirect=True)`.
"""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import Connection, NullPool, create_engine, inspect, text

from tests.postgres_server import PostgresServer, memory
from tests.service import Service

ON_SQLITE = "sqlite"
ON_POSTGRESQL = "postgresql"


def pytest_configure() -> None:
    """Folders of tests are in memory, if there is enough of it: some disks take longer to sync and to remove their
    thousands of files than the tests take.
    """
    if place := memory():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(place))


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
