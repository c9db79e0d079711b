"""Who is told what and when, and the days by which that was decided."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from monitor.storage.tables.columns import PLAIN_JSON
from notifications import tables as outbox  # the reminders refer to its messages
from notifications.moments import UtcMoment

_UNTOLD, _TOLD = text("message_id IS NULL"), text("message_id IS NOT NULL")


class ReminderRow(SQLModel, table=True):
    """A decision that a person should be told; told when it is linked to a message."""

    __tablename__ = "reminder"
    __table_args__ = (
        # told once: recipient, obligation, due date (or week), stage
        UniqueConstraint("recipient", "key", "about", "stage", name="reminder_once"),
        # the second pass: what a person has not been told yet
        Index("reminder_untold", "recipient", sqlite_where=_UNTOLD, postgresql_where=_UNTOLD),
        # what a mail told; were the others in it, SQLite would look for one person's among all that is untold
        Index("reminder_told", "message_id", sqlite_where=_TOLD, postgresql_where=_TOLD),
    )

    id: int | None = Field(default=None, primary_key=True)
    recipient: str
    organisation: str = Field(index=True)  # the history of one organisation
    key: str
    about: str
    stage: str
    stage_on: date
    kind: str
    reason: dict[str, Any] = Field(sa_type=PLAIN_JSON)
    decided_on: date
    message_id: int | None = Field(default=None, foreign_key=outbox.message.name + ".id")


class ServedRow(SQLModel, table=True):
    """A sending time that is over: the first completed cycle at or after it, in one time zone."""

    __tablename__ = "served"

    timezone: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    completed_at: datetime = Field(sa_type=UtcMoment)


class InvitationRow(SQLModel, table=True):
    """What a person's own calendar shows of an obligation, as the last mail left it."""

    __tablename__ = "invitation"

    recipient: str = Field(primary_key=True)
    key: str = Field(primary_key=True, index=True)  # what calendars show of an obligation
    due_on: date
    sequence: int
    """Rises with every change, as iCalendar wants it."""
    summary: str
    cancelled: bool = False
    message_id: int = Field(foreign_key=outbox.message.name + ".id")
    """The message that showed it last; where that was never delivered, the calendar does not show it."""


class WorkingYearRow(SQLModel, table=True):
    """The days of a year, as the last cycle knew them: `1` worked, `0` off, `-` not known."""

    __tablename__ = "working_year"

    year: int = Field(primary_key=True)
    days: str


class CalendarDayRow(SQLModel, table=True):
    """A day off or worked beside the week's own rhythm, as the last cycle knew it."""

    __tablename__ = "calendar_day"

    day: date = Field(primary_key=True)
    works: bool
    reason: str
    source: str
