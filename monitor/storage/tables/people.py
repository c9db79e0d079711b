"""Who may come in: links, sessions, tokens and feeds, whose secrets are kept as digests alone."""

from datetime import date, datetime

from sqlmodel import Field, SQLModel

from monitor.storage.tables.columns import PLAIN_JSON
from notifications.moments import UtcMoment


class SignInRow(SQLModel, table=True):
    """A link to sign in that somebody asked for. Rows of an address that is nobody's are there to be counted alone.

    Who could read them finds digests: neither the link, nor the browser that may use it, nor the address.
    """

    __tablename__ = "sign_in"

    id: int | None = Field(default=None, primary_key=True)
    digest: str = Field(unique=True)
    browser: str
    """The digest of what the browser that asked keeps."""
    person: str | None = None
    """The key of the address that it was sent to; None where no contact in office has that address."""
    address: str
    """The digest of the address that was written."""
    client: str
    """The digest of the network address from which it was asked for."""
    wanted: str
    """The path of the page that is wanted after it."""
    asked_at: datetime = Field(sa_type=UtcMoment, index=True)  # what counts, and what is forgotten
    used_at: datetime | None = Field(default=None, sa_type=UtcMoment)


class SessionRow(SQLModel, table=True):
    """A browser in which a person is signed in; a row that is gone is a session that ended."""

    __tablename__ = "session"

    id: int | None = Field(default=None, primary_key=True)
    digest: str = Field(unique=True)
    """Of the secret that the browser keeps."""
    person: str = Field(index=True)  # all of one person end together
    """The key of the address."""
    begun_at: datetime = Field(sa_type=UtcMoment)
    seen_at: datetime = Field(sa_type=UtcMoment)
    """When it was last used, to a day."""


class TokenRow(SQLModel, table=True):
    """What a program shows to the interface instead of signing in; the secret in it is kept as a digest alone."""

    __tablename__ = "token"

    id: int | None = Field(default=None, primary_key=True)
    name: str
    organisations: list[str] = Field(sa_type=PLAIN_JSON)
    """Their ids; what is below them belongs to it."""
    records: bool
    waives: bool
    digest: str
    made_at: datetime = Field(sa_type=UtcMoment)
    until: date | None = None
    revoked_at: datetime | None = Field(default=None, sa_type=UtcMoment)


class FeedRow(SQLModel, table=True):
    """A secret address at which calendars and news readers fetch what they follow."""

    __tablename__ = "feed"

    id: int | None = Field(default=None, primary_key=True)
    scope: str
    """`person`, `organisation` or `whole`."""
    name: str
    """Whose it is: the key of an address, or the id of an organisation; empty for the whole."""
    owner: str | None = Field(default=None, index=True)  # a person's own feeds
    """The key of the address of who made it on the page, whose rights bound it; None: made on the command line."""
    digest: str = Field(unique=True)
    made_at: datetime = Field(sa_type=UtcMoment)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcMoment)
