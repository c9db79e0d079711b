"""Who owes the duties and who hears of them: organisations, contacts by role, and the people behind them."""

from dataclasses import dataclass, field
from datetime import date

HEAD = "head"
OVERSIGHT = "oversight"


@dataclass(frozen=True, slots=True)
class Contact:
    """Who serves in a role of an organisation, from `start` to `until` (both inclusive; None: open)."""

    role: str
    name: str
    email: str
    language: str | None = None
    start: date | None = None
    until: date | None = None
    also: tuple[str, ...] = field(default=(), repr=False)
    """Addresses of services that tell the same in a few lines; they hold secrets."""

    def serves_on(self, day: date) -> bool:
        """Whether the contact is in office on that day."""
        return (self.start is None or self.start <= day) and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Exemption:
    """A standing decision that a rule does not apply to an organisation."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Organisation:
    """Who owes duties: those of its kind, watched from the day `since`, judged by its time zone's day."""

    id: str
    name: str
    kind: str
    since: date
    timezone: str
    parent: str | None = None
    website: str | None = None
    exempt: tuple[Exemption, ...] = ()
    contacts: tuple[Contact, ...] = ()


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person who gets mail: one address, whatever the number of organisations and roles it stands in."""

    address: str
    name: str
    language: str
    timezone: str
    also: tuple[str, ...] = field(default=(), repr=False)
    """Addresses of services, those of all its contacts; they hold secrets."""

    @property
    def key(self) -> str:
        """What addresses are compared by: the address without case."""
        return address_key(self.address)


def address_key(address: str) -> str:
    """The address as it is compared: two that differ in case alone are one recipient."""
    return address.casefold()
