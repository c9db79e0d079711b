"""The people: who serves where, and what each of them was told."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

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
    register = visit.assembly.settings.register
    organisations = asking.organisations(register, visit.viewer.sees)
    with visit.site.reading() as opened:
        today = day_in(visit.timezone, opened.now)
        roles: dict[str, list[tuple[Organisation, str]]] = defaultdict(list)
        for organisation in organisations:
            for contact in organisation.contacts:
                if contact.serves_on(today):
                    roles[address_key(contact.email)].append((organisation, contact.role))
        keys = list(roles)[(asking.page - 1) * _PEOPLE : asking.page * _PEOPLE]
        told = last_told(opened.connection, keys)
    return visit.page(
        "people.html",
        asking=asking,
        people=[
            Serving(register.people[key], roles[key], _rules(visit, roles[key]), told.get(key))
            for key in keys
        ],
        pages=max(1, -(-len(roles) // _PEOPLE)),
        several=len(visit.viewer.sees) > 1,
    )


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
