"""Moments (attempts, leases, outages) are kept in UTC, as text that sorts by time in every database."""

from datetime import UTC, datetime

from sqlalchemy import Dialect, String
from sqlalchemy.types import TypeDecorator


class UtcMoment(TypeDecorator[datetime]):
    """An aware `datetime`, stored as `2024-01-05T01:00:00.000000Z` and given back in UTC.

    SQLite's own `DATETIME` drops the offset in silence; text of one width keeps it and compares as time does.
    A naive `datetime` is refused with `ValueError`: nobody can tell which moment it means.
    """

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002 -- SQLAlchemy's signature
        return None if value is None else moment_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 -- SQLAlchemy's signature
        return None if value is None else datetime.fromisoformat(value).astimezone(UTC)


def moment_text(moment: datetime) -> str:
    """The stored form of an aware moment, for SQL that is written by hand."""
    if moment.utcoffset() is None:
        raise ValueError(f"{moment!r} has no time zone, so it names no moment")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
