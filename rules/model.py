"""Rules as values: what a rule pack says once it has been read and found without fault."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rules.limits import Limit
from rules.periods import Period, PeriodKind
from rules.sentences import Words


@dataclass(frozen=True, slots=True)
class Yearly:
    """Fixed dates (month, day): one about a year, two about H1 and H2, four about Q1 to Q4, in the order
    written.

    A date that falls before its forerunner lies in the next year; a day that a month lacks is the month's
    last.
    """

    dates: tuple[tuple[int, int], ...]

    @property
    def kind(self) -> PeriodKind:
        """What each of the dates is about."""
        return {1: PeriodKind.YEAR, 2: PeriodKind.HALF_YEAR, 4: PeriodKind.QUARTER}[len(self.dates)]


@dataclass(frozen=True, slots=True)
class AfterPeriod:
    """A limit that a period's end sets running."""

    kind: PeriodKind
    within: Limit


@dataclass(frozen=True, slots=True)
class DayAfterPeriod:
    """A day of the month that follows a period: `day` 8 is the 8th; past its end it is its last."""

    kind: PeriodKind
    day: int


@dataclass(frozen=True, slots=True)
class InPeriod:
    """Some time within each period; `only` those numbers of a year, when not empty."""

    kind: PeriodKind
    only: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class OnDay:
    """One day, one time."""

    on: date


@dataclass(frozen=True, slots=True)
class Once:
    """Some time within one period, one time."""

    period: Period


@dataclass(frozen=True, slots=True)
class AfterEvent:
    """A limit that an event of a kind sets running."""

    kind: str
    within: Limit


@dataclass(frozen=True, slots=True)
class BeforeEvent:
    """So long before an event of a kind, which is planned."""

    kind: str
    before: Limit


@dataclass(frozen=True, slots=True)
class AfterDue:
    """A limit that starts when another rule's duty falls due; `rule` is its full id."""

    rule: str
    within: Limit


@dataclass(frozen=True, slots=True)
class Stated:
    """The event itself states the due date, as a letter does."""

    kind: str


@dataclass(frozen=True, slots=True)
class Promptly:
    """After an event, "each time" (тухай бүр): the text gives no number of days, the office has its own
    standard.
    """

    kind: str


@dataclass(frozen=True, slots=True)
class Recurring:
    """An RFC 5545 recurrence of days; it is counted from `start`, as DTSTART would say."""

    rrule: str
    start: date


@dataclass(frozen=True, slots=True)
class OpenEnded:
    """An event that asks for a posting without a last day for it, only for how long it must stay up."""

    kind: str


Deadline = (
    Yearly
    | AfterPeriod
    | DayAfterPeriod
    | InPeriod
    | OnDay
    | Once
    | AfterEvent
    | BeforeEvent
    | AfterDue
    | Stated
    | Promptly
    | Recurring
    | OpenEnded
)

_OF_EVENT = (AfterEvent, BeforeEvent, Stated, Promptly, OpenEnded)


class About(StrEnum):
    """Which year a document is about, seen from the year in which a yearly date falls."""

    PREVIOUS_YEAR = "previous-year"
    YEAR = "year"
    NEXT_YEAR = "next-year"

    @property
    def shift(self) -> int:
        """Years to add."""
        return {About.PREVIOUS_YEAR: -1, About.YEAR: 0, About.NEXT_YEAR: 1}[self]


class Roll(StrEnum):
    """Where a fixed date goes that is no working day; the strict reading, and the default, is: nowhere."""

    NONE = "none"
    FOLLOWING = "following"
    PRECEDING = "preceding"


class Confidence(StrEnum):
    """How well the rule's source was seen: the text itself, somebody's words about it, or neither."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class Basis:
    """Where the rule stands: the document, the item in it, the words as printed, and an address where there
    is one.
    """

    source: str
    item: str
    words: str
    url: str = ""

    @property
    def citation(self) -> str:
        """Document and item, as a step quotes them."""
        return f"{self.source}, {self.item}"


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example: the occurrence or the event's day, and what must come out.

    `occurrence` names the period or the day for rules that no event starts; `on` is the event's day, `due`
    the date that it states; `posted_on` the day of a posting that must stay up until `keep_until`.
    """

    occurrence: str = ""
    on: date | None = None
    due: date | None = None
    due_on: date | None = None
    posted_on: date | None = None
    keep_until: date | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One statutory duty, in one version; versions of one id have ranges in force that do not overlap."""

    id: str  # in full: budget.approved
    pack: str
    title: Words
    applies_to: tuple[str, ...]  # kinds of organisation
    channels: tuple[str, ...]  # all of them are needed
    responsible: tuple[str, ...]  # roles
    deadline: Deadline
    basis: Basis
    confidence: Confidence = Confidence.PRIMARY
    period: About = About.YEAR
    roll: Roll = Roll.NONE
    in_force_from: date | None = None
    in_force_until: date | None = None  # inclusive, like the first
    keep_posted: Limit | None = None
    extendable: Limit | None = None
    same_document: str | None = (
        None  # full id of the rule whose postings count for this one too, and the reverse
    )
    examples: tuple[Example, ...] = ()

    @property
    def event_kind(self) -> str | None:
        """The kind of event that starts it; None for a rule of the calendar, or one that follows another
        rule.
        """
        return self.deadline.kind if isinstance(self.deadline, _OF_EVENT) else None

    def is_in_force(self, day: date) -> bool:
        """Is this version in force on `day`?"""
        after_start = self.in_force_from is None or self.in_force_from <= day
        return after_start and (self.in_force_until is None or day <= self.in_force_until)


@dataclass(frozen=True, slots=True)
class Pack:
    """One reviewed file of rules."""

    id: str
    version: str
    reviewed: date
    jurisdiction: str
    title: Words
    rules: tuple[Rule, ...]
    path: str = ""
