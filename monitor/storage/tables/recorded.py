"""What people recorded: events, postings with what backs them, decisions."""

from datetime import date, datetime

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel

from notifications.moments import UtcMoment


class EventRow(SQLModel, table=True):
    """A dated fact that starts a clock."""

    __tablename__ = "event"

    id: int | None = Field(default=None, primary_key=True)
    organisation: str = Field(index=True)  # the facts of one organisation
    kind: str
    happened_on: date
    due_on: date | None = None
    reference: str = ""
    note: str = ""
    recorded_at: datetime = Field(sa_type=UtcMoment)
    amended_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    amended_why: str | None = None
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    withdrawn_why: str | None = None


class PostingRow(SQLModel, table=True):
    """A record that a document was put up in one channel on a day."""

    __tablename__ = "posting"

    id: int | None = Field(default=None, primary_key=True)
    organisation: str = Field(index=True)  # the facts of one organisation
    key: str = Field(index=True)  # `posting list KEY`
    channel: str
    posted_on: date
    url: str | None = None
    evidence: str | None = Field(default=None, foreign_key="evidence.sha256")
    note: str = ""
    recorded_at: datetime = Field(sa_type=UtcMoment)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    withdrawn_why: str | None = None
    taken_down_on: date | None = None


class EvidenceRow(SQLModel, table=True):
    """A file or photograph that backs a posting."""

    __tablename__ = "evidence"

    sha256: str = Field(primary_key=True)
    name: str
    content: bytes = Field(sa_type=LargeBinary)


class WaiverRow(SQLModel, table=True):
    """A recorded decision that an obligation does not apply."""

    __tablename__ = "waiver"

    id: int | None = Field(default=None, primary_key=True)
    organisation: str = Field(index=True)  # the facts of one organisation
    key: str
    reason: str
    recorded_at: datetime = Field(sa_type=UtcMoment)
    lifted_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    lifted_why: str | None = None


class ExtensionRow(SQLModel, table=True):
    """A recorded decision that an obligation may be met later; the latest stands."""

    __tablename__ = "extension"

    id: int | None = Field(default=None, primary_key=True)
    organisation: str = Field(index=True)  # the facts of one organisation
    key: str
    by: str | None = None
    until: date | None = None
    reason: str
    reference: str
    recorded_at: datetime = Field(sa_type=UtcMoment)


class SnoozeRow(SQLModel, table=True):
    """A recorded wish not to be reminded before a day; the latest stands."""

    __tablename__ = "snooze"

    id: int | None = Field(default=None, primary_key=True)
    organisation: str = Field(index=True)  # the facts of one organisation
    key: str
    until: date
    reason: str
    recorded_at: datetime = Field(sa_type=UtcMoment)
