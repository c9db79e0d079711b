"""Whose duties a feed follows, by the register of today: rights that end, end at once."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, TextClause, select, text

from monitor.assembly import Assembly
from monitor.checks import roles_by_kind
from monitor.clock import day_in
from monitor.core.obligations import RuleCard
from monitor.core.register import Register
from monitor.core.subjects import OVERSIGHT, Recipient
from monitor.feeds.addresses import Feed, Scope
from monitor.signing_in.links import rights_now
from monitor.storage import tables
from monitor.storage.facts import cards
from notifications.names import FEW, among

_OPEN = text("NOT obligation.settled")
NAME = (
    select(tables.organisation.c.name)
    .where(tables.organisation.c.id == tables.obligation.c.organisation)
    .scalar_subquery()
    .label("name")
)
"""The organisation's, in a statement on obligations: a join would have SQLite begin with the organisations."""
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Followed:
    """The duties of some organisations, and there of some roles."""

    name: str
    """What it is called in a calendar; empty for everything."""
    language: str
    organisations: Collection[str] | None
    """Their ids; None for all of them."""
    roles: Mapping[str, frozenset[str]] | None = None
    """The roles that count, by organisation; None for all of them."""

    def has(self, organisation: str, responsible: Collection[str]) -> bool:
        """Whether a duty is followed for which those roles are responsible."""
        return self.roles is None or not self.roles.get(organisation, frozenset()).isdisjoint(responsible)


def followed_by(assembly: Assembly, feed: Feed, now: datetime) -> Followed | None:
    """What the feed follows now; None where nothing is left of it: its person or its owner has gone."""
    register, language = assembly.settings.register, assembly.settings.monitor.language
    today = day_in(assembly.settings.monitor.timezone, now)
    owner = None if feed.owner is None else register.recipient(feed.owner)
    if feed.owner is not None and owner is None:
        return None
    seen = rights_now(register, owner, now).sees if owner else None
    if seen is not None and not seen:
        return None
    if feed.scope is Scope.PERSON:
        person = register.recipient(feed.name)
        return _of_person(assembly, person, today) if person else None
    if feed.scope is Scope.WHOLE:
        return Followed("", language, seen)
    organisation = register.get(feed.name)
    if organisation is None or (seen is not None and feed.name not in seen):
        return None
    return Followed(organisation.name, language, register.under(feed.name))


def is_open(followed: Followed) -> ColumnElement[bool] | TextClause:
    """That an obligation is not settled: of many organisations as the index of what is open says it.

    Said otherwise, SQLite does not take that index, but the one by organisation.
    """
    few = followed.organisations is not None and len(followed.organisations) <= FEW
    return ~tables.obligation.c.settled if few else _OPEN


def followed_rows(
    connection: Connection, followed: Followed, wanted: Select[Any]
) -> Iterator[tuple[Row[Any], RuleCard]]:
    """Of rows with an `organisation` and a `card_id`, from statements on obligations, those that are followed."""
    if followed.organisations is not None:
        wanted = wanted.where(among(tables.obligation.c.organisation, followed.organisations))
    known: dict[int, RuleCard] = {}
    for batch in connection.execute(wanted.execution_options(yield_per=_BATCH)).partitions():
        known |= cards(connection, {row.card_id for row in batch} - known.keys())
        for row in batch:
            card = known[row.card_id]
            if followed.has(row.organisation, card.responsible):
                yield row, card


def _of_person(assembly: Assembly, person: Recipient, day: date) -> Followed | None:
    """What the person is told of: duties of the own roles, and those of others that fall back to the person."""
    register, needed = assembly.settings.register, roles_by_kind(assembly)
    found: dict[str, frozenset[str]] = {}
    for each in _where_addressed(register, person, day):
        roles = frozenset(
            role
            for role in needed.get(register[each].kind, ())
            if person in register.addressees(each, role, day)
        )
        if roles:
            found[each] = roles
    return Followed(person.name, person.language, tuple(found), found) if found else None


def _where_addressed(register: Register, person: Recipient, day: date) -> Collection[str]:
    """The organisations in which anything can fall to the person: the own ones, and those that it oversees."""
    own = [(each, post) for each, post in register.posts_of(person.address) if post.serves_on(day)]
    overseen = (register.children(each.id) for each, post in own if post.role == OVERSIGHT)
    return dict.fromkeys([*(each.id for each, _ in own), *(child for below in overseen for child in below)])
