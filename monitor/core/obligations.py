"""Obligations: what one rule asks of one organisation, once, and the events and extensions behind its dates."""

from dataclasses import dataclass
from datetime import date

from rules.due import Duty
from rules.limits import Limit
from rules.occurrences import EventFact
from rules.sentences import Sentence, Words


@dataclass(frozen=True, slots=True)
class RuleCard:
    """What people are shown of a rule; kept with each obligation, so that it outlives the rule's pack."""

    id: str
    title: Words
    channels: tuple[str, ...]
    responsible: tuple[str, ...]
    source: str
    item: str
    words: str
    confidence: str
    keep_posted: Limit | None
    documents: tuple[str, ...]
    """The rules on the same document, this one among them: a posting for one counts for all (`same_document`)."""

    @property
    def citation(self) -> str:
        """Document and item, as a step quotes them."""
        return f"{self.source}, {self.item}"


@dataclass(frozen=True, slots=True)
class Event:
    """A dated fact that starts a clock, as an office recorded it."""

    id: int
    organisation: str
    kind: str
    on: date
    due: date | None
    reference: str
    note: str
    recorded_on: date
    withdrawn: str | None
    """Why it no longer stands."""
    amended: str | None = None
    """Why its date was last changed."""

    @property
    def name(self) -> str:
        """What people call it: `e17`."""
        return f"e{self.id}"

    @property
    def fact(self) -> EventFact:
        """What the rules need to know of it."""
        return EventFact(self.name, self.on, self.due, self.kind)


@dataclass(frozen=True, slots=True)
class Extension:
    """A recorded decision that an obligation may be met later; the latest one stands."""

    by: Limit | None
    until: date | None
    reason: str
    reference: str
    recorded_on: date


@dataclass(frozen=True, slots=True)
class Obligation:
    """One rule, for one organisation, for one period or one event."""

    key: str
    organisation: str
    card: RuleCard
    occurrence: str
    period: str | None
    event: Event | None
    exists_from: date
    due_on: date | None
    extended_from: date | None
    act_by: date | None
    provisional: bool
    unknown: Sentence | None
    """Why its dates cannot be worked out."""
    exempt: str | None
    """Why the organisation is exempt from its rule."""
    duty: Duty | None = None
    """What gave it its dates; None where they are those that were stored."""
    extension: Extension | None = None
    """As far as it holds for that due date; None where it gives no more time."""


def key_of(organisation: str, rule_id: str, occurrence: str) -> str:
    """The permanent key of an obligation."""
    return f"{organisation}/{rule_id}/{occurrence}"
