"""A whole copy of an SQLite database, taken while others may use it."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from monitor.storage.reading import connect_to_read


def back_up(source: Path, target: Path) -> str:
    """Copy what is committed in `source` to `target`, readable for its owner alone, whole or not at all.

    The copy is opened and looked through before it takes the place of what stood at `target`. Gives the schema that it
    has. Raises `OSError`, and `sqlite3.Error` also where the copy is not sound or holds no tables of ours.
    """
    unfinished = target.with_name(f"{target.name}.part")
    try:
        _remove(unfinished)
        unfinished.touch(mode=0o600)
        with (
            closing(connect_to_read(str(source))) as original,
            closing(sqlite3.connect(unfinished)) as copied,
        ):
            original.backup(copied)
        schema = _looked_through(unfinished)
        with unfinished.open("rb") as written:
            os.fsync(written.fileno())
        unfinished.replace(target)
    except BaseException:
        _remove(unfinished)
        raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return schema


def _looked_through(copy: Path) -> str:
    """Opened as one that nobody changes, so that nothing is laid beside it."""
    address = f"{copy.absolute().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as opened:
        (found,) = opened.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(" ".join(str(found).split()))
        ((schema,),) = opened.execute("SELECT version_num FROM alembic_version").fetchall()
    return str(schema)


def _remove(unfinished: Path) -> None:
    for each in (unfinished, unfinished.with_name(f"{unfinished.name}-journal")):
        each.unlink(missing_ok=True)
