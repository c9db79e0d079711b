"""Handing messages to an SMTP server over connections that are kept open."""

import asyncio
import contextlib
import re
import ssl
from collections.abc import AsyncIterator, Container
from dataclasses import dataclass

from aiosmtplib import SMTP, SMTPResponse
from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPException,
    SMTPHeloError,
    SMTPResponseException,
)

from notifications.headers import split_mailbox, wire_address
from notifications.messages import Way
from notifications.transports import Cleared, MailSettings, Parcel
from notifications.transports.door import ClosedDoor
from notifications.transports.line import Line
from notifications.transports.outcomes import (
    LONGEST_SAID,
    Outcome,
    Permanent,
    Sent,
    Temporary,
    Unanswered,
    Unreachable,
)
from notifications.transports.pace import Pace

_GOODBYE_SECONDS = 5.0

_GO_AHEAD, _CLOSING, _TOO_BIG = 354, 421, 552
_TAKEN = range(200, 300)
"""The first digit counts (RFC 5321, 4.3.2): to repeat what was taken by another number would tell it twice."""
_FOR_NOW = range(400, 500)
_REFUSALS = range(400, 600)
_ENHANCED = re.compile(r"[45]\.[0-9]{1,3}\.[0-9]{1,3}(?=\s|$)")  # RFC 3463


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long, in seconds, the server may take to let us in or think about a command, and about a whole
    message.

    RFC 5321 (4.5.3.2.6) allows it ten minutes for the latter; but the other mails of a pass wait for this
    one, and a repeat carries the same Message-ID.
    """

    answer: float = 60.0
    whole_message: float = 120.0


class SmtpTransport:
    """As many connections as `connections` says, each opened when there is something to send."""

    name = "smtp"
    way = Way.MAIL

    def __init__(
        self, settings: MailSettings, tls: ssl.SSLContext | None = None, timeouts: Timeouts | None = None
    ) -> None:
        """`tls` replaces the system's certificates. Raises `ValueError` for an unfit sender."""
        self.settings = settings
        self.lanes = settings.connections
        self.pace = Pace(settings.per_minute)
        self.timeouts = timeouts or Timeouts()
        self.tls = None if settings.security == "none" else tls or ssl.create_default_context()
        self.envelope_sender = wire_address(settings.bounce_to or split_mailbox(settings.sender)[1])
        self.closed_door = ClosedDoor()
        self.own_name: str | None = None

    def make_client(self) -> SMTP:
        """A connection, not yet opened; encryption, if asked for, is demanded, certificates are checked."""
        settings = self.settings
        return SMTP(
            hostname=settings.host,
            port=settings.port,
            username=settings.username or None,
            password=settings.password if settings.username else None,
            local_hostname=self.own_name,
            timeout=self.timeouts.answer,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            tls_context=self.tls,
        )

    @contextlib.asynccontextmanager
    async def lane(self) -> AsyncIterator["SmtpLane"]:
        lane = SmtpLane(self)
        try:
            yield lane
        finally:
            await lane.leave()


class SmtpLane:
    """One connection, made anew where it breaks."""

    def __init__(self, transport: SmtpTransport) -> None:
        self._transport = transport
        self._line: Line | None = None
        self._takes_size = self._takes_several = False

    async def reach(self) -> Unreachable | None:
        """Connects, secures the line and logs in, unless that is done."""
        if self._line is not None and self._line.is_open:
            return None
        await self.leave()
        door = self._transport.closed_door
        if (refused := door.knock()) is not None:
            return refused
        client = self._transport.make_client()
        try:
            await client.connect()
            await _greet(client)
        except (
            SMTPException,
            OSError,
            MemoryError,
            RuntimeError,
        ) as error:  # no thread to look its name up in
            _hang_up(client)
            refused = Unreachable(_said(error), getattr(error, "code", None))
            return door.shut(refused) if isinstance(error, SMTPAuthenticationError) else refused
        door.open()
        self._transport.own_name = client.local_hostname  # looked up once; the name server may be slow
        self._takes_size = client.supports_extension("size")
        self._takes_several = client.supports_extension("pipelining")
        self._line = Line(client)
        return None

    async def send(self, parcel: Parcel, cleared: Cleared) -> Outcome:
        """Sends one message to one recipient.

        A line that breaks, or a server that has had enough of it (421), costs the recipient nothing: the
        message is tried once more on a new connection, word by word, to know at which it breaks.
        """
        recipient = wire_address(parcel.recipient)
        try:
            return await self._hand_over(recipient, parcel.raw, cleared)
        except BaseException:  # held back, or too little memory: nobody knows how far the dialogue went
            if self._line is not None:
                self._line.close()  # or the server, which may wait for the message, takes for it what is said next
            raise

    async def _hand_over(self, recipient: str, raw: bytes, cleared: Cleared) -> Outcome:
        outcome = await self._converse(recipient, raw, cleared, together=self._takes_several)
        if isinstance(outcome, _Broken):
            await self.leave()
            if (unreachable := await self.reach()) is not None:
                return unreachable
            outcome = await self._converse(recipient, raw, cleared, together=False)
        if isinstance(outcome, _Broken):
            await self.leave()
            return outcome.twice()
        return outcome

    async def leave(self) -> None:
        """Says goodbye, if anybody listens, and closes the connection."""
        line, self._line = self._line, None
        if line is None:
            return
        with contextlib.suppress(SMTPException, OSError):
            if line.is_open:
                await line.ask(b"QUIT\r\n", _GOODBYE_SECONDS)
        line.close()
        await asyncio.sleep(0)

    async def _converse(
        self, recipient: str, raw: bytes, cleared: Cleared, *, together: bool
    ) -> "Outcome | _Broken":
        """The dialogue about one message (RFC 5321, 3.3), step by step: what a break means depends on the
        step. `together`: the commands are said at once (RFC 2920).
        """
        line = self._line
        if line is None:
            return _Broken("not connected")
        size = f" SIZE={len(raw)}" if self._takes_size else ""
        steps = {
            "MAIL": (f"MAIL FROM:<{self._transport.envelope_sender}>{size}", _TAKEN),
            "RCPT": (f"RCPT TO:<{recipient}>", _TAKEN),
            "DATA": ("DATA", (_GO_AHEAD,)),
        }
        timeouts = self._transport.timeouts
        step, unheard = "MAIL", 0
        try:
            if together:
                unheard = len(steps)
                line.say(b"".join(_command(words) for words, _ in steps.values()))
            for step, (words, expected) in steps.items():  # noqa: B007 -- told after the loop
                if together:
                    unheard -= 1
                else:
                    line.say(_command(words))
                _expect(await line.answer(timeouts.answer), expected)
            await cleared()
            step = "."
            line.say(raw.replace(b"\r\n.", b"\r\n..") + b".\r\n")
            taken = await line.answer(timeouts.whole_message)
            _expect(taken, _TAKEN)
        except SMTPResponseException as error:
            return await self._refused(line, step, error, unheard)
        except (SMTPException, OSError) as error:
            line.close()
            return (
                Unanswered(_said(error)) if step == "." else _Broken(_said(error), everybody=step == "MAIL")
            )
        return Sent(taken.code, taken.message)

    async def _refused(
        self, line: Line, step: str, error: SMTPResponseException, unheard: int
    ) -> "Outcome | _Broken":
        code, answer = error.code, _said(error)
        if code == _CLOSING:
            return _Broken(answer, code, everybody=True)
        if code not in _REFUSALS:  # no answer that SMTP knows; the two sides have lost step
            await self.leave()
            return Unanswered(answer) if step == "." else _Broken(answer, everybody=step == "MAIL")
        if step != ".":
            await self._reset(line, unheard)
        if code in _FOR_NOW:
            return Temporary(code, answer)
        if step == "MAIL" and code != _TOO_BIG:  # the sender is refused, whoever the recipient may be
            return Unreachable(answer, code)
        return Permanent(code, answer)

    async def _reset(self, line: Line, unheard: int) -> None:
        """Makes the line ready for the next message; closes it where that cannot be.

        A server that wants the message although it refused its recipient would take what comes next for it.
        """
        seconds = self._transport.timeouts.answer
        try:
            answers = [await line.answer(seconds) for _ in range(unheard)]
            if any(answer.code == _GO_AHEAD for answer in answers):
                line.close()
            else:
                await line.ask(b"RSET\r\n", seconds)
        except (SMTPException, OSError):
            line.close()


@dataclass(frozen=True, slots=True)
class _Broken:
    """The line broke, or was closed by the server, before the message was handed over."""

    answer: str
    code: int | None = None
    everybody: bool = False

    def twice(self) -> Outcome:
        """What it means when it happens on a new connection too.

        Where it happens at what only this recipient has, others are not to wait for it.
        """
        return Unreachable(self.answer, self.code) if self.everybody else Temporary(self.code, self.answer)


def _command(words: str) -> bytes:
    """A command, made of checked addresses only."""
    return words.encode("ascii") + b"\r\n"


def _expect(response: SMTPResponse, codes: Container[int]) -> None:
    if response.code not in codes:
        raise SMTPResponseException(response.code, response.message)


async def _greet(client: SMTP) -> None:
    if client.is_ehlo_or_helo_needed:
        try:
            await client.ehlo()
        except SMTPHeloError:
            if not client.is_connected:
                raise
            await client.helo()


def _hang_up(client: SMTP) -> None:
    transport = client.transport
    client.close()
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()  # a TLS line would wait for the other side


def _said(error: Exception) -> str:
    """The server's words, or what went wrong on the way."""
    if isinstance(error, SMTPAuthenticationError):  # some repeat what they were told: the password
        status = _ENHANCED.match(error.message)
        return f"the login was refused ({status[0]})" if status else "the login was refused"
    said = error.message if isinstance(error, SMTPResponseException) else str(error)
    return said[:LONGEST_SAID] or type(error).__name__
