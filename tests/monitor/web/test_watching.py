"""`/health` and `/metrics`, asked of the real application on a real database."""

import sqlite3
import warnings
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from monitor import events
from monitor.assembly import assemble
from monitor.clock import SystemClock
from monitor.cycle import run_cycle
from monitor.health import _TROUBLES, SILENT
from monitor.opening import make_tables
from monitor.pulse import Pulse
from monitor.state import Mode, begin_cycle
from monitor.storage.engine import open_engine, open_reader
from monitor.web.application import make_application
from monitor.web.site import Site
from rules.sentences import sentence

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it would rather have another httpx
    from starlette.testclient import TestClient

CONFIG = """
[monitor]
database = "sqlite:///iltod.db"
language = "en"

[[organisations]]
id = "sergelen"
name = "Сэргэлэн сумын ЗДТГ"
kind = "soum"
since = 2025-01-01
contacts = [{ role = "finance", name = "Somebody", email = "finance@sergelen.example" }]
"""


class Watched:
    """A database with one cycle behind it, the daemon's pulse, and the application over both."""

    def __init__(self, folder: Path) -> None:
        (folder / "config.toml").write_text(CONFIG, encoding="utf-8")
        self.file = folder / "iltod.db"
        self.assembly = assemble(folder / "config.toml")
        self.pulse = Pulse(SystemClock())
        self.engine = open_engine(self.assembly.settings.monitor.database)
        make_tables(self.engine)
        reader = open_reader(self.assembly.settings.monitor.database)
        assert reader is not None
        site = Site(self.engine, reader, lambda: self.assembly, SystemClock(), self.pulse)
        self.client = TestClient(make_application(site), base_url="http://127.0.0.1:8470")

    def run_cycle(self) -> None:
        now = datetime.now(UTC)
        with self.engine.begin() as connection:
            begin_cycle(connection, Mode.LIVE, now)
        run_cycle(self.engine, self.assembly, now)

    def last_cycle_was(self, ago: timedelta) -> None:
        self.sql("UPDATE monitor SET last_cycle_at = ?", moment(ago))

    def sql(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.file, isolation_level=None)) as connection:
            connection.execute(statement, values)

    def mail(self, state: str, ago: timedelta = timedelta()) -> None:
        self.sql(
            "INSERT INTO message (recipient, day, kind, language, subject, raw, queued_at) "
            "VALUES (?, '2026-01-01', 'digest', 'en', '', '', ?)",
            f"{state}@sergelen.example",
            moment(ago),
        )
        self.sql(
            "INSERT INTO delivery (message_id, way, recipient, message_id_header, state, due_at, refusals, unanswered,"
            " reason) SELECT max(id), 'mail', 'x', max(id), ?, ?, 0, 0, '' FROM message",
            state,
            moment(ago),
        )

    def health(self, language: str = "en") -> tuple[int, str, list[str]]:
        answer = self.client.get("/health", headers={"Accept-Language": language})
        told = answer.json()
        return answer.status_code, told["status"], [each["id"] for each in told["reasons"]]

    def metrics(self) -> dict[tuple[str, str], float]:
        text = self.client.get("/metrics").text
        return {
            (sample.name, ",".join(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }


def moment(ago: timedelta) -> str:
    return (datetime.now(UTC) - ago).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    watched = Watched(tmp_path)
    watched.run_cycle()
    watched.sql("DELETE FROM delivery")  # it queued some if the hour of the test is after the sending time
    return watched


def test_all_is_well_after_a_cycle(watched):
    assert watched.health() == (200, "ok", [])
    told = watched.client.get("/health")
    assert told.json()["last_cycle"].startswith(f"{datetime.now(UTC):%Y-}")
    assert told.headers["Cache-Control"] == "no-store"
    assert watched.client.head("/health").status_code == 200


def test_before_the_first_cycle_nothing_is_well(tmp_path):
    assert Watched(tmp_path).health() == (503, "down", ["no-cycle"])


@pytest.mark.parametrize(
    ("ago", "found"),
    [
        (timedelta(hours=25), (200, "ok", [])),
        (timedelta(hours=27), (503, "down", ["cycle-old"])),
        (timedelta(days=401), (503, "down", ["held"])),
        (-timedelta(hours=1), (503, "down", ["held"])),
    ],
)
def test_it_is_down_when_the_last_cycle_is_too_old_or_sending_is_held(watched, ago, found):
    watched.last_cycle_was(ago)
    assert watched.health() == found


def test_it_is_down_when_the_database_cannot_be_read(watched):
    watched.engine.dispose()  # nothing of it is left beside the file
    watched.file.write_bytes(b"no database at all" * 1000)
    assert watched.health() == (503, "down", ["database"])
    told = {"iltod_healthy": 0, "iltod_trouble": 1}
    assert {name: value for (name, _), value in watched.metrics().items() if name in told} == told
    watched.file.unlink()
    assert watched.health() == (503, "down", ["database"])
    assert watched.metrics()["iltod_trouble", "database"] == 1


def test_that_pages_cannot_be_shown_is_logged_when_it_begins_and_when_it_ends(watched):
    watched.engine.dispose()
    sound = watched.file.read_bytes()
    with capture_logs() as logs:
        for content in (b"no database at all" * 1000, sound):
            watched.file.write_bytes(content)
            for path in ("/metrics", "/api/v1/status", "/metrics"):
                watched.client.get(path)
    assert [(each["event"], each["of"]) for each in logs] == [
        ("page.busy", "reading"),
        ("page.served", "reading"),
    ]


def test_mails_that_fail_or_wait_long_are_told_and_do_not_bring_it_down(watched):
    watched.mail("queued", timedelta(minutes=50))
    assert watched.health() == (200, "ok", [])
    watched.mail("failed")
    watched.mail("sending", timedelta(minutes=70))
    watched.sql(
        "INSERT INTO outage (transport, began_at, last_tried_at, answer) VALUES ('smtp', ?, ?, '550 <a@b.example>')",
        moment(timedelta(minutes=5)),
        moment(timedelta()),
    )
    assert watched.health() == (200, "degraded", ["mail-down", "mail-failed", "mail-waits"])


@pytest.mark.parametrize(
    ("event", "level"),
    [
        (events.CYCLE_REFUSED, "down"),
        (events.CYCLE_FAILED, "down"),
        (events.DATABASE_DOWN, "down"),
        (events.DELIVERING_FAILED, "down"),
        (events.CONFIGURATION_REFUSED, "degraded"),
        (events.HEARTBEAT_FAILED, "degraded"),
    ],
)
def test_what_troubles_the_daemon_is_told_in_words_that_name_nobody(watched, event, level):
    watched.pulse.begin(event, sentence("finance@sergelen.example is wrong"))
    status, told, reasons = watched.health()
    assert (told, reasons) == (level, [event])
    assert status == (503 if level == "down" else 200)
    assert "finance@" not in watched.client.get("/health").text
    watched.pulse.end(event)
    assert watched.health() == (200, "ok", [])


def test_every_trouble_has_its_words() -> None:
    assert set(_TROUBLES) == set(events.ENDS) - {events.PAGE_BUSY}, "it is the page's, not the daemon's"


def test_a_daemon_that_has_not_touched_the_database_for_long_is_down(watched, monkeypatch):
    monkeypatch.setattr(watched.pulse, "_beaten_at", watched.pulse._beaten_at - SILENT.total_seconds() - 1)
    assert watched.health() == (503, "down", ["silent"])
    watched.pulse.beat()
    assert watched.health() == (200, "ok", [])


def test_its_sentences_come_in_the_language_that_is_asked_for(watched):
    watched.last_cycle_was(timedelta(hours=27))
    said = {
        language: watched.client.get("/health", headers={"Accept-Language": language}).json()["reasons"][0][
            "text"
        ]
        for language in ("en", "mn")
    }
    assert said["en"].endswith("is the daemon running?")
    assert said["mn"] != said["en"]


def test_the_numbers_are_those_of_the_database(watched):
    watched.mail("queued", timedelta(minutes=30))
    watched.mail("failed")
    watched.mail("sent")
    watched.pulse.cycle_seconds = 1.5
    measured = watched.metrics()
    assert measured["iltod_obligations", "overdue"] > 0
    with sqlite3.connect(watched.file) as connection:
        (everything,) = connection.execute("SELECT count(*) FROM obligation").fetchone()
    assert sum(value for (name, _), value in measured.items() if name == "iltod_obligations") == everything
    deliveries = {state: value for (name, state), value in measured.items() if name == "iltod_deliveries"}
    assert {state: n for state, n in deliveries.items() if n} == {"queued": 1, "failed": 1, "sent": 1}
    assert 1800 <= measured["iltod_oldest_undelivered_age_seconds", ""] < 1900
    assert 0 <= measured["iltod_last_cycle_age_seconds", ""] < 60
    assert measured["iltod_cycle_duration_seconds", ""] == 1.5
    assert measured["iltod_organisations", ""] == 1
    assert measured["iltod_healthy", ""] == 1
    assert measured["iltod_trouble", "mail-failed"] == 1
    known_until = datetime.fromtimestamp(measured["iltod_calendar_known_until_timestamp_seconds", ""], UTC)
    assert known_until.year > 2050


def test_a_mail_that_fails_is_counted_at_once(watched):
    watched.mail("sent")
    assert watched.metrics()["iltod_deliveries", "failed"] == 0
    watched.mail("failed")
    assert watched.metrics()["iltod_deliveries", "failed"] == 1


def test_neither_tells_anything_of_a_person_or_an_office(watched):
    watched.mail("failed")
    for path in ("/health", "/metrics"):
        text = watched.client.get(path).text
        for word in ("sergelen", "Сэргэлэн", "Somebody", "@"):
            assert word not in text
