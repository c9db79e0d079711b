"""An SMTP server in memory: the program's own client speaks to it, and it is as moody as servers are.

It keeps what it took, whatever it answered. All its whims come from one source of chance.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any

from tests.simulation.faults import Killed, chance_of

_OFFERS = ("mail.example", "SIZE 10000000", "PIPELINING")


@dataclass(frozen=True)
class Mood:
    """In percent, how often each thing goes wrong."""

    is_down: bool = False
    turned_away: float = 0.0
    """421 at the greeting."""
    greylisted: float = 0.0
    refused: float = 0.0
    """For good."""
    dropped: float = 0.0
    """The line breaks at some word."""
    dropped_after_data: float = 0.0
    stalled: float = 0.0
    late: float = 0.0
    lied: float = 0.0
    """It takes the mail and says that it did not."""


CALM = Mood()
MOODS = (
    CALM,
    Mood(is_down=True),
    Mood(turned_away=60),
    Mood(greylisted=40, late=10),
    Mood(dropped=8, dropped_after_data=10, greylisted=5),
    Mood(stalled=15, late=30),
    Mood(lied=30),
    Mood(refused=4, greylisted=10, lied=5, dropped_after_data=5, dropped=3, stalled=3),
)


@dataclass(frozen=True)
class Taken:
    """A mail as the server took it."""

    recipient: str
    message_id: str
    raw: bytes
    lied: bool = False
    """It was taken, and the answer was that it was not."""


@dataclass
class MailServer:
    """The server of the simulated world."""

    chance: random.Random
    mood: Mood = CALM
    taken: list[Taken] = field(default_factory=list)
    struck: bool = False
    """Whether anything but yes was answered since this was last reset."""

    def connect(self, step: Callable[[], None], loop: asyncio.AbstractEventLoop, protocol: Any) -> "_Line":
        """A process's line; `step` is asked before anything is taken from it: it may be dead, or die of it."""
        if self.mood.is_down:
            self.struck = True
            raise ConnectionRefusedError(111, "Connection refused")
        return _Line(self, step, loop, protocol)

    def strikes(self, percent: float) -> bool:
        struck = chance_of(self.chance, percent)
        self.struck |= struck
        return struck


class _Line(asyncio.Transport):
    """One connection, seen from the client as its transport."""

    def __init__(
        self, server: MailServer, step: Callable[[], None], loop: asyncio.AbstractEventLoop, protocol: Any
    ) -> None:
        super().__init__()
        self._server, self._step, self._loop, self._protocol = server, step, loop, protocol
        self._closed = False
        self._rest = b""
        self._data: list[bytes] | None = None
        self._recipient = ""
        if server.strikes(server.mood.turned_away):
            self._say(b"421 too busy")
            self._loop.call_later(0.002, self._hang_up)
        else:
            self._say(b"220 mail.example")

    # --- what a client asks of its transport

    def write(self, data: Any) -> None:
        self._step()
        if self._closed:
            return
        self._rest += bytes(data)
        while not self._closed and b"\r\n" in self._rest:
            line, _, self._rest = self._rest.partition(b"\r\n")
            if self._data is None:
                self._obey(line.decode())
            elif line == b".":
                self._take(b"\r\n".join(self._data))
            else:
                self._data.append(line[1:] if line.startswith(b".") else line)

    def is_closing(self) -> bool:
        return self._closed

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._loop.call_soon(self._protocol.connection_lost, None)

    def abort(self) -> None:
        self.close()

    def set_protocol(self, protocol: Any) -> None:
        self._protocol = protocol

    def get_protocol(self) -> Any:
        return self._protocol

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ARG002 -- asyncio's signature
        return default

    # --- what the server does

    def _obey(self, command: str) -> None:
        mood, server = self._server.mood, self._server
        verb = command.partition(" ")[0].upper()
        if verb != "QUIT" and server.strikes(mood.dropped):
            self._hang_up()
            return
        match verb:
            case "EHLO":
                *more, last = _OFFERS
                self._say("\r\n".join([*(f"250-{each}" for each in more), f"250 {last}"]).encode())
            case "RCPT":
                self._recipient = command.partition("<")[2].rstrip(">")
                if server.strikes(mood.greylisted):
                    self._recipient = ""
                    self._say(b"451 4.7.1 try again later")
                elif server.strikes(mood.refused):
                    self._recipient = ""
                    self._say(b"550 5.1.1 no such user")
                else:
                    self._say(b"250 ok")
            case "DATA" if not self._recipient:
                self._say(b"503 no recipient")
            case "DATA":
                self._data = []
                self._say(b"354 go on")
            case "QUIT":
                self._say(b"221 bye")
            case _:
                self._say(b"250 ok")

    def _take(self, raw: bytes) -> None:
        self._data = None
        mood, server = self._server.mood, self._server
        if server.strikes(mood.dropped_after_data):
            if chance_of(server.chance, 50):
                self._keep(raw)
            self._hang_up()
            return
        lied = server.strikes(mood.lied)
        self._keep(raw, lied=lied)
        if lied:
            self._say(b"451 4.3.0 something went wrong")
        elif server.strikes(mood.stalled):
            return
        elif server.strikes(mood.late):
            self._say(b"250 ok", after=server.chance.uniform(5, 115))
        else:
            self._say(b"250 ok")
        try:
            self._step()  # between the taking and the answer the machine may die
        except Killed:
            self._closed = True
            raise

    def _keep(self, raw: bytes, *, lied: bool = False) -> None:
        message_id = str(message_from_bytes(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")["Message-ID"])
        self._server.taken.append(Taken(self._recipient, message_id, raw, lied))

    def _say(self, words: bytes, after: float = 0.001) -> None:
        self._loop.call_later(after, self._deliver, words + b"\r\n")

    def _deliver(self, words: bytes) -> None:
        if not self._closed:
            self._protocol.data_received(words)

    def _hang_up(self) -> None:
        if not self._closed:
            self._closed = True
            self._loop.call_soon(self._protocol.connection_lost, None)
