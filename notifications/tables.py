"""The outbox on disk.

A message's bytes are written once and never again; its delivery is a small row of its own, because it changes
with every attempt and an attempt must not copy the bytes about.
"""

from datetime import date, datetime

from sqlalchemy import Index, LargeBinary, Table, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from notifications.moments import UtcMoment

_OPEN = text("state IN ('queued', 'sending')")
_ONCE_A_DAY = text("kind NOT IN ('sign-in', 'test')")


class MessageRow(SQLModel, table=True):
    """What is said to one person: frozen, finished bytes."""

    __tablename__ = "message"
    __table_args__ = (
        # at most one a person, day and kind: the database refuses the second
        Index(
            "message_once",
            "recipient",
            "day",
            "kind",
            unique=True,
            sqlite_where=_ONCE_A_DAY,
            postgresql_where=_ONCE_A_DAY,
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    recipient: str = Field(index=True)  # what of one person's still waits, of whatever kind
    """The address in lower case, as addresses are compared."""
    day: date
    kind: str
    language: str
    subject: str
    raw: bytes = Field(sa_type=LargeBinary)
    brief: bytes | None = Field(default=None, sa_type=LargeBinary)
    """The same in a few lines, where services are to tell it too."""
    queued_at: datetime = Field(sa_type=UtcMoment)


class DeliveryRow(SQLModel, table=True):
    """A message on its way: to its recipient as a mail, or to one of the services that tell it too."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("message_id", "recipient", name="delivery_once"),
        # what is due (claim), what still waits (undelivered, cancel, oldest_undelivered)
        Index("delivery_open", "due_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        # `status --check`, the page and the oversight's mail ask for these each time; there are few
        Index(
            "delivery_failed",
            "id",
            sqlite_where=text("state = 'failed'"),
            postgresql_where=text("state = 'failed'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    message_id: int = Field(foreign_key="message.id")
    way: str
    """`mail` or `service`."""
    recipient: str
    """The address as it was written, for the envelope; of a service the name, which holds no secret."""
    message_id_header: str = Field(unique=True)
    state: str
    due_at: datetime = Field(sa_type=UtcMoment)
    refusals: int = 0
    give_up_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    claimed_by: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcMoment)
    unanswered: bool = False
    """An attempt ended without an answer: it may have arrived, so it is repeated as it stands."""
    reason: str = ""
    """Why it failed or was cancelled."""
    finished_at: datetime | None = Field(default=None, sa_type=UtcMoment)


class AttemptRow(SQLModel, table=True):
    """One attempt at a delivery; rows are only ever added."""

    __tablename__ = "attempt"
    __table_args__ = (Index("attempt_once", "delivery_id", "nonce", unique=True),)

    id: int | None = Field(default=None, primary_key=True)
    delivery_id: int = Field(foreign_key="delivery.id")
    nonce: str | None = None
    """Tells whether it is recorded already; those of before schema 0007 have none."""
    transport: str
    started_at: datetime = Field(sa_type=UtcMoment)
    ended_at: datetime = Field(sa_type=UtcMoment)
    outcome: str
    code: int | None = None
    answer: str = ""


class OutageRow(SQLModel, table=True):
    """A time in which the transport refused everybody; the open one has no `ended_at`."""

    __tablename__ = "outage"
    __table_args__ = (
        Index(
            "outage_open",
            "transport",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    transport: str
    began_at: datetime = Field(sa_type=UtcMoment)
    last_tried_at: datetime = Field(sa_type=UtcMoment)
    ended_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    answer: str


def _table(model: type[SQLModel]) -> Table:
    table = SQLModel.metadata.tables[str(model.__tablename__)]
    assert isinstance(table, Table)  # noqa: S101 -- tells the type
    return table


message = _table(MessageRow)
delivery = _table(DeliveryRow)
attempt = _table(AttemptRow)
outage = _table(OutageRow)
