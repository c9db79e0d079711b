"""A database that cannot be what it should be: a sentence, no half-written state, and nothing that is made worse."""

import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

SENT = "SELECT count(*) FROM delivery WHERE state = 'sent'"
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a file system")


def cut_in_half(database: Path) -> None:
    os.truncate(database, database.stat().st_size // 2)


def spoil_the_tables(database: Path) -> None:
    """Every page but the first, as after a disk has lost them."""
    size = database.stat().st_size
    database.write_bytes(database.read_bytes()[:4096] + b"\xff" * (size - 4096))


def put_another_programs_in_its_place(database: Path) -> None:
    database.unlink()
    with closing(sqlite3.connect(database)) as other:
        other.executescript("CREATE TABLE event (id); CREATE TABLE alembic_version (version_num)")


def write_by_a_newer_program(database: Path) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
        newer.execute("PRAGMA wal_checkpoint(TRUNCATE)")


BROKEN = {
    "empty": (lambda database: database.write_bytes(b""), "restore it from a backup, or remove it"),
    "something else": (
        lambda database: database.write_bytes(b"PK\x03\x04" * 3000),
        "is not an SQLite database",
    ),
    "another program's": (put_another_programs_in_its_place, "holds the tables of another program"),
    "a newer program's": (write_by_a_newer_program, "was written by a newer iltod (schema 9999)"),
    "cut in half": (cut_in_half, "restore"),
    "spoilt": (spoil_the_tables, "restore"),
    "a folder": (lambda database: (database.unlink(), database.mkdir()), "cannot be opened"),
}
COMMANDS = {
    "run": ("run", "--once"),
    "status": ("status",),
    "post": ("post", "sergelen/drill.report/e1", "--channel", "website", "--on", "2024-01-09"),
    "migrate": ("migrate",),
}


@pytest.fixture
def stopped_office(live_office):
    """An office whose mails are sent, and no daemon runs."""
    live_office.does("run", "--once")
    with closing(sqlite3.connect(live_office.database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return live_office


@pytest.mark.parametrize(("breaking", "advice"), BROKEN.values(), ids=BROKEN)
def test_a_broken_database_is_refused_with_what_to_do_and_left_as_it_is(
    stopped_office, breaking, advice, post_office
):
    post_office.taken()
    breaking(stopped_office.database)
    database = stopped_office.database
    broken = database.read_bytes() if database.is_file() else None
    for name, command in COMMANDS.items():
        answer = stopped_office.iltod(*command)
        assert answer.status == 1, (name, answer)
        (said,) = answer.err.splitlines()
        assert advice in said, (name, said)
        assert "Traceback" not in said
    check = stopped_office.iltod("check")
    assert check.status == 1
    assert "[database]" in check.out
    if broken is not None:
        assert database.read_bytes() == broken
    assert post_office.letters == []


def test_a_single_page_that_is_spoilt_is_enough_for_the_daemon_to_refuse_and_leave_it_as_it_is(
    stopped_office, post_office
):
    post_office.taken()
    sound = stopped_office.database.read_bytes()
    for page in range(8, len(sound) // 4096, 32):
        broken = sound[: page * 4096] + b"\xff" * 4096 + sound[(page + 1) * 4096 :]
        stopped_office.database.write_bytes(broken)
        for command in (("run",), ("migrate",)):
            answer = stopped_office.iltod(*command)
            assert answer.status == 1, (page, command)
            (said,) = answer.err.splitlines()
            assert "is damaged" in said, (page, command)
        assert stopped_office.database.read_bytes() == broken, page
    assert post_office.letters == []


def test_a_database_that_is_removed_under_the_daemon_is_told_and_none_is_begun(live_office, post_office):
    daemon = live_office.start("run")
    daemon.until(lambda: live_office.rows(SENT) == [(2,)])
    for each in sorted(live_office.folder.glob("iltod.db*")):  # the file before what SQLite keeps beside it
        each.rename(live_office.folder / f"away-{each.name}")
    daemon.signal(signal.SIGHUP)
    daemon.until(lambda: "was removed or replaced" in daemon.err)
    time.sleep(1)
    assert daemon.err.count("was removed or replaced") == 1
    daemon.signal(signal.SIGTERM)
    assert daemon.ended() == 0
    assert "Traceback" not in daemon.err
    assert not live_office.database.exists(), "an empty one would be taken for a new monitor"


def test_a_database_that_is_replaced_under_the_daemon_is_left_alone(live_office, post_office):
    live_office.does("run", "--once")
    live_office.does("backup", "kept.db")
    daemon = live_office.start("run")
    daemon.until(lambda: "mails go to" in daemon.out)
    kept = (live_office.folder / "kept.db").read_bytes()
    (live_office.folder / "kept.db").rename(live_office.database)
    daemon.signal(signal.SIGHUP)
    daemon.until(lambda: "was removed or replaced" in daemon.err)
    daemon.signal(signal.SIGTERM)
    assert daemon.ended() == 0
    assert live_office.database.read_bytes() == kept


@pytest.mark.parametrize("config", ["config.toml", "linked.toml"])
@pytest.mark.parametrize("removed", [["-wal"], ["-wal", "-shm"]], ids=" ".join)
def test_a_daemon_whose_wal_was_deleted_ends_by_itself_and_nothing_is_lost(
    live_office, post_office, config, removed
):
    live_office.link("linked.toml")
    daemon = live_office.start("--config", config, "run")
    daemon.until(lambda: live_office.rows(SENT) == [(2,)])
    posting = ("post", "sergelen/drill.report/e1", "--channel", "website", "--on", live_office.today)
    assert "posting p1 recorded" in live_office.does(*posting)
    for end in removed:
        live_office.database.with_name(f"iltod.db{end}").unlink()
    assert daemon.ended() == 1
    said = daemon.err.splitlines()[-1]
    assert said.startswith(f"{live_office.database}-wal was removed or replaced")
    assert "start iltod again" in said
    assert "Traceback" not in daemon.err
    post_office.taken()
    assert "last cycle" in live_office.does("status")
    assert live_office.rows("SELECT count(*) FROM posting") == [(1,)]
    live_office.does("run", "--once")
    assert live_office.rows(SENT) == [(2,)]
    assert post_office.letters == []


def test_beside_a_daemon_whose_wal_was_deleted_one_is_refused_until_it_has_saved_what_that_held(
    live_office, post_office
):
    post_office.hold()  # so that it ends late
    daemon = live_office.start("run")
    daemon.until(lambda: post_office.letters and "cycle.done" in daemon.err)
    time.sleep(1)  # the minute's work is done, so it does not look for a while
    live_office.database.with_name("iltod.db-wal").unlink()
    posting = ("post", "sergelen/drill.report/e1", "--channel", "website", "--on", live_office.today)
    refused = live_office.iltod(*posting)
    assert refused.status == 1
    assert "stop that one; then try again, or see: iltod check" in refused.err
    daemon.signal(signal.SIGHUP)
    daemon.until(lambda: live_office.iltod(*posting).status == 0)
    post_office.let_go()
    assert daemon.ended() == 1
    assert live_office.rows("SELECT count(*) FROM posting") == [(1,)]
    assert "last cycle" in live_office.does("status")


@contextmanager
def small_disk(folder: Path, size: str):
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def states(disk: Path) -> set[str]:
    """Of the deliveries in the database there."""
    with closing(sqlite3.connect(disk / "iltod.db")) as connection:
        return {state for (state,) in connection.execute("SELECT state FROM delivery")}


def on_small_disk(office, disk: Path) -> None:
    """The office's database moves there."""
    config = (office.folder / "config.toml").read_text("utf-8")
    office.configure(config.replace("sqlite:///iltod.db", "sqlite:///disk/iltod.db"))
    for each in office.folder.glob("iltod.db*"):
        shutil.move(each, disk)


def fill(disk: Path) -> Path:
    """The file that takes what is left."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65536, 4096, 512):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    return filler


@as_root
@pytest.mark.slow
def test_on_a_full_disk_nothing_is_half_written_no_mail_is_repeated_and_all_goes_on_when_it_is_freed(
    live_office, post_office
):
    with small_disk(live_office.folder / "disk", "4m") as disk:
        on_small_disk(live_office, disk)
        filler = fill(disk)
        refused = live_office.iltod(
            "event", "add", "drill", "--organisation", "sergelen", "--on", f"{live_office.today[:4]}-01-02"
        )
        assert refused.status == 1
        assert "disk" in refused.err
        assert len(refused.err.splitlines()) == 1
        daemon = live_office.start("run")
        assert daemon.ended() == 1, "it cannot begin"
        assert "Traceback" not in daemon.err

        filler.unlink()
        config = (live_office.folder / "config.toml").read_text("utf-8")
        live_office.configure(
            config.replace(f"port = {post_office.port}", "port = 1")
        )  # nobody answers there
        daemon = live_office.start("run")
        daemon.until(lambda: '"mail.down"' in daemon.err)
        assert states(disk) == {"queued"}
        filler = fill(disk)
        live_office.configure(config)
        daemon.signal(signal.SIGHUP)
        daemon.until(lambda: '"database.down"' in daemon.err)
        time.sleep(12)  # two delivery passes
        assert daemon.process.poll() is None
        assert post_office.letters == [], "what cannot be claimed is not sent"
        done = daemon.err.count('"cycle.done"')
        filler.unlink()
        daemon.signal(signal.SIGHUP)
        daemon.until(lambda: '"database.up"' in daemon.err and daemon.err.count('"cycle.done"') > done)
        daemon.until(lambda: states(disk) == {"sent"})
        daemon.signal(signal.SIGTERM)
        assert daemon.ended() == 0
        with closing(sqlite3.connect(disk / "iltod.db")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert len(post_office.letters) == 2
        assert len({each.message_id for each in post_office.letters}) == 2


@as_root
@pytest.mark.slow
def test_a_backup_that_finds_the_disk_full_leaves_nothing_behind(live_office):
    live_office.does("run", "--once")
    with small_disk(live_office.folder / "disk", "64k") as disk:
        answer = live_office.iltod("backup", "disk/copy.db")
        assert answer.status == 1
        assert "was not backed up" in answer.err
        assert list(disk.iterdir()) == []


@as_root
@pytest.mark.slow
def test_on_a_disk_that_can_only_be_read_status_answers_and_run_says_why_it_cannot(live_office):
    with small_disk(live_office.folder / "disk", "4m") as disk:
        on_small_disk(live_office, disk)
        live_office.does("run", "--once")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        assert "sergelen/drill.report/e1" in live_office.does("status")
        for command in (
            ("run",),
            ("run", "--once"),
            ("post", "sergelen/drill.report/e1", "--channel", "website", "--on", live_office.today),
        ):
            answer = live_office.iltod(*command)
            assert answer.status == 1
            (said,) = answer.err.splitlines()
            assert "read" in said.lower(), said
            assert "unforeseen" not in said


@pytest.mark.parametrize("kib", [1, 36], ids=["it cannot be opened", "a write breaks off"])
def test_a_file_that_may_grow_no_further_is_said_and_nothing_is_half_written(stopped_office, kib):
    rows = stopped_office.store.content()
    day = f"{stopped_office.today[:4]}-01-02"
    answer = with_files_no_longer_than(
        kib * 1024, stopped_office, "event", "add", "drill", "--organisation", "sergelen", "--on", day
    )
    assert answer.returncode == 1, answer
    assert len(answer.stderr.splitlines()) == 1
    assert stopped_office.store.content() == rows


def test_a_check_on_a_full_disk_says_so_though_it_would_change_nothing(stopped_office):
    rows = stopped_office.store.content()
    with closing(sqlite3.connect(stopped_office.database)) as other:
        other.execute("PRAGMA wal_autocheckpoint = 0")
        other.executescript("CREATE TABLE large AS SELECT zeroblob(65536); DROP TABLE large")
        answer = with_files_no_longer_than(32 * 1024, stopped_office, "check", "--format", "json")
    assert "database-not-writable" in [each["id"] for each in json.loads(answer.stdout)], answer
    assert answer.returncode == 1
    assert stopped_office.store.content() == rows


def with_files_no_longer_than(size: int, office, *command: str) -> subprocess.CompletedProcess[str]:
    """Run it where it can write nothing that lies beyond so many bytes of a file."""
    return subprocess.run(
        [office.PROGRAM, *command],
        cwd=office.folder,
        env=office.environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )
