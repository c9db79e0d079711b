"""Backups of the database: one that somebody asks for, and those that the daemon keeps day by day."""

import re
import sqlite3
from datetime import date
from pathlib import Path

from monitor.configuration.settings import Settings
from monitor.state import Refused
from monitor.storage.backup import back_up
from rules.sentences import sentence

_NAME = re.compile(r"iltod-(\d{4}-\d\d-\d\d)\.db")


def back_up_to(settings: Settings, target: Path) -> str:
    """Make a backup there, and give the schema that it has; raises `Refused` with what to do instead."""
    database = settings.monitor.database_file
    if database is None:
        raise Refused(
            sentence(
                "a database on a PostgreSQL server is backed up by the server's own means: pg_dump --format=custom"
            )
        )
    if not database.exists():
        raise Refused(
            sentence("there is no database at {database} yet, so nothing to back up", database=database)
        )
    if target.exists() or target.is_symlink():
        raise Refused(
            sentence("{file} exists already, and a backup replaces nothing; name another file", file=target)
        )
    return _copied(database, target)


def back_up_daily(settings: Settings, day: date) -> Path | None:
    """Make the backup of that day, and only then remove those that are too many; None where it is there already.

    Raises `Refused`. Backups of later days, made while a clock was wrong, are let be.
    """
    database, folder = settings.monitor.database_file, settings.daemon.backup_folder
    target = folder / f"iltod-{day}.db"
    if not settings.daemon.daily_backups or database is None:
        return None
    try:
        if target.exists():
            return None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _failed(target, error.strerror or str(error)) from error
    _copied(database, target)
    until_now = sorted(each for each in _dated(folder) if each <= day)
    for old in until_now[: -settings.daemon.daily_backups]:
        (folder / f"iltod-{old}.db").unlink(missing_ok=True)
    return target


def newest_daily_backup(settings: Settings, day: date) -> date | None:
    """The day of the newest backup, as seen on `day`; None where none can be seen."""
    return max((each for each in _dated(settings.daemon.backup_folder) if each <= day), default=None)


def _dated(folder: Path) -> list[date]:
    """None of a folder that may not be read, or is on a disk that has gone: no reminder may fail for that."""
    try:
        names = [each.name for each in folder.iterdir()]
    except OSError:
        return []
    return [day for name in names if (day := _day_of(name)) is not None]


def _day_of(name: str) -> date | None:
    found = _NAME.fullmatch(name)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:  # like a day of ours, and none
        return None


def _copied(database: Path, target: Path) -> str:
    try:
        return back_up(database, target)
    except OSError as error:
        raise _failed(target, error.strerror or str(error)) from error
    except sqlite3.Error as error:
        raise _failed(target, str(error)) from error


def _failed(target: Path, why: str) -> Refused:
    return Refused(
        sentence(
            "the database was not backed up to {file}: {why}; look at that disk, and at the database: iltod check",
            file=target,
            why=why,
        )
    )
