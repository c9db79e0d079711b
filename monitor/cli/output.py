"""Writing lists: a table for people, JSON and CSV for machines."""

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime

TYPE_CHECKING = False
if TYPE_CHECKING:  # without the import of typing: see monitor.speech
    from typing import Any, TextIO

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_RESET = "\x1b[0m"


def plain(text: str) -> str:
    """`text` without anything that a terminal would obey instead of show."""
    return "".join(character if character.isprintable() or character == "\n" else "�" for character in text)


def is_coloured(stream: "TextIO") -> bool:
    """Whether colour may be used: on a terminal, unless NO_COLOR is set."""
    return stream.isatty() and not os.environ.get("NO_COLOR")


def write_json(value: object) -> None:
    """One JSON value on standard output, readable and in UTF-8; what a terminal would obey is escaped."""
    import json  # noqa: PLC0415 -- a table does without it

    written = json.dumps(value, ensure_ascii=False, indent=2, default=_jsonable)
    if not written.replace("\n", "").isprintable():  # seldom: to look at each letter takes its time
        written = "".join(
            character if character.isprintable() or character == "\n" else json.dumps(character)[1:-1]
            for character in written
        )
    sys.stdout.write(f"{written}\n")


def write_csv(rows: "Sequence[Mapping[str, Any]]", columns: Sequence[str]) -> None:
    """Rows as CSV with a head line; no cell can be taken for a formula by a spreadsheet program."""
    import csv  # noqa: PLC0415 -- a table does without it

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(column)) for column in columns])


def write_table(
    head: Sequence[str], rows: Sequence[Sequence[str]], colours: Sequence[str | None] = ()
) -> None:
    """Rows in aligned columns, the last one as long as it is; `colours` are for the rows' first cells."""
    cells = [[plain(str(cell)).replace("\n", " ") for cell in row] for row in rows]
    widths = [max(len(row[place]) for row in (list(head), *cells)) for place in range(len(head))]
    coloured = is_coloured(sys.stdout)
    print(_aligned(head, widths))
    for number, row in enumerate(cells):
        line = _aligned(row, widths)
        colour = colours[number] if coloured and number < len(colours) else None
        print(f"{colour}{line[: widths[0]]}{_RESET}{line[widths[0] :]}" if colour else line)


def write_list(
    rows: "Sequence[Mapping[str, Any]]", columns: Sequence[str], form: str, head: Sequence[str]
) -> None:
    """A list in the asked form; `columns` are the keys, `head` what people read above them."""
    if form == "json":
        write_json([{column: row.get(column) for column in columns} for row in rows])
    elif form == "csv":
        write_csv(rows, columns)
    else:
        write_table(head, [[_shown(row.get(column)) for column in columns] for row in rows])


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"  # as in JSON
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)


def _cell(value: object) -> object:
    text = _shown(value)
    if isinstance(value, int | float | date):
        return text
    text = plain(text)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _jsonable(value: object) -> object:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} has no form in JSON")
