"""Tokens: what a program shows to the interface instead of signing in. Told once, kept as a digest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hmac import compare_digest
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from monitor.assembly import Assembly
from monitor.core.journal import MONITOR, Change, What
from monitor.lookup import organisation_named
from monitor.signing_in.secrets import digest_of, new_secret
from monitor.state import Refused
from monitor.storage import tables
from monitor.storage.journal import append
from monitor.texts import refuse_control_characters
from rules.sentences import sentence

PREFIX = "iltod_"
"""By which a token is known where it should not be: in a log, in a repository."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret."""

    id: int
    name: str
    organisations: tuple[str, ...]
    """Their ids; what is below them belongs to it."""
    records: bool
    waives: bool
    made_at: datetime
    until: date | None
    """Its last day."""
    revoked_at: datetime | None

    @property
    def label(self) -> str:
        """Who did it, as people read it."""
        return f"{self.name} (t{self.id})"

    def stands_on(self, day: date) -> bool:
        """Whether it opens anything on that day."""
        return self.revoked_at is None and (self.until is None or day <= self.until)


def make_token(
    connection: Connection,
    assembly: Assembly,
    now: datetime,
    by: str,
    *,
    name: str,
    organisations: Sequence[str],
    records: bool,
    waives: bool,
    until: date | None,
) -> tuple[int, str]:
    """Make a token, and give its number and its text, which nobody can find out again."""
    refuse_control_characters(name)
    for each in organisations:
        organisation_named(assembly, each)
    secret = new_secret()
    row = {
        "name": name,
        "organisations": list(dict.fromkeys(organisations)),
        "records": records,
        "waives": waives,
        "digest": digest_of(secret),
        "made_at": now,
        "until": until,
    }
    number = connection.execute(insert(tables.token).returning(tables.token.c.id), row).scalar_one()
    shown = ("name", "organisations", "records", "waives")
    content = {"token": number, **{each: row[each] for each in shown}, "until": str(until) if until else None}
    append(connection, now, by, [Change(MONITOR, What.TOKEN, content)])
    return number, f"{PREFIX}{number}_{secret}"


def all_tokens(connection: Connection) -> tuple[Token, ...]:
    """Every token that was ever made, revoked ones among them."""
    return tuple(map(_token, connection.execute(select(tables.token).order_by(tables.token.c.id))))


def revoke_token(connection: Connection, now: datetime, by: str, number: int) -> bool:
    """From now on the token opens nothing; False where it did not before."""
    table = tables.token
    row = connection.execute(select(table.c.revoked_at).where(table.c.id == number)).one_or_none()
    if row is None:
        raise Refused(sentence("token {id} is not known; see: iltod token list", id=f"t{number}"))
    if row.revoked_at is not None:
        return False
    connection.execute(update(table).where(table.c.id == number).values(revoked_at=now))
    append(connection, now, by, [Change(MONITOR, What.TOKEN_REVOKED, {"token": number})])
    return True


def token_shown(connection: Connection, shown: str, today: date) -> Token | None:
    """The token that somebody shows, if it is one of ours and stands today."""
    number, _, secret = shown.removeprefix(PREFIX).partition("_")
    if not (shown.startswith(PREFIX) and number.isascii() and number.isdecimal() and len(number) < 10):
        return None
    row = connection.execute(select(tables.token).where(tables.token.c.id == int(number))).one_or_none()
    if row is None or not compare_digest(row.digest, digest_of(secret)):
        return None
    token = _token(row)
    return token if token.stands_on(today) else None


def _token(row: Row[Any]) -> Token:
    return Token(
        id=row.id,
        name=row.name,
        organisations=tuple(row.organisations),
        records=row.records,
        waives=row.waives,
        made_at=row.made_at,
        until=row.until,
        revoked_at=row.revoked_at,
    )
