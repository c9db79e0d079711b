"""The tables that the migrations make, and databases that are not ours to use."""

import contextlib
import shutil
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import date
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
from monitor.storage.schema import SCHEMA, bring_up_to_date, missing_migration, schema_of
from monitor.wording import speech

MIGRATIONS = Path(monitor.storage.__file__).parent / "migrations"


def described(store) -> dict[str, object]:
    """Every column, key and index of a database, as the database itself tells them."""
    if not store.is_sqlite:
        return _described_by_server(store)
    with contextlib.closing(sqlite3.connect(store.folder / "iltod.db")) as connection:

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


def _described_by_server(store) -> dict[str, object]:
    queries = {
        "columns": "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default,"
        " collation_name FROM information_schema.columns WHERE table_schema = 'public'",
        "constraints": "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace",
        "indexes": "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    }
    return {
        name: sorted((row for row in store.rows(query) if row[0] != "alembic_version"), key=repr)
        for name, query in queries.items()
    }


def test_migrated_tables_are_those_of_the_program(engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_migrated_tables_equal_fresh_ones_to_the_last_index(engine, store):
    migrated = described(store)
    engine.dispose()
    store.forget()
    fresh = create_engine(store.address)
    SQLModel.metadata.create_all(fresh)
    fresh.dispose()
    assert described(store) == migrated


def test_the_schema_that_the_program_names_is_its_newest_migration(engine):
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [SCHEMA]
    with engine.connect() as connection:
        assert schema_of(connection) == SCHEMA


def test_bringing_up_to_date_again_changes_nothing(engine, store):
    before = described(store)
    assert missing_migration(engine) is None
    assert bring_up_to_date(engine) is None
    assert described(store) == before


def test_several_programs_may_make_the_tables_at_once(store):
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: _make_tables(store), range(4)))
    assert sorted(each is None for each in made) == [False, True, True, True]


def _make_tables(store):
    engine = open_engine(store.address)
    try:
        return bring_up_to_date(engine)
    finally:
        engine.dispose()


def test_a_database_of_a_newer_program_is_refused_and_left_alone(engine, store):
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    before = described(store)
    with pytest.raises(DatabaseUnusable) as refused:
        bring_up_to_date(engine)
    assert "a newer iltod (schema 9999)" in refused.value.sentence.say(speech("en"))
    assert described(store) == before


@pytest.fixture
def next_program(monkeypatch, tmp_path):
    """The program as it may be one day: one migration more, which fails if it is told to."""
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder)

    def release(*, fails: bool = False) -> None:
        migration = _NEXT + ("    op.execute('SELECT nothing FROM nowhere')\n" if fails else "")
        (folder / "versions" / "next.py").write_text(migration, encoding="utf-8")
        monkeypatch.setattr("monitor.storage.schema._MIGRATIONS", folder)
        monkeypatch.setattr("monitor.storage.schema.SCHEMA", "next")

    return release


def test_an_older_database_is_migrated_with_what_is_in_it(engine, store, next_program):
    _add_a_card(engine)
    next_program()
    assert missing_migration(engine).found == SCHEMA
    assert bring_up_to_date(engine).found == SCHEMA
    assert store.rows("SELECT rule, weight FROM card") == [("p.rule", 7)]
    assert missing_migration(engine) is None


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)  # a server is backed up by its own means
def test_an_older_file_is_copied_before_it_is_migrated(engine, file, next_program):
    _add_a_card(engine)
    next_program()
    backup = file.with_name("iltod.db.before-next")
    assert missing_migration(engine).backup == backup
    assert not backup.exists(), "to look is not to copy"
    bring_up_to_date(engine)
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with contextlib.closing(sqlite3.connect(backup)) as copy:
        assert copy.execute("SELECT * FROM alembic_version").fetchall() == [(SCHEMA,)]
        assert copy.execute("SELECT rule FROM card").fetchall() == [("p.rule",)]


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_file_that_cannot_be_copied_is_not_migrated(engine, store, file, next_program):
    next_program()
    file.with_name("iltod.db.before-next").mkdir()
    before = described(store)
    with pytest.raises(DatabaseUnusable) as refused:
        bring_up_to_date(engine)
    assert "was not migrated, because it cannot be copied" in refused.value.sentence.say(speech("en"))
    assert described(store) == before


def test_a_migration_that_fails_leaves_the_database_as_it_was(engine, store, next_program):
    _add_a_card(engine)
    next_program(fails=True)
    before = store.content()
    with pytest.raises(DatabaseUnusable):
        bring_up_to_date(engine)
    assert store.content() == before


def _add_a_card(engine):
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO card (rule, digest, content) VALUES ('p.rule', 'd', '{}')"))


_NEXT = f"""
import sqlalchemy as sa
from alembic import op

revision = "next"
down_revision = "{SCHEMA}"


def upgrade():
    op.add_column("card", sa.Column("weight", sa.Integer(), nullable=False, server_default="7"))
"""


def test_attempts_of_a_program_that_could_record_one_twice_stay_as_the_journal_has_told_them(
    store, monkeypatch
):
    monkeypatch.setattr("monitor.storage.schema.SCHEMA", "0006")
    engine = open_engine(store.address)
    bring_up_to_date(engine)
    with engine.begin() as connection:
        for table, row in _ONE_MAIL_RECORDED_TWICE:
            columns, values = ", ".join(row), ", ".join(f":{name}" for name in row)
            connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({values})"), row)
    before = store.rows("SELECT id, delivery_id, started_at, ended_at, outcome FROM attempt ORDER BY id")
    assert len(before) == 2
    monkeypatch.undo()
    assert bring_up_to_date(engine).found == "0006"
    engine.dispose()
    after = store.rows("SELECT id, delivery_id, started_at, ended_at, outcome FROM attempt ORDER BY id")
    assert after == before


_AT = "2024-01-09T01:00:00.000000Z"
_ONE_MAIL_RECORDED_TWICE = (
    (
        "message",
        {
            "id": 1,
            "recipient": "a@b.example",
            "day": date(2024, 1, 9),
            "kind": "digest",
            "language": "en",
            "subject": "",
            "raw": b"",
            "queued_at": _AT,
        },
    ),
    (
        "delivery",
        {
            "id": 1,
            "message_id": 1,
            "way": "mail",
            "recipient": "a@b.example",
            "message_id_header": "<1@b.example>",
            "state": "sent",
            "due_at": _AT,
            "refusals": 0,
            "unanswered": False,
            "reason": "",
        },
    ),
    *[
        (
            "attempt",
            {
                "delivery_id": 1,
                "transport": "smtp",
                "started_at": _AT,
                "ended_at": _AT,
                "outcome": "sent",
                "code": 250,
                "answer": "",
            },
        )
    ]
    * 2,
)


@pytest.mark.parametrize("content", [b"%PDF-1.7\n" * 100, b"short"], ids=["another format", "a few bytes"])
def test_a_file_that_is_no_database_is_refused_and_left_alone(file, content):
    file.write_bytes(content)
    with pytest.raises(DatabaseUnusable) as refused:
        open_engine(f"sqlite:///{file}")
    assert f"{file} is not an SQLite database" in refused.value.sentence.say(speech("en"))
    assert file.read_bytes() == content


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
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
    assert "is damaged: database disk image is malformed; stop iltod" in refused.value.sentence.say(
        speech("en")
    )
