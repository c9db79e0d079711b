"""Sessions: browsers in which a person is signed in. What the person may do is asked of the register each time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, func, insert, or_, select, update

from monitor.signing_in.secrets import digest_of, new_secret
from monitor.storage import tables

IDLE = timedelta(days=30)
"""A browser that was not used for so long has to sign in again."""
LONGEST = timedelta(days=90)
"""And so has any, after so long."""
_SEEN_EVERY = timedelta(days=1)

_session = tables.session


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that stands."""

    person: str
    """The key of the address."""
    is_to_be_kept: bool
    """It was last noted a day ago or longer that it is in use: see `keep_session`."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """The sessions of one person: how many, and when one of them was last used."""

    person: str
    number: int
    seen_at: datetime


def begin_session(connection: Connection, now: datetime, person: str) -> str:
    """Sign a person in; gives the secret that the browser is to keep. Sessions that are over are forgotten."""
    connection.execute(delete(_session).where(_is_over(now)))
    secret = new_secret()
    row = {"digest": digest_of(secret), "person": person, "begun_at": now, "seen_at": now}
    connection.execute(insert(_session), row)
    return secret


def session_of(connection: Connection, now: datetime, secret: str) -> SignedIn | None:
    """The session whose secret a browser shows; None where it has ended, or never was."""
    mine = select(_session.c.person, _session.c.seen_at).where(_session.c.digest == digest_of(secret))
    row = connection.execute(mine.where(~_is_over(now))).one_or_none()
    return SignedIn(row.person, row.seen_at <= now - _SEEN_EVERY) if row else None


def keep_session(connection: Connection, now: datetime, secret: str) -> None:
    """Note that it is in use."""
    mine = update(_session).where(_session.c.digest == digest_of(secret), _session.c.seen_at < now)
    connection.execute(mine.values(seen_at=now))


def end_session(connection: Connection, secret: str) -> None:
    """Sign that browser out."""
    connection.execute(delete(_session).where(_session.c.digest == digest_of(secret)))


def end_sessions_of(connection: Connection, person: str) -> int:
    """Sign a person out everywhere, links not used yet included; gives the number of sessions that ended."""
    connection.execute(delete(tables.sign_in).where(tables.sign_in.c.person == person))
    return connection.execute(delete(_session).where(_session.c.person == person)).rowcount


def sessions_by_person(connection: Connection, now: datetime) -> tuple[Sessions, ...]:
    """Who is signed in, in how many browsers."""
    statement = (
        select(_session.c.person, func.count(), func.max(_session.c.seen_at, type_=_session.c.seen_at.type))
        .where(~_is_over(now))
        .group_by(_session.c.person)
        .order_by(_session.c.person)
    )
    return tuple(Sessions(*row) for row in connection.execute(statement))


def _is_over(now: datetime) -> ColumnElement[bool]:
    return or_(_session.c.seen_at <= now - IDLE, _session.c.begun_at <= now - LONGEST)
