"""What will be said to one person, frozen when it is queued, and the states of its delivery."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Kind(StrEnum):
    """Why a person is written to. Of each, but for those in `AS_ASKED`, a person gets at most one a day."""

    DIGEST = "digest"
    ESCALATION = "escalation"
    NOTICE = "notice"
    ALL_CLEAR = "all-clear"
    WARNING = "warning"
    SIGN_IN = "sign-in"
    TEST = "test"


AS_ASKED = frozenset({Kind.SIGN_IN, Kind.TEST})
"""What a person gets as often as it is asked for."""


class Way(StrEnum):
    """How a delivery goes: as a mail, or as a few lines to a service."""

    MAIL = "mail"
    SERVICE = "service"


class DeliveryState(StrEnum):
    """Where a delivery stands. `SENT` and the three below it are final, but for a retry that a person asks
    for.
    """

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Message:
    """A rendered message. `day` is the sending day in the recipient's time zone.

    `recipient` is one bare address (`a@b.example`); `name` stands before it in the mail. `calendar` is a
    whole iCalendar text to attach. `services` are the names of those that tell `brief` besides the mail.
    """

    recipient: str
    name: str
    language: str
    day: date
    kind: Kind
    subject: str
    text: str
    html: str
    calendar: str | None = None
    services: tuple[str, ...] = ()
    brief: str = ""

    @property
    def recipient_key(self) -> str:
        """The address as it is compared: without case."""
        return self.recipient.casefold()
