"""Reading the database as it is, without SQLAlchemy: SQLite by the standard library, PostgreSQL by psycopg."""

import os
import re
import sqlite3
from collections.abc import Mapping
from datetime import date

TYPE_CHECKING = False
if TYPE_CHECKING:  # without the import of typing: see monitor.speech
    from typing import Any

SCHEMA = "0008"
"""The newest migration."""

_BUSY_SECONDS = 30
_SQLITE, _POSTGRESQL = "sqlite:///", "postgresql+psycopg://"
LINE: "dict[str, Any]" = {
    "client_encoding": "utf8",
    "connect_timeout": 10,  # seconds
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,  # milliseconds
}
"""How to a PostgreSQL server: one whose machine is gone without a word is waited for a minute, not for ever."""
NAME = re.compile(r":(\w+)")
"""A value in a statement."""


class Unreadable(Exception):  # noqa: N818 -- what it is
    """The database cannot be read this way; `monitor.storage.engine` finds out why."""


class Reader:
    """A snapshot of the database, which nothing can change."""

    def __init__(self, connection: "Any", errors: type[Exception], *, is_sqlite: bool) -> None:
        self._connection, self._errors, self._is_sqlite = connection, errors, is_sqlite

    @classmethod
    def within(cls, connection: "Any") -> "Reader":
        """What a driver's connection sees, in the transaction that it is in; its errors are let through."""
        return cls(connection, Unreadable, is_sqlite=isinstance(connection, sqlite3.Connection))

    def rows(self, statement: str, values: Mapping[str, object] | None = None) -> "list[tuple[Any, ...]]":
        """The rows of a statement with `:names`, their values as the driver gives them. Raises `Unreadable`."""
        given: Mapping[str, object] | None = values
        if self._is_sqlite:
            given = {
                name: str(each) if isinstance(each, date) else each for name, each in (values or {}).items()
            }
        else:
            statement = NAME.sub(r"%(\1)s", statement)
        try:
            found: list[tuple[Any, ...]] = self._connection.execute(statement, given).fetchall()
        except self._errors as error:
            raise Unreadable from error
        return found

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()


def open_snapshot(written: str, folder: str) -> Reader:
    """The database that `monitor.database` names, in a configuration in that folder. Raises `Unreadable`."""
    if written.startswith(_SQLITE) and "%" not in written:
        return _sqlite(os.path.join(folder, written.removeprefix(_SQLITE)))  # noqa: PTH118 -- pathlib is slow to import
    if written.startswith(_POSTGRESQL):
        return _postgresql(written)
    raise Unreadable


def connect_to_read(file: str) -> sqlite3.Connection:
    """A connection that never waits for the daemon's writes, and works for a user who may not write.

    Such a one cannot open a WAL database that nobody has open, for want of its `-shm` file: then nobody changes it
    either, and `immutable` is safe.
    """
    file = os.path.realpath(file)  # SQLite keeps its `-wal` beside the file that a link names
    if os.path.exists(file) and not os.path.isfile(file):  # noqa: PTH110, PTH113 -- pathlib is slow to import
        raise sqlite3.OperationalError("not a file")  # at the end of a pipe SQLite would wait for ever
    path = file.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    address = f"file:{path}?mode=ro"
    connection = sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS, check_same_thread=False)
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        if os.path.exists(f"{file}-wal"):  # noqa: PTH110 -- pathlib is slow to import
            raise
        connection = sqlite3.connect(f"{address}&immutable=1", uri=True, check_same_thread=False)
    return connection


def _sqlite(file: str) -> Reader:
    try:
        connection = connect_to_read(file)
        connection.isolation_level = None
        connection.execute("BEGIN")
    except (sqlite3.Error, ValueError) as error:  # a path may hold what is not text
        raise Unreadable from error
    return Reader(connection, sqlite3.Error, is_sqlite=True)


def _postgresql(url: str) -> Reader:
    try:
        import psycopg  # noqa: PLC0415 -- an extra, and slow to import
    except ImportError as error:
        raise Unreadable from error
    if url.count("@") > 1:  # the driver would take the rest of a password for a server, and ask that one
        raise Unreadable
    try:
        connection = psycopg.connect(url.replace("+psycopg", "", 1), **LINE)
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
    except psycopg.Error as error:
        raise Unreadable from error
    return Reader(connection, psycopg.Error, is_sqlite=False)
