"""How a due date was found, told in sentences that each name the provision or decree they rest on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from rules.grounds import (
    CannotTell,
    CountedBack,
    CountedFrom,
    FixedDay,
    Ground,
    NoLastDay,
    Reckoning,
)
from rules.model import AfterDue, Promptly, Roll, Rule
from rules.occurrences import Occurrence
from rules.sentences import Sentence, sentence
from rules.workdays import DayKind, DayNote, WorkingCalendar

CIVIL_CODE = "Монгол Улсын Иргэний хууль, {clause} / Civil Code of Mongolia, {clause}"
START_DOES_NOT_COUNT = CIVIL_CODE.format(clause="72.1")
MOVES_TO_A_WORKING_DAY = CIVIL_CODE.format(clause="72.2")


@dataclass(frozen=True, slots=True)
class Step:
    """One sentence of the way to a due date, the day it is about, and what it rests on."""

    on: date | None
    text: Sentence
    source: str


@dataclass(frozen=True, slots=True)
class CountedDay:
    """One day of a count: its number where it counts, and why it is not what its weekday says."""

    on: date
    number: int | None
    note: DayNote | None
    weekend: bool


def steps_to(
    rule: Rule,
    occurrence: Occurrence,
    ground: Ground,
    reckoning: Reckoning,
    *,
    versions: Sequence[Rule],
    calendar: WorkingCalendar,
) -> tuple[Step, ...]:
    """The steps in order; the last one's date is the due date, None where there is none."""
    return (
        Step(None, sentence("The provision says: {words}", words=rule.basis.words), rule.basis.citation),
        *_version(rule, versions),
        *_occasion(rule, occurrence, ground),
        *_looked_up(ground, reckoning, calendar),
        *_provisional(ground, reckoning, calendar),
        _end(rule, ground, reckoning),
    )


def days_counted(ground: Ground, reckoning: Reckoning, calendar: WorkingCalendar) -> tuple[CountedDay, ...]:
    """Each day that was looked up, in the order of counting; only the days of a limit in working days have
    numbers.

    For other limits, and for a fixed date that may move, these are the days from the nominal day to the due
    date.
    """
    looked_at = _days_looked_at(ground, reckoning)
    if looked_at is None:
        return ()
    first, last = looked_at
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    if days[-1] != reckoning.due_on:
        days.reverse()
    numbered = isinstance(ground, CountedFrom | CountedBack) and ground.limit.in_working_days
    return tuple(_counted_days(days, calendar, numbered=numbered))


def _days_looked_at(ground: Ground, reckoning: Reckoning) -> tuple[date, date] | None:
    if isinstance(ground, NoLastDay | CannotTell) or reckoning.due_on is None or reckoning.nominal is None:
        return None
    return ground.looked_at(reckoning.nominal, reckoning.due_on)


def _counted_days(days: Sequence[date], calendar: WorkingCalendar, *, numbered: bool) -> Iterator[CountedDay]:
    number = 0
    for day in days:
        worked = calendar.is_working(day)
        number += worked
        yield CountedDay(
            day, number if worked and numbered else None, calendar.note(day), calendar.is_weekend(day)
        )


def _version(rule: Rule, versions: Sequence[Rule]) -> Iterator[Step]:
    """Which version of the rule holds, where it has more than one."""
    if len(versions) == 1:
        return
    first, last = rule.in_force_from, rule.in_force_until
    if first and last:
        text = sentence(
            "Of the rule's versions the one in force from {first} until {last} holds", first=first, last=last
        )
    elif first:
        text = sentence("Of the rule's versions the one in force from {first} holds", first=first)
    else:
        text = sentence("Of the rule's versions the one in force until {last} holds", last=last)
    yield Step(first, text, rule.basis.citation)


def _occasion(rule: Rule, occurrence: Occurrence, ground: Ground) -> Iterator[Step]:
    """What started it, and what does not count."""
    if occurrence.period and occurrence.base is None:
        yield Step(
            None,
            sentence("The document is about the period {period}", period=occurrence.period),
            rule.basis.citation,
        )
    if isinstance(rule.deadline, Promptly) and isinstance(ground, CountedFrom):
        text = sentence(
            "The text says no number of days; the office's own standard is used: {limit}",
            limit=ground.limit.words,
        )
        yield Step(None, text, "monitor.promptly")
    match ground:
        case CountedFrom(start):
            yield Step(start, _start(rule, occurrence, start), START_DOES_NOT_COUNT)
        case CountedBack(day):
            text = sentence(
                "It must be done before {day}, which does not count; counted back from there", day=day
            )
            yield Step(day, text, START_DOES_NOT_COUNT)
        case FixedDay(on) if occurrence.event:
            yield Step(
                on, sentence("The event itself states the due date: {day}", day=on), rule.basis.citation
            )


def _start(rule: Rule, occurrence: Occurrence, start: date) -> Sentence:
    if isinstance(rule.deadline, AfterDue):
        return sentence(
            "The duty {rule} falls due on {day}; that day does not count", rule=rule.deadline.rule, day=start
        )
    if occurrence.event:
        return sentence("The event was on {day}; that day does not count", day=start)
    return sentence("The period ends on {day}; that day does not count", day=start)


def _looked_up(ground: Ground, reckoning: Reckoning, calendar: WorkingCalendar) -> Iterator[Step]:
    """The days skipped, or worked by decree, each with its source; a weekend goes without saying."""
    days = days_counted(ground, reckoning, calendar)
    if isinstance(ground, CountedFrom | CountedBack) and ground.limit.in_working_days:
        yield from (step for day in days if (step := _exception(day)))
        return
    nominal, due_on = reckoning.nominal, reckoning.due_on
    if nominal is None or due_on is None:
        return
    if isinstance(ground, FixedDay) and ground.roll is Roll.NONE:
        if not calendar.is_working(nominal):
            text = sentence(
                "{day} is no working day, and the provision does not say that the date moves: it stays, and"
                " the last working day for it is {act_by}",
                day=nominal,
                act_by=calendar.preceding(nominal),
            )
            yield Step(nominal, text, _source(calendar, nominal))
        return
    if nominal != due_on:
        for day in days[:-1]:
            yield _exception(day) or Step(day.on, sentence("{day} is a weekend", day=day.on), "")


def _exception(day: CountedDay) -> Step | None:
    """A day that is not what its weekday says."""
    if day.note is None or (day.weekend and day.note.kind is not DayKind.ON):
        return None
    match day.note.kind:
        case DayKind.HOLIDAY:
            text = sentence(
                "{day} does not count, a public holiday: {reason}", day=day.on, reason=day.note.reason
            )
        case DayKind.OFF:
            text = sentence(
                "{day} does not count, a day off by decision: {reason}", day=day.on, reason=day.note.reason
            )
        case DayKind.ON:
            text = sentence(
                "{day} counts, a day worked by decision: {reason}", day=day.on, reason=day.note.reason
            )
    return Step(day.on, text, day.note.source)


def _provisional(ground: Ground, reckoning: Reckoning, calendar: WorkingCalendar) -> Iterator[Step]:
    """Which years' decrees nobody has looked for, where the due date rests on them."""
    looked_at = _days_looked_at(ground, reckoning)
    if reckoning.provisional and looked_at:
        first, last = looked_at
        years = tuple(year for year in range(first.year, last.year + 1) if year not in calendar.looked_at)
        text = sentence("Provisional: nobody has looked yet for the days moved in {years}", years=years)
        yield Step(None, text, "")


def _end(rule: Rule, ground: Ground, reckoning: Reckoning) -> Step:
    due_on, nominal = reckoning.due_on, reckoning.nominal
    if due_on is None:
        if reckoning.unknown is None:
            return Step(None, sentence("The provision sets no last day for it"), rule.basis.citation)
        return Step(None, sentence("The due date cannot be worked out: {why}", why=reckoning.unknown), "")
    moved = nominal != due_on
    match ground:
        case CountedFrom(_, limit) if moved and not limit.in_working_days:
            text = sentence(
                "The limit of {limit} ends on {nominal}, which is no working day; the last day in time is the next"
                " one: {day}",
                limit=limit.words,
                nominal=nominal,
                day=due_on,
            )
            return Step(due_on, text, MOVES_TO_A_WORKING_DAY)
        case CountedFrom(_, limit):
            text = sentence(
                "The limit of {limit} ends on the last day in time: {day}", limit=limit.words, day=due_on
            )
        case CountedBack(_, limit) if moved and not limit.in_working_days:
            text = sentence(
                "The limit of {limit} leads back to {nominal}, which is no working day; the last day in time is the"
                " one before: {day}",
                limit=limit.words,
                nominal=nominal,
                day=due_on,
            )
        case CountedBack(_, limit):
            text = sentence(
                "The limit of {limit} leads back to the last day in time: {day}",
                limit=limit.words,
                day=due_on,
            )
        case FixedDay(roll=Roll.FOLLOWING) if moved:
            text = sentence(
                "{nominal} is no working day; the rule moves it to the next one: {day}",
                nominal=nominal,
                day=due_on,
            )
        case FixedDay(roll=Roll.PRECEDING) if moved:
            text = sentence(
                "{nominal} is no working day; the rule moves it to the one before: {day}",
                nominal=nominal,
                day=due_on,
            )
        case _:
            text = sentence("The last day in time is {day}", day=due_on)
    return Step(due_on, text, rule.basis.citation)


def _source(calendar: WorkingCalendar, day: date) -> str:
    note = calendar.note(day)
    return note.source if note and not calendar.is_weekend(day) else ""
