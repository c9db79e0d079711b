"""Reading one [[rule]] of a pack."""

from datetime import date

from rules.deadline_reading import (
    A_PERIOD,
    FULL_ID,
    RULE_ID,
    SOME_DEADLINE,
    SOME_PERIOD,
    WORD,
    limit_at,
    matching,
    read_deadline,
)
from rules.limits import Limit
from rules.model import (
    About,
    Basis,
    Confidence,
    Deadline,
    Example,
    OnDay,
    OpenEnded,
    Recurring,
    Roll,
    Rule,
    Yearly,
)
from rules.occurrences import FIXED_DATES
from rules.periods import Period
from rules.reading import shown
from rules.table import Table

RULE_KEYS = (
    "id",
    "title",
    "applies_to",
    "channels",
    "responsible",
    "deadline",
    "period",
    "roll",
    "in_force",
    "basis",
    "confidence",
    "keep_posted",
    "extendable",
    "same_document",
    "example",
)
BASIS_KEYS = ("source", "item", "words", "url")
EXAMPLE_KEYS = ("period", "on", "due", "due_on", "posted_on", "keep_until")


def read_rule(table: Table, pack: str) -> Rule:
    """The rule, or, where a fault was noted, something of its shape."""
    table.only(RULE_KEYS)
    first, last = _in_force(table)
    deadline = read_deadline(table, first)
    return Rule(
        id=f"{pack}.{matching(table, 'id', RULE_ID)}",
        pack=pack,
        title=table.words("title"),
        applies_to=_words(table, "applies_to"),
        channels=_words(table, "channels"),
        responsible=_words(table, "responsible"),
        deadline=deadline,
        basis=_basis(table),
        confidence=Confidence(table.choice("confidence", tuple(Confidence))),
        period=_about(table, deadline),
        roll=_roll(table, deadline),
        in_force_from=first,
        in_force_until=last,
        keep_posted=_keep_posted(table, deadline),
        extendable=limit_at(table, "extendable") if "extendable" in table else None,
        same_document=matching(table, "same_document", FULL_ID) if "same_document" in table else None,
        examples=tuple(_example(each, deadline) for each in table.tables("example")),
    )


def _in_force(table: Table) -> tuple[date | None, date | None]:
    in_force = table.table("in_force", needed=False)
    if in_force is None:
        return None, None
    in_force.only(("from", "until"))
    first, last = in_force.optional_day("from"), in_force.optional_day("until")
    if first and last and last < first:
        in_force.fault(
            "until", "{key} must not lie before {first}, from which the rule is in force", first=first
        )
    return first, last


def _about(table: Table, deadline: Deadline) -> About:
    if "period" in table and not isinstance(deadline, Yearly) and deadline is not SOME_DEADLINE:
        table.fault(
            "period", "{key} stands beside a yearly date only; with every other form the period is plain"
        )
    return About(table.choice("period", tuple(About), About.YEAR))


def _roll(table: Table, deadline: Deadline) -> Roll:
    if "roll" in table and not isinstance(deadline, FIXED_DATES):
        table.fault(
            "roll", "{key} stands beside a fixed date only; a limit always follows the Civil Code, 72.2"
        )
    return Roll(table.choice("roll", tuple(Roll), Roll.NONE))


def _keep_posted(table: Table, deadline: Deadline) -> Limit | None:
    if "keep_posted" in table:
        return limit_at(table, "keep_posted")
    if isinstance(deadline, OpenEnded):
        table.fault(
            "deadline",
            "{key} names an event and no limit; add `within` or `before`, or `keep_posted` beside it",
        )
    return None


def _basis(table: Table) -> Basis:
    basis = table.table("basis")
    if basis is None:
        return Basis("", "", "")
    basis.only(BASIS_KEYS)
    return Basis(basis.text("source"), basis.text("item"), basis.text("words"), basis.text("url", ""))


def _example(table: Table, deadline: Deadline) -> Example:
    table.only(EXAMPLE_KEYS)
    on, due, due_on = table.optional_day("on"), table.optional_day("due"), table.optional_day("due_on")
    posted_on, keep_until = table.optional_day("posted_on"), table.optional_day("keep_until")
    if due_on is None and keep_until is None:
        table.fault("due_on", "{key} is missing: an example says what must come out")
    if (keep_until is None) != (posted_on is None):
        table.fault("posted_on", "{key} and `keep_until` belong together")
    if isinstance(deadline, OnDay | Recurring) and on is not None:
        return Example(occurrence=str(on), due_on=due_on, posted_on=posted_on, keep_until=keep_until)
    occurrence = str(table.parsed("period", Period.parse, A_PERIOD, SOME_PERIOD)) if "period" in table else ""
    if due_on is not None and bool(occurrence) == (on is not None):
        table.fault(
            "period", "{key} or `on`, the day of the event, must say what the example is about, and not both"
        )
    return Example(occurrence, on, due, due_on, posted_on, keep_until)


def _words(table: Table, key: str) -> tuple[str, ...]:
    words = table.texts(key)
    for each in words:
        if not WORD.fullmatch(each):
            table.fault(key, "{key} must name words without spaces and slashes, not {word}", word=shown(each))
    return words
