"""Opening the database."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import mkstemp
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, OperationalError

from monitor.speech import speech
from monitor.storage.reading import LINE, connect_to_read
from rules.sentences import Sentence, sentence

_BUSY_MS = 30_000
_OURS = {"alembic_version", "obligation"}
"""Tables that are in every database of ours that has any."""
_LOOKS = "iltod_looks"
_READ_ONLY, _DENIED = "25006", "42501"
"""PostgreSQL's words for it."""


class DatabaseUnusable(Exception):  # noqa: N818 -- what it is
    """The database can't be used; `sentence` says why and what to do."""

    def __init__(self, said: Sentence) -> None:
        super().__init__(said.text)
        self.sentence = said


class WalReplaced(DatabaseUnusable):
    """The file is ours still, but what SQLite keeps beside it was removed or replaced.

    What was written last is then reached by this process alone, and is lost if it is killed: see `write_back`.
    """


class WrittenByNewer(DatabaseUnusable):
    """A newer program has brought the tables up to itself: nothing that this one does with them is right any more."""


def open_engine(url: str) -> Engine:
    """An engine whose every transaction may write.

    SQLite: WAL with `synchronous=FULL` (anything less lost acknowledged commits in simulated power cuts), foreign keys
    enforced, and `BEGIN IMMEDIATE` (the driver's default lost concurrent updates without an error). PostgreSQL: a
    connection that a restart of the server has broken is made anew before it is used. Raises `DatabaseUnusable` where
    the file can't be one of ours, or there is no driver; so does a transaction that begins after somebody has removed
    or replaced the file, or, as `WalReplaced`, what SQLite keeps beside it: what it wrote would be lost, or spoil the
    other file; and one that writes to a server that can only be read, or does what the role may not.
    """
    file = sqlite_file(url)
    if file is None:
        return _postgresql(url)
    _prepare(file)
    held = _Held(file)
    engine = create_engine(
        url, creator=held.connect, hide_parameters=True
    )  # an error's text goes into logs, a person's address must not
    event.listen(engine, "connect", _configure)
    event.listen(engine, "connect", held.has_opened)
    event.listen(engine, "close", held.is_closing)
    event.listen(engine, "begin", _begin_immediate)
    event.listen(engine, "begin", held.begin)
    return engine


@contextmanager
def looking(engine: Engine) -> Iterator[Connection]:
    """A transaction of that engine that waits for nobody who writes; it sees what became of the file all the same."""
    with engine.connect().execution_options(**{_LOOKS: True}) as connection:
        yield connection


def write_back(engine: Engine) -> None:
    """After `WalReplaced`: write what stands in the removed `-wal`, which is open still, into the file.

    To close the last connection does the same, but not where another process has the file open. What hinders it is no
    error: whoever ends closes the engine too.
    """
    with suppress(DatabaseUnusable, sqlite3.Error), closing(engine.raw_connection()) as connection:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")


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


def refuse_barred(error: BaseException) -> None:
    """Raise `DatabaseUnusable` where `error` is the driver's for a PostgreSQL server that bars us, or all."""
    state = getattr(error, "sqlstate", None)
    if state == _DENIED:
        raise DatabaseUnusable(
            sentence(
                "the PostgreSQL server says: {why}; make the role of monitor.database the owner of the database's "
                "tables: ALTER TABLE ... OWNER TO, or pg_restore --no-owner --role",
                why=str(error).partition("\n")[0],
            )
        ) from error
    if state == _READ_ONLY:
        raise DatabaseUnusable(
            sentence(
                "the PostgreSQL server can only be read now, as a standby can; make it the primary, "
                "or name the primary in monitor.database"
            )
        ) from error


def why_unusable(error: Exception) -> str | None:
    """What hinders the work with the database, where `error` says that: it is full, busy, gone, damaged, read-only."""
    if isinstance(error, OperationalError) or type(error) is DatabaseError:
        return " ".join(str(error.orig).split())
    return error.sentence.say(speech("en")) if isinstance(error, DatabaseUnusable) else None


def cannot_open(file: Path, why: str) -> DatabaseUnusable:
    """What is raised for a file that the program may not use."""
    return DatabaseUnusable(
        sentence(
            "{file} cannot be opened: {why}; let the program read and write that file and its folder",
            file=file,
            why=why,
        )
    )


def sqlite_file(url: str | URL) -> Path | None:
    """The file of an SQLite database; None for one on a PostgreSQL server."""
    parsed = make_url(url)
    return Path(str(parsed.database)) if parsed.get_backend_name() == "sqlite" else None


def _postgresql(url: str) -> Engine:
    try:
        engine = create_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args={
                **LINE,
                "application_name": "iltod",
            },
        )
    except ModuleNotFoundError as error:
        raise DatabaseUnusable(
            sentence(
                "a PostgreSQL database needs the driver psycopg; install it: pip install iltod[postgres]"
            )
        ) from error
    event.listen(engine, "handle_error", lambda told: refuse_barred(told.original_exception))
    return engine


def _prepare(file: Path) -> None:
    """Only the officer who runs it may read the file: it holds addresses and mails."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not file.exists():
            _make(file)
    except OSError as error:
        raise cannot_open(file, error.strerror or str(error)) from error
    except sqlite3.Error as error:
        raise cannot_open(file, str(error)) from error
    _refuse_other_files(file, os.R_OK | os.W_OK)


def _make(file: Path) -> None:
    """Whole before it has its name, so that an empty file of that name is never ours."""
    descriptor, made = mkstemp(prefix=f"{file.name}.", dir=file.parent)
    os.close(descriptor)
    try:
        with closing(sqlite3.connect(made)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
        if not Path(made).stat().st_size:  # where the disk fails, SQLite goes on without, and does not say so
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        with suppress(FileExistsError):  # another process may just have made it
            file.hardlink_to(made)
    finally:
        Path(made).unlink()


def _refuse_other_files(file: Path, may: int = os.R_OK) -> None:
    """Asked of SQLite: whoever opens its file past it frees, on closing, the locks that this process has on it, and
    then another process takes away the `-wal` that holds what was written last.
    """
    if not file.is_file():
        if file.exists() and not file.is_dir():
            raise DatabaseUnusable(sentence("{file} is a folder or a device; a file is needed", file=file))
        raise cannot_open(file, os.strerror(errno.EISDIR if file.is_dir() else errno.ENOENT))
    if not os.access(file, may):
        read_only = os.statvfs(file).f_flag & os.ST_RDONLY
        raise cannot_open(file, os.strerror(errno.EROFS if read_only else errno.EACCES))
    if not file.stat().st_size:
        raise DatabaseUnusable(
            sentence(
                "{file} is empty: what it held is lost; restore it from a backup, or remove it to begin anew",
                file=file,
            )
        )
    try:
        with closing(connect_to_read(str(file))) as opened:
            tables = {
                name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            }
    except sqlite3.OperationalError:
        return  # busy, or the like: whoever uses it says so
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
            raise DatabaseUnusable(
                sentence("{file} is not an SQLite database; name another file in monitor.database", file=file)
            ) from error
        return
    if tables and not tables >= _OURS:
        raise DatabaseUnusable(
            sentence(
                "{file} holds the tables of another program; name another file in monitor.database", file=file
            )
        )


class _Held:
    """The file and what SQLite keeps beside it, as an engine found them: while one of its connections is open, SQLite
    holds the same three. A further one opens by name whatever has come in their place.
    """

    def __init__(self, file: Path) -> None:
        self._file, self._opened = file, _identity(file)
        self._beside: dict[Path, int | None] = {}
        self._connections: set[Any] = set()

    def connect(self) -> sqlite3.Connection:
        """Where the file is gone, none is made anew: an empty one would be taken for a new monitor. To another file,
        what stands in the `-wal` of the first would be written.
        """
        if not self._connections:
            self._beside = {}  # the last one that was closed took them away
        self._refuse_replaced()
        return sqlite3.connect(f"{self._file.absolute().as_uri()}?mode=rw", uri=True, check_same_thread=False)

    def has_opened(self, connection: sqlite3.Connection, _: Any) -> None:
        self._connections.add(connection)

    def is_closing(self, connection: sqlite3.Connection, _: Any) -> None:
        self._connections.discard(connection)

    def begin(self, _: Connection) -> None:
        if not self._beside:
            names = (self._file.with_name(f"{self._file.name}{end}") for end in ("-wal", "-shm"))
            self._beside = {each: _identity(each) for each in names}
        self._refuse_replaced()

    def _refuse_replaced(self) -> None:
        if _identity(self._file) != self._opened:
            raise DatabaseUnusable(
                sentence(
                    "{file} was removed or replaced while the program had it open; stop iltod, put the database in its "
                    "place, or a backup of it, and start iltod again",
                    file=self._file,
                )
            )
        for each, held in self._beside.items():
            if _identity(each) != held:
                raise WalReplaced(
                    sentence(
                        "{file} was removed or replaced while iltod had it open; iltod ends, and so writes what was in "
                        "it into the database: start iltod again, and let nobody touch that file",
                        file=each,
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
    looks = connection.get_execution_options().get(_LOOKS, False)
    connection.exec_driver_sql("BEGIN" if looks else "BEGIN IMMEDIATE")


def _identity(file: Path) -> int | None:
    try:
        return file.stat().st_ino
    except FileNotFoundError:
        return None
