"""Tables as spreadsheet programs save them: CSV (UTF-8, with or without BOM, comma or semicolon) and XLSX."""

import csv
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from io import StringIO
from pathlib import PurePath

from monitor.configuration.workbooks import CELLS_AT_MOST, MEBIBYTES_AT_MOST, TooMuch, lines_of
from rules.faults import MOST_FAULTS, Fault, Faults
from rules.sentences import Sentence, sentence

_ADDRESS = re.compile(r"(\w://).*", re.DOTALL)
LINES_AT_MOST = 100_000
"""A register of 10,000 organisations has half as many; an XLSX file of a thousand bytes can claim to have billions."""
_COLUMNS_AT_MOST = 32


@dataclass(frozen=True, slots=True)
class Row:
    """A row by its line in the file (1 is the first), and its filled cells by their columns."""

    line: int
    cells: Mapping[str, str]


def on_line(line: int, said: Sentence) -> Sentence:
    """What is said about a line of a sheet."""
    return sentence("line {line}: {said}", line=line, said=said)


def read_sheet(
    content: bytes, where: str, columns: Sequence[str], needed: Collection[str], faults: list[Fault]
) -> tuple[Row, ...]:
    """The rows under the heading, empty ones left out; dates are written 2024-02-21 in the cells.

    The heading names the columns, in any order and case. What is wrong with the sheet as such is added to
    `faults`, each bad row with its line; what the cells must hold is for the caller to say.
    """
    rows: list[Row] = []
    try:
        lines = _lines(content, where)
        heading_line, heading = next(lines, (1, ()))
        names = _names(heading, columns)
        _check_heading(where, heading_line, names, columns, needed)
        for row in _rows(lines, names, where, faults):
            rows.append(row)  # noqa: PERF402 -- one by one, so that those before a break are looked at too
    except Faults as refused:
        faults.extend(refused.faults)
    return tuple(rows)


def _lines(content: bytes, where: str) -> Iterator[tuple[int, Sequence[str]]]:
    """Every line that is not empty, with its number."""
    match PurePath(where).suffix.lower():
        case ".csv":
            lines = _csv_lines(content, where)
        case ".xlsx":
            lines = _xlsx_lines(content, where)
        case _:
            raise Faults(
                [Fault(where, "", None, sentence("is neither .csv nor .xlsx; save it as one of them"))]
            )
    return ((number, line) for number, line in _not_too_many(lines, where) if any(line))


def _not_too_many(
    lines: Iterator[tuple[int, Sequence[str]]], where: str
) -> Iterator[tuple[int, Sequence[str]]]:
    for number, line in lines:
        if number > LINES_AT_MOST:
            said = sentence("has more than {n} lines; split it, or remove the empty ones", n=LINES_AT_MOST)
            raise Faults([Fault(where, "", None, said)])
        yield number, line[:_COLUMNS_AT_MOST]


def _csv_lines(content: bytes, where: str) -> Iterator[tuple[int, Sequence[str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = content.count(b"\n", 0, error.start) + 1
        said = sentence("is not in UTF-8; save it as CSV UTF-8")
        raise Faults([Fault(where, "", None, on_line(number, said))]) from error
    heading = next((line for line in text.splitlines() if line.strip()), "")
    reader = csv.reader(StringIO(text, newline=""), delimiter=";" if ";" in heading else ",", strict=True)
    number = 1
    try:
        for line in reader:
            yield number, [cell.strip() for cell in line]
            number = reader.line_num + 1
    except csv.Error as error:
        said = sentence(
            "cannot be read as CSV ({error}); look for a quotation mark too many", error=str(error)
        )
        raise Faults([Fault(where, "", None, on_line(number, said))]) from error


def _xlsx_lines(content: bytes, where: str) -> Iterator[tuple[int, Sequence[str]]]:
    try:
        lines = lines_of(content, _COLUMNS_AT_MOST, LINES_AT_MOST + 1)
    except TooMuch as error:
        said = sentence(
            "unpacks to more than is read, {size} MiB or {cells} cells; split it, or save its table as CSV",
            size=MEBIBYTES_AT_MOST,
            cells=CELLS_AT_MOST,
        )
        raise Faults([Fault(where, "", None, said)]) from error
    except Exception as error:  # the library lets through whatever its XML and ZIP readers raise
        said = sentence("cannot be read as XLSX; open it in a spreadsheet program and save it anew")
        raise Faults([Fault(where, "", None, said)]) from error
    return iter(enumerate(lines, start=1))


def _names(heading: Sequence[str], columns: Sequence[str]) -> list[str]:
    known = {column.casefold(): column for column in columns}
    return [known.get(cell.casefold(), cell) for cell in heading]


def _check_heading(
    where: str, line: int, names: Sequence[str], columns: Sequence[str], needed: Collection[str]
) -> None:
    found: list[Sentence] = []
    for place, name in enumerate(names):
        if name and name not in columns:
            near = get_close_matches(name, columns, n=1)
            found.append(
                sentence("the column {name} is not known; did you mean {near}?", name=name, near=near[0])
                if near
                else sentence(
                    "the column {name} is not known; known are {columns}", name=name, columns=tuple(columns)
                )
            )
        elif name and name in names[:place]:
            found.append(sentence("the column {name} is there twice", name=name))
    missing = tuple(column for column in columns if column in needed and column not in names)
    if missing:
        found.append(sentence("the heading lacks {columns}", columns=missing))
    if found:
        raise Faults([Fault(where, "", None, on_line(line, each)) for each in found])


def _rows(
    lines: Iterable[tuple[int, Sequence[str]]], names: Sequence[str], where: str, faults: list[Fault]
) -> Iterator[Row]:
    for number, line in lines:
        beyond = [
            cell for place, cell in enumerate(line) if cell and (place >= len(names) or not names[place])
        ]
        if beyond:
            value = _ADDRESS.sub(r"\1...", beyond[0])  # that of a service holds a secret
            said = sentence("{value} stands under no heading; quote a text with commas", value=value)
            faults.append(Fault(where, "", value, on_line(number, said)))
            if len(faults) >= MOST_FAULTS:
                return
            continue
        yield Row(number, {name: cell for name, cell in zip(names, line, strict=False) if name and cell})
