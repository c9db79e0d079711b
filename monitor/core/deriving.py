"""Derive: which obligations stand for one organisation, and when each is due."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from monitor.core.obligations import Event, Extension, Obligation, RuleCard, key_of
from monitor.core.subjects import Organisation
from rules.due import Duty, RuleBook
from rules.model import BeforeEvent, Rule
from rules.sentences import Sentence
from rules.workdays import OutsideCalendar

OPENS_BEFORE_DUE = timedelta(days=366)
"""An obligation exists from 366 days before its due date, in calendar days."""

SEEN_BEFORE_IT_EXISTS = timedelta(days=62)
"""How long before it exists an obligation is derived already.

So far a calendar's change may push a due date while an opened obligation is still found; and after so long an
organisation must be worked out again, whatever else is to come, or what comes into sight then would never be opened.
"""


def derive(
    organisation: Organisation,
    book: RuleBook,
    events: Iterable[Event],
    extensions: Mapping[str, Extension],
    today: date,
) -> dict[str, Obligation]:
    """Every obligation that the rules, the configuration and the events give `organisation`, by key.

    Looks a little further ahead than what exists `today` (in the organisation's zone), so that an opened obligation
    whose due date a decree pushes out is still found. Nothing due before 1 January of the year from which the
    organisation is watched is among them, nor what an event before that day started.
    """
    standing = [event for event in events if event.withdrawn is None]
    last = today + OPENS_BEFORE_DUE + SEEN_BEFORE_IT_EXISTS
    found = {}
    for rule_id in book.applying_to(organisation.kind):
        for duty in _duties(book, rule_id, organisation, standing, last):
            if _concerns(organisation, duty):
                obligation = _obligation(organisation, book, duty, standing, extensions)
                found[obligation.key] = obligation
    return found


def resolve(
    organisation: Organisation,
    book: RuleBook,
    rule_id: str,
    occurrence: str,
    events: Sequence[Event],
    extensions: Mapping[str, Extension],
) -> Obligation | None:
    """The obligation of that rule and occurrence, opened or not; None where nothing gives it."""
    standing = [event for event in events if event.withdrawn is None]
    duty = find_duty(organisation, book, rule_id, occurrence, standing)
    return _obligation(organisation, book, duty, standing, extensions) if duty else None


def find_duty(
    organisation: Organisation, book: RuleBook, rule_id: str, occurrence: str, events: Iterable[Event]
) -> Duty | None:
    """The duty of that rule and occurrence, with its reckoning; None where nothing gives it to `organisation`."""
    if rule_id not in book.ids:
        return None
    event = next((each for each in events if each.name == occurrence), None)
    duty = book.started(rule_id, event.fact) if event else book.duty(rule_id, occurrence)
    return duty if duty is not None and _concerns(organisation, duty) else None


@lru_cache(maxsize=4)
def cards_of(book: RuleBook) -> Mapping[tuple[str, date | None], RuleCard]:
    """What is shown of each rule, by its id and the day from which that version is in force."""
    return {(rule.id, rule.in_force_from): _card(rule, book) for rule in book.rules}


def watched_from(organisation: Organisation) -> date:
    """The first day on which a due date or an event can open an obligation of `organisation`."""
    return date(organisation.since.year, 1, 1)


def _card(rule: Rule, book: RuleBook) -> RuleCard:
    return RuleCard(
        id=rule.id,
        title=rule.title,
        channels=rule.channels,
        responsible=rule.responsible,
        source=rule.basis.source,
        item=rule.basis.item,
        words=rule.basis.words,
        confidence=rule.confidence,
        keep_posted=rule.keep_posted,
        documents=tuple(sorted(book.documents(rule.id))),
    )


def _duties(
    book: RuleBook, rule_id: str, organisation: Organisation, events: Iterable[Event], last: date
) -> Iterator[Duty]:
    first = watched_from(organisation)
    if last >= first:
        yield from book.scheduled(rule_id, first, last)
    if book.is_started_by_event(rule_id):
        for event in events:
            if (duty := book.started(rule_id, event.fact)) is not None:
                yield duty


def _concerns(organisation: Organisation, duty: Duty) -> bool:
    """Whether that version is for such organisations, and due, or begun by its event, since this one is watched."""
    begun = duty.occurrence.event.on if duty.occurrence.event else duty.day
    return organisation.kind in duty.rule.applies_to and (
        begun is None or begun >= watched_from(organisation)
    )


def _obligation(
    organisation: Organisation,
    book: RuleBook,
    duty: Duty,
    events: Sequence[Event],
    extensions: Mapping[str, Extension],
) -> Obligation:
    rule, occurrence, reckoning = duty.rule, duty.occurrence, duty.reckoning
    event = next((each for each in events if occurrence.event and each.name == occurrence.event.name), None)
    key = key_of(organisation.id, rule.id, occurrence.name)
    dates = _dates(duty, extensions.get(key), book)
    return Obligation(
        key=key,
        organisation=organisation.id,
        card=cards_of(book)[rule.id, rule.in_force_from],
        occurrence=occurrence.name,
        period=str(occurrence.period) if occurrence.period else None,
        event=event,
        exists_from=_exists_from(rule, event, reckoning.due_on or reckoning.nominal),
        due_on=dates.due_on,
        extended_from=dates.extended_from,
        act_by=dates.act_by,
        provisional=reckoning.provisional,
        unknown=dates.unknown,
        exempt=next((each.reason for each in organisation.exempt if each.rule == rule.id), None),
        duty=duty,
        extension=dates.extension,
    )


def _exists_from(rule: Rule, event: Event | None, due_on: date | None) -> date:
    if event is not None:
        # A planned event may lie ahead: what must be done before it is known from the day it was recorded.
        return event.recorded_on if isinstance(rule.deadline, BeforeEvent) else event.on
    if due_on is None:
        return date.min
    return due_on - OPENS_BEFORE_DUE if due_on - date.min > OPENS_BEFORE_DUE else date.min


class _Dates(NamedTuple):
    due_on: date | None
    extended_from: date | None
    act_by: date | None
    unknown: Sentence | None
    extension: Extension | None


def _dates(duty: Duty, extension: Extension | None, book: RuleBook) -> _Dates:
    """Law of time 6: where the calendar does not reach, the obligation is unknown, whatever its rule says."""
    reckoning = duty.reckoning
    due_on, extended_from = reckoning.due_on, None
    if due_on is None:
        return _Dates(None, None, None, reckoning.unknown, extension)
    try:
        extension = _what_holds(extension, duty.rule, due_on, book)
        if extension is not None:
            extended_from = due_on
            due_on = _extended(extension, due_on, book)
        return _Dates(due_on, extended_from, book.act_by(due_on), reckoning.unknown, extension)
    except OutsideCalendar as outside:
        return _Dates(due_on, extended_from, None, outside.sentence, extension)


def _what_holds(extension: Extension | None, rule: Rule, due_on: date, book: RuleBook) -> Extension | None:
    """That much of an extension which the rule allows from `due_on`, which may have moved since it was granted.

    It never shortens: None where it gives no more time.
    """
    if extension is None or rule.extendable is None:
        return None
    try:
        until = _extended(extension, due_on, book)
        if until <= due_on:
            return None
        longest = book.extended(due_on, rule.extendable)
    except OutsideCalendar:
        return extension  # where it ends beyond the calendar, the obligation is unknown
    return extension if until <= longest else replace(extension, by=None, until=longest)


def _extended(extension: Extension, due_on: date, book: RuleBook) -> date:
    return book.extended(due_on, extension.by) if extension.by else extension.until or due_on
