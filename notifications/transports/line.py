"""The dialogue over a line to an SMTP server, once aiosmtplib has opened and secured it and logged in.

aiosmtplib waits for each answer before it says the next command. Where the server can take several at once
(PIPELINING, RFC 2920), a message costs two rounds to the server and back instead of four.
"""

import asyncio
from collections import deque
from typing import cast

from aiosmtplib import SMTP, SMTPResponse
from aiosmtplib.errors import SMTPReadTimeoutError, SMTPServerDisconnected

from notifications.transports.outcomes import LONGEST_SAID

_LONGEST_ANSWER = 65_536
"""Bytes; whoever says more without an end does not speak SMTP."""
_NO_CODE = -1


class Line(asyncio.Protocol):
    """Says commands and gives the answers in their order. Raises `SMTPServerDisconnected` when it is broken."""

    def __init__(self, client: SMTP) -> None:
        """Takes over the connection of a client that is connected and waits for no answer."""
        self._transport = cast("asyncio.Transport", client.transport)
        self._rest = b""
        self._lines: list[bytes] = []
        self._answers: deque[SMTPResponse] = deque()
        self._awaited: asyncio.Future[None] | None = None
        self._lost: str | None = None
        self._transport.set_protocol(self)

    @property
    def is_open(self) -> bool:
        """Neither side has closed it, and the server has said nothing that it was not asked."""
        return self._lost is None and not self._transport.is_closing() and not self._answers

    def say(self, words: bytes) -> None:
        """Sends whole commands, each with its line's end, or a message with its final dot."""
        if self._lost is not None or self._transport.is_closing():
            raise SMTPServerDisconnected(self._lost or "Connection lost")
        self._transport.write(words)

    async def answer(self, seconds: float) -> SMTPResponse:
        """The next answer. Raises `SMTPReadTimeoutError` after so many seconds."""
        if not self._answers and self._lost is None:
            self._awaited = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(seconds):
                    await self._awaited
            except TimeoutError as error:
                raise SMTPReadTimeoutError("Timed out waiting for server response") from error
            finally:
                self._awaited = None
        if not self._answers:
            raise SMTPServerDisconnected(self._lost or "Connection lost")
        return self._answers.popleft()

    async def ask(self, command: bytes, seconds: float) -> SMTPResponse:
        """Says one command and gives its answer."""
        self.say(command)
        return await self.answer(seconds)

    def close(self) -> None:
        """Ends it at once; what was not sent is dropped. A TLS line would wait for the other side."""
        self._lost = self._lost or "Connection lost"
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Takes what the server says (RFC 5321, 4.2.1: all lines of an answer but its last have a hyphen)."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._lines.append(line)
            if line[3:4] != b"-":
                self._answers.append(_response(self._lines))
                self._lines = []
        if len(self._rest) + sum(map(len, self._lines)) > _LONGEST_ANSWER:
            self._lost = "Response too long"
            self._transport.abort()
        self._wake()

    def eof_received(self) -> None:
        """The server says nothing more; the connection is closed."""
        self._lost = self._lost or "Unexpected EOF received"
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is no more."""
        self._lost = self._lost or (f"Connection lost: {exc}" if exc else "Connection lost")
        self._wake()

    def _wake(self) -> None:
        if (
            self._awaited is not None
            and not self._awaited.done()
            and (self._answers or self._lost is not None)
        ):
            self._awaited.set_result(None)


def _response(lines: list[bytes]) -> SMTPResponse:
    code = lines[-1][:3]
    said = b"\n".join(line[4:].strip() for line in lines).decode("utf-8", "surrogateescape")
    return SMTPResponse(int(code) if code.isdigit() else _NO_CODE, said[:LONGEST_SAID])
