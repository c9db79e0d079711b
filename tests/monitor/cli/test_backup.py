"""`iltod backup`: a sound copy under a new name, or one sentence and nothing at all."""

import json
import os
import sqlite3
import stat
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

on_a_file = pytest.mark.parametrize("store", ["sqlite"], indirect=True)
on_a_server = pytest.mark.parametrize(
    "store", [pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)


@contextmanager
def umask(mask):
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def content(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return list(connection.iterdump())


def refused(desk, *arguments) -> str:
    """The one sentence of a refusal, which leaves no file behind."""
    before = desk.files()
    answer = desk.iltod(*arguments)
    assert (answer.status, answer.out) == (1, "")
    (said,) = answer.err.splitlines()
    assert desk.files() - {"iltod.db-shm", "iltod.db-wal"} <= before
    return said


@on_a_file
def test_a_backup_holds_what_the_database_holds_and_only_its_owner_reads_it(worked_desk):
    target = worked_desk.folder / "Нөөц хуулбар 1%.db"
    with umask(0):
        said = worked_desk.does("backup", str(target))
    assert said == f"backed up to {target} and verified (schema {schema_of(target)})\n"
    assert content(target) == content(worked_desk.folder / "iltod.db")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def schema_of(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]


@on_a_file
def test_a_backup_holds_what_others_have_committed_and_nothing_that_they_have_not(worked_desk, tmp_path):
    with closing(sqlite3.connect(tmp_path / "iltod.db", isolation_level=None)) as writer:
        writer.execute("UPDATE organisation SET name = 'committed' WHERE id = 'bayan'")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE organisation SET name = 'not yet' WHERE id = 'bayan'")
        worked_desk.does("backup", str(tmp_path / "copy.db"))
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT name FROM organisation WHERE id = 'bayan'").fetchall() == [("committed",)]


@on_a_file
@pytest.mark.parametrize(
    "folder", ["x" * 300, "backups"], ids=["it cannot be looked into", "a name is no day"]
)
def test_no_reminder_fails_for_what_is_the_matter_with_the_folder_of_daily_backups(
    make_desk, tmp_path, folder
):
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "iltod-2024-13-45.db").touch()
    keeping = f'[daemon]\ndaily_backups = 2\nbackup_folder = "{folder}"\n'
    desk = make_desk(_CONFIG + keeping)
    desk.does("run", "--once", "--at", "2024-01-08T09:00")  # on a Monday the operator is told of what lasts
    assert {mail["kind"] for mail in json.loads(desk.does("mail", "list", "--format", "json"))} == {
        "digest",
        "warning",
    }
    assert "warning [backup-old] There is no daily backup" in desk.does("check")


_CONFIG = """
[monitor]
database = "sqlite:///iltod.db"
language = "en"
packs = ["budget"]
operator = "operator@aimag.example"
[mail]
transport = "maildir"
[[organisations]]
id = "bayan"
name = "Баян"
kind = "soum"
since = 2024-01-01
contacts = [{ role = "finance", name = "Н", email = "finance@bayan.example" }]
"""


@on_a_file
def test_a_backup_replaces_nothing(worked_desk, tmp_path):
    for name, make in {
        "a file": lambda path: path.write_text("mine"),
        "a folder": Path.mkdir,
        "a link to nowhere": lambda path: path.symlink_to("nowhere"),
    }.items():
        make(tmp_path / name)
        assert "a backup replaces nothing; name another file" in refused(
            worked_desk, "backup", str(tmp_path / name)
        )
    assert (tmp_path / "a file").read_text() == "mine"


@on_a_file
def test_where_there_is_no_database_there_is_nothing_to_back_up(desk, tmp_path):
    assert "there is no database at" in refused(desk, "backup", str(tmp_path / "copy.db"))


@on_a_file
def test_a_folder_that_is_not_there_is_said(worked_desk, tmp_path):
    said = refused(worked_desk, "backup", str(tmp_path / "nowhere" / "copy.db"))
    assert "was not backed up to" in said
    assert "No such file or directory" in said


BROKEN = {
    "an empty file": (lambda _: b"", "no such table: alembic_version"),
    "not a database": (lambda _: b"PK\x03\x04" + bytes(9000), "file is not a database"),
    "the first half of one": (lambda whole: whole[: len(whole) // 2], "malformed"),
    "the header alone": (lambda whole: whole[:100], ""),
    "one with a page overwritten": (
        lambda whole: (
            whole[: len(whole) // 8192 * 4096] + b"\xff" * 4096 + whole[len(whole) // 8192 * 4096 + 4096 :]
        ),
        "",
    ),
}


@on_a_file
@pytest.mark.parametrize(("breaking", "why"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_not_taken_for_a_backup(worked_desk, tmp_path, breaking, why):
    database = tmp_path / "iltod.db"
    broken = breaking(database.read_bytes())
    database.write_bytes(broken)
    said = refused(worked_desk, "backup", str(tmp_path / "copy.db"))
    assert "the database was not backed up to" in said
    assert why in said
    assert database.read_bytes() == broken, "and nothing is done to it"


@on_a_server
def test_a_server_has_means_of_its_own(worked_desk, tmp_path):
    assert "pg_dump" in refused(worked_desk, "backup", str(tmp_path / "copy.db"))


@on_a_server
def test_daily_backups_of_a_server_are_refused_in_the_configuration(worked_desk):
    config = worked_desk.folder / "config.toml"
    config.write_text(config.read_text("utf-8") + "\n[daemon]\ndaily_backups = 7\n", encoding="utf-8")
    answer = worked_desk.iltod("check")
    assert answer.status == 1
    assert "daemon.daily_backups must be 0, not 7, for a database on a PostgreSQL server" in answer.err
