"""The daemon as a service manager and a watcher see it: a real process, with a notify socket of the test's."""

import json
import os
import re
import resource
import signal
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

pytestmark = [
    pytest.mark.slow,  # a daemon takes seconds to notice
    pytest.mark.parametrize("store", ["sqlite"], indirect=True),  # what is watched is the same on a server
]

FED = "WATCHDOG=1"


@dataclass
class Supervisor:
    """What listens where systemd would."""

    path: Path
    heard: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.path))
        self._socket.setblocking(False)

    def lines(self) -> list[str]:
        """Every line so far."""
        while True:
            try:
                self.heard += self._socket.recv(4096).decode().splitlines()
            except BlockingIOError:
                return self.heard

    def shows(self, word: str) -> bool:
        """Whether that stands in its status."""
        return any(line.startswith("STATUS=") and word in line for line in self.lines())

    def forget(self) -> None:
        self.lines()
        self.heard.clear()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    listening = Supervisor(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", str(listening.path))
    yield listening
    listening.close()


@pytest.fixture
def watched(live_office, supervisor):
    """A daemon that has said what its first tick came to, and serves `/health` on a port of its own."""
    config = (live_office.folder / "config.toml").read_text("utf-8")
    config = config.replace('listen = ""', 'listen = "127.0.0.1:0"')
    live_office.configure(config.replace("[monitor]", '[monitor]\noperator = "operator@office.example"'))
    daemon = live_office.start("run")
    daemon.until(lambda: supervisor.shows("last cycle at "))
    daemon.until(lambda: live_office.rows(SENT) == [(2,)])
    return daemon


SENT = "SELECT count(*) FROM delivery WHERE state = 'sent'"


def health(daemon) -> tuple[int, dict[str, object]]:
    port = re.search(r"listens on 127\.0\.0\.1:(\d+)", daemon.out)[1]
    try:
        with urlopen(f"http://127.0.0.1:{port}/health", timeout=20) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        return error.code, json.load(error)


def reasons(daemon) -> list[str]:
    return [each["id"] for each in health(daemon)[1]["reasons"]]


def events(daemon) -> list[str]:
    return [json.loads(line)["event"] for line in daemon.err.splitlines() if line.startswith("{")]


def ask_for_a_tick(daemon) -> None:
    """Rather than wait for the next minute."""
    daemon.signal(signal.SIGHUP)


def test_it_says_when_it_is_ready_that_it_lives_how_it_stands_and_that_it_stops(supervisor, watched):
    said = supervisor.lines()
    assert said.index("READY=1") < said.index(FED)
    assert health(watched)[0] == 200
    watched.signal(signal.SIGTERM)
    assert watched.ended() == 0
    assert supervisor.lines()[-2:] == ["STOPPING=1", "STATUS=finishing what is in hand"]


def test_while_the_database_is_locked_nothing_feeds_the_watchdog(live_office, supervisor, watched):
    with sqlite3.connect(live_office.database, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        supervisor.forget()
        ask_for_a_tick(watched)
        watched.until(lambda: "RELOADING=1" in supervisor.lines())
        time.sleep(3)
        assert FED not in supervisor.lines()
        other.execute("ROLLBACK")
    watched.until(lambda: FED in supervisor.lines())


def test_a_disk_that_is_full_is_told_once_seen_from_outside_and_got_over(live_office, supervisor, watched):
    full = max(file.stat().st_size for file in live_office.folder.glob("iltod.db*"))
    _, hard = resource.prlimit(watched.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    assert full > 4096
    supervisor.forget()
    for _ in range(2):
        ask_for_a_tick(watched)
        supervisor.forget()
        watched.until(lambda: supervisor.shows("database.down"))
    assert FED not in supervisor.lines()
    assert health(watched)[0] == 503
    assert "database.down" in reasons(watched)
    checked = live_office.iltod("check")
    assert checked.status == 0, "another program can write"

    resource.prlimit(watched.pid, resource.RLIMIT_FSIZE, (hard, hard))
    ask_for_a_tick(watched)
    watched.until(lambda: FED in supervisor.lines() and "database.up" in events(watched))
    assert events(watched).count("database.down") == 1, watched.err
    assert health(watched) == (200, health(watched)[1])


def test_a_tick_that_fails_does_not_feed_the_watchdog(live_office, supervisor, watched):
    with sqlite3.connect(live_office.database, isolation_level=None) as other:
        other.execute("UPDATE monitor SET mode = 'of another program'")
    supervisor.forget()
    ask_for_a_tick(watched)
    watched.until(lambda: supervisor.shows("cycle.failed"))
    assert FED not in supervisor.lines()


def test_a_daemon_that_is_stopped_in_its_tracks_feeds_nothing_and_goes_on_when_it_wakes(supervisor, watched):
    supervisor.forget()
    watched.signal(signal.SIGSTOP)
    ask_for_a_tick(watched)
    time.sleep(2)
    assert supervisor.lines() == []
    watched.signal(signal.SIGCONT)
    watched.until(lambda: FED in supervisor.lines())


def test_a_wrong_configuration_is_refused_loudly_and_the_daemon_lives_on(
    live_office, post_office, supervisor, watched
):
    known = (live_office.folder / "config.toml").read_text("utf-8")
    post_office.taken()
    supervisor.forget()
    live_office.configure(known.replace('kind = "soum"', 'knd = "soum"'))
    watched.signal(signal.SIGHUP)
    watched.until(lambda: supervisor.shows("configuration.refused"))
    said = supervisor.lines()
    assert said.index("RELOADING=1") < said.index("READY=1") < said.index(FED)
    assert health(watched)[0] == 200
    assert reasons(watched) == ["configuration.refused"]
    watched.until(lambda: post_office.letters)
    (letter,) = post_office.letters
    assert letter.recipient == "operator@office.example"
    assert "perhaps kind is meant" in letter.text

    live_office.configure(known)
    supervisor.forget()
    watched.signal(signal.SIGHUP)
    watched.until(lambda: "READY=1" in supervisor.lines() and reasons(watched) == [])
    assert events(watched).count("configuration.sound") == 1


@pytest.mark.parametrize("gone_at_the_start", [True, False])
def test_a_daemon_whose_reader_has_gone_goes_on(live_office, post_office, supervisor, gone_at_the_start):
    config = (live_office.folder / "config.toml").read_text("utf-8")
    config = config.replace("[monitor]", '[monitor]\noperator = "operator@office.example"')
    live_office.configure(config)
    reader, writer = os.pipe()
    if gone_at_the_start:
        os.close(reader)
    daemon = live_office.start("run", into=writer)
    os.close(writer)
    daemon.until(lambda: supervisor.shows("last cycle at ") and live_office.rows(SENT) == [(2,)])
    if not gone_at_the_start:
        os.close(reader)
    for _ in range(2):
        supervisor.forget()
        ask_for_a_tick(daemon)
        daemon.until(lambda: FED in supervisor.lines() and supervisor.shows("last cycle at "))
    live_office.configure(config.replace('kind = "soum"', 'knd = "soum"'))
    ask_for_a_tick(daemon)
    daemon.until(lambda: "operator@office.example" in [each.recipient for each in post_office.letters])
    daemon.signal(signal.SIGTERM)
    assert daemon.ended() == 0


@pytest.mark.parametrize("days", [1, -401], ids=["the clock went back", "the clock leapt ahead"])
def test_that_sending_is_held_is_told_to_the_operator_and_nothing_to_anybody_else(
    live_office, post_office, supervisor, watched, days
):
    post_office.taken()
    move_last_cycle(live_office, timedelta(days=days))
    supervisor.forget()
    ask_for_a_tick(watched)
    watched.until(lambda: post_office.letters)
    (letter,) = post_office.letters
    assert letter.recipient == "operator@office.example"
    assert "sending is held" in letter.text
    assert health(watched)[0] == 503
    assert {"held", "cycle.refused"} <= set(reasons(watched))
    assert FED in supervisor.lines(), "to be started anew would not help"
    supervisor.forget()
    ask_for_a_tick(watched)
    watched.until(lambda: supervisor.shows("cycle.refused"))
    assert events(watched).count("cycle.refused") == 1
    assert [each.recipient for each in post_office.letters] == ["operator@office.example"]


def test_a_daemon_that_is_started_while_sending_is_held_tells_its_operator_and_works_once_it_is_not(
    live_office, post_office, supervisor, watched
):
    watched.signal(signal.SIGTERM)
    assert watched.ended() == 0
    post_office.taken()
    move_last_cycle(live_office, timedelta(days=1))
    supervisor.forget()
    daemon = live_office.start("run")
    daemon.until(lambda: post_office.letters)
    (letter,) = post_office.taken()
    assert letter.recipient == "operator@office.example"
    assert "sending is held" in letter.text
    assert "sending is held" in daemon.err
    assert "the next mails leave at" not in daemon.out
    assert health(daemon)[0] == 503
    assert {"held", "cycle.refused"} <= set(reasons(daemon))
    daemon.until(lambda: FED in supervisor.lines())
    config = (live_office.folder / "config.toml").read_text("utf-8")
    live_office.configure(config.replace("Сэргэлэн сумын", "Сэргэлэн суурингийн"))
    live_office.does("resume", "--reason", "the clock is right")
    ask_for_a_tick(daemon)
    daemon.until(lambda: len(post_office.letters) == 2)
    daemon.until(lambda: reasons(daemon) == [])
    assert events(daemon).count("cycle.refused") == events(daemon).count("cycle.allowed") == 1


def test_a_configuration_that_was_changed_while_the_daemon_was_held_is_taken_in(
    live_office, post_office, supervisor, watched
):
    watched.signal(signal.SIGTERM)
    assert watched.ended() == 0
    config = (live_office.folder / "config.toml").read_text("utf-8")
    live_office.configure(config.replace("Сэргэлэн сумын", "Сэргэлэн суурингийн"))
    move_last_cycle(live_office, timedelta(days=1))
    daemon = live_office.start("run")
    daemon.until(lambda: "listens on" in daemon.out and "held" in reasons(daemon))
    move_last_cycle(live_office, -timedelta(days=1))
    ask_for_a_tick(daemon)
    daemon.until(lambda: reasons(daemon) == [])
    assert live_office.rows("SELECT name FROM organisation") == [("Сэргэлэн суурингийн ЗДТГ",)]


def move_last_cycle(office, by: timedelta) -> None:
    """As if it had been made so much later; what was sent is to be sent again."""
    last_cycle = datetime.now(UTC) + by
    with closing(sqlite3.connect(office.database, isolation_level=None)) as other:
        other.execute("UPDATE monitor SET last_cycle_at = ?", [f"{last_cycle:%Y-%m-%dT%H:%M:%S.%fZ}"])
        other.execute("UPDATE delivery SET state = 'queued', finished_at = NULL")


@pytest.mark.parametrize("of_a_person", ["Bat 99112233 bat@private@office.example"])
def test_what_was_written_of_a_person_stands_in_no_log_and_no_status(
    live_office, supervisor, watched, of_a_person
):
    config = (live_office.folder / "config.toml").read_text("utf-8")
    live_office.configure(config.replace("finance@sergelen.example", of_a_person))
    watched.signal(signal.SIGHUP)
    watched.until(lambda: supervisor.shows("must be one e-mail address"))
    assert "must be one e-mail address" in watched.err
    for part in of_a_person.split():
        assert part not in watched.err
        assert not supervisor.shows(part)


def test_settings_that_wait_for_a_start_are_named(live_office, supervisor, watched):
    known = (live_office.folder / "config.toml").read_text("utf-8")
    live_office.configure(known.replace('listen = "127.0.0.1:0"', 'listen = ""'))
    watched.signal(signal.SIGHUP)
    watched.until(lambda: "configuration.waits" in events(watched))
    assert '"keys": ["web.listen"]' in watched.err
