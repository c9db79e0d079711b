"""The rule book: every rule with its versions, a calendar, and the due dates that follow."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from rules.days import civil, days_later
from rules.grounds import Ground, Reckoning, reckon
from rules.limits import Limit, earliest_start, end_of, keep_until
from rules.model import AfterDue, AfterPeriod, Pack, Roll, Rule
from rules.occurrences import EventFact, Occurrence, ground_of, names_between, occurrence_named
from rules.steps import CountedDay, Step, days_counted, steps_to
from rules.workdays import OutsideCalendar, WorkingCalendar


@dataclass(frozen=True, slots=True)
class Duty:
    """One rule, in the version that holds, for one occurrence, and its due date; whose it is is not known
    here.
    """

    rule: Rule
    occurrence: Occurrence
    reckoning: Reckoning

    @property
    def day(self) -> date | None:
        """The due date, or the nominal day where the due date cannot be worked out."""
        return self.reckoning.due_on or self.reckoning.nominal


class RuleBook:
    """Rules, a calendar, and the office's own standard for "each time": unchangeable.

    The packs must have been found without fault together (`rules.loading.load_packs`): an unknown rule id is
    a KeyError.
    """

    def __init__(self, packs: Sequence[Pack], calendar: WorkingCalendar, promptly: Limit) -> None:
        self.packs = tuple(packs)
        self.calendar = calendar
        self.promptly = promptly
        self.rules = tuple(rule for pack in self.packs for rule in pack.rules)
        self._versions: dict[str, tuple[Rule, ...]] = {}
        for rule in self.rules:
            self._versions[rule.id] = (*self._versions.get(rule.id, ()), rule)
        self._kinds = {rule_id: self._kinds_of(rule_id) for rule_id in self._versions}
        self._documents = _shared_documents(self.rules)
        self._duties = lru_cache(maxsize=65536)(self._standing)
        self._windows = lru_cache(maxsize=4096)(self._scheduled)

    @property
    def ids(self) -> tuple[str, ...]:
        """The full ids of the rules, each once, in the order of the packs."""
        return tuple(self._versions)

    @property
    def event_kinds(self) -> frozenset[str]:
        """Every kind of event that starts a rule."""
        return frozenset(rule.event_kind for rule in self.rules if rule.event_kind)

    def versions(self, rule_id: str) -> tuple[Rule, ...]:
        """The versions of a rule in the order of the file; KeyError for an id that is not known."""
        return self._versions[rule_id]

    def applying_to(self, kind: str) -> tuple[str, ...]:
        """The ids of the rules of which some version applies to that kind of organisation."""
        return tuple(
            rule_id
            for rule_id, versions in self._versions.items()
            if any(kind in each.applies_to for each in versions)
        )

    def is_started_by_event(self, rule_id: str) -> bool:
        """Does an event start it, at least in one version?"""
        return bool(self._kinds[rule_id])

    def documents(self, rule_id: str) -> frozenset[str]:
        """The ids of the rules on the same document, this one among them: a posting for one counts for all.

        `same_document` is read in both directions and from rule to rule.
        """
        return self._documents.get(rule_id, frozenset({rule_id}))

    def scheduled(self, rule_id: str, first: date, last: date) -> tuple[Duty, ...]:
        """The duties of a rule that no event starts, whose day (see Duty.day) lies in the window, in order.

        A version holds if it is in force by the day; where two versions give the same occurrence the earlier
        day stands. A duty whose due date cannot be worked out is included by its nominal day.
        """
        return self._windows(rule_id, civil(first), civil(last))

    def duty(self, rule_id: str, name: str) -> Duty | None:
        """The duty of a rule that no event starts, by its occurrence's name (`2024-Q3`, `2024-05-31`)."""
        return self._duties(rule_id, name)

    def started(self, rule_id: str, event: EventFact) -> Duty | None:
        """The duty that an event starts; None when no version of the rule is in force by the event's date."""
        for rule in self._versions[rule_id]:
            if rule.is_in_force(event.on) and (occurrence := self._begun(rule, event)):
                return self._duty(rule, occurrence)
        return None

    def act_by(self, due_on: date) -> date:
        """The last working day on or before the due date; raises OutsideCalendar."""
        return self.calendar.preceding(due_on)

    def keep_until(self, rule: Rule, posted_on: date) -> date | None:
        """The last day on which it must still be up when it was posted in the last channel on a day.

        None if the rule does not say; raises OutsideCalendar.
        """
        return keep_until(rule.keep_posted, posted_on, self.calendar) if rule.keep_posted else None

    def extended(self, due_on: date, limit: Limit) -> date:
        """Where an extension ends: the limit counted from the unextended due date. Raises OutsideCalendar."""
        return end_of(limit, due_on, self.calendar)

    def longest_extension(self, rule: Rule, due_on: date) -> date | None:
        """The latest day to which the rule lets the due date be extended; None if it allows none."""
        return self.extended(due_on, rule.extendable) if rule.extendable else None

    def ground(self, duty: Duty) -> Ground:
        """What the duty's due date rests on."""
        return ground_of(duty.rule, duty.occurrence, self.promptly)

    def steps(self, duty: Duty) -> tuple[Step, ...]:
        """How the due date was found, a sentence a step; the last one's date is the due date."""
        return steps_to(
            duty.rule,
            duty.occurrence,
            self.ground(duty),
            duty.reckoning,
            versions=self._versions[duty.rule.id],
            calendar=self.calendar,
        )

    def count_days(self, duty: Duty) -> tuple[CountedDay, ...]:
        """The count day by day, up to the due date; empty where no day was looked up."""
        return days_counted(self.ground(duty), duty.reckoning, self.calendar)

    def _scheduled(self, rule_id: str, first: date, last: date) -> tuple[Duty, ...]:
        names = {name for rule in self._versions[rule_id] for name in self._names(rule, first, last)}
        found = [(duty.day, name, duty) for name in names if (duty := self.duty(rule_id, name)) and duty.day]
        return tuple(
            duty for day, _, duty in sorted(found, key=lambda each: each[:2]) if first <= day <= last
        )

    def _names(self, rule: Rule, first: date, last: date) -> Iterable[str]:
        """The names of all occurrences whose day may lie in the window, and perhaps a few more."""
        match rule.deadline:
            case AfterDue(other, within):
                if self.is_started_by_event(other):
                    return ()
                return (
                    duty.occurrence.name for duty in self.scheduled(other, self._start(within, first), last)
                )
            case AfterPeriod(_, within):
                return names_between(rule, self._start(within, first), last)
        return names_between(rule, *self._before_roll(rule.roll, first, last))

    def _start(self, within: Limit, first: date) -> date:
        return earliest_start(within, first, self.calendar)

    def _before_roll(self, roll: Roll, first: date, last: date) -> tuple[date, date]:
        """The days that may roll into the window."""
        try:
            if roll is Roll.FOLLOWING:
                return self.calendar.preceding(days_later(first, -1)), last
            if roll is Roll.PRECEDING:
                return first, self.calendar.following(days_later(last, 1))
        except OutsideCalendar:
            # Near the calendar's ends: all that it knows, and the window itself for what it does not know.
            return min(first, self.calendar.first), max(last, self.calendar.last)
        return first, last

    def _standing(self, rule_id: str, name: str) -> Duty | None:
        """Of the versions in force by their day, the one with the earlier day for that occurrence."""
        duties = [duty for rule in self._versions[rule_id] for duty in self._duties_named(rule, name)]
        standing = [(duty.day, duty) for duty in duties if duty.day and duty.rule.is_in_force(duty.day)]
        return min(standing, key=lambda each: each[0])[1] if standing else None

    def _duties_named(self, rule: Rule, name: str) -> Iterator[Duty]:
        if isinstance(rule.deadline, AfterDue):
            if not self.is_started_by_event(rule.deadline.rule) and (
                base := self.duty(rule.deadline.rule, name)
            ):
                followed = base.occurrence
                yield self._duty(rule, Occurrence(name, followed.period, on=followed.on, base=base.reckoning))
        elif occurrence := occurrence_named(rule, name):
            yield self._duty(rule, occurrence)

    def _begun(self, rule: Rule, event: EventFact) -> Occurrence | None:
        """The occurrence of a rule that an event begins, itself or through the rule that it follows."""
        if isinstance(rule.deadline, AfterDue):
            base = self.started(rule.deadline.rule, event)
            return Occurrence(event.name, event=event, base=base.reckoning) if base else None
        if rule.event_kind is None or event.kind not in (None, rule.event_kind):
            return None
        return Occurrence(event.name, event=event)

    def _duty(self, rule: Rule, occurrence: Occurrence) -> Duty:
        return Duty(rule, occurrence, reckon(ground_of(rule, occurrence, self.promptly), self.calendar))

    def _kinds_of(self, rule_id: str) -> frozenset[str]:
        """The kinds of event that start a rule, in any version, or the rule that it follows."""
        kinds: set[str] = set()
        for rule in self._versions[rule_id]:
            if isinstance(rule.deadline, AfterDue):
                kinds |= self._kinds_of(rule.deadline.rule)
            elif rule.event_kind:
                kinds.add(rule.event_kind)
        return frozenset(kinds)


def _shared_documents(rules: Iterable[Rule]) -> dict[str, frozenset[str]]:
    """Of each rule that shares a document with others, the ids of all that share it."""
    shared: dict[str, frozenset[str]] = {}
    for rule in rules:
        if rule.same_document:
            ends = (rule.id, rule.same_document)
            group = frozenset().union(*(shared.get(end, {end}) for end in ends))
            shared.update(dict.fromkeys(group, group))
    return shared
