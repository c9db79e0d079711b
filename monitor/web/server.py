"""The server: the application on a port, in a thread of its own."""

import asyncio
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
import uvicorn
from anyio.to_thread import current_default_thread_limiter
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.flow_control import service_unavailable

from monitor import events
from monitor.configuration.settings import Listen
from monitor.state import Refused
from monitor.web.connections import Connection, say_seldom
from rules.sentences import sentence

_BACKLOG = 128
_THREADS, _ANSWERED = 8, 150
_ALWAYS = {"/health"}
"""Who watches is answered also where a crowd is."""
_FINISH_SECONDS = 5
_AGAIN_SECONDS = 30.0

log = structlog.get_logger("monitor")


def bound(listen: Listen) -> socket.socket:
    """A socket at that host and port; raises `Refused` where it cannot be had."""
    try:
        family = socket.getaddrinfo(listen.host, listen.port, type=socket.SOCK_STREAM)[0][0]
        taken = socket.create_server((listen.host, listen.port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise Refused(
            sentence(
                "the page cannot listen on {place}: {why}; set another web.listen, or end what listens there",
                place=str(listen),
                why=os.strerror(error.errno or 0) if error.errno and error.errno > 0 else error.strerror,
            )
        ) from error
    # asyncio sets it on sockets that name their protocol alone; without it a kept connection waits 40 ms for an answer
    taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    taken.setblocking(False)
    return taken


def place_of(taken: socket.socket) -> Listen:
    """Where it listens in truth: port 0 has become one that was free."""
    host, port = taken.getsockname()[:2]
    return Listen(host, port)


@contextmanager
def serving(application: ASGIApp, taken: socket.socket) -> Iterator[None]:
    """Meanwhile the application answers; at the end what is in hand is finished, for a few seconds."""
    server = _server(application)
    thread = threading.Thread(target=server.run, args=([taken],), name="page", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(_FINISH_SECONDS + 1)


@contextmanager
def serving_when_free(application: ASGIApp, listen: Listen) -> Iterator[None]:
    """As `serving`, for a port that somebody holds now: it is tried again and again, and taken when it is free."""
    ended = threading.Event()
    thread = threading.Thread(
        target=_wait_and_serve, args=(application, listen, ended), name="page", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(_FINISH_SECONDS + 2)


def _wait_and_serve(application: ASGIApp, listen: Listen, ended: threading.Event) -> None:
    while not ended.wait(_AGAIN_SECONDS):
        try:
            taken = bound(listen)
        except Refused:
            continue
        log.info(events.PAGE_LISTENING, place=str(place_of(taken)))
        with serving(application, taken):
            ended.wait()


def _in_few_threads(application: ASGIApp) -> ASGIApp:
    """So many pages are worked out at a time: a crowd that looks at once does not crowd out a cycle beside it."""
    asked = 0

    async def few(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal asked
        current_default_thread_limiter().total_tokens = _THREADS
        asked += 1
        try:
            if asked > _ANSWERED and scope["path"] not in _ALWAYS:
                await service_unavailable(scope, receive, send)  # type: ignore[arg-type]
            else:
                await application(scope, receive, send)
        finally:
            asked -= 1

    return few


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        say_seldom(asyncio.get_running_loop())
        await super().startup(sockets)


def _server(application: ASGIApp) -> uvicorn.Server:
    return _Server(
        uvicorn.Config(
            _in_few_threads(application),
            http=Connection,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",  # what is sent to us is no news, and of our own errors we tell by ourselves
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_FINISH_SECONDS,
            backlog=_BACKLOG,
        )
    )
