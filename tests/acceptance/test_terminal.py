"""What a terminal shows that a pipe does not."""

import os
import pty
import subprocess

import pytest

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)  # what is shown is the same on any

CONFIG = """
[monitor]
database = "sqlite:///iltod.db"
language = "en"
packs = ["budget"]

[[organisations]]
id = "sergelen"
name = "Сэргэлэн сумын ЗДТГ"
kind = "soum"
since = 2024-01-01
contacts = [{ role = "head", name = "Head", email = "head@sergelen.example" }]
"""
RED = "\x1b[1;31moverdue"


@pytest.fixture
def office(office):
    """An office where the budget of 2024 is overdue."""
    office.configure(CONFIG)
    office.does("run", "--once", "--at", "2024-01-11T09:00")
    return office


@pytest.fixture
def on_terminal(office):
    """What `iltod status` shows on a terminal."""

    def show(**environment: str) -> str:
        screen, keyboard = pty.openpty()
        process = subprocess.Popen(
            [office.PROGRAM, "status"],
            cwd=office.folder,
            env=office.environment() | environment,
            stdin=keyboard,
            stdout=keyboard,
            stderr=subprocess.DEVNULL,
        )
        os.close(keyboard)
        shown = b""
        try:
            while part := os.read(screen, 4096):
                shown += part
        except OSError:
            pass  # Linux says that the other side has closed the line
        finally:
            os.close(screen)
        assert process.wait(60) == 0
        return shown.decode()

    return show


def in_a_shell(office, line: str) -> subprocess.CompletedProcess[bytes]:
    """What came of a whole command line."""
    return subprocess.run(
        ["bash", "-c", line],
        cwd=office.folder,
        env=office.environment(),
        capture_output=True,
        timeout=60,
        check=False,
    )


def test_a_terminal_has_colour_unless_no_color_is_set_and_a_pipe_has_none(office, on_terminal):
    assert RED in on_terminal()
    assert "\x1b" not in on_terminal(NO_COLOR="1")
    assert "\x1b" not in office.does("status")


@pytest.mark.parametrize(
    ("output", "status", "complaint"),
    [
        (">&-", 0, ""),
        (">/dev/full", 1, "it was done, but the answer could not be written: No space left on device\n"),
    ],
)
def test_where_the_answer_is_lost_it_is_said_that_what_was_asked_is_done(office, output, status, complaint):
    posting = "post sergelen/budget.approved/2024 --channel website --on 2024-01-10"
    done = in_a_shell(office, f"unset PYTHONUNBUFFERED; '{office.PROGRAM}' {posting} {output}")
    assert (done.returncode, done.stderr.decode()) == (status, complaint)
    assert office.rows("SELECT channel FROM posting") == [("website",)]


def test_lists_show_moments_on_the_offices_clock(office):
    office.does("event", "add", "budget-amendment", "--organisation", "sergelen", "--on", "2024-01-10")
    assert "2024-01-11 09:00" in office.does("event", "list")


def test_a_reader_who_has_seen_enough_is_no_fault(office):
    line = f"set -o pipefail; '{office.PROGRAM}' status --all --format json | head -c 1"
    piped = in_a_shell(office, line)
    assert (piped.returncode, piped.stdout, piped.stderr) == (0, b"{", b"")
