"""What the templates of a message render: plain data, every string already in the reader's language."""

from dataclasses import dataclass
from datetime import date

from notifications.messages import Kind


@dataclass(frozen=True, slots=True)
class DutyLine:
    """One duty as a letter shows it. Days left are negative when it is late; None where no date is known."""

    key: str
    title: str
    organisation: str
    state: str
    """The machine word (`overdue`, `due_soon`, `removed`, `unknown`, ...), which decides how it is shown."""
    state_said: str
    stage: str
    why: str
    """A sentence: why this is sent now."""
    due_on: date | None = None
    extended_from: date | None = None
    moved_from: date | None = None
    act_by: date | None = None
    days_left: int | None = None
    working_days_left: int | None = None
    provisional: bool = False
    missing: tuple[str, ...] = ()
    """The channels where it is not posted, as words."""
    words: str = ""
    """The words of the law, as printed."""
    basis: str = ""
    """Source and item."""
    steps: tuple[str, ...] = ()
    record: str = ""
    """The command that records the posting; one command a line."""
    record_url: str = ""
    """The address of the form that records it, in place of the command."""
    snooze_url: str = ""
    """Likewise, of the form that lets reminders rest."""
    snooze: str = ""
    """The command that lets reminders rest, where that can still be asked for."""
    reminded: tuple[tuple[str, date], ...] = ()
    """Who was told, and when."""
    snoozed_until: date | None = None
    """Before that day nobody was to be reminded."""
    snoozed_why: str = ""
    unknown_why: str = ""
    told_before: bool = False
    """The reader was told already that it is late, or cannot be worked out; only such are ever left out of a letter."""


@dataclass(frozen=True, slots=True)
class Section:
    """The duties of one organisation."""

    organisation: str
    duties: tuple[DutyLine, ...]


@dataclass(frozen=True, slots=True)
class OrganisationCount:
    """A row of the summary by organisation."""

    organisation: str
    unknown: int
    removed: int
    overdue: int
    due_soon: int


@dataclass(frozen=True, slots=True)
class FailedDelivery:
    """A message that could not be delivered, as the oversight's letter tells it."""

    id: int
    recipient: str
    kind: str
    """What it was, as words."""
    day: date
    reason: str


@dataclass(frozen=True, slots=True)
class Letter:
    """All that one message says. Which parts are filled depends on `kind`."""

    kind: Kind
    language: str
    recipient_name: str
    day: date
    sections: tuple[Section, ...] = ()
    summary: tuple[OrganisationCount, ...] = ()
    failed: tuple[FailedDelivery, ...] = ()
    next_due: tuple[DutyLine, ...] = ()
    notes: tuple[str, ...] = ()
    """Warnings, a sentence or paragraph each."""
    page_url: str = ""
    witness: str = ""
    """A hash of the sender's records, which its reader keeps without having to do anything."""
    link: str = ""
    """By which one signs in, for so many minutes."""
    link_minutes: int = 0
