"""The tables that the migrations make, and databases that are not ours to use."""

import contextlib
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlmodel import SQLModel

import monitor.storage
from monitor.storage.engine import DatabaseUnusable, open_engine
from monitor.storage.schema import SCHEMA, bring_up_to_date, schema_of
from monitor.wording import speech

MIGRATIONS = Path(monitor.storage.__file__).parent / "migrations"


def described(file: Path) -> dict[str, object]:
    """Every column, key and index of a database, as SQLite itself tells them."""
    with contextlib.closing(sqlite3.connect(file)) as connection:

        def ask(query: str) -> list[tuple[object, ...]]:
            return connection.execute(query).fetchall()

        tables = [name for (name,) in ask("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: {
                "columns": sorted(row[1:] for row in ask(f"PRAGMA table_xinfo({name})")),
                "references": sorted(row[2:] for row in ask(f"PRAGMA foreign_key_list({name})")),
                "unique": sorted(
                    tuple(column for _, _, column in ask(f"PRAGMA index_info({index})"))
                    for _, index, unique, *_ in ask(f"PRAGMA index_list({name})")
                    if unique
                ),
                "indexes": sorted(
                    " ".join(sql.split())
                    for (sql,) in ask(
                        f"SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = '{name}' AND sql NOT NULL"
                    )
                ),
            }
            for name in tables
            if name != "alembic_version"
        }


def test_migrated_tables_are_those_of_the_program(engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_migrated_tables_equal_fresh_ones_to_the_last_index(engine, file, tmp_path):
    fresh = create_engine(f"sqlite:///{tmp_path / 'fresh.db'}")
    SQLModel.metadata.create_all(fresh)
    fresh.dispose()
    assert described(file) == described(tmp_path / "fresh.db")


def test_the_schema_that_the_program_names_is_its_newest_migration(engine):
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [SCHEMA]
    with engine.connect() as connection:
        assert schema_of(connection) == SCHEMA


def test_bringing_up_to_date_again_changes_nothing(engine, file):
    before = described(file)
    bring_up_to_date(engine)
    assert described(file) == before


def test_a_database_of_a_newer_program_is_refused_and_left_alone(engine, file):
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    before = described(file)
    with pytest.raises(DatabaseUnusable) as refused:
        bring_up_to_date(engine)
    assert "a newer iltod (schema 9999)" in refused.value.sentence.say(speech("en"))
    assert described(file) == before


@pytest.mark.parametrize("content", [b"%PDF-1.7\n" * 100, b"short"], ids=["another format", "a few bytes"])
def test_a_file_that_is_no_database_is_refused_and_left_alone(file, content):
    file.write_bytes(content)
    with pytest.raises(DatabaseUnusable) as refused:
        open_engine(f"sqlite:///{file}")
    assert f"{file} is not an SQLite database" in refused.value.sentence.say(speech("en"))
    assert file.read_bytes() == content


def test_a_damaged_database_is_refused_with_what_to_do(engine, file):
    engine.dispose()
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    content[100:4096] = b"\xff" * 3996
    file.write_bytes(content)
    damaged = open_engine(f"sqlite:///{file}")
    with pytest.raises(DatabaseUnusable) as refused:
        bring_up_to_date(damaged)
    damaged.dispose()
    assert "restore it from a backup" in refused.value.sentence.say(speech("en"))
