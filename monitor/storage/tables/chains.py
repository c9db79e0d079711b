"""The chains of the journal."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from monitor.storage.tables.columns import BY_BYTES, PLAIN_JSON
from notifications.moments import UtcMoment


class JournalRow(SQLModel, table=True):
    """An entry of the journal, chained to the one before; rows are only ever added: see `monitor.core.journal`."""

    __tablename__ = "journal"

    chain: str = Field(primary_key=True, sa_type=BY_BYTES)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=UtcMoment)
    by: str
    what: str
    key: str | None = None
    content: dict[str, Any] = Field(sa_type=PLAIN_JSON)
    before: str
    hash: str


class JournalHeadRow(SQLModel, table=True):
    """The last entry of each chain, so that the next one can be chained to it without a search."""

    __tablename__ = "journal_head"

    chain: str = Field(primary_key=True, sa_type=BY_BYTES)
    number: int
    hash: str
    sealed: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """The last entry that an entry of the chain of days has named."""
