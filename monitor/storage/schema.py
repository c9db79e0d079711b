"""The schema's version, and bringing a database up to it."""

from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DatabaseError

from monitor.storage.engine import DatabaseUnusable
from rules.sentences import sentence

SCHEMA = "0001"
"""The newest migration, so that a database that is up to date is not kept waiting for Alembic's import."""

_MIGRATIONS = Path(__file__).parent / "migrations"


def bring_up_to_date(engine: Engine) -> None:
    """Run the migrations that are missing, all in one transaction.

    Raises `DatabaseUnusable` for a database that a newer program has written, or that is damaged.
    """
    try:
        with engine.begin() as connection:
            version = schema_of(connection)
            if version != SCHEMA:
                _migrate(connection, version)
    except DatabaseError as error:
        raise DatabaseUnusable(
            sentence(
                "the database {database} cannot be used: {why}; restore it from a backup, or wait if it is in use",
                database=engine.url.render_as_string(hide_password=True),
                why=str(error.orig),
            )
        ) from error


def schema_of(connection: Connection) -> str | None:
    """The version of the schema in a database; None for one without tables of ours."""
    present = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"
    if connection.dialect.name == "postgresql":
        present = "SELECT 1 WHERE to_regclass('alembic_version') IS NOT NULL"
    if connection.scalar(text(present)) is None:
        return None
    version = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return str(version) if version is not None else None


def _migrate(connection: Connection, version: str | None) -> None:
    from alembic import command  # noqa: PLC0415 - a third of a second that only a database behind needs
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise DatabaseUnusable(
            sentence(
                "the database was written by a newer iltod (schema {version}); run that one", version=version
            )
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
