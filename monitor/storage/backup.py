"""A whole copy of an SQLite database, taken while others may use it."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path


def back_up(source: Path, target: Path) -> None:
    """Copy what is committed in `source` to `target`, readable for its owner alone, whole or not at all.

    What stood at `target` is replaced once the copy is safely on the disk. Raises `OSError` and `sqlite3.Error`.
    """
    unfinished = target.with_name(f"{target.name}.part")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    with closing(sqlite3.connect(source)) as original, closing(sqlite3.connect(unfinished)) as copied:
        original.backup(copied)
    with unfinished.open("rb") as written:
        os.fsync(written.fileno())
    unfinished.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
