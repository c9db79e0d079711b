"""Connections of strangers, which say nothing or too little: they end, and keep nobody else away."""

import asyncio
import contextlib
import errno
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from structlog.testing import capture_logs

from monitor.configuration.settings import Listen
from monitor.web import connections, server
from tests.monitor.web.test_server import answers, wait_until

LONG = 20_000_000
Connect = Callable[..., socket.socket]


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    """Connections to a page that takes what is sent and answers with its length; they are looked at often."""
    monkeypatch.setattr(connections, "_LOOK_SECONDS", 0.1)

    async def application(scope, receive, send) -> None:
        with contextlib.suppress(ClientDisconnect):
            body = await Request(scope, receive).body()
            answer = "x" * LONG if scope["path"] == "/long" else str(len(body))
            await PlainTextResponse(answer)(scope, receive, send)

    taken = server.bound(Listen("127.0.0.1", 0))
    port = server.place_of(taken).port
    with contextlib.ExitStack() as opened, server.serving(application, taken):

        def made(sent: bytes = b"") -> socket.socket:
            one = opened.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
            one.sendall(sent)
            return one

        made.port = port  # type: ignore[attr-defined]
        yield made


def is_open(one: socket.socket) -> bool:
    one.setblocking(False)
    try:
        return one.recv(1) != b""
    except BlockingIOError:
        return True
    except ConnectionError:
        return False


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: ",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\nabc",
    ],
    ids=["nothing", "half a head", "the beginning of a body"],
)
def test_who_brings_nothing_on_is_left(connect: Connect, sent: bytes) -> None:
    one = connect(sent)
    wait_until(lambda: not is_open(one))


def test_a_head_that_comes_byte_by_byte_is_not_waited_for(connect: Connect) -> None:
    one, sent = connect(b"GET / HTTP/1.1\r\nX: "), 0
    with contextlib.suppress(ConnectionError):
        while sent < 200:
            one.sendall(b"x")
            sent += 1
            time.sleep(0.02)
    assert sent < 100


def test_a_photograph_over_a_slow_line_arrives(connect: Connect) -> None:
    one = connect(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n")
    for _ in range(20):
        one.sendall(b"x" * 10_000)
        time.sleep(0.04)
    assert one.recv(1000).endswith(b"200000")


def test_who_reads_slowly_gets_it_all_and_who_reads_nothing_is_left(connect: Connect) -> None:
    asked = b"GET /long HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    slow, stuck = connect(asked), connect(asked)
    assert read(slow, 0.02) > LONG
    assert read(stuck) < LONG


def read(one: socket.socket, rest: float = 0.0) -> int:
    got = 0
    while piece := one.recv(500_000):
        got += len(piece)
        time.sleep(rest)
    return got


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_hundreds_of_idle_connections_keep_nobody_away_and_take_few_descriptors(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "_LOOK_SECONDS", 30.0)
    before = descriptors()
    idle = [connect(b"GET / HTTP/1.1\r\nX: " if number % 2 else b"") for number in range(300)]
    assert answers(connect.port) == 200
    ours = descriptors() - before - len(idle)
    assert ours <= connections.MOST + 20  # some that were shown out are being closed
    wait_until(lambda: sum(map(is_open, idle)) < connections.MOST)
    assert not any(map(is_open, idle[:100]))
    assert answers(connect.port) == 200


def test_the_page_has_a_part_of_the_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections.resource, "getrlimit", lambda _: (256, 4096))
    assert connections.most_connections() == 64


def test_who_watches_is_answered_beside_a_crowd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_ANSWERED", 2)
    asked = []

    async def application(scope, receive, send) -> None:
        if scope["path"] == "/slow":
            asked.append(scope)
            while (await receive())["type"] != "http.disconnect":
                pass
        await PlainTextResponse("")(scope, receive, send)

    taken = server.bound(Listen("127.0.0.1", 0))
    port = server.place_of(taken).port
    with server.serving(application, taken), contextlib.ExitStack() as opened:
        for _ in range(2):
            one = opened.enter_context(socket.create_connection(("127.0.0.1", port)))
            one.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        wait_until(lambda: len(asked) == 2)
        assert (answers(port, "/"), answers(port, "/health")) == (503, 200)


def test_a_want_of_descriptors_is_said_once_a_minute() -> None:
    loop, said = asyncio.new_event_loop(), []
    loop.default_exception_handler = said.append
    connections.say_seldom(loop)
    want = {"message": "socket.accept() out of system resource", "exception": OSError(errno.EMFILE, "")}
    for _ in range(1000):
        loop.call_exception_handler(want)
    loop.call_exception_handler({"message": "another"})
    loop.close()
    assert said == [want, {"message": "another"}]


def test_what_strangers_send_is_no_news_to_the_log(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    with capture_logs() as logged:
        assert connect(b"NONSENSE\r\n\r\n").recv(1000).startswith(b"HTTP/1.1 400")
    assert (logged, caplog.records) == ([], [])
