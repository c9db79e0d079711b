"""Finding what a key or an id names, and saying what would be right where it names nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches

from sqlalchemy import Connection, select

from monitor.assembly import Assembly
from monitor.clock import day_in
from monitor.core.deriving import find_duty, resolve, watched_from
from monitor.core.obligations import Obligation
from monitor.core.plan import Facts, Opened, with_its_documents
from monitor.core.subjects import Organisation
from monitor.state import Refused
from monitor.storage import tables
from monitor.storage.facts import gather, organisation_from
from monitor.storage.reckonings import Kept, kept_reckonings
from rules.due import Duty
from rules.sentences import Sentence, sentence

_EXAMPLES = 6
DIGITS = 9
"""Of the longest number that is looked for: any database can take it, and none of ours comes to a longer one."""


@dataclass(frozen=True, slots=True)
class Found:
    """An obligation by its key, opened or not, and the facts of its organisation."""

    organisation: Organisation
    facts: Facts
    today: date
    """The organisation's."""
    obligation: Obligation
    opened: Opened | None
    duty: Duty | None
    """None where no loaded rule gives it any more."""


def find(connection: Connection, assembly: Assembly, key: str, now: datetime) -> Found:
    """The obligation that `key` names; raises `Refused` for one that rules, configuration and events do not give."""
    parts = key.split("/")
    if len(parts) != 3:
        raise Refused(
            sentence(
                "{key} is not a key; a key is organisation/pack.rule/occurrence, such as {example}",
                key=key,
                example="sergelen/budget.approved/2024",
            )
        )
    organisation = organisation_named(assembly, parts[0])
    facts, today = facts_now(connection, organisation, now)
    opened = facts.opened.get(key)
    if parts[1] not in assembly.book.ids and opened is None:
        raise Refused(unknown(sentence("rule"), parts[1], assembly.book.ids))
    obligation = resolve(organisation, assembly.book, parts[1], parts[2], facts.events, facts.extensions)
    if obligation is None and opened is None:
        raise Refused(_unknown_occurrence(assembly, facts, parts[1], parts[2], today))
    if obligation is not None:
        obligation = with_its_documents(obligation, opened)
    current = obligation or (opened.obligation if opened else None)
    assert current is not None  # noqa: S101 -- one of the two was found
    duty = find_duty(organisation, assembly.book, parts[1], parts[2], facts.events)
    return Found(organisation, facts, today, current, opened, duty)


@dataclass(frozen=True, slots=True)
class Stored:
    """An opened obligation as it was last worked out, whatever the register and the packs have come to say since."""

    facts: Facts
    today: date
    """Its organisation's."""
    opened: Opened
    reckoning: Kept | None
    """What its dates rest on; None where it was withdrawn before that was kept."""


def find_stored(connection: Connection, key: str, now: datetime) -> Stored | None:
    """The opened obligation of that key, also of an organisation that has left; None where none was opened."""
    if not key.isprintable():  # a database would refuse it
        return None
    obligation, organisation = tables.obligation, tables.organisation
    statement = (
        select(organisation, obligation.c.reckoning_id)
        .join(obligation, obligation.c.organisation == organisation.c.id)
        .where(obligation.c.key == key)
    )
    row = connection.execute(statement).one_or_none()
    if row is None:
        return None
    facts, today = facts_now(connection, organisation_from(row), now)
    kept = kept_reckonings(connection, [row.reckoning_id] if row.reckoning_id is not None else [])
    return Stored(facts, today, facts.opened[key], kept.get(row.reckoning_id))


def facts_now(connection: Connection, organisation: Organisation, now: datetime) -> tuple[Facts, date]:
    """What is known of one organisation, and its today."""
    today = day_in(organisation.timezone, now)
    gathered = gather(connection, {organisation.id: organisation.timezone}, {organisation.id: today})
    return gathered[organisation.id].facts(organisation, today), today


def organisation_named(assembly: Assembly, organisation_id: str) -> Organisation:
    """The organisation of that id in the register; raises `Refused`."""
    organisation = assembly.settings.register.get(organisation_id)
    if organisation is None:
        raise Refused(unknown(sentence("organisation"), organisation_id, assembly.settings.register.ids))
    return organisation


def unknown(what: object, name: str, known: Iterable[str]) -> Sentence:
    """That nothing of that name is known, with the nearest that is."""
    names = sorted(known)
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    if near:
        return sentence(
            "{what} {name} is not known; did you mean {near}?", what=what, name=name, near=near[0]
        )
    return sentence(
        "{what} {name} is not known; among the known ones are: {known}",
        what=what,
        name=name,
        known=tuple(names[:_EXAMPLES]),
    )


def number_of(text: str, letter: str) -> int:
    """The number in `e17` or `17`; raises `Refused`."""
    digits = text.removeprefix(letter)
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= DIGITS):
        raise Refused(
            sentence("{text} is not an id; one looks like {example}", text=text, example=f"{letter}17")
        )
    return int(digits)


def _unknown_occurrence(
    assembly: Assembly, facts: Facts, rule_id: str, occurrence: str, today: date
) -> Sentence:
    book, organisation = assembly.book, facts.organisation
    if rule_id not in book.applying_to(organisation.kind):
        return sentence(
            "rule {rule} does not apply to {organisation}, whose kind is {kind}",
            rule=rule_id,
            organisation=organisation.id,
            kind=organisation.kind,
        )
    first = max(watched_from(organisation), date(today.year - 1, 1, 1))
    last = date(max(first.year, today.year + 1), 12, 31)
    if book.is_started_by_event(rule_id):
        known = [event.name for event in facts.events if book.started(rule_id, event.fact)]
        if not known:
            return sentence(
                "rule {rule} has no occurrence {occurrence}; an event opens one: iltod event add",
                rule=rule_id,
                occurrence=occurrence,
            )
    else:
        known = [duty.occurrence.name for duty in book.scheduled(rule_id, first, last)]
        if not known:
            return sentence(
                "rule {rule} has no occurrence {occurrence}, and none falls due from {first} to {last}; "
                "see: iltod rules show {rule}",
                rule=rule_id,
                occurrence=occurrence,
                first=first,
                last=last,
            )
    return sentence(
        "rule {rule} has no occurrence {occurrence} for {organisation}, watched since {since}; there are: {known}",
        rule=rule_id,
        occurrence=occurrence,
        organisation=organisation.id,
        since=organisation.since,
        known=tuple(known[:_EXAMPLES]),
    )
