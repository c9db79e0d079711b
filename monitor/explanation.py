"""How a due date was found: the steps of the law, what moved it since, and the count day by day."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from monitor.assembly import Assembly
from monitor.core.obligations import Extension, Obligation
from monitor.core.plan import appraise
from monitor.lookup import Found, find, organisation_named, unknown
from monitor.state import Refused
from rules.due import Duty, RuleBook
from rules.occurrences import EventFact
from rules.sentences import Words, sentence
from rules.steps import CountedDay, Step
from rules.workdays import OutsideCalendar


@dataclass(frozen=True, slots=True)
class Explanation:
    """A due date and everything that it rests on."""

    key: str | None
    title: Words
    due_on: date | None
    act_by: date | None
    keep_until: date | None
    provisional: bool
    steps: tuple[Step, ...]
    count: tuple[CountedDay, ...]
    """Empty where no day was skipped or moved."""


def explain_key(connection: Connection, assembly: Assembly, key: str, now: datetime) -> Explanation:
    """Explain an obligation, opened or not; raises `Refused` for a key that nothing gives."""
    found = find(connection, assembly, key, now)
    obligation = found.obligation
    withdrawn = found.opened.withdrawn if found.opened else None
    assessment = appraise(found.facts, assembly.law, obligation, found.today, withdrawn)
    steps = assembly.book.steps(found.duty) if found.duty else ()
    return Explanation(
        key=key,
        title=obligation.card.title,
        due_on=obligation.due_on,
        act_by=obligation.act_by,
        keep_until=assessment.keep_until,
        provisional=obligation.provisional,
        steps=(*steps, *_since_then(found)),
        count=_count(assembly.book, found.duty) if found.duty else (),
    )


def explain_rule(
    assembly: Assembly,
    rule_id: str,
    *,
    organisation: str | None,
    period: str | None,
    on: date | None,
    due: date | None,
) -> Explanation:
    """Explain what a rule gives for a period, or for an event on a day, without anybody's data."""
    book = assembly.book
    if rule_id not in book.ids:
        raise Refused(unknown(sentence("rule"), rule_id, book.ids))
    who = organisation_named(assembly, organisation) if organisation else None
    duty = _duty(book, rule_id, period, on, due)
    if who is not None and who.kind not in duty.rule.applies_to:
        raise Refused(
            sentence(
                "rule {rule} does not apply to {organisation}, whose kind is {kind}",
                rule=rule_id,
                organisation=who.id,
                kind=who.kind,
            )
        )
    named = who is not None and duty.occurrence.event is None
    act_by = _act_by(book, duty.reckoning.due_on)
    return Explanation(
        key=f"{organisation}/{rule_id}/{duty.occurrence.name}" if named else None,
        title=duty.rule.title,
        due_on=duty.reckoning.due_on,
        act_by=act_by,
        keep_until=None,
        provisional=duty.reckoning.provisional,
        steps=book.steps(duty),
        count=_count(book, duty),
    )


def _duty(book: RuleBook, rule_id: str, period: str | None, on: date | None, due: date | None) -> Duty:
    if book.is_started_by_event(rule_id):
        if on is None:
            raise Refused(
                sentence("rule {rule} begins with an event: give its day with --on DATE", rule=rule_id)
            )
        duty = book.started(rule_id, EventFact("e0", on, due))
        if duty is None:
            raise Refused(sentence("rule {rule} was not in force on {on}", rule=rule_id, on=on))
        return duty
    name = period or (on.isoformat() if on else None)
    if name is None:
        raise Refused(sentence("say for which period: iltod explain {rule} --period P", rule=rule_id))
    found = book.duty(rule_id, name)
    if found is None:
        raise Refused(
            sentence(
                "rule {rule} has no occurrence {name}; see: iltod rules show {rule}", rule=rule_id, name=name
            )
        )
    return found


def _since_then(found: Found) -> list[Step]:
    """What happened after the reckoning: an extension, a date that moved."""
    steps = []
    obligation = found.obligation
    extension = found.facts.extensions.get(obligation.key)
    move = found.opened.move if found.opened else None
    if extension is not None and obligation.extended_from is not None:
        steps.append(_extension_step(obligation, extension))
    if move is not None and move.from_due != obligation.extended_from:  # else the extension was the move
        text = sentence(
            "On {seen} the due date moved from {old} to {new}: {why}",
            seen=move.seen_on,
            old=move.from_due or sentence("(no date)"),
            new=obligation.due_on or sentence("(no date)"),
            why=move.reason,
        )
        steps.append(Step(obligation.due_on, text, ""))
    return steps


def _extension_step(obligation: Obligation, extension: Extension) -> Step:
    text = sentence(
        "Extended on {recorded} from {old} to {new}: {reason}",
        recorded=extension.recorded_on,
        old=obligation.extended_from,
        new=obligation.due_on or sentence("(no date)"),
        reason=extension.reason,
    )
    return Step(obligation.due_on, text, extension.reference)


def _act_by(book: RuleBook, due_on: date | None) -> date | None:
    try:
        return book.act_by(due_on) if due_on else None
    except OutsideCalendar:
        return None


def _count(book: RuleBook, duty: Duty) -> tuple[CountedDay, ...]:
    try:
        counted = book.count_days(duty)
    except OutsideCalendar:
        return ()
    return counted if any(day.number is None or day.note for day in counted) else ()
