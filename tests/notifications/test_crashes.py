"""A real process, killed in the middle of its work: nothing is lost, and what is repeated is the same mail."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

# The sender takes what a dead one had claimed, which is right where no other can be alive.
pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

SENDER = Path(__file__).parent / "sender.py"
ROOT = SENDER.parents[2]
SILENCE = "<silence>"


@pytest.fixture
def start(post, tmp_path):
    """Starts a sending process against a server; whatever still runs at the end is ended."""
    running = []

    def start(server, connections=1):
        arguments = [sys.executable, SENDER, tmp_path / "iltod.db", str(server.port), str(connections)]
        process = subprocess.Popen(arguments, env=os.environ | {"PYTHONPATH": str(ROOT)})
        running.append(process)
        return process

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.wait()


def wait_until(reached, process):
    deadline = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.002)


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait()


def kill_after(process, server, mails):
    """Kills the process when the server has taken so many mails of it, or it has none left."""
    enough = len(server.received) + mails
    while len(server.received) < enough and process.poll() is None:
        time.sleep(0.001)
    kill(process)


def finish(process):
    assert process.wait(timeout=60) == 0


def test_killed_after_the_final_dot_and_before_the_answer_the_same_mail_is_sent_again(post, serve, start):
    server = serve(script={".": [SILENCE]})
    post.queue()
    first = start(server)
    wait_until(lambda: server.received, first)
    kill(first)
    finish(start(server))
    one, again = server.received
    assert one.raw == again.raw
    assert one.message_id == again.message_id
    assert post.states() == ["sent"]


def test_killed_after_the_answer_and_before_it_is_recorded_the_same_mail_is_sent_again(
    post, serve, start, engine
):
    server = serve(script={"RCPT": [SILENCE]})
    post.queue()
    post.queue("web@sergelen.example")
    first = start(server)
    wait_until(lambda: any(command.startswith("RCPT") for command in server.commands), first)
    with engine.begin():  # nobody else can write now, so the answer cannot be recorded
        server.script["RCPT"] = []
        server.hang_up()
        wait_until(lambda: server.received, first)
        time.sleep(0.2)
        kill(first)
    finish(start(server))
    times = Counter(each.message_id for each in server.received)
    assert sorted(times.values()) == [1, 2]
    assert post.states() == ["sent", "sent"]


def test_killed_before_the_message_was_handed_over_it_is_sent_once(post, serve, start):
    server = serve(script={"DATA": [SILENCE]})
    post.queue()
    first = start(server)
    wait_until(lambda: any(command == "DATA" for command in server.commands), first)
    kill(first)
    finish(start(server))
    assert len(server.received) == 1
    assert post.states() == ["sent"]


@pytest.mark.parametrize("connections", [1, 4])
def test_killed_again_and_again_nothing_is_lost_and_at_most_one_a_connection_repeated(
    post, serve, start, connections
):
    server = serve()
    recipients = [f"officer{number}@sergelen.example" for number in range(400)]
    for recipient in recipients:
        post.queue(recipient)
    chance = random.Random(20240105)
    kills = 0
    while kills < 6 and "queued" in post.states():
        kill_after(start(server, connections), server, chance.randint(1, 60))
        kills += 1
    finish(start(server, connections))
    times = Counter(each.recipient for each in server.received)
    assert set(times) == set(recipients)
    assert len(server.received) - len(recipients) <= kills * connections
    assert len({each.raw for each in server.received}) == len(recipients), "each repeat is the same mail"
    assert set(post.states()) == {"sent"}
