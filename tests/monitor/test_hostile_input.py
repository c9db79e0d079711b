"""Whatever a file holds, it is taken or refused with sentences, within bounded time and memory.

Good files are torn, spliced and doubled; what comes of them is a value or faults, and never anything else.
"""

import contextlib
import io
import re
import resource
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from monitor.assembly import assemble
from monitor.configuration.loading import load_settings
from monitor.configuration.sheets import read_sheet
from monitor.configuration.workbooks import weighed
from monitor.written import LARGEST as CONFIG_AT_MOST
from rules.calendars import read_calendar_file
from rules.faults import Fault, Faults
from rules.loading import load_packs
from rules.reading import LARGEST as PACK_AT_MOST

PROJECT = Path(__file__).parents[2]
PACKS = PROJECT / "rules/packs/mn"
MEBIBYTE = 1024 * 1024
COLUMNS = ("key", "channel", "on", "url", "note")

FEW_OR_MANY = pytest.mark.parametrize("examples", [15, pytest.param(300, marks=pytest.mark.slow)])

NASTY = [
    *(
        "=?utf-8?q?x=0D=0ABcc:_a@b.example?=",
        "\r\nBcc: a@b.example",
        "\u202egnp.exe",
        "\x00",
        "\x1b]0;x\x07",
        "\x9b31m",
    ),
    *(
        "<script>alert(1)</script>",
        "{{ 7*7 }}",
        "{% raw %}",
        "=cmd|' /C calc'!A0",
        "@SUM(1)",
        "+1",
        "-1",
        "\t=1",
    ),
    *(
        "../../etc/passwd",
        "😀" * 50,
        "x" * 10_000,
        " ",
        "",
        "\ud800",
        "\u2028",
        "%s%n",
        "{name}",
        "'; DROP TABLE x --",
    ),
    *(
        "[" * 500,
        "a." * 500,
        '"',
        "'''",
        "\\",
        "\n",
        "\ufeff",
        "9" * 5000,
        "-0001-01-01",
        "9999-12-31",
        "nan",
        "1e999",
    ),
]
"""Names and values that have hurt other programs."""


@st.composite
def spoilt(draw: st.DrawFn, whole: str) -> bytes:
    """The text with pieces cut out, doubled, moved, or replaced by something nasty; now and then not even text."""
    text = whole
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 60)))
        piece = draw(st.sampled_from(NASTY) | st.text(max_size=20) | st.just(text[start:end] * 3))
        text = text[:start] + piece + text[end:]
    content = text.encode("utf-8", "surrogatepass")
    if draw(st.integers(0, 9)) == 0:
        content = content.decode("utf-8", "replace").encode(draw(st.sampled_from(["utf-16", "utf-8-sig"])))
    if draw(st.integers(0, 9)) == 0:
        at = draw(st.integers(0, len(content)))
        content = content[:at] + draw(st.binary(max_size=8)) + content[at:]
    return content


def taken_or_refused(file: Path, read: Callable[[], object], whole: str, examples: int) -> None:
    """Read many spoilt forms of `whole`; an accident is anything but a value or faults with a sentence each."""

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(spoilt(whole))
    def reading(content: bytes) -> None:
        file.write_bytes(content)
        with contextlib.suppress(Faults):
            read()

    reading()


@FEW_OR_MANY
def test_a_configuration_is_taken_or_refused(tmp_path: Path, examples: int) -> None:
    file = tmp_path / "config.toml"
    whole = (PROJECT / "config.toml").read_text("utf-8")
    taken_or_refused(file, lambda: assemble(file), whole, examples)


@FEW_OR_MANY
def test_a_rule_pack_is_taken_or_refused(tmp_path: Path, examples: int) -> None:
    file = tmp_path / "office.toml"
    whole = (PACKS / "drafts.toml").read_text("utf-8") + (PACKS / "petitions.toml").read_text("utf-8")[-2000:]
    taken_or_refused(file, lambda: load_packs(["office.toml"], tmp_path), whole, examples)


@FEW_OR_MANY
def test_a_calendar_is_taken_or_refused(tmp_path: Path, examples: int) -> None:
    file = tmp_path / "calendar.toml"
    whole = (PACKS / "calendar.toml").read_text("utf-8")[:3000]
    taken_or_refused(file, lambda: read_calendar_file(file), whole, examples)


def sheet(content: bytes, name: str) -> list[Fault]:
    faults: list[Fault] = []
    read_sheet(content, name, COLUMNS, ("key", "channel", "on"), faults)
    return faults


@FEW_OR_MANY
def test_a_sheet_in_csv_is_taken_or_refused(tmp_path: Path, examples: int) -> None:
    file = tmp_path / "postings.csv"
    row = 'sergelen/budget.approved/2024,website,2024-01-09,https://a.example,"a ""note"""\n'
    whole = ",".join(COLUMNS) + "\n" + row * 5

    taken_or_refused(file, lambda: sheet(file.read_bytes(), file.name), whole, examples)


@FEW_OR_MANY
def test_a_sheet_in_xlsx_is_taken_or_refused(tmp_path: Path, examples: int) -> None:
    """Each part of the archive is spoilt in turn; the archive itself stays one."""
    file = tmp_path / "part"
    parts = xlsx_parts([COLUMNS, ("sergelen/budget.approved/2024", "website", date(2024, 1, 9), None, 1.5)])
    for name, whole in parts.items():

        def read(name: str = name) -> None:
            sheet(zipped({**parts, name: file.read_bytes()}), "postings.xlsx")

        taken_or_refused(file, read, whole.decode(), max(1, examples // len(parts)))


def xlsx_parts(rows: list[tuple[object, ...]]) -> dict[str, bytes]:
    book, saved = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(saved)
    with zipfile.ZipFile(saved) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def zipped(parts: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()


def xlsx_with(rows: str) -> bytes:
    """A sheet whose rows are that XML."""
    parts = xlsx_parts([COLUMNS])
    name = "xl/worksheets/sheet1.xml"
    content = parts[name].decode()
    head, tail = content.split("</sheetData>")
    return zipped({**parts, name: f"{head}{rows}</sheetData>{tail}".encode()})


def xlsx_of(part: str, opened: str, many: str, encoding: str = "utf-8") -> bytes:
    """A workbook of which a part is those elements again and again."""
    closed = "".join(f"</{name}>" for name in reversed(opened.strip("<>").split("><")))
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    root = opened.replace(">", f" xmlns='{main}'>", 1)
    written = f"<?xml version='1.0' encoding='{encoding}'?>{root}{many}{closed}"
    return zipped({**xlsx_parts([COLUMNS]), part: written.encode(encoding)})


TOO_MUCH = {
    "a sheet of empty lines": (
        "a.csv",
        lambda: b"key,channel,on\n" + b"\n" * 15 * MEBIBYTE,
        "more than 100000 lines",
    ),
    "a sheet of a million headings": ("a.csv", lambda: b"key,x," * 2_000_000, "is not known"),
    "a million rows": (
        "a.csv",
        lambda: b"key,channel,on\n" + b"a,b,c\n" * 1_000_000,
        "more than 100000 lines",
    ),
    "a row very far down": (
        "a.xlsx",
        lambda: xlsx_with('<row r="999999999"><c r="A999999999"><v>1</v></c></row>'),
        "more than 100000 lines",
    ),
    "an archive that unpacks to too much": (
        "a.xlsx",
        lambda: zipped({"xl/bomb.xml": b" " * (97 * MEBIBYTE)}),
        "unpacks to more than is read",
    ),
    "entities that multiply": (
        "a.xlsx",
        lambda: zipped({**xlsx_parts([COLUMNS]), "xl/workbook.xml": _LAUGHS}),
        "unpacks to more than is read",
    ),
    **{
        f"a bomb of {name}": ("a.xlsx", make, "unpacks to more than is read")
        for name, make in {
            "empty rows": lambda: xlsx_with("<row/>" * 3_000_000),
            "cells in one row": lambda: xlsx_with(f"<row>{'<c/>' * 400_000}</row>"),
            "cells that are never closed": lambda: xlsx_with("<row>" + "<c>" * 6_000_000),
            "attributes": lambda: xlsx_with("<row " + "".join(f" a{n}=''" for n in range(700_000)) + "/>"),
            "shared texts": lambda: xlsx_of("xl/sharedStrings.xml", "<sst>", "<si/>" * 1_100_000),
            "fonts": lambda: xlsx_of("xl/styles.xml", "<styleSheet><fonts>", "<font/>" * 110_000),
            "names": lambda: xlsx_of(
                "xl/workbook.xml",
                "<workbook><definedNames>",
                "<definedName name='a'>1</definedName>" * 110_000,
            ),
            "cells in another encoding": lambda: xlsx_of(
                "xl/worksheets/sheet1.xml", "<worksheet><sheetData><row>", "<c/>" * 400_000, "utf-16"
            ),
        }.items()
    },
    "tags in tags in tags": ("a.xlsx", lambda: xlsx_with("<row>" * 200_000), "cannot be read as XLSX"),
}
_LAUGHS = (
    "<!DOCTYPE x [<!ENTITY l0 'ha'>"
    + "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 12))
    + "]><workbook>&l11;</workbook>"
).encode()


@pytest.mark.parametrize(("name", "make", "said"), TOO_MUCH.values(), ids=TOO_MUCH)
def test_a_sheet_that_is_too_much_is_refused_before_it_fills_the_memory(
    tmp_path: Path, name: str, make: Callable[[], bytes], said: str
) -> None:
    (tmp_path / name).write_bytes(make())
    program = (
        "import sys, pathlib; from tests.monitor.test_hostile_input import sheet;"
        "print(*sheet(pathlib.Path(sys.argv[1]).read_bytes(), sys.argv[1])[:3], sep='\\n')"
    )
    before = processor_time()
    assert said in within_bounds([sys.executable, "-c", program, str(tmp_path / name)])
    assert processor_time() - before < 5  # seconds; they are refused before anything parses them


def most_memory() -> int:
    """The most that this process had in memory, in KiB; what `getrusage` tells is the most of its parent too."""
    (most,) = re.findall(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(most)


@pytest.mark.slow
def test_the_heaviest_workbook_that_is_let_in_is_read_within_a_third_of_a_gigabyte(tmp_path: Path) -> None:
    rows = f"<row>{'<c/>' * 299_000}</row>" * 2
    (tmp_path / "a.xlsx").write_bytes(xlsx_with(rows))
    program = (
        "import sys, pathlib; from tests.monitor.test_hostile_input import most_memory, sheet;"
        "sheet(pathlib.Path(sys.argv[1]).read_bytes(), sys.argv[1]);"
        "print(most_memory())"
    )
    assert int(within_bounds([sys.executable, "-c", program, str(tmp_path / "a.xlsx")])) < 340 * 1024


def test_an_archive_that_holds_more_than_it_says_is_unpacked_no_further(tmp_path: Path) -> None:
    """The sum over what it says is right; only who reads on finds the rest."""
    part, said = "xl/styles.xml", b"<styleSheet/>" + b" " * 10_000
    content = bytearray(zipped({**xlsx_parts([COLUMNS]), part: said + b" " * (200 * MEBIBYTE)}))
    entry = content.rindex(b"PK\x01\x02", 0, content.rindex(part.encode()))
    content[entry + 16 : entry + 20] = struct.pack("<I", zlib.crc32(said))
    content[entry + 24 : entry + 28] = struct.pack("<I", len(said))
    (tmp_path / "a.xlsx").write_bytes(content)
    program = (
        "import sys, pathlib; from tests.monitor.test_hostile_input import most_memory, sheet;"
        "print(*sheet(pathlib.Path(sys.argv[1]).read_bytes(), sys.argv[1]));"
        "print(most_memory())"
    )
    used = within_bounds([sys.executable, "-c", program, str(tmp_path / "a.xlsx")]).splitlines()[-1]
    assert int(used) < 200 * 1024


def test_100_000_postings_with_addresses_and_notes_are_let_in() -> None:
    """As a spreadsheet program writes them that shares no texts; their reading takes seconds, so it is left out."""
    cells = "".join(
        f'<c r="{column}100000" s="1" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
        for column, text in zip(
            "ABCDE",
            (
                "office-9999/budget.approved/2024",
                "website",
                "2024-01-09",
                "https://o.example/?a=1&amp;b=2",
                "Ө" * 60,
            ),
            strict=True,
        )
    )
    weighed(xlsx_with(f'<row r="100000" spans="1:5">{cells}</row>' * 100_000))


OFFICE = '[[organisations]]\nid = "a"\nname = "A"\nkind = "soum"\nsince = 2024-01-01\n'
NAMING = {
    "config.toml": OFFICE,
    "office.toml": '[monitor]\npacks = ["office.toml"]\n' + OFFICE,
    "calendar.toml": OFFICE,
    "organisations.csv": '[register]\norganisations = "organisations.csv"\n',
}
"""A config.toml that names each file."""

DEEP = {
    "lists in lists": "a = " + "[" * 200_000,
    "tables in tables": "a = " + "{a=" * 200_000,
    "a key of many parts": ".".join("a" * 50_000) + " = 1",
    "a heading of many parts": "[" + ".".join("a" * 50_000) + "]",
    "more than any office has": "# x\n" * (5 * MEBIBYTE),
    "a number after the other, past every size": "a = [" + "1," * (8 * MEBIBYTE) + "]",
}


@pytest.mark.parametrize("config", DEEP.values(), ids=DEEP)
def test_a_configuration_that_is_too_deep_or_too_large_is_refused_before_it_fills_the_memory(
    tmp_path: Path, config: str
) -> None:
    (tmp_path / "config.toml").write_text(config, encoding="utf-8")
    iltod = Path(sys.executable).with_name("iltod")
    said = within_bounds([str(iltod), "--language", "en", "--config", str(tmp_path / "config.toml"), "check"])
    assert "nothing was changed" in said


def numbered(line: str, size: int) -> str:
    """That line again and again, numbered, up to a size in bytes."""
    return "".join(line.format(n) for n in range(size // len(line.format(10**5))))


def packs_of(name: str) -> str:
    return f"[monitor]\npacks = [{numbered(name, CONFIG_AT_MOST - 200)}]\n{OFFICE}"


NONSENSE = {
    "keys that nobody knows": ("config.toml", numbered("key{} = 1\n", CONFIG_AT_MOST)),
    "tables that nobody knows": ("config.toml", numbered("[t{}]\na = 1\n", CONFIG_AT_MOST)),
    "organisations without anything": ("config.toml", numbered("[[organisations]]\n", CONFIG_AT_MOST)),
    "packs that nobody has": ("config.toml", packs_of("'p{}',")),
    "one pack again and again": ("config.toml", packs_of("'budget',")),
    "rules without anything": ("office.toml", numbered("[[rule]]\n", PACK_AT_MOST)),
    "one day off again and again": ("calendar.toml", numbered("[[off]]\ndate = 2020-01-01\n", PACK_AT_MOST)),
    "lines of a register that say nothing": (
        "organisations.csv",
        "id,name,kind,parent,timezone,website,since\n" + "a,b,c,d,e,f,g\n" * 99_000,
    ),
}


@pytest.mark.parametrize(("name", "content"), NONSENSE.values(), ids=NONSENSE)
def test_nonsense_of_the_largest_size_is_refused_within_seconds(
    tmp_path: Path, name: str, content: str
) -> None:
    (tmp_path / "config.toml").write_text(NAMING[name], encoding="utf-8")
    (tmp_path / name).write_text(content, encoding="utf-8")
    iltod = Path(sys.executable).with_name("iltod")
    before = processor_time()
    said = within_bounds([str(iltod), "--language", "en", "--config", str(tmp_path / "config.toml"), "check"])
    assert processor_time() - before < 5  # seconds; each takes less than two on an idle machine
    assert "nothing was changed" in said
    assert len(said.splitlines()) < 1100


def processor_time() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_the_register_of_a_nation_is_taken(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        '[register]\norganisations = "organisations.csv"\ncontacts = "contacts.csv"\n', encoding="utf-8"
    )
    offices = (
        f"office-{n},Нэр {n} сумын Засаг даргын Тамгын газар,soum,,Asia/Ulaanbaatar,https://o{n}.example.mn,2024-01-01\n"
        for n in range(10_000)
    )
    people = (
        f"office-{n % 10_000},role-{n // 10_000},Овогтой Нэр {n},p{n}@o.example.mn,mn\n"
        for n in range(30_000)
    )
    (tmp_path / "organisations.csv").write_text(
        "id,name,kind,parent,timezone,website,since\n" + "".join(offices), encoding="utf-8"
    )
    (tmp_path / "contacts.csv").write_text(
        "organisation,role,name,email,language\n" + "".join(people), encoding="utf-8"
    )
    assert len(load_settings(tmp_path / "config.toml", {}).register.organisations) == 10_000


def within_bounds(command: list[str]) -> str:
    """What the command says while it has a gigabyte and a minute."""
    done = subprocess.run(
        command,
        cwd=PROJECT,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1024 * MEBIBYTE, 1024 * MEBIBYTE)),
    )
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr
