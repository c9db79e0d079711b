"""The first sheet of an XLSX file: weighed before it is read, since a small archive may hold what fills the memory."""

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from itertools import islice

MEBIBYTES_AT_MOST = 96
"""Of an archive unpacked; 100,000 postings with addresses and notes have some 50."""
CELLS_AT_MOST = 2_500_000
"""XML elements of the sheets; 100,000 postings have 1.6 million, 30,000 contacts half of that."""
_TEXTS_AT_MOST = 1_000_000
"""XML elements of the texts that cells share; 100,000 postings of which each has its own address have 600,000."""
_OTHERS_AT_MOST = 100_000
"""XML elements of styles and all the rest, of which the library makes large objects; a new workbook has a hundred."""
_AT_ONCE = 300_000
"""Elements that the library holds together: those of a row or a text, and the 65,530 links that a sheet may have."""
_ATTRIBUTES = 2  # for each element; a cell has up to three, what it holds has none
_BEGINNING = re.compile(rb"<(?:\w+:)?(?:row|si)\b")


class TooMuch(Exception):  # noqa: N818 -- what it is
    """The workbook unpacks to more than a table needs."""


@dataclass(frozen=True, slots=True)
class _Weight:
    elements: int
    attributes: int

    def exceeds(self, elements: int) -> bool:
        return self.elements > elements or self.attributes > elements * _ATTRIBUTES


def lines_of(content: bytes, columns: int, lines: int) -> list[list[str]]:
    """What stands in those first columns and lines. Raises `TooMuch`, and whatever the library does."""
    from openpyxl import load_workbook  # noqa: PLC0415 -- loads slowly, and most registers are CSV or TOML

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles and extensions, which are none of ours
        book = load_workbook(weighed(content), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # some programs write wrong ones
        found = sheet.iter_rows(max_col=columns, values_only=True)
        return [[_text(cell) if cell is not None else "" for cell in line] for line in islice(found, lines)]


def _text(value: object) -> str:
    match value:
        case datetime():
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value).strip()


def weighed(content: bytes) -> BytesIO:
    """The archive with its parts unpacked. Raises `TooMuch` by their bytes alone: parsing takes time and memory.

    Whoever unpacks again may find more than was weighed, for an archive need not say how much a part holds.
    """
    import zipfile  # noqa: PLC0415 -- as above

    left = {"xl/worksheets/": CELLS_AT_MOST, "xl/sharedStrings.xml": _TEXTS_AT_MOST, "": _OTHERS_AT_MOST}
    found = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as packed, zipfile.ZipFile(found, "w") as unpacked:
        parts = packed.infolist()
        if sum(each.file_size for each in parts) > MEBIBYTES_AT_MOST * 1024 * 1024:
            raise TooMuch
        for part in parts:
            kind = next(start for start in left if part.filename.startswith(start))
            if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise TooMuch  # the others unpack without end, and no spreadsheet program uses them
            with packed.open(part) as opened:
                held = opened.read(part.file_size)  # and no more, unlike `packed.read`
            written = held.replace(b"\0", b"")  # UTF-16 is weighed as its letters
            whole = _weight(written, 0, len(written))
            if whole.exceeds(left[kind]) or b"<!DOCTYPE" in written:  # whose entities may stand for much
                raise TooMuch
            left[kind] -= whole.elements
            if whole.exceeds(_AT_ONCE) and any(each.exceeds(_AT_ONCE) for each in _pieces(written)):
                raise TooMuch
            unpacked.writestr(part.filename, held)
    return found


def _pieces(written: bytes) -> Iterator[_Weight]:
    """What the library forgets one after the other."""
    start = 0
    for found in _BEGINNING.finditer(written):
        yield _weight(written, start, found.start())
        start = found.start()
    yield _weight(written, start, len(written))


def _weight(written: bytes, start: int, end: int) -> _Weight:
    """At least the elements and attributes between; every element is closed, and else it has no pair of brackets."""
    closed = written.count(b"</", start, end) + written.count(b"/>", start, end)
    return _Weight(max(closed, written.count(b"<", start, end) // 2), written.count(b"=", start, end))
