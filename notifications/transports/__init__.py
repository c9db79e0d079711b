"""The ways out: a Maildir on this machine, or an SMTP server."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from notifications.messages import Way
from notifications.transports.outcomes import Outcome, Unreachable
from notifications.transports.pace import Pace


@dataclass(frozen=True, slots=True)
class MailSettings:
    """The section `[mail]` of the configuration, whole and checked; `path` is absolute."""

    transport: Literal["maildir", "smtp"]
    path: Path
    sender: str
    host: str = "localhost"
    port: int = 25
    security: Literal["tls", "starttls", "none"] = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    reply_to: str = ""
    bounce_to: str = ""
    connections: int = 4
    per_minute: int = 0


@dataclass(frozen=True, slots=True)
class Parcel:
    """One finished message for one recipient, on its way out: a whole mail, or the few lines for a service."""

    recipient: str
    message_id: str
    raw: bytes
    subject: str = ""
    """For a service; a mail has its own."""


Cleared: TypeAlias = Callable[[], Awaitable[None]]
"""Returns when the outcome of the lane's message before is on disk; raises `HeldBackError` where it cannot be."""


class HeldBackError(Exception):
    """The message is not to be handed over now; nothing is wrong with it."""


class Lane(Protocol):
    """One way to the neighbour, such as a connection that is kept open; takes one parcel at a time."""

    async def reach(self) -> Unreachable | None:
        """Connects, unless it is connected; gives the answer where nobody can be reached."""

    async def send(self, parcel: Parcel, cleared: Cleared) -> Outcome:
        """Hands over the parcel, after awaiting `cleared`.

        Raises otherwise only where the parcel itself is unfit, or the machine has too little of something.
        """


class Transport(Protocol):
    """A way out. It is made once and may serve any number of passes, one at a time."""

    name: str
    way: Way
    """Which deliveries it carries."""
    lanes: int
    """How many parcels may be under way at once."""
    pace: Pace

    def lane(self) -> AbstractAsyncContextManager[Lane]:
        """A lane, closed politely at the end."""


def make_transports(settings: MailSettings, services: Callable[[], Iterable[str]]) -> tuple[Transport, ...]:
    """The ways out: that for mails, and that to the services, whose addresses are asked for when one is needed."""
    from notifications.transports.services import ServiceTransport  # noqa: PLC0415 -- as below

    return make_transport(settings), ServiceTransport(services)


def make_transport(settings: MailSettings) -> Transport:
    """The transport for mails that the configuration names. Nothing is opened or contacted yet."""
    if settings.transport == "maildir":
        from notifications.transports.maildir import MaildirTransport  # noqa: PLC0415 -- only what is used is loaded

        return MaildirTransport(settings.path, Pace(settings.per_minute))
    from notifications.transports.smtp import SmtpTransport  # noqa: PLC0415 -- aiosmtplib and ssl load slowly

    return SmtpTransport(settings)
