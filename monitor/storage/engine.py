"""Opening the database."""

import os
import sqlite3
from errno import EACCES, EISDIR
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event
from sqlalchemy.engine import make_url

from monitor.storage.reading import connect_to_read
from rules.sentences import Sentence, sentence

_BUSY_MS = 30_000
_CONNECT_SECONDS = 10


class DatabaseUnusable(Exception):  # noqa: N818 -- what it is
    """The database can't be used; `sentence` says why and what to do."""

    def __init__(self, said: Sentence) -> None:
        super().__init__(said.text)
        self.sentence = said


def open_engine(url: str) -> Engine:
    """An engine whose every transaction may write.

    SQLite: WAL with `synchronous=FULL` (anything less lost acknowledged commits in simulated power cuts), foreign keys
    enforced, and `BEGIN IMMEDIATE` (the driver's default lost concurrent updates without an error). PostgreSQL: a
    connection that a restart of the server has broken is made anew before it is used. Raises `DatabaseUnusable` where
    the file can't be one of ours, or there is no driver.
    """
    file = sqlite_file(url)
    if file is None:
        return _postgresql(url)
    _prepare(file)
    engine = create_engine(
        url, hide_parameters=True
    )  # an error's text goes into logs, a person's address must not
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def open_reader(url: str) -> Engine | None:
    """An engine that can change nothing; None where the file does not exist yet. Raises `DatabaseUnusable`.

    What is read in one transaction is of one moment. A connection to a file lasts for one transaction: it never reads
    a file that is no longer there, and threads do not share it.
    """
    file = sqlite_file(url)
    if file is None:
        snapshot = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        return _postgresql(url).execution_options(**snapshot)
    if not file.exists():
        return None
    _refuse_other_files(file)
    engine = create_engine("sqlite://", creator=partial(connect_to_read, str(file)), poolclass=NullPool)
    event.listen(engine, "connect", _leave_transactions)
    event.listen(engine, "begin", _begin_snapshot)
    return engine


def sqlite_file(url: str | URL) -> Path | None:
    """The file of an SQLite database; None for one on a PostgreSQL server."""
    parsed = make_url(url)
    return Path(str(parsed.database)) if parsed.get_backend_name() == "sqlite" else None


def _postgresql(url: str) -> Engine:
    try:
        return create_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args={
                "client_encoding": "utf8",
                "application_name": "iltod",
                "connect_timeout": _CONNECT_SECONDS,
            },
        )
    except ModuleNotFoundError as error:
        raise DatabaseUnusable(
            sentence(
                "a PostgreSQL database needs the driver psycopg; install it: pip install iltod[postgres]"
            )
        ) from error


def _prepare(file: Path) -> None:
    """Only the officer who runs it may read the file: it holds addresses and mails."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            file.touch(mode=0o600)
    except OSError as error:
        raise _cannot_open(file, error) from error
    _refuse_other_files(file)


def _refuse_other_files(file: Path) -> None:
    """Asked of SQLite: whoever opens its file past it frees, on closing, the locks that this process has on it, and
    then another process takes away the `-wal` that holds what was written last.
    """
    if not file.is_file():
        raise _cannot_open(file, OSError(EISDIR, os.strerror(EISDIR)))
    if not os.access(file, os.R_OK):
        raise _cannot_open(file, OSError(EACCES, os.strerror(EACCES)))
    try:
        connect_to_read(str(file)).close()
    except sqlite3.OperationalError:
        return  # busy, or the like: whoever uses it says so
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
            raise DatabaseUnusable(
                sentence("{file} is not an SQLite database; name another file in monitor.database", file=file)
            ) from error


def _cannot_open(file: Path, error: OSError) -> DatabaseUnusable:
    return DatabaseUnusable(
        sentence(
            "database {file} cannot be opened: {why}; let the program read and write that file and its folder",
            file=file,
            why=error.strerror,
        )
    )


def _configure(connection: sqlite3.Connection, _: Any) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        f"busy_timeout = {_BUSY_MS}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _leave_transactions(connection: sqlite3.Connection, _: Any) -> None:
    connection.isolation_level = None


def _begin_snapshot(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
