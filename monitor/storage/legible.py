"""Reading rows of which one may hold what nobody can read, so that it can be said which one."""

from collections.abc import Callable, Generator, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Row, Select
from sqlalchemy.exc import DataError, OperationalError

_ROWS = 1000
"""How many are in hand at a time."""
_UNREADABLE = (ValueError, TypeError, AttributeError, OverflowError, RecursionError, DataError)


def legible_rows(
    connection: Connection,
    statement: Select[Any],
    known_by: Sequence[Column[Any]],
    unreadable: Callable[[Row[Any]], Exception],
) -> Generator[Row[Any]]:
    """The rows in the order of the statement, which is that of no two alike.

    At the first with a cell that is not what its column says, raises what `unreadable` makes of the columns `known_by`.
    """
    read = 0
    try:
        with connection.execute(statement, execution_options={"yield_per": _ROWS}) as rows:
            for row in rows:
                yield row
                read += 1
    except Exception as error:
        if not _is_for_a_cell(error):
            raise
    else:
        return
    while True:  # rows are read many at a time, and which of them it was is not said: so one by one from here
        next_one = statement.offset(read).limit(1)
        try:
            found = connection.execute(next_one).one_or_none()
        except Exception as error:
            if not _is_for_a_cell(error):
                raise
            name = next_one.with_only_columns(*known_by, maintain_column_froms=True)
            raise unreadable(connection.execute(name).one()) from error
        if found is None:
            return
        yield found
        read += 1


def _is_for_a_cell(error: Exception) -> bool:
    """SQLite's driver has no error of its own for text that is not UTF-8."""
    if isinstance(error, OperationalError):
        return "decode" in str(error.orig)
    return isinstance(error, _UNREADABLE)
