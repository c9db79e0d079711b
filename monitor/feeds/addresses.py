"""The secret addresses of feeds. Told once, kept as a digest."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from monitor.assembly import Assembly
from monitor.core.journal import MONITOR, Change, What
from monitor.core.subjects import address_key
from monitor.lookup import organisation_named
from monitor.signing_in.secrets import digest_of, new_secret
from monitor.state import Refused
from monitor.storage import tables
from monitor.storage.journal import append
from rules.sentences import sentence


class Scope(StrEnum):
    """What a feed follows."""

    PERSON = "person"
    """What one person is responsible for."""
    ORGANISATION = "organisation"
    """An organisation and all below it."""
    WHOLE = "whole"
    """Everything, or, where a person made it, all that this person sees."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed without its secret."""

    id: int
    scope: Scope
    name: str
    """The key of the person's address, or the organisation's id; empty for the whole."""
    owner: str | None
    """The key of the address of who made it on the page; None: it was made on the command line."""
    made_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a feed is fetched: they hold its secret, so they are told once."""

    calendar: str
    news: str


def make_feed(
    connection: Connection,
    assembly: Assembly,
    now: datetime,
    by: str,
    *,
    scope: Scope,
    name: str,
    owner: str | None,
) -> tuple[int, Addresses]:
    """Make a feed, and give its number and its addresses. Raises `Refused` for a name that is not known."""
    if scope is Scope.PERSON:
        name = _person(assembly, name)
    elif scope is Scope.ORGANISATION:
        organisation_named(assembly, name)
    secret = new_secret()
    row = {"scope": str(scope), "name": name, "owner": owner, "digest": digest_of(secret), "made_at": now}
    number = connection.execute(insert(tables.feed).returning(tables.feed.c.id), row).scalar_one()
    content = {"feed": number, "scope": str(scope), "name": name, "owner": owner}
    append(connection, now, by, [Change(MONITOR, What.FEED, content)])
    base = f"{assembly.settings.web.public_url}/feeds/{secret}"
    return number, Addresses(f"{base}.ics", f"{base}.atom")


def all_feeds(connection: Connection) -> tuple[Feed, ...]:
    """Every feed that was ever made, revoked ones among them."""
    return _feeds(connection)


def feeds_of(connection: Connection, owner: str) -> tuple[Feed, ...]:
    """What that person has made and not revoked."""
    table = tables.feed
    return _feeds(connection, table.c.owner == owner, table.c.revoked_at.is_(None))


def revoke_feed(
    connection: Connection, now: datetime, by: str, number: int, owner: str | None = None
) -> bool:
    """From now on nothing is fetched there; False where nothing was before. `owner`: only one of that person's."""
    table = tables.feed
    row = connection.execute(select(table).where(table.c.id == number)).one_or_none()
    if row is None or (owner is not None and row.owner != owner):
        raise Refused(sentence("feed {id} is not known; see: iltod feed list", id=f"f{number}"))
    if row.revoked_at is not None:
        return False
    connection.execute(update(table).where(table.c.id == number).values(revoked_at=now))
    append(connection, now, by, [Change(MONITOR, What.FEED_REVOKED, {"feed": number})])
    return True


def revoke_feeds_of(connection: Connection, now: datetime, by: str, owner: str) -> int:
    """End all that a person has made, and all that follow this person; how many there were."""
    table = tables.feed
    theirs = (table.c.owner == owner) | ((table.c.scope == str(Scope.PERSON)) & (table.c.name == owner))
    ended = update(table).where(theirs, table.c.revoked_at.is_(None)).values(revoked_at=now)
    numbers = sorted(connection.scalars(ended.returning(table.c.id)))
    append(connection, now, by, [Change(MONITOR, What.FEED_REVOKED, {"feed": each}) for each in numbers])
    return len(numbers)


def feed_at(connection: Connection, secret: str) -> Feed | None:
    """The feed of that secret, unless it was revoked."""
    table = tables.feed
    row = connection.execute(select(table).where(table.c.digest == digest_of(secret))).one_or_none()
    return None if row is None or row.revoked_at is not None else _feed(row)


def _person(assembly: Assembly, address: str) -> str:
    if assembly.settings.register.recipient(address) is None:
        raise Refused(
            sentence("{address} is nobody's in the register; name the address of a contact", address=address)
        )
    return address_key(address)


def _feeds(connection: Connection, *conditions: ColumnElement[bool]) -> tuple[Feed, ...]:
    rows = connection.execute(select(tables.feed).where(*conditions).order_by(tables.feed.c.id))
    return tuple(map(_feed, rows))


def _feed(row: Row[Any]) -> Feed:
    return Feed(row.id, Scope(row.scope), row.name, row.owner, row.made_at, row.revoked_at)
