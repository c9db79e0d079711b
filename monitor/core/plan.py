"""Plan: from the facts of one organisation and a day to what should stand and who should be told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from monitor.core.attention import next_attention, next_morning
from monitor.core.deriving import SEEN_BEFORE_IT_EXISTS, derive
from monitor.core.evidence import Posting
from monitor.core.obligations import Event, Extension, Obligation, key_of
from monitor.core.register import Register
from monitor.core.reminders import Reminder, remind
from monitor.core.stages import Cadence
from monitor.core.standing import Move, Standing
from monitor.core.status import SETTLED, Assessment, Circumstances, assess
from monitor.core.subjects import Organisation
from monitor.core.told import History
from rules.due import RuleBook
from rules.limits import Limit, keep_until
from rules.sentences import Sentence, sentence
from rules.workdays import OutsideCalendar

_COUNTED_AT_MOST = timedelta(days=100)
"""How far back a limit that no event starts may have counted: a calendar change before that did not move its end."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An obligation as an earlier cycle left it."""

    obligation: Obligation
    opened_on: date
    posted: bool
    """Whether it was posted in every channel."""
    move: Move | None = None
    withdrawn: Sentence | None = None
    """Why it no longer stands."""


@dataclass(frozen=True, slots=True)
class Law:
    """What is the same for every organisation in one cycle."""

    book: RuleBook
    cadence: Cadence
    register: Register
    changes: Mapping[date, Sentence] = field(default_factory=dict)
    """Days that became working days, or days off, since the last cycle, and why."""

    def keep_until(self, limit: Limit, posted_on: date) -> date:
        """The last day until which what was posted on that day must stay up."""
        return keep_until(limit, posted_on, self.book.calendar)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one organisation."""

    organisation: Organisation
    first_cycle_on: date
    """The day of its first cycle, in its zone."""
    events: Sequence[Event] = ()
    postings: Mapping[str, Sequence[Posting]] = field(default_factory=dict)
    """By key."""
    waivers: Mapping[str, str] = field(default_factory=dict)
    """Reasons by key."""
    extensions: Mapping[str, Extension] = field(default_factory=dict)
    snoozes: Mapping[str, date] = field(default_factory=dict)
    opened: Mapping[str, Opened] = field(default_factory=dict)
    sending: Mapping[str, date] = field(default_factory=dict)
    """Today by time zone, where the sending time has come."""
    waiting: Mapping[str, date] = field(default_factory=dict)
    """Today by time zone, where the sending time is still to come."""


@dataclass(frozen=True, slots=True)
class Stance:
    """What should stand for one organisation."""

    standings: tuple[Standing, ...]
    coming: tuple[date, ...]
    """The days from which its obligations exist, those that are not opened yet included."""

    @property
    def open_keys(self) -> list[str]:
        """Of what somebody may have to be told: of years of history, that is little."""
        return [each.obligation.key for each in self.standings if each.assessment.state not in SETTLED]


@dataclass(frozen=True, slots=True)
class Plan:
    """What should stand for one organisation, and who should be told."""

    standings: tuple[Standing, ...]
    reminders: tuple[Reminder, ...]
    attention_on: date
    """The day on which the organisation must be worked out again; today where something waits to be told today."""


def stand(facts: Facts, law: Law, today: date, *, only_events: bool = False) -> Stance:
    """What should stand, whatever was told of it. `today` is the organisation's own; with `only_events` nothing but
    what an event starts is opened.
    """
    derived = derive(facts.organisation, law.book, facts.events, facts.extensions, today)
    standings = []
    for key, obligation in derived.items():
        before = facts.opened.get(key)
        if before is None and only_events and obligation.event is None:
            continue
        begun = _begun(obligation, before)
        if begun.exists_from <= today:
            standings.append(_standing(facts, law, begun, before, today))
    for key, before in facts.opened.items():
        if key not in derived and before.obligation.exists_from <= today:
            standings.append(_withdrawn(facts, law, before, today))
    return Stance(tuple(standings), tuple(each.exists_from for each in derived.values()))


def tell(stance: Stance, facts: Facts, history: History, law: Law, today: date) -> Plan:
    """Who should be told of it; it looks at what was told of the `stance.open_keys` alone."""
    standings = stance.standings
    reminders, attention_on = _told_now_or_later(facts, history, law, standings, today)
    coming = [today + SEEN_BEFORE_IT_EXISTS, *stance.coming]
    following = next_attention(facts.organisation, standings, coming, law.register, law.cadence, today)
    return Plan(standings, reminders, min(attention_on, following))


def appraise(
    facts: Facts, law: Law, obligation: Obligation, day: date, withdrawn: Sentence | None = None
) -> Assessment:
    """The state of an obligation on `day`, opened or not."""
    circumstances = Circumstances(
        channels=obligation.card.channels,
        due_on=obligation.due_on,
        soon_from=soon_from(obligation, law.cadence),
        keep_posted=obligation.card.keep_posted,
        waived=_waived(facts, obligation),
        withdrawn=withdrawn,
        unknown=obligation.unknown,
    )
    return assess(circumstances, postings_for(obligation, facts.postings), day, law.keep_until)


def soon_from(obligation: Obligation, cadence: Cadence) -> date | None:
    """The day from which it is `due_soon`: its first stage day; for an event duty not before the event."""
    if obligation.act_by is None:
        return None
    first = cadence.soon_from(obligation.act_by)
    if first is None or obligation.event is None:
        return first
    if obligation.due_on is not None and obligation.event.on > obligation.due_on:
        return first  # a planned event: it lies after what must be done before it
    return max(first, obligation.event.on)


def is_backlog(facts: Facts, obligation: Obligation) -> bool:
    """Whether it was due before the later of the day from which its organisation is watched and its first cycle."""
    begun = max(facts.organisation.since, facts.first_cycle_on)
    return obligation.due_on is not None and obligation.due_on < begun


def postings_for(obligation: Obligation, postings: Mapping[str, Sequence[Posting]]) -> tuple[Posting, ...]:
    """What was posted for it, or for a duty on the same document and of the same period."""
    return tuple(
        posting
        for rule_id in obligation.card.documents
        for posting in postings.get(key_of(obligation.organisation, rule_id, obligation.occurrence), ())
    )


def with_its_documents(obligation: Obligation, before: Opened | None) -> Obligation:
    """What was met by a posting for another on the same document stays so, whatever the packs say since."""
    documents = before.obligation.card.documents if before is not None and before.posted else ()
    if set(documents).issubset(obligation.card.documents):
        return obligation
    kept = tuple(sorted({*documents, *obligation.card.documents}))
    return replace(obligation, card=replace(obligation.card, documents=kept))


def _told_now_or_later(
    facts: Facts, history: History, law: Law, standings: Sequence[Standing], today: date
) -> tuple[tuple[Reminder, ...], date]:
    """What is told at this sending time, and the day on which the rest can be."""
    zones = {zone: facts.sending.get(zone, facts.waiting.get(zone, today)) for zone in law.register.zones}
    calendar = law.book.calendar
    untold = remind(facts.organisation, standings, law.register, law.cadence, calendar, history, zones)
    now, later = [], date.max
    for reminder in untold:
        zone = law.register.people[reminder.recipient].timezone
        if zone in facts.sending:
            now.append(reminder)
        elif zone in facts.waiting:
            later = today
        else:
            later = min(later, next_morning(calendar, today))
    return tuple(now), later


def _begun(obligation: Obligation, before: Opened | None) -> Obligation:
    """A due date that moved out does not make an opened obligation begin anew."""
    if before is None or before.obligation.exists_from >= obligation.exists_from:
        return obligation
    return replace(obligation, exists_from=before.obligation.exists_from)


def _standing(facts: Facts, law: Law, obligation: Obligation, before: Opened | None, today: date) -> Standing:
    move = before.move if before else None
    if before is not None and before.obligation.due_on != obligation.due_on:
        if _stays_met(facts, obligation, before):
            obligation = before.obligation
        else:
            move = Move(
                before.obligation.due_on, today, _why_moved(facts, law, before.obligation, obligation)
            )
    obligation = with_its_documents(obligation, before)
    return Standing(
        obligation=obligation,
        assessment=appraise(facts, law, obligation, today),
        opened_on=min(before.opened_on, today) if before else today,
        backlog=is_backlog(facts, obligation),
        move=move,
        snoozed_until=facts.snoozes.get(obligation.key),
    )


def _stays_met(facts: Facts, obligation: Obligation, before: Opened) -> bool:
    """What was met by the law as it then stood; not where its event was another, or where nothing is asked any more."""
    is_amended = obligation.event is not None and obligation.event.amended is not None
    return before.posted and not is_amended and _waived(facts, obligation) is None


def _waived(facts: Facts, obligation: Obligation) -> str | None:
    """Why it does not apply, if it does not."""
    return obligation.exempt or facts.waivers.get(obligation.key)


def _withdrawn(facts: Facts, law: Law, before: Opened, today: date) -> Standing:
    obligation = before.obligation
    reason = _why_withdrawn(facts, obligation)
    return Standing(
        obligation=obligation,
        assessment=appraise(facts, law, obligation, today, reason),
        opened_on=before.opened_on,
        backlog=is_backlog(facts, obligation),
        move=before.move,
        withdrawn=reason,
    )


def _why_withdrawn(facts: Facts, obligation: Obligation) -> Sentence:
    if obligation.event is not None:
        event = next((each for each in facts.events if each.id == obligation.event.id), None)
        if event is not None and event.withdrawn is not None:
            return sentence("event {event} was withdrawn: {reason}", event=event.name, reason=event.withdrawn)
    return sentence("rule {rule} no longer gives it to this organisation", rule=obligation.card.id)


def _is_extended(old: Obligation, new: Obligation) -> bool:
    """Whether an extension moved it, or another one; not where the date beneath it moved."""
    beneath = old.extended_from or old.due_on
    return new.extended_from is not None and new.extended_from == beneath


def _why_moved(facts: Facts, law: Law, old: Obligation, new: Obligation) -> Sentence:
    if new.unknown is not None and old.unknown is None:
        return sentence("it cannot be worked out any more: {why}", why=new.unknown)
    if old.unknown is not None and new.unknown is None:
        by_calendar = OutsideCalendar.is_told_by(old.unknown)
        return (None if by_calendar else _amendment(new)) or sentence("it can be worked out now")
    if _is_extended(old, new) and (extension := facts.extensions.get(new.key)):
        return sentence(
            "extended: {reason} ({reference})", reason=extension.reason, reference=extension.reference
        )
    days = [day for day in (old.due_on, new.due_on) if day is not None]
    begun = new.event.on if new.event else min(days, default=date.min) - _COUNTED_AT_MOST
    changed = tuple(
        why for day, why in sorted(law.changes.items()) if begun <= day <= max(days, default=date.max)
    )
    if changed:
        return sentence("the working-day calendar changed: {changes}", changes=changed)
    return _amendment(new) or sentence("rule {rule} changed", rule=new.card.id)


def _amendment(obligation: Obligation) -> Sentence | None:
    """That its event was amended, and why, if it ever was."""
    event = obligation.event
    if event is None or event.amended is None:
        return None
    return sentence("event {event} was amended: {reason}", event=event.name, reason=event.amended)
