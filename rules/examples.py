"""Worked examples: each rule carries some, and they are run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rules.calendars import shipped_calendar
from rules.due import Duty, RuleBook
from rules.faults import Faults
from rules.limits import Limit, Unit
from rules.model import Example, Pack, Rule
from rules.occurrences import EventFact
from rules.workdays import OutsideCalendar, WorkingCalendar

PROMPTLY = Limit(
    3, Unit.WORKING_DAY
)  # the default of `monitor.promptly`: examples do not follow the configuration


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """What came out of one example; `about` is the period or the day that it is about."""

    rule: str
    about: str
    expected: date | None
    found: date | None

    @property
    def ok(self) -> bool:
        """Did it come out as written?"""
        return self.found == self.expected


def check_examples(packs: Sequence[Pack]) -> tuple[ExampleResult, ...]:
    """Run the examples of all packs, each on the calendar shipped for its jurisdiction.

    Packs whose rules follow one another are handed over together. Raises Faults where a jurisdiction has no
    calendar.
    """
    results: list[ExampleResult] = []
    for pack in packs:
        book = RuleBook(packs, _calendar_of(pack), PROMPTLY)
        for rule in pack.rules:
            for example in rule.examples:
                results.extend(_run(book, rule, example))
    return tuple(results)


def _calendar_of(pack: Pack) -> WorkingCalendar:
    try:
        return shipped_calendar(pack.jurisdiction)
    except Faults:  # a calendar is made once for all packs, and its faults are told of each
        return shipped_calendar(pack.jurisdiction, Path(pack.path))


def _run(book: RuleBook, rule: Rule, example: Example) -> Iterator[ExampleResult]:
    if example.due_on is not None:
        duty = _duty(book, rule, example)
        found = duty.reckoning.due_on if duty and duty.rule is rule else None
        yield ExampleResult(rule.id, example.occurrence or str(example.on), example.due_on, found)
    if example.posted_on is not None and example.keep_until is not None:
        yield ExampleResult(
            rule.id, str(example.posted_on), example.keep_until, _kept(book, rule, example.posted_on)
        )


def _duty(book: RuleBook, rule: Rule, example: Example) -> Duty | None:
    if example.on is not None:
        return book.started(rule.id, EventFact("example", example.on, example.due))
    return book.duty(rule.id, example.occurrence)


def _kept(book: RuleBook, rule: Rule, posted_on: date) -> date | None:
    try:
        return book.keep_until(rule, posted_on)
    except OutsideCalendar:
        return None
