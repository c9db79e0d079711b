"""Who may work on one database: on an SQLite file one daemon, the second refuses to start and says why."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from monitor.state import Mode, Refused
from monitor.storage.engine import cannot_open
from rules.sentences import sentence


@contextmanager
def only_daemon(database: Path | None) -> Iterator[None]:
    """Hold the lock beside the database file until the process ends, however it ends.

    Raises `Refused` where another daemon holds it, and `DatabaseUnusable` where it cannot be had.

    The lock is the kernel's, so a killed process leaves none behind. A database that is no file coordinates its
    daemons itself.
    """
    if database is None:
        yield
        return
    path = database.with_name(f"{database.name}.lock")
    try:
        database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise cannot_open(path, error.strerror or str(error)) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(descriptor, 20).decode("ascii", "replace").strip()
            raise Refused(
                sentence(
                    "another iltod (process {pid}) works on {database} already; stop it first, or let it do the work",
                    pid=holder or "?",
                    database=database,
                )
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def is_alone(engine: Engine, mode: Mode) -> bool:
    """Whether no other process sends from that database, so that whatever is claimed was claimed by a dead one.

    On a server others may, and a lease ends by itself; but not in a rehearsal, where the clock stands: that is one
    person's.
    """
    return engine.dialect.name == "sqlite" or mode is Mode.REHEARSAL


def process_name() -> str:
    """The name of this process among all that share a database, on whatever machine."""
    return f"{os.uname().nodename}-{os.getpid()}-{secrets.token_hex(4)}"
