"""The connections of the page: so many and no more, and none for longer than somebody honest at a slow line needs.

Whoever reaches the port can open connections and say nothing. Each of them takes a descriptor, and the daemon in the
same process needs some too: for its database, its mails, its files.
"""

import asyncio
import errno
import resource
from enum import Enum, auto
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from monitor.clock import monotonic

MOST = 200
_PART_OF_ALL = 4
"""The page has a quarter of the descriptors that the process may have, where that is less."""
_LOOK_SECONDS = 30.0
_LEAST_OF_A_BODY = 8 * 1024
"""Bytes between two looks: a photograph over the worst of lines brings more, and 16 KiB of a stranger end soon."""
_SAY_AGAIN_SECONDS = 60.0
_NO_RESOURCES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


class _Awaited(Enum):
    """What the other side has to do next."""

    HEAD = auto()
    BODY = auto()
    READING = auto()
    NOTHING = auto()


_PATIENCE = {_Awaited.HEAD: 1, _Awaited.BODY: 1, _Awaited.READING: 4}
"""Looks without progress; what is read leaves us late, for the systems between hold much of it."""


def most_connections() -> int:
    """How many may be open at a time."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if files == resource.RLIM_INFINITY else max(1, min(MOST, files // _PART_OF_ALL))


class Connection(H11Protocol):
    """Ends where the other side brings nothing on; where all are taken, the one that has waited longest makes room."""

    since = 0.0
    """When it began to wait for a request."""
    _look_again: asyncio.TimerHandle
    _heads = _received = _drained = _looks = 0
    _seen: tuple[_Awaited, int] = (_Awaited.HEAD, 0)
    _reached = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody has come."""
        super().connection_made(transport)
        self.since = self.loop.time()
        self._look_again = self.loop.call_later(_LOOK_SECONDS, self._look)
        if len(self.connections) > most_connections():
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Somebody has gone."""
        self._look_again.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Something has come."""
        self._received += len(data)
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._heads += 1

    def on_response_complete(self) -> None:
        """Something was answered."""
        self.since = self.loop.time()
        before = self.cycle
        super().on_response_complete()
        if self.cycle is not before:  # the next request had come already
            self._heads += 1

    def resume_writing(self) -> None:
        """What was to be read has been, but for a little."""
        self._drained += 1
        super().resume_writing()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def _make_room(self) -> None:
        """Whoever asks for something does so at once: who has come, and has asked for nothing, is the first to go."""
        others = [each for each in self.connections if isinstance(each, Connection) and each is not self]
        idle = [each for each in others if each.is_idle]
        (min(idle, key=lambda each: each.since) if idle else self).end()

    def end(self) -> None:
        """At once, without a word."""
        self.connections.discard(self)  # now: the next that comes must not choose it again
        self.transport.abort()

    def _look(self) -> None:
        """Whether there was progress since the last look, with what is awaited still."""
        seen, reached = (self._awaited(), self._heads), self._progress()
        least = _LEAST_OF_A_BODY if seen[0] is _Awaited.BODY else 1
        is_stuck = seen == self._seen and reached - self._reached < least
        self._looks = self._looks + 1 if is_stuck else 0
        self._seen, self._reached = seen, reached
        if self._looks >= _PATIENCE.get(seen[0], self._looks + 1):
            self.end()
        else:
            self._look_again = self.loop.call_later(_LOOK_SECONDS, self._look)

    def _awaited(self) -> _Awaited:
        if self.transport.get_write_buffer_size():
            return _Awaited.READING
        if self.conn.their_state is h11.IDLE:
            return _Awaited.HEAD
        if self.conn.their_state is h11.SEND_BODY and not self.flow.read_paused:
            return _Awaited.BODY
        return _Awaited.NOTHING

    def _progress(self) -> int:
        """A number that grows with what is awaited; of a head only the whole of it counts."""
        match self._awaited():
            case _Awaited.BODY:
                return self._received
            case _Awaited.READING:
                return (self._drained << 32) - self.transport.get_write_buffer_size()
        return 0


def say_seldom(loop: asyncio.AbstractEventLoop) -> None:
    """Where no connection can be taken because the process has no descriptor left, asyncio says so without end."""
    said_at: float | None = None

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        nonlocal said_at
        if getattr(context.get("exception"), "errno", None) in _NO_RESOURCES:
            if said_at is not None and monotonic() - said_at < _SAY_AGAIN_SECONDS:
                return
            said_at = monotonic()
        loop.default_exception_handler(context)

    loop.set_exception_handler(handle)
