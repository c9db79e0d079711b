"""Reading the deadline of a rule: each form by its own keys."""

import re
from collections.abc import Callable, Mapping
from datetime import date

from rules.limits import LONGEST, Limit, Unit
from rules.model import (
    AfterDue,
    AfterEvent,
    AfterPeriod,
    BeforeEvent,
    DayAfterPeriod,
    Deadline,
    InPeriod,
    Once,
    OnDay,
    OpenEnded,
    Promptly,
    Recurring,
    Stated,
    Yearly,
)
from rules.periods import Period, PeriodKind
from rules.recurrences import EPOCH, BadRecurrence, recurrence
from rules.sentences import sentence
from rules.table import Table

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
RULE_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
FULL_ID = re.compile(rf"{RULE_ID.pattern}\.{RULE_ID.pattern}")
WORD = re.compile(r"[^\s/]+")
_MONTH_DAY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
_A_LIMIT = sentence(
    "a limit of 1 to {longest} days, working days, weeks, months, quarters or years, such as"
    ' "14 working days"',
    longest=LONGEST,
)
A_PERIOD = sentence("a period such as 2024, 2024-H1, 2024-Q3 or 2024-07")
SOME_PERIOD = Period(PeriodKind.YEAR, 1)
SOME_DEADLINE = OnDay(date.min)  # stands in where a fault was noted
_SOME_LIMIT = Limit(1, Unit.DAY)


def read_deadline(table: Table, in_force_from: date | None) -> Deadline:
    """The deadline of a rule's table; a recurrence is counted from the day on which the rule came into force."""
    deadline = table.table("deadline")
    if deadline is None:
        return SOME_DEADLINE
    forms = [form for form in DEADLINE_KEYS if form in deadline]
    if len(forms) != 1:
        before = len(table.reading.faults)
        deadline.only(tuple({key: None for form, beside in DEADLINE_KEYS.items() for key in (form, *beside)}))
        if len(table.reading.faults) == before:
            table.fault("deadline", "{key} must have exactly one of: {forms}", forms=tuple(DEADLINE_KEYS))
        return SOME_DEADLINE
    form = forms[0]
    deadline.only((form, *DEADLINE_KEYS[form]))
    if form == "rrule":
        return _recurring(deadline, in_force_from)
    return _FORMS[form](deadline)


def _yearly(table: Table) -> Deadline:
    written = table.data["yearly"]
    dates = [written] if isinstance(written, str) else written
    if not isinstance(dates, list) or len(dates) not in {1, 2, 4}:
        table.fault(
            "yearly",
            '{key} must be one date such as "01-10", or a list of one, two or four of them, not {value}',
        )
        return SOME_DEADLINE
    found = [_MONTH_DAY.fullmatch(each) if isinstance(each, str) else None for each in dates]
    numbers = tuple((int(each[1]), int(each[2])) for each in found if each)
    # 2024 is a leap year: 29 February is a date that may be written.
    if len(numbers) < len(dates) or not all(_is_day(2024, month, day) for month, day in numbers):
        table.fault("yearly", '{key} must be months and days such as "01-10", not {value}')
        return SOME_DEADLINE
    if len(set(numbers)) < len(numbers):
        table.fault("yearly", "{key} names the same date twice")
    return Yearly(numbers)


def _after_period(table: Table) -> Deadline:
    kind = PeriodKind(table.choice("after_period", tuple(PeriodKind)))
    if ("within" in table) == ("day" in table):
        table.fault("after_period", "{key} needs either `within`, a limit, or `day`, a day of the next month")
        return SOME_DEADLINE
    if "day" in table:
        return DayAfterPeriod(kind, table.integer("day", 1, 31))
    return AfterPeriod(kind, limit_at(table, "within"))


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
    return Once(table.parsed("once", Period.parse, A_PERIOD, SOME_PERIOD))


def _of_event(table: Table) -> Deadline:
    kind = matching(table, "of", WORD)
    if "within" in table and "before" in table:
        table.fault(
            "before", "{key} and `within` cannot stand together: a duty comes before its event or after it"
        )
    if "before" in table:
        return BeforeEvent(kind, limit_at(table, "before"))
    match table.data.get("within"):
        case None:
            return OpenEnded(kind)
        case "stated":
            return Stated(kind)
        case "promptly":
            return Promptly(kind)
    expected = sentence('{limit}, or "stated", or "promptly"', limit=_A_LIMIT)
    return AfterEvent(kind, table.parsed("within", Limit.parse, expected, _SOME_LIMIT))


def _after_due(table: Table) -> Deadline:
    return AfterDue(matching(table, "after_due", FULL_ID), limit_at(table, "within"))


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


def limit_at(table: Table, key: str) -> Limit:
    """The limit written at `key`."""
    return table.parsed(key, Limit.parse, _A_LIMIT, _SOME_LIMIT)


def matching(table: Table, key: str, pattern: re.Pattern[str]) -> str:
    """The text at `key`, which must be of the pattern: an id, a full id or a word."""
    expected = _EXPECTED[pattern]

    def parse(text: str) -> str:
        if pattern.fullmatch(text) is None:
            raise ValueError(text)
        return text

    return table.parsed(key, parse, expected, "")


_EXPECTED = {
    RULE_ID: sentence("an id of the letters a-z, digits and single hyphens, such as annual-report"),
    FULL_ID: sentence("the full id of a rule, such as budget.approved"),
    WORD: sentence("a word without spaces and slashes"),
}


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
