"""How the database is opened: no update is lost, nothing that was acknowledged either, readers never wait."""

import contextlib
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from monitor.storage.engine import (
    DatabaseUnusable,
    WalReplaced,
    looking,
    open_engine,
    open_reader,
    write_back,
)
from monitor.storage.reading import connect_to_read
from monitor.storage.schema import bring_up_to_date
from tests.privileges import without_privileges

INCREMENTS = 200

_INCREMENT = """
import sys
from sqlalchemy import text
from monitor.storage.engine import open_engine
engine = open_engine(sys.argv[1])
for _ in range(int(sys.argv[2])):
    with engine.begin() as connection:
        n = connection.scalar(text("SELECT n FROM counter"))
        connection.execute(text("UPDATE counter SET n = :n"), {"n": n + 1})
"""


def count_to(url: str, times: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _INCREMENT, url, str(times)], env=_environment())


def _environment() -> dict[str, str]:
    """The program is found as these tests find it."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


@pytest.fixture
def url(file) -> str:
    return f"sqlite:///{file}"


@pytest.fixture
def counter(url):
    """A database with one number."""
    engine = open_engine(url)
    bring_up_to_date(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE counter (n INTEGER)"))
        connection.execute(text("INSERT INTO counter VALUES (0)"))
    yield engine
    engine.dispose()


def test_every_connection_is_set_up_to_lose_nothing(counter):
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}
    counter.dispose()
    with counter.connect() as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted}
    assert found == wanted


def test_two_processes_that_read_and_then_write_lose_no_update(counter, url):
    both = [count_to(url, INCREMENTS) for _ in range(2)]
    assert [each.wait(60) for each in both] == [0, 0]
    with counter.connect() as connection:
        assert connection.scalar(text("SELECT n FROM counter")) == 2 * INCREMENTS


def test_a_transaction_holds_the_right_to_write_from_its_first_moment(counter, file):
    with counter.begin() as connection:
        connection.execute(text("SELECT n FROM counter"))
        other = sqlite3.connect(file, timeout=0, isolation_level=None)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()


def test_a_row_that_refers_to_nothing_is_refused(engine):
    row = "INSERT INTO posting (organisation, key, channel, posted_on, evidence, note, recorded_at) "
    values = "VALUES ('a', 'a/b.c/1', 'website', '2024-01-09', 'no such file', '', '2024-01-09 01:00:00')"
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"), engine.begin() as connection:
        connection.execute(text(row + values))


def test_only_the_officer_who_runs_it_can_read_the_files(counter, file):
    with counter.begin() as connection:
        connection.execute(text("UPDATE counter SET n = 1"))
        for each in file.parent.iterdir():
            assert stat.S_IMODE(each.stat().st_mode) == 0o600, each
        assert {each.name for each in file.parent.iterdir()} == {"iltod.db", "iltod.db-wal", "iltod.db-shm"}


def test_a_reader_does_not_wait_for_a_writer_and_sees_what_was_committed(counter, url):
    reader = open_reader(url)
    with counter.begin() as writing:
        writing.execute(text("UPDATE counter SET n = 7"))
        with reader.connect() as reading:
            assert reading.scalar(text("SELECT n FROM counter")) == 0
    with reader.connect() as reading:
        assert reading.scalar(text("SELECT n FROM counter")) == 7
    reader.dispose()


def test_a_reader_cannot_write(counter, url):
    reader = open_reader(url)
    with pytest.raises(OperationalError, match="readonly"), reader.begin() as connection:
        connection.execute(text("UPDATE counter SET n = 7"))
    reader.dispose()


def test_a_reader_finds_what_a_writer_left_when_it_stopped(counter, url):
    with counter.begin() as connection:
        connection.execute(text("UPDATE counter SET n = 7"))
    counter.dispose()
    reader = open_reader(url)
    with reader.connect() as connection:
        assert connection.scalar(text("SELECT n FROM counter")) == 7
    reader.dispose()


def test_somebody_who_may_only_read_can_look_when_nobody_has_it_open(counter, file):
    counter.dispose()
    folder = Path(tempfile.mkdtemp(prefix="iltod-test-"))
    try:
        copy = Path(shutil.copy(file, folder))
        copy.chmod(0o444)
        folder.chmod(0o555)
        with without_privileges():
            assert not os.access(folder, os.W_OK, effective_ids=True)
            reader = open_reader(f"sqlite:///{copy}")
            with reader.connect() as connection:
                assert connection.scalar(text("SELECT n FROM counter")) == 0
            reader.dispose()
        assert list(folder.iterdir()) == [copy]
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_there_is_no_reader_of_a_database_that_is_not_there(file, url):
    assert open_reader(url) is None
    assert not file.exists()


@pytest.mark.parametrize("name", ["Дөрөв дэх баримт.db", "100% plus+ plus#?.db"])
def test_a_file_of_any_name_can_be_written_and_read(tmp_path, name):
    url = f"sqlite:///{tmp_path / name}"
    engine = open_engine(url)
    bring_up_to_date(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE counter (n INTEGER)"))
    engine.dispose()
    reader = open_reader(url)
    with reader.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM counter")) == 0
    reader.dispose()


def test_a_folder_that_cannot_be_made_is_refused_with_what_to_do(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(DatabaseUnusable) as refused:
        open_engine(f"sqlite:///{tmp_path / 'taken' / 'iltod.db'}")
    assert "cannot be opened" in refused.value.sentence.text


def test_a_reader_in_the_same_process_does_not_free_the_locks_of_the_one_who_writes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/iltod.db"
    engine = open_engine(url)
    bring_up_to_date(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE word (said TEXT)")
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO word VALUES ('one')")
    open_reader(url)
    other = f"import sqlite3; c = sqlite3.connect({str(tmp_path / 'iltod.db')!r}); c.execute('SELECT * FROM word')"
    subprocess.run([sys.executable, "-c", f"{other}.fetchall(); c.close()"], check=True)
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO word VALUES ('two')")
    with contextlib.closing(sqlite3.connect(tmp_path / "iltod.db")) as anew:
        assert anew.execute("SELECT said FROM word").fetchall() == [("one",), ("two",)]
    engine.dispose()


def number(file: Path) -> int:
    """What the counter shows to whoever opens the file now."""
    with contextlib.closing(sqlite3.connect(file)) as anew:
        return anew.execute("SELECT n FROM counter").fetchone()[0]


def test_what_a_deleted_wal_holds_is_written_back_by_the_last_connection_that_is_closed(counter, file):
    with counter.connect() as one, counter.connect() as other:  # both go back to the pool
        one.execute(text("UPDATE counter SET n = 7"))
        one.commit()
        other.execute(text("SELECT n FROM counter"))
    file.with_name("iltod.db-wal").unlink()
    with pytest.raises(WalReplaced), counter.begin():
        pass
    counter.dispose()
    assert number(file) == 7


def test_who_only_looks_waits_for_no_writer_and_sees_what_became_of_the_file(counter, file):
    with counter.begin() as writing:
        writing.execute(text("UPDATE counter SET n = 7"))
        with looking(counter) as connection:
            assert connection.scalar(text("SELECT n FROM counter")) == 0
    file.with_name("iltod.db-wal").unlink()
    with pytest.raises(WalReplaced), looking(counter) as connection:
        connection.scalar(text("SELECT n FROM counter"))


def test_what_a_deleted_wal_holds_is_written_back_though_another_process_has_the_file_open(counter, file):
    with counter.begin() as connection:
        connection.execute(text("UPDATE counter SET n = 7"))
    holding = (
        f"import sqlite3; c = sqlite3.connect({str(file)!r}); c.execute('SELECT n FROM counter').fetchall()"
    )
    command = [sys.executable, "-c", f"{holding}; print(flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        file.with_name("iltod.db-wal").unlink()
        with pytest.raises(WalReplaced), counter.begin():
            pass
        write_back(counter)
        counter.dispose()
        other.kill()
    assert number(file) == 7


def test_no_further_connection_is_opened_beside_those_whose_wal_was_deleted(counter, file):
    with counter.connect() as connection:
        connection.execute(text("UPDATE counter SET n = 7"))
        connection.commit()
        file.with_name("iltod.db-wal").unlink()
        with pytest.raises(WalReplaced):
            counter.connect()
        assert not file.with_name("iltod.db-wal").exists(), "it would be taken for the one that was deleted"


def test_who_may_not_read_the_wal_is_not_shown_what_was_before_it_through_a_link_either(counter, file):
    with counter.begin() as connection:
        connection.execute(text("UPDATE counter SET n = 7"))
    folder = Path(tempfile.mkdtemp(prefix="iltod-test-"))
    try:
        for end in ("", "-wal"):
            Path(shutil.copy(f"{file}{end}", folder)).chmod(0o444)
        link = folder / "link.db"
        link.symlink_to(folder / "iltod.db")
        folder.chmod(0o555)
        with without_privileges(), pytest.raises(sqlite3.OperationalError):
            connect_to_read(str(link))
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)
