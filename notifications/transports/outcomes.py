"""How the attempt at one delivery ended; the transport says whether trying again can help."""

from dataclasses import dataclass
from typing import TypeAlias

LONGEST_SAID = 1000
"""Characters of what a server says; it is kept with each attempt, and shown."""


@dataclass(frozen=True, slots=True)
class Sent:
    """It was taken; from now on it is the server's."""

    code: int | None = None
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Temporary:
    """This recipient was refused for now (greylisting, a full mailbox): trying again can help."""

    code: int | None
    answer: str


@dataclass(frozen=True, slots=True)
class Permanent:
    """This recipient or message was refused for good."""

    code: int | None
    answer: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Everybody is refused (connection, name, TLS, 421, 535): it says nothing about this recipient."""

    answer: str
    code: int | None = None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The whole message was handed over and no answer came: it may have arrived (RFC 1047)."""

    answer: str


Outcome: TypeAlias = Sent | Temporary | Permanent | Unreachable | Unanswered
