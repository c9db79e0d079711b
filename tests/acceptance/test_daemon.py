"""The daemon as people run it: started, asked from a second terminal, stopped by a signal."""

import signal
import sqlite3
import stat
import time
from contextlib import closing

import pytest

stopped_by = pytest.mark.parametrize(
    ("store", "stop"),
    [
        ("sqlite", signal.SIGTERM),
        ("sqlite", signal.SIGINT),
        pytest.param("postgresql", signal.SIGTERM, marks=pytest.mark.slow),
    ],
    indirect=["store"],
    ids=lambda each: each.name if isinstance(each, signal.Signals) else each,
)


@pytest.fixture
def started(live_office):
    """The daemon at work: its overview stands on the screen."""
    daemon = live_office.start("run")
    daemon.until(lambda: "mails go to" in daemon.out)
    return daemon


def sent(office) -> list[tuple[object, ...]]:
    return office.rows("SELECT count(*) FROM delivery WHERE state = 'sent'")


def test_it_shows_what_is_due_and_answers_from_a_second_terminal(live_office, post_office, started):
    assert "iltod is running; Ctrl-C stops it" in started.out
    assert "due soon" in started.out
    assert "sergelen/drill.report/e1" in started.out
    assert "the next mails leave at" in started.out
    assert f"mails go to 127.0.0.1:{post_office.port}" in started.out

    started.until(lambda: sent(live_office) == [(2,)])
    assert sorted(each.recipient for each in post_office.letters) == [
        "finance@sergelen.example",
        "web@sergelen.example",
    ]
    assert "sergelen/drill.report/e1" in live_office.does("status")
    assert live_office.iltod("status", "--check").status == 1, "something is due soon, and the daemon lives"
    assert "posting p1 recorded" in live_office.does(
        "post", "sergelen/drill.report/e1", "--channel", "website", "--on", live_office.today
    )
    assert live_office.iltod("status", "--check").status == 0


@stopped_by
def test_the_first_signal_stops_it_cleanly(live_office, started, stop):
    started.until(lambda: sent(live_office) == [(2,)])
    started.signal(stop)
    assert started.ended() == 0
    assert started.out.endswith("stopped; nothing was lost\n")
    assert "Traceback" not in started.err
    assert "sergelen/drill.report/e1" in live_office.does("status"), "what it left can be read"


def test_a_signal_that_comes_with_the_first_word_stops_it_cleanly_too(live_office):
    daemon = live_office.start("run")
    daemon.until(lambda: "iltod is running" in daemon.out)
    daemon.signal(signal.SIGINT)
    assert daemon.ended() == 0
    assert daemon.out.endswith("stopped; nothing was lost\n")


def test_the_first_signal_lets_it_finish_the_mail_that_it_has_in_hand(live_office, post_office):
    post_office.hold()
    daemon = live_office.start("run")
    daemon.until(lambda: post_office.letters)
    daemon.signal(signal.SIGTERM)
    time.sleep(0.3)
    assert daemon.process.poll() is None, "it waits for the answer"
    post_office.let_go()
    assert daemon.ended() == 0
    assert live_office.rows("SELECT state, count(*) FROM delivery GROUP BY state ORDER BY state") == [
        ("queued", 1),
        ("sent", 1),
    ]


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)  # on a server its claim stands for a minute
def test_a_second_signal_ends_it_at_once_and_the_next_start_repeats_the_mail(live_office, post_office):
    post_office.hold()
    daemon = live_office.start("run")
    daemon.until(lambda: post_office.letters)
    daemon.signal(signal.SIGTERM)
    time.sleep(0.1)
    daemon.signal(signal.SIGTERM)
    assert daemon.ended() == 128 + signal.SIGTERM
    post_office.let_go()
    again = live_office.start("run")
    again.until(lambda: sent(live_office) == [(2,)])
    assert len(post_office.letters) == 3
    assert len({each.raw for each in post_office.letters}) == 2


@stopped_by
def test_the_first_signal_lets_a_single_pass_finish_the_mail_in_hand_and_the_next_repeats_nothing(
    live_office, post_office, stop
):
    post_office.hold()
    once = live_office.start("run", "--once")
    once.until(lambda: post_office.letters)
    once.signal(stop)
    time.sleep(0.3)
    assert once.process.poll() is None, "it waits for the answer"
    post_office.let_go()
    assert once.ended() == 0
    assert "1 sent, 0 deferred, 0 failed" in once.out
    assert once.out.endswith("stopped; nothing was lost\n")
    assert live_office.rows("SELECT state, count(*) FROM delivery GROUP BY state ORDER BY state") == [
        ("queued", 1),
        ("sent", 1),
    ]
    live_office.does("run", "--once")
    assert len(post_office.letters) == len({each.recipient for each in post_office.letters}) == 2


@stopped_by
def test_a_second_signal_ends_a_single_pass_at_once(live_office, post_office, stop):
    post_office.hold()
    once = live_office.start("run", "--once")
    once.until(lambda: post_office.letters)
    once.signal(stop)
    time.sleep(0.1)
    once.signal(stop)
    assert once.ended() == 128 + stop


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL], ids=lambda end: end.name)
def test_a_second_start_does_nothing_twice(live_office, post_office, started, end):
    started.until(lambda: sent(live_office) == [(2,)])
    started.signal(end)
    started.ended()
    before = {
        table: live_office.rows(f"SELECT * FROM {table}")
        for table in ("obligation", "reminder", "message", "attempt")
    }
    post_office.taken()
    again = live_office.start("run")
    again.until(lambda: "mails go to" in again.out)
    time.sleep(0.5)
    again.signal(signal.SIGTERM)
    assert again.ended() == 0
    assert post_office.letters == []
    for table, rows in before.items():
        assert live_office.rows(f"SELECT * FROM {table}") == rows


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)  # on a server daemons share the work
@pytest.mark.parametrize("config", ["config.toml", "linked.toml"])
@pytest.mark.parametrize("command", [("run",), ("run", "--once")], ids=" ".join)
def test_while_it_runs_nobody_else_runs_by_whatever_name_the_database_goes(
    live_office, started, config, command
):
    live_office.link("linked.toml")
    refused = live_office.iltod("--config", config, *command)
    assert refused.status == 1
    assert len(refused.err.splitlines()) == 1
    assert f"another iltod (process {started.pid}) works on" in refused.err
    assert "stop it first" in refused.err
    assert refused.out == ""
    assert started.process.poll() is None


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)  # the lock is a file
def test_a_killed_daemon_leaves_no_lock_behind(live_office, started):
    lock = live_office.database.with_name("iltod.db.lock")
    assert stat.S_IMODE(lock.stat().st_mode) == 0o600
    started.kill()
    assert "cycle of" in live_office.does("run", "--once")


def test_what_a_daemon_cannot_hand_over_waits_and_is_said(live_office, post_office):
    post_office.close_door()
    daemon = live_office.start("run")
    daemon.until(lambda: "Connect call failed" in daemon.err)
    answer = live_office.iltod("status")
    assert answer.status == 0
    assert "mail is down since" in answer.err
    assert "mail is down" not in answer.out
    daemon.signal(signal.SIGTERM)
    assert daemon.ended() == 0
    assert live_office.rows("SELECT state, count(*) FROM delivery GROUP BY state") == [("queued", 2)]


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_test_mail_takes_nothing_with_it_that_waits(live_office, post_office):
    live_office.does("run", "--once")
    post_office.taken()
    with closing(sqlite3.connect(live_office.database, isolation_level=None)) as other:
        other.execute("UPDATE delivery SET state = 'queued', finished_at = NULL")
    said = live_office.does("mail", "test", "you@office.example")
    assert said == "the test mail to you@office.example was handed over\n"
    assert [each.recipient for each in post_office.taken()] == ["you@office.example"]
    live_office.does("run", "--once")
    assert len(post_office.taken()) == 2


def test_a_rehearsal_takes_no_daemon_and_a_live_database_no_rehearsal(live_office, post_office):
    at = f"{live_office.today}T12:00"
    live_office.does("run", "--once", "--at", at)
    for command in (("run",), ("run", "--once")):
        refused = live_office.iltod(*command)
        assert (refused.status, refused.out) == (1, "")
        assert "this database is a rehearsal; go on with run --once --at" in refused.err
        assert "name another file in monitor.database to go live" in refused.err

    live_office.store.forget()
    live_office.does("run", "--once")
    refused = live_office.iltod("run", "--once", "--at", at)
    assert (refused.status, refused.out) == (1, "")
    assert "--at is for rehearsals, and this database is live" in refused.err
    assert "name another file in monitor.database" in refused.err


def test_a_rehearsal_does_not_go_back_but_may_stay(live_office):
    live_office.does("run", "--once", "--at", "2024-01-09T09:00")
    live_office.does("run", "--once", "--at", "2024-01-09T09:00")
    refused = live_office.iltod("run", "--once", "--at", "2024-01-08T09:00")
    assert (refused.status, refused.out) == (1, "")
    assert "lies before the last cycle of this rehearsal" in refused.err
    assert "go on from there, or begin with another database" in refused.err


def test_at_is_only_for_one_cycle(live_office):
    misread = live_office.iltod("run", "--at", "2024-01-09T09:00")
    assert misread.status == 2
    assert "--once" in misread.err


def test_a_changed_configuration_is_taken_in_at_once_when_asked_and_a_wrong_one_never(
    live_office, post_office, started
):
    started.until(lambda: sent(live_office) == [(2,)])
    post_office.taken()
    known = (live_office.folder / "config.toml").read_text("utf-8")

    live_office.configure(known.replace('kind = "soum"', 'knd = "soum"'))
    started.signal(signal.SIGHUP)
    started.until(lambda: "configuration.refused" in started.err)
    assert "perhaps kind is meant" in started.err

    live_office.configure(known.replace("Сэргэлэн сумын", "Сэргэлэн суурингийн"))
    started.signal(signal.SIGHUP)
    started.until(lambda: "configuration.taken" in started.err)
    name = "SELECT name FROM organisation"
    started.until(lambda: live_office.rows(name) == [("Сэргэлэн суурингийн ЗДТГ",)])
    assert post_office.letters == [], "and nobody is told anything twice"
