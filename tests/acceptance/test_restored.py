"""A backup put in the database's place: the daemon goes on from there, and nobody is told twice."""

import shutil
import signal
from datetime import date, timedelta

import pytest

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

TWO_SENT = [(2,)]
SENT = "SELECT count(*) FROM delivery WHERE state = 'sent'"


def stop(daemon):
    daemon.signal(signal.SIGTERM)
    assert daemon.ended() == 0


def backups(office):
    return sorted(each.name for each in (office.folder / "var/backup").glob("*"))


def keep_daily(office, number):
    config = office.folder / "config.toml"
    config.write_text(f"{config.read_text('utf-8')}\n[daemon]\ndaily_backups = {number}\n", encoding="utf-8")


def test_a_daemon_goes_on_from_a_restored_backup_and_tells_nobody_twice(live_office, post_office):
    daemon = live_office.start("run")
    daemon.until(lambda: live_office.rows(SENT) == TWO_SENT)
    live_office.does("backup", "kept.db")
    stop(daemon)
    told = live_office.rows("SELECT * FROM reminder")
    post_office.taken()

    for each in live_office.folder.glob("iltod.db*"):
        each.write_bytes(b"the disk has died")
        each.unlink()
    shutil.copy(live_office.folder / "kept.db", live_office.database)

    again = live_office.start("run")
    again.until(lambda: "mails go to" in again.out)
    live_office.does("post", "sergelen/drill.report/e1", "--channel", "website", "--on", live_office.today)
    stop(again)
    assert post_office.letters == []
    assert live_office.rows("SELECT * FROM reminder") == told
    assert live_office.iltod("status", "--check").status == 0


def test_the_daemon_keeps_the_last_daily_backups(live_office):
    keep_daily(live_office, 2)
    folder = live_office.folder / "var/backup"
    folder.mkdir(parents=True)
    today = date.fromisoformat(live_office.today)
    old = [folder / f"iltod-{today - timedelta(days=days)}.db" for days in (1, 2, 3)]
    others = [folder / "mine.db", folder / f"iltod-{today + timedelta(days=9000)}.db"]
    for each in (*old, *others):
        each.write_bytes(b"")
    daemon = live_office.start("run")
    newest = f"iltod-{today}.db"
    daemon.until(lambda: "backup.made" in daemon.err)
    daemon.until(
        lambda: backups(live_office) == sorted([newest, old[0].name, *(each.name for each in others)])
    )
    stop(daemon)
    shutil.copy(folder / newest, live_office.folder / "copy.db")
    assert "backup-old" not in live_office.iltod("check").out


def test_a_daily_backup_that_cannot_be_made_is_told_once_and_costs_no_older_one(live_office, post_office):
    keep_daily(live_office, 1)
    folder = live_office.folder / "var/backup"
    folder.mkdir(parents=True)
    today = date.fromisoformat(live_office.today)
    old = folder / f"iltod-{today - timedelta(days=3)}.db"
    old.write_bytes(b"")
    (folder / f"iltod-{today}.db.part").mkdir()  # in the way of the copy
    daemon = live_office.start("run")
    daemon.until(lambda: "was not backed up" in daemon.err)
    daemon.until(lambda: live_office.rows(SENT) == TWO_SENT)
    daemon.signal(signal.SIGHUP)
    daemon.until(lambda: daemon.err.count("cycle.done") >= 2)
    stop(daemon)
    assert daemon.err.count("was not backed up") == 1
    assert old.exists()
    assert (
        f"The newest daily backup in {folder} is of {today - timedelta(days=3)}"
        in live_office.iltod("check").out
    )
