"""A whole database into another one, whatever the two are; each row is read again from there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, LargeBinary, Row, Table, func, select
from sqlalchemy.exc import DataError
from sqlmodel import SQLModel

from monitor.storage import tables  # noqa: F401 -- fills the metadata
from monitor.storage.bulk import add_rows

_ROWS, _ROWS_WITH_FILES = 1000, 10
"""How many are in hand at a time."""


@dataclass(frozen=True, slots=True)
class Content:
    """How many rows a table has, and a digest of them that does not depend on their order."""

    rows: int = 0
    digest: int = 0

    def __add__(self, rows: Sequence[Row[Any]]) -> "Content":
        digest = self.digest
        for row in rows:
            text = repr(tuple(row)).encode("utf-8", "surrogatepass")
            digest += int.from_bytes(sha256(text).digest(), "big")
        return Content(self.rows + len(rows), digest % 2**256)


class NotTheSame(Exception):  # noqa: N818 -- what was found
    """A table of the copy does not hold what that of the original holds."""

    def __init__(self, table: str) -> None:
        super().__init__(table)
        self.table = table


class NotTaken(Exception):  # noqa: N818 -- what was found
    """The other database takes one row not, which that of the original holds."""

    def __init__(self, table: str, row: str, why: str) -> None:
        super().__init__(table, row, why)
        self.table, self.row, self.why = table, row, why


def is_empty(connection: Connection) -> bool:
    """Whether none of our tables, which must be there, has a row."""
    return all(connection.execute(select(table).limit(1)).first() is None for table in _tables())


def copy_rows(source: Connection, target: Connection) -> dict[str, int]:
    """Copy every row of every table, compare them, and give the number of rows by table.

    The tables of `target` are there and empty; rows added later get numbers after the copied ones. Raises `NotTheSame`,
    `NotTaken`, and what the databases raise; then the caller's transaction must not be committed.
    """
    return {table.name: _copy(source, target, table) for table in _tables()}


def _tables() -> list[Table]:
    """In an order in which no row refers to one that is still to come."""
    return SQLModel.metadata.sorted_tables


def _copy(source: Connection, target: Connection, table: Table) -> int:
    original = copied = Content()
    for rows in _read(source, table):
        _add(target, table, [row._asdict() for row in rows])
        original += rows
    for rows in _read(target, table):
        copied += rows
    if copied != original:
        raise NotTheSame(table.name)
    number = table.autoincrement_column
    if number is not None and original.rows and target.dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(table.name, number.name)
        target.execute(select(func.setval(sequence, select(func.max(number)).scalar_subquery())))
    return original.rows


def _add(target: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    try:
        with target.begin_nested():
            add_rows(target, table, rows)
    except DataError:
        for row in rows:
            _add_one(target, table, row)
        raise


def _add_one(target: Connection, table: Table, row: Mapping[str, Any]) -> None:
    try:
        with target.begin_nested():
            add_rows(target, table, [row])
    except DataError as error:
        name = ", ".join(str(row[column.name]) for column in table.primary_key)
        raise NotTaken(table.name, name, " ".join(str(error.orig).split())) from error


def _read(connection: Connection, table: Table) -> Iterator[Sequence[Row[Any]]]:
    files = any(isinstance(column.type, LargeBinary) for column in table.columns)
    options = {"yield_per": _ROWS_WITH_FILES if files else _ROWS}
    return connection.execute(select(table), execution_options=options).partitions()
