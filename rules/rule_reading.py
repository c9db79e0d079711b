"""Reading one [[rule]] of a pack: its keys, and each form of deadline."""

import re
from collections.abc import Callable, Mapping
from datetime import date

from rules.limits import LONGEST, Limit, Unit
from rules.model import (
    About,
    AfterDue,
    AfterEvent,
    AfterPeriod,
    Basis,
    BeforeEvent,
    Confidence,
    DayAfterPeriod,
    Deadline,
    Example,
    InPeriod,
    Once,
    OnDay,
    OpenEnded,
    Promptly,
    Recurring,
    Roll,
    Rule,
    Stated,
    Yearly,
)
from rules.periods import Period, PeriodKind
from rules.reading import Table
from rules.recurrences import EPOCH, BadRecurrence, recurrence
from rules.sentences import sentence

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
# The key that tells a deadline's form, and the keys that may stand beside it.
DEADLINE_KEYS: Mapping[str, tuple[str, ...]] = {
    "yearly": (),
    "after_period": ("within", "day"),
    "in": ("only",),
    "on": (),
    "once": (),
    "of": ("within", "before"),
    "after_due": ("within",),
    "rrule": (),
}
EXAMPLE_KEYS = ("period", "on", "due", "due_on", "posted_on", "keep_until")
RULE_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_FULL_ID = re.compile(rf"{RULE_ID.pattern}\.{RULE_ID.pattern}")
_WORD = re.compile(r"[^\s/]+")
_MONTH_DAY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
_SOME_DEADLINE = OnDay(date.min)
_SOME_LIMIT = Limit(1, Unit.DAY)
_FIXED_DATES = (Yearly, DayAfterPeriod, InPeriod, OnDay, Once, Recurring)


def read_rule(table: Table, pack: str) -> Rule:
    """The rule, or, where a fault was noted, something of its shape."""
    table.only(RULE_KEYS)
    first, last = _in_force(table)
    deadline = _deadline(table, first)
    return Rule(
        id=f"{pack}.{_matching(table, 'id', RULE_ID)}",
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
        extendable=_limit(table, "extendable") if "extendable" in table else None,
        same_document=_matching(table, "same_document", _FULL_ID) if "same_document" in table else None,
        examples=tuple(_example(each, deadline) for each in table.tables("example")),
    )


def _deadline(table: Table, in_force_from: date | None) -> Deadline:
    deadline = table.table("deadline")
    if deadline is None:
        return _SOME_DEADLINE
    forms = [form for form in DEADLINE_KEYS if form in deadline]
    if len(forms) != 1:
        deadline.only({key for form, beside in DEADLINE_KEYS.items() for key in (form, *beside)})
        table.fault("deadline", "{key} must have exactly one of: {forms}", forms=tuple(DEADLINE_KEYS))
        return _SOME_DEADLINE
    form = forms[0]
    deadline.only((form, *DEADLINE_KEYS[form]))
    if form == "rrule":
        return _recurring(deadline, in_force_from)
    return _FORMS[form](deadline)


def _yearly(table: Table) -> Deadline:
    written = table.data["yearly"]
    dates = [written] if isinstance(written, str) else written
    if not isinstance(dates, list) or len(dates) not in {1, 2, 4}:
        table.fault("yearly", '{key} must be one date such as "01-10", or a list of one, two or four of them')
        return _SOME_DEADLINE
    found = [_MONTH_DAY.fullmatch(each) if isinstance(each, str) else None for each in dates]
    numbers = tuple((int(each[1]), int(each[2])) for each in found if each)
    # 2024 is a leap year: 29 February is a date that may be written.
    if len(numbers) < len(dates) or not all(_is_day(2024, month, day) for month, day in numbers):
        table.fault("yearly", '{key} must be months and days such as "01-10", not {value}')
        return _SOME_DEADLINE
    if len(set(numbers)) < len(numbers):
        table.fault("yearly", "{key} names the same date twice")
    return Yearly(numbers)


def _after_period(table: Table) -> Deadline:
    kind = PeriodKind(table.choice("after_period", tuple(PeriodKind)))
    if ("within" in table) == ("day" in table):
        table.fault("after_period", "{key} needs either `within`, a limit, or `day`, a day of the next month")
        return _SOME_DEADLINE
    if "day" in table:
        return DayAfterPeriod(kind, table.integer("day", 1, 31))
    return AfterPeriod(kind, _limit(table, "within"))


def _in_period(table: Table) -> Deadline:
    kind = PeriodKind(table.choice("in", tuple(PeriodKind)))
    if "only" not in table:
        return InPeriod(kind)
    names = _NUMBERED.get(kind, ())
    if not names:
        table.fault("only", "{key} stands beside a half-year, quarter or month only")
        return InPeriod(kind)
    only = table.texts("only")
    if not set(only) <= set(names):
        table.fault("only", "{key} must name some of: {words}, not {named}", words=names, named=only)
        return InPeriod(kind)
    return InPeriod(kind, tuple(sorted(names.index(each) + 1 for each in only)))


def _on_day(table: Table) -> Deadline:
    return OnDay(table.day("on"))


def _once(table: Table) -> Deadline:
    expected = sentence("a period such as 2024, 2024-H1, 2024-Q3 or 2024-07")
    return Once(table.parsed("once", Period.parse, expected, Period(PeriodKind.YEAR, 1)))


def _of_event(table: Table) -> Deadline:
    kind = _matching(table, "of", _WORD)
    if "within" in table and "before" in table:
        table.fault(
            "before", "{key} and `within` cannot stand together: a duty comes before its event or after it"
        )
    if "before" in table:
        return BeforeEvent(kind, _limit(table, "before"))
    match table.data.get("within"):
        case None:
            return OpenEnded(kind)
        case "stated":
            return Stated(kind)
        case "promptly":
            return Promptly(kind)
    expected = sentence('a limit such as "14 working days", or "stated", or "promptly"')
    return AfterEvent(kind, table.parsed("within", Limit.parse, expected, _SOME_LIMIT))


def _after_due(table: Table) -> Deadline:
    return AfterDue(_matching(table, "after_due", _FULL_ID), _limit(table, "within"))


def _recurring(table: Table, in_force_from: date | None) -> Deadline:
    text = table.text("rrule")
    try:
        return Recurring(text, recurrence(text, in_force_from))
    except BadRecurrence as refused:
        table.fault(
            "rrule",
            "{key} must be a recurrence of days by RFC 5545, which {value} is not: {why}",
            why=refused.why,
        )
        return Recurring("", EPOCH)


_FORMS: Mapping[str, Callable[[Table], Deadline]] = {
    "yearly": _yearly,
    "after_period": _after_period,
    "in": _in_period,
    "on": _on_day,
    "once": _once,
    "of": _of_event,
    "after_due": _after_due,
}
_NUMBERED = {
    PeriodKind.HALF_YEAR: ("H1", "H2"),
    PeriodKind.QUARTER: ("Q1", "Q2", "Q3", "Q4"),
    PeriodKind.MONTH: tuple(f"{month:02}" for month in range(1, 13)),
}


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
    if "period" in table and not isinstance(deadline, Yearly) and deadline is not _SOME_DEADLINE:
        table.fault(
            "period", "{key} stands beside a yearly date only; with every other form the period is plain"
        )
    return About(table.choice("period", tuple(About), About.YEAR))


def _roll(table: Table, deadline: Deadline) -> Roll:
    if "roll" in table and not isinstance(deadline, _FIXED_DATES):
        table.fault(
            "roll", "{key} stands beside a fixed date only; a limit always follows the Civil Code, 72.2"
        )
    return Roll(table.choice("roll", tuple(Roll), Roll.NONE))


def _keep_posted(table: Table, deadline: Deadline) -> Limit | None:
    if "keep_posted" in table:
        return _limit(table, "keep_posted")
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
    basis.only(("source", "item", "words", "url"))
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
    occurrence = (
        str(table.parsed("period", Period.parse, _A_PERIOD, _SOME_PERIOD)) if "period" in table else ""
    )
    if due_on is not None and bool(occurrence) == (on is not None):
        table.fault(
            "period", "{key} or `on`, the day of the event, must say what the example is about, and not both"
        )
    return Example(occurrence, on, due, due_on, posted_on, keep_until)


_A_PERIOD = sentence("a period such as 2024, 2024-H1, 2024-Q3 or 2024-07")
_SOME_PERIOD = Period(PeriodKind.YEAR, 1)


def _limit(table: Table, key: str) -> Limit:
    expected = sentence(
        "a limit of 1 to {longest} days, working days, weeks, months, quarters or years, such as"
        ' "14 working days"',
        longest=LONGEST,
    )
    return table.parsed(key, Limit.parse, expected, _SOME_LIMIT)


def _words(table: Table, key: str) -> tuple[str, ...]:
    words = table.texts(key)
    if not all(_WORD.fullmatch(each) for each in words):
        table.fault(key, "{key} must name words without spaces and slashes, not {named}", named=words)
    return words


def _matching(table: Table, key: str, pattern: re.Pattern[str]) -> str:
    expected = _EXPECTED[pattern]

    def parse(text: str) -> str:
        if pattern.fullmatch(text) is None:
            raise ValueError(text)
        return text

    return table.parsed(key, parse, expected, "")


_EXPECTED = {
    RULE_ID: sentence("an id of the letters a-z, digits and single hyphens, such as annual-report"),
    _FULL_ID: sentence("the full id of a rule, such as budget.approved"),
    _WORD: sentence("a word without spaces and slashes"),
}


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
