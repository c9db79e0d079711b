"""The schema's version, and bringing a database up to it."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Error as SqliteError
from sqlite3 import OperationalError as SqliteOperationalError
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DatabaseError, OperationalError

from monitor.configuration.notations import without_password
from monitor.storage import reading
from monitor.storage.backup import back_up
from monitor.storage.engine import DatabaseUnusable, WrittenByNewer, sqlite_file
from monitor.storage.locks import Sole, do_alone
from monitor.storage.reading import connect_to_read
from rules.sentences import sentence

if TYPE_CHECKING:
    from alembic.config import Config

SCHEMA = reading.SCHEMA
"""The newest migration, so that a database that is up to date is not kept waiting for Alembic's import."""

_MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class Migration:
    """What a database lacks: it has schema `found`, or, with None, no tables yet."""

    found: str | None
    backup: Path | None
    """Where the database is copied before; only an SQLite file with something in it is."""


def missing_migration(engine: Engine) -> Migration | None:
    """What `bring_up_to_date` would do; None where there is nothing to do. Raises `DatabaseUnusable` as it does."""
    try:
        with engine.begin() as connection:
            return lacks(connection)
    except DatabaseError as error:
        raise _unusable(engine, error) from error


def lacks(connection: Connection) -> Migration | None:
    """The same of a database that is open; raises `WrittenByNewer` for one that a newer program has written."""
    version = schema_of(connection)
    if version == SCHEMA:
        return None
    refuse_encoding(connection)
    if version is None:
        return Migration(None, None)
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - a third of a second that only one behind needs

    known = {script.revision for script in ScriptDirectory.from_config(_alembic()).walk_revisions()}
    if version not in known:
        raise WrittenByNewer(
            sentence(
                "the database was written by a newer iltod (schema {version}); run that one", version=version
            )
        )
    file = sqlite_file(connection.engine.url)
    return Migration(version, file.with_name(f"{file.name}.before-{SCHEMA}") if file else None)


def bring_up_to_date(engine: Engine) -> Migration | None:
    """Run the migrations that are missing, all in one transaction, and give what was done.

    Raises `DatabaseUnusable` for a database that a newer program has written, that is damaged, or that cannot be
    reached or copied.
    """
    try:
        with engine.begin() as connection:
            return migrate_tables(connection)
    except DatabaseError as error:
        raise _unusable(engine, error) from error


def refuse_encoding(connection: Connection) -> None:
    """Raise `DatabaseUnusable` for a database on a server that does not keep every letter as it is."""
    if connection.dialect.name != "postgresql":
        return
    encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise DatabaseUnusable(
            sentence(
                "the database has the encoding {encoding}, in which not every text can be kept; make one in UTF-8: "
                "createdb --encoding=UTF8 --template=template0",
                encoding=encoding,
            )
        )


def refuse_damaged(engine: Engine) -> None:
    """Raise `DatabaseUnusable` where a page of an SQLite file is not what it should be, though it be the only one, and
    for a database on a server as `refuse_encoding` does.

    Whoever reads other pages does not come across it, and would write on.
    """
    file = sqlite_file(engine.url)
    if file is None:
        try:
            with engine.connect() as connection:
                refuse_encoding(connection)
        except DatabaseError as error:
            raise _unusable(engine, error) from error
        return
    try:
        with closing(connect_to_read(str(file))) as opened:
            (found,) = opened.execute("PRAGMA quick_check(1)").fetchone()
    except SqliteError as error:
        raise _not_usable(engine, str(error), is_busy=isinstance(error, SqliteOperationalError)) from error
    if found != "ok":
        raise _not_usable(engine, found, is_busy=False)


def migrate_tables(connection: Connection) -> Migration | None:
    """Run the migrations that are missing in the caller's transaction, and give what was done."""
    if schema_of(connection) == SCHEMA:
        return None
    do_alone(connection, Sole.MIGRATING)  # and look again: another program may just have done it
    missing = lacks(connection)
    if missing is not None:
        from alembic import command  # noqa: PLC0415 - as above

        if missing.backup is not None:
            _keep(connection.engine, missing.backup)
        config = _alembic()
        config.attributes["connection"] = connection
        command.upgrade(config, SCHEMA)
    return missing


def schema_of(connection: Connection) -> str | None:
    """The version of the schema in a database; None for one without tables of ours."""
    present = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"
    if connection.dialect.name == "postgresql":
        present = "SELECT 1 WHERE to_regclass('alembic_version') IS NOT NULL"
    if connection.scalar(text(present)) is None:
        return None
    version = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return str(version) if version is not None else None


def _alembic() -> "Config":
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def _keep(engine: Engine, backup: Path) -> None:
    """Our transaction lets nobody else write meanwhile."""
    source = sqlite_file(engine.url)
    assert source is not None  # noqa: S101 -- only a file has a backup
    try:
        back_up(source, backup)
    except (OSError, SqliteError) as error:
        raise DatabaseUnusable(
            sentence(
                "the database was not migrated, because it cannot be copied to {file} before: {why}",
                file=backup,
                why=str(error),
            )
        ) from error


def _unusable(engine: Engine, error: DatabaseError) -> DatabaseUnusable:
    return _not_usable(engine, str(error.orig), is_busy=isinstance(error, OperationalError))


def _not_usable(engine: Engine, said: str, *, is_busy: bool) -> DatabaseUnusable:
    database, why = without_password(engine.url.render_as_string()), " ".join(said.split())
    if engine.dialect.name == "postgresql":
        return DatabaseUnusable(
            sentence(
                "the database {database} cannot be used: {why}; see that the server runs, that the database was made, "
                "and that monitor.database names both",
                database=database,
                why=why,
            )
        )
    if is_busy:
        return DatabaseUnusable(
            sentence(
                "the database {database} cannot be used now: {why}; if its disk is full, make room; if a daemon or "
                "another program has it open, wait, or stop that one; then try again, or see: iltod check",
                database=database,
                why=why,
            )
        )
    return DatabaseUnusable(
        sentence(
            "the database {database} is damaged: {why}; stop iltod, and restore a backup",
            database=database,
            why=why,
        )
    )
