"""What a machine does to a program: it is killed at a system call, stopped, starved, or run where little is there."""

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("store", ["sqlite"], indirect=True)]

with_strace = pytest.mark.skipif(
    shutil.which("strace") is None, reason="strace, which plays the faults, is not there"
)
AT = "2024-01-09T09:00"
CYCLE = ("run", "--once", "--at", AT)
RECIPIENTS = ["finance@sergelen.example", "web@sergelen.example"]


@pytest.fixture
def two_mails(office, post_office):
    """An office that has two mails to send in its first cycle."""
    office.configure(_CONFIG.format(port=post_office.port))
    return office


def struck(office, fault, *command):
    """The command, struck by that fault of strace's; how it ended is for the caller to say."""
    return subprocess.run(
        ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={fault}", office.PROGRAM, *command],
        cwd=office.folder,
        env=office.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def each_told(post_office):
    return Counter((each.recipient, each.message_id) for each in post_office.letters)


MOMENTS = {
    # Struck there in the main thread; then stand there so many reminders, mails, mails in hand and answers, and so many
    # letters lie at the server; more than two of them in the end is a repeat.
    "the reminders are written, no mail is": ("fdatasync", 5, (2, 0, 0, 0), 0, 2),
    "the mails are being written": ("fdatasync", 6, (2, 0, 0, 0), 0, 2),
    "the mails are queued": ("fdatasync", 7, (2, 2, 0, 0), 0, 2),
    "the mails are in hand": ("fdatasync", 9, (2, 2, 2, 0), 0, 2),
    "before the greeting": ("sendto", 1, (2, 2, 2, 0), 0, 2),
    "before the sender": ("sendto", 2, (2, 2, 2, 0), 0, 2),
    "between sender and recipient": ("sendto", 3, (2, 2, 2, 0), 0, 2),
    "between recipient and text": ("sendto", 4, (2, 2, 2, 0), 0, 2),
    "as the text is handed over": ("sendto", 5, (2, 2, 2, 0), 0, 2),
    "the first is answered, and that is not recorded": ("sendto", 6, (2, 2, 2, 0), 1, 3),
    "the first answer is recorded": ("fdatasync", 10, (2, 2, 1, 1), 1, 2),
    "the second answer is recorded": ("fdatasync", 11, (2, 2, 0, 2), 2, 2),
}
STANDS = """
SELECT (SELECT count(*) FROM reminder), count(*), count(*) FILTER (WHERE state = 'sending'),
    (SELECT count(*) FROM attempt)
FROM delivery
"""


@with_strace
@pytest.mark.parametrize(("call", "place", "stands", "taken", "in_the_end"), MOMENTS.values(), ids=MOMENTS)
def test_killed_at_a_system_call_nothing_is_lost_and_at_most_one_mail_repeated(
    two_mails, post_office, call, place, stands, taken, in_the_end
):
    two_mails.does("migrate")
    assert struck(two_mails, f"{call}:signal=KILL:when={place}", *CYCLE).returncode == -signal.SIGKILL
    assert two_mails.rows(STANDS) == [stands]
    assert len(post_office.letters) == taken

    two_mails.does(*CYCLE)
    times = each_told(post_office)
    assert sorted(recipient for recipient, _ in times) == RECIPIENTS
    assert sum(times.values()) == in_the_end
    assert two_mails.rows("SELECT state, count(*) FROM delivery GROUP BY state") == [("sent", 2)]


@with_strace
def test_killed_while_tables_are_made_the_next_start_makes_them_whole(two_mails):
    for place in (10, 40):
        two_mails.store.forget()
        struck(two_mails, f"pwrite64:signal=KILL:when={place}", "migrate")
        two_mails.does("migrate")
        assert is_whole(two_mails.database)


@with_strace
@pytest.mark.parametrize(
    "fault",
    [
        "fdatasync:error=EIO:when=3+",  # before there is a table
        "pwrite64:error=ENOSPC:when=60+",
        *[f"fdatasync:error=EIO:when={place}+" for place in (12, 14, 16)],  # to the record of the last answer
    ],
)
def test_a_disk_that_fails_ends_the_run_with_a_sentence_and_the_next_run_loses_nothing(
    two_mails, post_office, fault
):
    done = struck(two_mails, fault, *CYCLE)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    two_mails.does(*CYCLE)
    times = each_told(post_office)
    assert sorted(recipient for recipient, _ in times) == RECIPIENTS
    assert sum(times.values()) <= len(RECIPIENTS) + 1


@with_strace
@pytest.mark.parametrize(
    ("fault", "is_there"),
    [("rename:signal=KILL:when=1", False), ("fsync:signal=KILL:when=2", True)],
    ids=["before it has its name", "when it has it"],
)
def test_killed_when_a_file_gets_its_name_there_is_the_whole_file_or_none(two_mails, fault, is_there):
    two_mails.does("migrate")
    assert struck(two_mails, fault, "backup", "copy.db").returncode == -signal.SIGKILL
    copy = two_mails.folder / "copy.db"
    assert copy.exists() == is_there
    if not is_there:
        two_mails.does("backup", "copy.db")
    assert is_whole(copy)


@with_strace
def test_killed_when_the_database_gets_its_name_there_is_none_and_the_next_start_makes_it(two_mails):
    assert struck(two_mails, "link:signal=KILL:when=1", "migrate").returncode == -signal.SIGKILL
    assert not two_mails.database.exists()
    two_mails.does("migrate")
    assert is_whole(two_mails.database)


def is_whole(database):
    with closing(sqlite3.connect(database)) as connection:
        (found,) = connection.execute("PRAGMA integrity_check").fetchone()
        return found == "ok" and connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)


TO_BE_WORKED_OUT = "SELECT count(*) FROM organisation WHERE attention_at IS NULL"


def test_a_daemon_that_was_stopped_for_a_while_goes_on_and_repeats_nothing(live_office, post_office):
    daemon = live_office.start("run")
    daemon.until(lambda: live_office.rows("SELECT count(*) FROM delivery WHERE state = 'sent'") == [(2,)])
    time.sleep(1)  # until it holds nothing: who is stopped with the database in hand keeps it
    daemon.signal(signal.SIGSTOP)
    live_office.does(
        "event", "add", "drill", "--organisation", "sergelen", "--on", live_office.today, "--reference", "2"
    )
    time.sleep(8)
    assert live_office.rows(TO_BE_WORKED_OUT) == [(1,)], "the next cycle's to do"
    cycles = daemon.err.count("cycle.done")
    daemon.signal(signal.SIGCONT)
    daemon.signal(signal.SIGHUP)
    daemon.until(lambda: daemon.err.count("cycle.done") > cycles)
    time.sleep(6)
    daemon.signal(signal.SIGTERM)
    assert daemon.ended() == 0
    assert live_office.rows(TO_BE_WORKED_OUT) == [(0,)]
    assert len(post_office.letters) == 2


def test_a_database_that_somebody_holds_is_waited_for_and_can_be_looked_at(live_office):
    live_office.does("run", "--once")
    with closing(sqlite3.connect(live_office.database, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        waiting = live_office.start(
            "post", "sergelen/drill.report/e1", "--channel", "website", "--on", live_office.today
        )
        assert "sergelen/drill.report/e1" in live_office.does("status")
        time.sleep(1)
        assert waiting.process.poll() is None
        holder.execute("ROLLBACK")
    assert waiting.ended() == 0


def _poorly() -> None:
    os.umask(0o077)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    os.close(0)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


SEVEN_BITS = {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
POOR = {
    "a language of seven bits, no home, another zone, no zone files, no folder for temporary files": {
        "env": {
            **SEVEN_BITS,
            "HOME": None,
            "TZ": "America/Santiago",
            "PYTHONTZPATH": "",
            "TMPDIR": "/nowhere",
        }
    },
    "asserts taken out": {"env": {"PYTHONOPTIMIZE": "2"}},
    "one processor, 64 open files, no standard input, a mask that lets nobody": {"before": _poorly},
}


@pytest.mark.parametrize("poor", POOR.values(), ids=POOR)
def test_it_does_its_work_where_little_is_there(two_mails, post_office, poor):
    changed = {**two_mails.environment(), **poor.get("env", {})}

    def does(*command):
        done = subprocess.run(
            [two_mails.PROGRAM, *command],
            cwd=two_mails.folder,
            env={name: value for name, value in changed.items() if value is not None},
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
            preexec_fn=poor.get("before"),
        )
        assert (done.returncode, done.stderr) == (0, ""), done
        return done.stdout

    said = does(*CYCLE), does("status"), mailed(post_office)
    assert sorted(said[-1]) == RECIPIENTS
    two_mails.store.forget()
    assert said == (two_mails.does(*CYCLE), two_mails.does("status"), mailed(post_office))


@pytest.mark.parametrize("output", [">&- 2>&-", ">/dev/full 2>&1"], ids=["closed", "full"])
def test_it_does_its_work_where_what_it_says_is_lost(two_mails, post_office, output):
    done = subprocess.run(
        ["bash", "-c", f"unset PYTHONUNBUFFERED; '{two_mails.PROGRAM}' {' '.join(CYCLE)} {output}"],
        cwd=two_mails.folder,
        env=two_mails.environment(),
        timeout=120,
        check=False,
    )
    assert done.returncode == 0
    assert sorted(mailed(post_office)) == RECIPIENTS


def mailed(post_office):
    """The text of each letter since this was asked last."""
    return {each.recipient: each.text for each in post_office.taken()}


MEASURED = """
import sys
from monitor.cli import main
assert main(sys.argv[1:]) == 0
with open("/proc/self/status") as status:
    print([int(line.split()[1]) for line in status if line.startswith("VmPeak:")][0] * 1024)
"""


def memory_that_it_takes(office):
    """The most address space, in bytes, that a cycle takes on this machine."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *CYCLE],
        cwd=office.folder,
        env=office.environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=True,
    )
    return int(done.stdout.splitlines()[-1])


@pytest.fixture
def two_mails_and_a_service(two_mails, post_office, service):
    """One of the two is told by a service too, for which a library is loaded while it sends."""
    mail = f'email = "{RECIPIENTS[0]}"'
    two_mails.configure(
        _CONFIG.format(port=post_office.port).replace(mail, f'{mail}, also = ["{service.address}"]')
    )
    return two_mails


def test_too_little_memory_ends_it_or_defers_and_the_next_run_loses_nothing(
    two_mails_and_a_service, post_office, service
):
    office = two_mails_and_a_service
    whole = memory_that_it_takes(office)
    ended = deferred = 0
    # From the first import to the last answer, whether few or many threads made up the whole.
    for share in (0.3, 0.34, 0.37, 0.42, 0.46, 0.5, 0.58):
        office.store.forget()
        post_office.taken()
        service.received.clear()
        limit = int(whole * share)
        done = subprocess.run(
            [office.PROGRAM, *CYCLE],
            cwd=office.folder,
            env=office.environment(),
            capture_output=True,
            timeout=120,
            check=False,
            preexec_fn=lambda limit=limit: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
        )
        ended += done.returncode != 0
        deferred += b"mail.deferred" in done.stderr
        later = office.iltod("run", "--once", "--at", "2024-01-09T09:05")  # what was deferred is due again
        assert later.status == 0, later
        assert office.rows("SELECT state, count(*) FROM delivery GROUP BY state") == [("sent", 3)], share
        times = each_told(post_office)
        assert sorted(recipient for recipient, _ in times) == RECIPIENTS, share
        assert sum(times.values()) <= len(RECIPIENTS) + 1, share
        assert len(service.received) in (1, 2), share
    assert ended, "it needs less than half of what it takes when it may"
    assert deferred, "it was never struck while it sent"


@pytest.mark.skipif(
    shutil.which("unshare") is None or os.geteuid() != 0, reason="only root may take the network away"
)
def test_without_any_network_the_mails_wait(two_mails):
    done = subprocess.run(
        ["unshare", "--net", two_mails.PROGRAM, *CYCLE],
        cwd=two_mails.folder,
        env=two_mails.environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done
    assert "Traceback" not in done.stderr
    assert two_mails.rows("SELECT state, count(*) FROM delivery GROUP BY state") == [("queued", 2)]


_CONFIG = """
[monitor]
database = "sqlite:///iltod.db"
packs = ["budget"]

[[organisations]]
id = "sergelen"
name = "Сэргэлэн сумын ЗДТГ"
kind = "soum"
since = 2024-01-01
contacts = [
    {{ role = "finance", name = "Санхүү", email = "finance@sergelen.example" }},
    {{ role = "web", name = "Цахим хуудас", email = "web@sergelen.example" }},
]

[mail]
transport = "smtp"
host = "127.0.0.1"
port = {port}
security = "none"
connections = 1
"""
