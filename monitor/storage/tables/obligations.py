"""What is owed by whom, as the last cycle worked it out."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from monitor.storage.tables.columns import BY_BYTES, PLAIN_JSON
from notifications.moments import UtcMoment

_NOT_SETTLED = text("NOT settled")


class MonitorRow(SQLModel, table=True):
    """One row: what the whole monitor knows of itself."""

    __tablename__ = "monitor"

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    mode: str | None = None
    """`live` or `rehearsal`; the first cycle decides."""
    last_cycle_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    basis: str | None = None
    """The digest of configuration, packs and calendar on which the organisations were worked out."""
    config_checksum: int | None = Field(default=None, sa_type=BigInteger)
    """Of config.toml, as far as it belongs to that basis."""
    zones: list[str] | None = Field(default=None, sa_type=PLAIN_JSON)
    """The time zones in which anybody of that basis is told anything."""
    unheard_on: date | None = None
    """The day on which it was last looked who would be told of nothing."""
    accepted_register: str | None = None
    """The digest of a register that retires many organisations, and that somebody has looked at."""


class OrganisationRow(SQLModel, table=True):
    """An organisation as the register last showed it."""

    __tablename__ = "organisation"

    id: str = Field(primary_key=True)
    name: str
    kind: str
    parent: str | None = None
    timezone: str
    website: str | None = None
    since: date
    first_cycle_on: date | None = None
    retired_on: date | None = None
    attention_at: datetime | None = Field(
        default=None, sa_type=UtcMoment, index=True
    )  # whom a cycle works out
    """The next moment at which anything about it can change or be told; None: at once."""


class CardRow(SQLModel, table=True):
    """What is shown of a rule, once for each wording that ever gave an obligation."""

    __tablename__ = "card"

    id: int | None = Field(default=None, primary_key=True)
    rule: str
    digest: str = Field(unique=True)
    content: dict[str, Any] = Field(sa_type=PLAIN_JSON)


class ReckoningRow(SQLModel, table=True):
    """What a due date rests on, once for all obligations that rest on the same; rows are only ever added."""

    __tablename__ = "reckoning"

    id: int | None = Field(default=None, primary_key=True)
    basis: str = Field(unique=True)
    """The digest of all from which the dates follow, without the words of the steps."""
    digest: str = Field(unique=True)
    """The digest of all of it, by which the journal names it."""
    content: dict[str, Any] = Field(sa_type=PLAIN_JSON)


class ObligationRow(SQLModel, table=True):
    """An opened obligation, as the last cycle worked it out."""

    __tablename__ = "obligation"
    __table_args__ = (
        # what is open, in the order in which `status` lists it, without reading what is settled
        Index(
            "obligation_open",
            "outcome",
            "due_on",
            "key",
            sqlite_where=_NOT_SETTLED,
            postgresql_where=_NOT_SETTLED,
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True, sa_type=BY_BYTES)
    organisation: str = Field(index=True)  # the facts of one organisation
    timezone: str
    """The organisation's, by whose day it was judged."""
    card_id: int = Field(foreign_key="card.id")
    reckoning_id: int | None = Field(default=None, foreign_key="reckoning.id")
    """What its dates rest on; None where it was withdrawn before that was kept."""
    opening: int | None = None
    """The number of the entry in its organisation's journal that opened it; None: there was no journal yet."""
    event_id: int | None = Field(default=None, foreign_key="event.id")
    occurrence: str
    period: str | None = None
    exists_from: date
    opened_on: date
    due_on: date | None = None
    extended_from: date | None = None
    act_by: date | None = None
    soon_from: date | None = None
    provisional: bool = False
    backlog: bool = False
    exempt: str | None = None
    unknown: dict[str, Any] | None = Field(default=None, sa_type=PLAIN_JSON)
    withdrawn: dict[str, Any] | None = Field(default=None, sa_type=PLAIN_JSON)
    moved_from: date | None = None
    moved_seen_on: date | None = None
    moved_why: dict[str, Any] | None = Field(default=None, sa_type=PLAIN_JSON)
    state: str
    """On the day of the last working-out."""
    settled: bool
    outcome: str
    """What became of it, apart from the day: see `monitor.core.outcome`."""
    keep_until: date | None = None
    reason: dict[str, Any] | None = Field(default=None, sa_type=PLAIN_JSON)
    posted: list[dict[str, Any]] | None = Field(default=None, sa_type=PLAIN_JSON)
    """What covers which channel; None where nothing does."""
    down: list[str] | None = Field(default=None, sa_type=PLAIN_JSON)
    """Where it was removed: the channels in which it is no longer up."""


class TallyRow(SQLModel, table=True):
    """How many obligations share an outcome and its days, so that they can be counted without being read.

    The number is the sum over the rows that are alike: see `monitor.storage.tally`.
    """

    __tablename__ = "tally"

    id: int | None = Field(default=None, primary_key=True)
    timezone: str
    card_id: int = Field(foreign_key="card.id")
    outcome: str
    due_on: date | None = None
    soon_from: date | None = None
    keep_until: date | None = None
    n: int
    worked_on: date
    """The day on which they were judged, in that time zone: their outcomes hold from then on."""


class UnheardRow(SQLModel, table=True):
    """A role in an organisation of whose duties nobody would be told, as the last cycle knew it."""

    __tablename__ = "unheard"

    id: int | None = Field(default=None, primary_key=True)
    organisation: str
    role: str
