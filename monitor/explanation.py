"""How a due date was found: the steps of the law, what moved it since, and the count day by day."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from monitor.assembly import Assembly
from monitor.core.deriving import resolve
from monitor.core.obligations import Extension, Obligation
from monitor.core.plan import appraise
from monitor.core.standing import Move
from monitor.lookup import Stored, find, find_stored, organisation_named, unknown
from monitor.state import Refused
from monitor.storage.reckonings import reckonings_named, reckonings_of
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
    reckoning: str | None = None
    """Its hash, where that was asked for."""


def explain_key(connection: Connection, assembly: Assembly, key: str, now: datetime) -> Explanation:
    """Explain an obligation, opened or not; raises `Refused` for a key that nothing gives.

    An opened one is explained by the reckoning that was kept with it, whatever the packs say now.
    """
    stored = find_stored(connection, key, now)
    if stored is not None:
        return _stored(assembly, stored)
    found = find(connection, assembly, key, now)
    obligation = found.obligation
    return Explanation(
        key=key,
        title=obligation.card.title,
        due_on=obligation.due_on,
        act_by=obligation.act_by,
        keep_until=appraise(found.facts, assembly.law, obligation, found.today).keep_until,
        provisional=obligation.provisional,
        steps=(
            *(assembly.book.steps(found.duty) if found.duty else ()),
            *_since_then(obligation, found.facts.extensions.get(key)),
        ),
        count=_count(assembly.book, found.duty) if found.duty else (),
    )


def explain_reckoning(connection: Connection | None, beginning: str) -> Explanation:
    """Explain the reckoning that the journal names by a hash with that beginning; raises `Refused`.

    Its date is worked out again from what was kept, for whichever obligations it once stood.
    """
    found = reckonings_named(connection, beginning.lower(), at_most=2) if connection else []
    if not found:
        raise Refused(
            sentence(
                "no reckoning has a hash that begins with {beginning}; see: iltod journal list",
                beginning=beginning,
            )
        )
    if len(found) > 1:
        raise Refused(
            sentence(
                "more than one reckoning has a hash that begins with {beginning}; give more of its digits",
                beginning=beginning,
            )
        )
    (kept,) = found
    due_on, act_by = kept.dates
    steps = list(kept.steps)
    if kept.extended_from is not None:
        text = sentence("Extended from {old} to {new}", old=kept.extended_from, new=due_on)
        steps.append(Step(due_on, text, ""))
    return Explanation(
        key=None,
        title=Words(kept.rule, kept.rule),
        due_on=due_on,
        act_by=act_by,
        keep_until=None,
        provisional=kept.is_provisional,
        steps=tuple(steps),
        count=_shown(kept.count),
        reckoning=kept.digest,
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


def _stored(assembly: Assembly, stored: Stored) -> Explanation:
    opened, facts = stored.opened, stored.facts
    obligation = opened.obligation
    assessment = appraise(facts, assembly.law, obligation, stored.today, opened.withdrawn)
    steps, count = _kept_steps(assembly, stored)
    return Explanation(
        key=obligation.key,
        title=obligation.card.title,
        due_on=obligation.due_on,
        act_by=obligation.act_by,
        keep_until=assessment.keep_until,
        provisional=obligation.provisional,
        steps=(*steps, *_since_then(obligation, facts.extensions.get(obligation.key), opened.move)),
        count=count,
    )


def _kept_steps(assembly: Assembly, stored: Stored) -> tuple[tuple[Step, ...], tuple[CountedDay, ...]]:
    kept, due_on = stored.reckoning, stored.opened.obligation.due_on
    now = _as_loaded(assembly, stored)
    if kept is None:  # of an earlier program, and no cycle has taken it over yet
        if now is None or now.duty is None or now.due_on != due_on:
            return (), ()
        return assembly.book.steps(now.duty), _count(assembly.book, now.duty)
    steps = kept.steps
    if now is not None and reckonings_of(assembly.book).basis_of(now) != kept.basis:
        # it was met before the rule or the calendar changed, or the next cycle moves it
        text = sentence(
            "By the rules and the calendar as they are now it would be worked out otherwise; this is what stands"
        )
        steps = (*steps, Step(due_on, text, ""))
    return steps, _shown(kept.count)


def _as_loaded(assembly: Assembly, stored: Stored) -> Obligation | None:
    """The obligation as register, packs and calendar give it now."""
    facts, before = stored.facts, stored.opened.obligation
    organisation = assembly.settings.register.get(before.organisation)
    if organisation is None:
        return None
    return resolve(
        organisation, assembly.book, before.card.id, before.occurrence, facts.events, facts.extensions
    )


def _since_then(obligation: Obligation, extension: Extension | None, move: Move | None = None) -> list[Step]:
    """What happened after the reckoning: an extension, a date that moved."""
    steps = []
    if extension is not None and obligation.extended_from is not None:
        steps.append(_extension_step(obligation, extension))
    # a move from the date before the extension is the extension itself
    if move is not None and (move.from_due is None or move.from_due != obligation.extended_from):
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
        return _shown(book.count_days(duty))
    except OutsideCalendar:
        return ()


def _shown(counted: tuple[CountedDay, ...]) -> tuple[CountedDay, ...]:
    """Only where days were skipped, or worked by decree: else there is nothing to see in them."""
    return counted if any(day.weekend or day.note for day in counted) else ()
