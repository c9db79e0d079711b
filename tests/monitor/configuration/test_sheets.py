"""Tables as spreadsheet programs save them."""

import struct
import zipfile
from datetime import date, datetime
from io import BytesIO

import pytest
from openpyxl import Workbook

from monitor.configuration.sheets import Row, read_sheet
from rules.reading import Reading

COLUMNS = ("organisation", "role", "since")


def rows(content: bytes, name: str = "contacts.csv") -> tuple[Row, ...]:
    reading = Reading(name)
    found = read_sheet(content, name, COLUMNS, {"organisation", "role"}, reading.faults)
    reading.refuse_faults()
    return found


def faults_of(content: bytes, name: str = "contacts.csv") -> list[str]:
    reading = Reading(name)
    read_sheet(content, name, COLUMNS, {"organisation", "role"}, reading.faults)
    return [str(fault) for fault in reading.faults]


def workbook(*lines: tuple[object, ...]) -> bytes:
    book = Workbook()
    for line in lines:
        book.active.append(line)  # type: ignore[union-attr]  # a new book has a sheet
    content = BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_commas_or_semicolons_with_or_without_a_mark_at_the_start(
    separator: str, start: bytes, end: str
) -> None:
    lines = ["organisation,role,since", "сэргэлэн,finance,2024-02-21", "b,web,"]
    content = start + end.join(lines).replace(",", separator).encode()

    assert rows(content) == (
        Row(2, {"organisation": "сэргэлэн", "role": "finance", "since": "2024-02-21"}),
        Row(3, {"organisation": "b", "role": "web"}),
    )


def test_columns_may_stand_in_any_order_and_case() -> None:
    assert rows(b"Role;ORGANISATION\nweb;a\n") == (Row(2, {"role": "web", "organisation": "a"}),)


def test_empty_rows_and_columns_are_passed_over_and_the_lines_still_counted() -> None:
    assert rows(b"\n,,\nrole,organisation,\n,,\n\nweb,a,\n") == (
        Row(6, {"role": "web", "organisation": "a"}),
    )


def test_a_quoted_cell_may_hold_separators_and_line_ends() -> None:
    found = rows(b'organisation,role\n"a, b",web\n"c\nd",web\ne,web\n')

    assert [(row.line, row.cells["organisation"]) for row in found] == [(2, "a, b"), (3, "c\nd"), (5, "e")]


def test_a_sheet_without_rows_has_none() -> None:
    assert rows(b"organisation,role\n") == ()


def test_a_spreadsheet_says_the_same_as_a_csv_file() -> None:
    content = workbook(
        ("organisation", "role", "since"),
        (" a ", "web", date(2024, 2, 21)),
        (None, None, None),
        (17, "finance", datetime(2024, 2, 21)),  # noqa: DTZ001 -- how a spreadsheet holds a date
        (17.0, "head", "2024.02.21"),
    )

    assert rows(content, "contacts.xlsx") == (
        Row(2, {"organisation": "a", "role": "web", "since": "2024-02-21"}),
        Row(4, {"organisation": "17", "role": "finance", "since": "2024-02-21"}),
        Row(5, {"organisation": "17", "role": "head", "since": "2024.02.21"}),
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "line 1: the heading lacks organisation, role"),
        (b"organisation\na\n", "line 1: the heading lacks role"),
        (b"organisation,rolle\n", "line 1: the column rolle is not known; did you mean role?"),
        (b"organisation,role,x\n", "line 1: the column x is not known; known are organisation, role, since"),
        (b"\nrole,organisation,Role\n", "line 2: the column role is there twice"),
        (b"organisation,role\na,web,b\n", "line 2: b stands under no heading; quote a text with commas"),
        (b"organisation,role\na,\xe8\n", "line 2: is not in UTF-8; save it as CSV UTF-8"),
        ("organisation,role\n".encode("utf-16"), "line 1: is not in UTF-8; save it as CSV UTF-8"),
    ],
)
def test_a_sheet_that_cannot_be_read_is_named_with_its_line(content: bytes, expected: str) -> None:
    assert f"contacts.csv: {expected}" in faults_of(content)


def test_every_bad_row_is_named() -> None:
    assert faults_of(b"organisation,role\na,web,b\nc,web,d\n") == [
        "contacts.csv: line 2: b stands under no heading; quote a text with commas",
        "contacts.csv: line 3: d stands under no heading; quote a text with commas",
    ]


def test_the_rows_before_a_break_are_read() -> None:
    content = b'organisation,role\na,web\n"b,web\n'

    assert read_sheet(content, "contacts.csv", COLUMNS, (), []) == (
        Row(2, {"organisation": "a", "role": "web"}),
    )
    [fault] = faults_of(content)
    assert fault.startswith("contacts.csv: line 3: cannot be read as CSV (unexpected end of data); look for")


def test_a_file_of_another_form_is_refused() -> None:
    assert faults_of(b"", "contacts.ods") == [
        "contacts.ods: is neither .csv nor .xlsx; save it as one of them"
    ]


@pytest.mark.parametrize(
    "content", [b"", b"organisation,role\n", b"PK\x03\x04 cut off", workbook(("a",))[:-100]]
)
def test_what_is_no_spreadsheet_is_refused(content: bytes) -> None:
    assert faults_of(content, "contacts.xlsx") == [
        "contacts.xlsx: cannot be read as XLSX; open it in a spreadsheet program and save it anew"
    ]


def test_a_spreadsheet_that_would_fill_the_memory_is_refused_before_it_is_unpacked() -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"")
    content = packed.getvalue()
    directory = content.rindex(b"PK\x01\x02")
    claimed = content[: directory + 24] + struct.pack("<I", 2**31) + content[directory + 28 :]

    assert faults_of(claimed, "contacts.xlsx") == [
        "contacts.xlsx: unpacks to more than is read, 96 MiB or 2500000 cells; split it, or save its table as CSV"
    ]
