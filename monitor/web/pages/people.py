"""The people: who serves where, and what each of them was told."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from starlette.responses import Response

from monitor.clock import day_in
from monitor.core.subjects import Organisation, Recipient, address_key
from monitor.storage.history import last_told
from monitor.web.asking import Asking
from monitor.web.visits import Visit

_PEOPLE = 50


@dataclass(frozen=True, slots=True)
class Serving:
    """A person with the roles in which he is told of duties."""

    person: Recipient
    roles: Sequence[tuple[Organisation, str]]
    rules: Sequence[str]
    """The titles of the duties of which he is the one to be told."""
    last_told: date | None


def people(visit: Visit) -> Response:
    """Answer with those of the organisations that the viewer sees."""
    asking = Asking.of(visit.request.query_params)
    organisations = asking.organisations(visit.assembly.settings.register, visit.viewer.sees)
    first = (asking.page - 1) * _PEOPLE
    with visit.site.reading() as opened:
        today = day_in(visit.timezone, opened.now)
        keys = list(islice(_serving(organisations, today), first, first + _PEOPLE + 1))
        told = last_told(opened.connection, keys[:_PEOPLE])
    return visit.page(
        "people.html",
        asking=asking,
        people=[_person(visit, key, today, told.get(key)) for key in keys[:_PEOPLE]],
        has_more=len(keys) > _PEOPLE,
        several=len(visit.viewer.sees) > 1,
    )


def _serving(organisations: Iterable[Organisation], today: date) -> Iterator[str]:
    """Who serves in any of those organisations, each once, in the order of the register."""
    found: set[str] = set()
    for organisation in organisations:
        for contact in organisation.contacts:
            key = address_key(contact.email)
            if key not in found and contact.serves_on(today):
                found.add(key)
                yield key


def _person(visit: Visit, key: str, today: date, told: date | None) -> Serving:
    register = visit.assembly.settings.register
    roles = [
        (organisation, contact.role)
        for organisation, contact in register.posts_of(key)
        if organisation.id in visit.viewer.sees and contact.serves_on(today)
    ]
    return Serving(register.people[key], roles, _rules(visit, roles), told)


def _rules(visit: Visit, roles: Sequence[tuple[Organisation, str]]) -> list[str]:
    """What the person is told of before others: the duties of those roles, for organisations of those kinds."""
    served = {(organisation.kind, role) for organisation, role in roles}
    return list(
        dict.fromkeys(
            rule.title.say(visit.voice)
            for rule in visit.assembly.book.rules
            for kind, role in served
            if kind in rule.applies_to and role in rule.responsible
        )
    )
