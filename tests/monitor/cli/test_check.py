"""`iltod check` of a database that a monitor has worked on: what its last cycles and deliveries left."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

on_sqlite = pytest.mark.parametrize(
    "store", ["sqlite"], indirect=True
)  # what is read is the same on a server

CONFIG = """
[monitor]
database = "sqlite:///iltod.db"
language = "en"

[[organisations]]
id = "sergelen"
name = "Сэргэлэн сумын ЗДТГ"
kind = "soum"
since = 2025-01-01
contacts = [{ role = "head", name = "Head", email = "head@sergelen.example" }]
"""


@pytest.fixture
def watched(desk):
    """A desk at which a live cycle has run."""
    desk.configure(CONFIG)
    desk.does("run", "--once")
    return desk


def problems(desk) -> dict[str, dict[str, str]]:
    return {each["id"]: each for each in json.loads(desk.iltod("check", "--format", "json").out)}


def change(desk, statement: str, ago: timedelta = timedelta()) -> None:
    moment = (datetime.now(UTC) - ago).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    with sqlite3.connect(desk.folder / "iltod.db") as connection:
        connection.execute(statement, {"moment": moment})


@on_sqlite
def test_a_monitor_that_works_leaves_nothing_to_say(watched):
    assert not {"cycle-old", "held", "mail-failed", "mail-waits", "database-not-writable"} & set(
        problems(watched)
    )


@on_sqlite
def test_a_daemon_that_has_not_run_for_long_is_told(watched):
    change(watched, "UPDATE monitor SET last_cycle_at = :moment", timedelta(hours=27))
    assert problems(watched)["cycle-old"]["weight"] == "warning"
    change(watched, "UPDATE monitor SET last_cycle_at = :moment", timedelta(days=500))
    found = problems(watched)
    assert found["held"]["weight"] == "error"
    assert "cycle-old" not in found


@on_sqlite
def test_mails_that_failed_or_wait_are_told_with_what_to_do(watched):
    change(
        watched,
        "INSERT INTO message (id, recipient, day, kind, language, subject, raw, queued_at) "
        "VALUES (900, 'a@b.example', '2026-01-01', 'digest', 'en', '', '', :moment)",
        timedelta(hours=2),
    )
    for number, state in enumerate(("failed", "queued")):
        change(
            watched,
            "INSERT INTO delivery (message_id, way, recipient, message_id_header, state, due_at, refusals, unanswered, "
            f"reason) VALUES (900, 'mail', '{number}', '{number}', '{state}', :moment, 0, 0, '')",
        )
    found = problems(watched)
    assert found["mail-failed"]["text"] == "1 delivery has failed."
    assert "iltod mail retry" in found["mail-failed"]["hint"]
    assert "iltod mail list --state queued" in found["mail-waits"]["hint"]


@on_sqlite
def test_a_database_that_can_be_read_and_not_written_is_an_error(watched, monkeypatch):
    monkeypatch.setattr("monitor.storage.engine._BUSY_MS", 50)
    with sqlite3.connect(watched.folder / "iltod.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = watched.iltod("check", "--format", "json")
        other.execute("ROLLBACK")
    (found,) = [each for each in json.loads(answer.out) if each["id"] == "database-not-writable"]
    assert answer.status == 1
    assert found["text"] == "The database cannot be written: database is locked."


def test_what_a_database_is_refused_for_stands_in_a_sentence_of_its_own(watched):
    watched.store.write("UPDATE alembic_version SET version_num = '9999'")
    answer = watched.iltod("check")
    assert answer.status == 1
    assert "a newer iltod (schema 9999); run that one. The monitor cannot run with it.\n" in answer.out


def test_what_somebody_holds_too_long_is_said_and_nothing_is_recorded(watched, monkeypatch):
    monkeypatch.setattr("monitor.storage.engine._BUSY_MS", 50)
    monkeypatch.setattr("monitor.storage.locks._PATIENCE_MS", 50)
    before = watched.content()
    with watched.store.connection() as other:
        if watched.store.is_sqlite:
            other.connection.driver_connection.isolation_level = None
            other.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            other.exec_driver_sql("LOCK TABLE monitor, event, posting, journal IN EXCLUSIVE MODE")
        answer = watched.iltod("event", "add", "letter", "--organisation", "sergelen", "--on", "2025-01-09")
        check = watched.iltod("check", "--format", "json")
        watched.does("status")
    assert answer.status == 1
    (said,) = answer.err.splitlines()
    assert "cannot be used" in said
    assert "lock" in said
    assert "database-not-writable" in [each["id"] for each in json.loads(check.out)]
    assert watched.content() == before
