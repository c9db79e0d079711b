"""The page in the daemon's process, and alone; the port that it listens on, and what is done where it is taken."""

import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.concurrency import run_in_threadpool

from monitor.configuration.settings import Listen
from monitor.state import Refused
from monitor.web import server

PROGRAM = Path(sys.executable).with_name("iltod")
CONFIG = """
[monitor]
database = "sqlite:///iltod.db"
language = "en"
packs = ["budget"]
[web]
listen = "{listen}"
[[organisations]]
id = "sergelen"
name = "Sergelen office"
kind = "soum"
since = 2024-01-01
contacts = [{{ role = "head", name = "Head", email = "head@sergelen.example" }}]
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def answers(port: int, path: str = "/sign-in") -> int | None:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return int(refused.code)
    except OSError:
        return None


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


@contextlib.contextmanager
def started(folder: Path, port: int | None, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    (folder / "config.toml").write_text(CONFIG.format(listen=f"127.0.0.1:{port}" if port else ""))
    process = subprocess.Popen(
        [PROGRAM, "--config", folder / "config.toml", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def end(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    return process.returncode, out, err


def test_the_daemon_shows_the_page_from_its_first_word_to_its_last(tmp_path: Path) -> None:
    port = free_port()
    with started(tmp_path, port, "run") as daemon:
        said = daemon.stdout.readline()
        assert said == f"the page is at http://127.0.0.1:8470; it listens on 127.0.0.1:{port}\n"
        assert answers(port) == 200
        assert answers(port, "/nothing") == 404
        status, out, _ = end(daemon)
        assert status == 0
        assert out.endswith("stopped; nothing was lost\n")
        assert answers(port) is None


def test_the_page_alone_runs_beside_a_daemon_and_ends_when_told(tmp_path: Path) -> None:
    port = free_port()
    with started(tmp_path, port, "serve") as page:
        assert str(port) in page.stdout.readline()
        assert answers(port) == 200
        assert end(page) == (0, "", "")


@pytest.mark.parametrize("what", ["replaced", "without its -wal", "of a newer program"])
def test_the_page_alone_ends_where_only_a_new_start_helps(tmp_path: Path, what: str) -> None:
    port, database = free_port(), tmp_path / "iltod.db"
    with started(tmp_path, port, "serve") as page:
        page.stdout.readline()
        if what == "replaced":
            shutil.copy(database, tmp_path / "copy.db")
            (tmp_path / "copy.db").rename(database)
        elif what == "of a newer program":
            with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as newer:
                newer.execute("UPDATE alembic_version SET version_num = '9999'")
        else:
            (tmp_path / "iltod.db-wal").unlink()
        page.send_signal(signal.SIGHUP)  # it looks at once
        _, err = page.communicate(timeout=30)
    assert page.returncode == 1
    assert err.count("\n") == 1
    assert ("newer iltod (schema 9999)" if "newer" in what else "was removed or replaced") in err


def test_the_page_alone_waits_for_a_database_that_is_gone_and_makes_none(tmp_path: Path) -> None:
    port, database = free_port(), tmp_path / "iltod.db"
    with started(tmp_path, port, "serve") as page:
        page.stdout.readline()
        database.rename(tmp_path / "elsewhere.db")
        page.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        assert page.poll() is None
        assert not database.exists()
        (tmp_path / "elsewhere.db").rename(database)
        assert end(page) == (0, "", "")


def test_a_daemon_whose_port_is_taken_says_so_once_and_goes_on(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with started(tmp_path, port, "run") as daemon:
            wait_until((tmp_path / "iltod.db").exists)
            assert daemon.stdout.readline() == "iltod is running; Ctrl-C stops it\n"
            status, _, err = end(daemon)
    assert status == 0
    said = f"the page cannot listen on 127.0.0.1:{port}: Address already in use; set another web.listen"
    assert [line for line in err.splitlines() if "cannot listen" in line] == [
        f"{said}, or end what listens there"
    ]
    assert "daemon.started" in {
        json.loads(line)["event"] for line in err.splitlines() if line.startswith("{")
    }


def test_the_page_alone_is_refused_a_port_that_is_taken(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        started(tmp_path, taken.getsockname()[1], "serve") as page,
    ):
        _, err = page.communicate(timeout=30)
        assert (page.returncode, err.count("\n")) == (1, 1)
        assert "cannot listen" in err


def test_where_nothing_is_to_listen_there_is_no_page(tmp_path: Path) -> None:
    with started(tmp_path, None, "serve") as page:
        _, err = page.communicate(timeout=30)
        assert page.returncode == 1
        assert err.startswith("web.listen is empty")
    with started(tmp_path, None, "run") as daemon:
        assert daemon.stdout.readline() == "iltod is running; Ctrl-C stops it\n"
        assert end(daemon)[0] == 0


def test_the_page_comes_when_the_port_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_AGAIN_SECONDS", 0.05)

    async def application(scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    taken = socket.create_server(("127.0.0.1", 0))
    listen = Listen("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(Refused):
        server.bound(listen)
    with server.serving_when_free(application, listen):
        taken.close()
        wait_until(lambda: answers(listen.port) == 204)
    assert answers(listen.port) is None


def test_a_crowd_takes_few_threads_from_the_daemon() -> None:
    crowd, most, lock = [0], [0], threading.Lock()

    def work() -> None:
        with lock:
            crowd[0] += 1
            most[0] = max(most[0], crowd[0])
        time.sleep(0.05)
        with lock:
            crowd[0] -= 1

    async def application(scope, receive, send) -> None:
        await run_in_threadpool(work)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    taken = server.bound(Listen("127.0.0.1", 0))
    port = server.place_of(taken).port
    with server.serving(application, taken), ThreadPoolExecutor(30) as lookers:
        assert set(lookers.map(lambda _: answers(port), range(60))) == {204}
    assert most == [8]


def test_a_host_that_is_none_is_said_plainly() -> None:
    with pytest.raises(Refused, match="cannot listen"):
        server.bound(Listen("no-such-host.invalid", 1))


def test_a_kept_connection_does_not_wait_for_the_second_part_of_an_answer() -> None:
    with (
        contextlib.closing(server.bound(Listen("127.0.0.1", 0))) as taken,
        socket.create_connection(taken.getsockname()[:2]),
    ):
        taken.setblocking(True)
        answering, _ = taken.accept()
        with answering:
            assert answering.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
