"""A file being read, the faults found in it, and what its bytes hold as TOML."""

import re
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from difflib import get_close_matches
from pathlib import Path

from rules.faults import MOST_FAULTS, Fault, Faults
from rules.lines import line_of, lines_of
from rules.marking import N_
from rules.sentences import sentence

LARGEST = 1024 * 1024
"""Bytes of a rule pack or a calendar; the largest that are shipped have some twenty thousand."""
_KEY_PARTS = 64
"""A key's reading takes time and memory by the square of its parts: one of 50,000 took ten gigabytes."""
_DEEP_KEY = re.compile(rf"""(?<![\w-])(?:(?:[\w-]+|"[^"]*"|'[^']*')[ \t]*\.[ \t]*){{{_KEY_PARTS}}}""")
_DIGITS = sys.int_info.default_max_str_digits
_LONG_NUMBER = re.compile(rf"(?:[0-9]_?){{{_DIGITS}}}")
_SHOWN = 60  # characters of a value that a fault repeats


@dataclass(slots=True)
class Reading:
    """One file being read, and the faults found so far."""

    where: str
    faults: list[Fault] = field(default_factory=list)
    lines: Mapping[str, int] = field(default_factory=dict)  # keys, as faults name them, to lines

    def fault(self, key: str, value: object, text: str, /, **values: object) -> None:
        """Note a fault; `{key}` and `{value}` are filled in `text`, besides the values given."""
        said = sentence(text, key=key, value=shown(value), **values)
        self.note(Fault(self.where, key, value, said, line_of(key, self.lines)))

    def not_among(self, key: str, value: object, words: Sequence[str]) -> None:
        """Note that the value at `key` is none of the words, with the nearest."""
        if near := get_close_matches(str(value), words, n=1):
            self.fault(
                key,
                value,
                N_("{key} must be one of: {words}, not {value}; perhaps {near} is meant"),
                words=words,
                near=near[0],
            )
        else:
            self.fault(key, value, N_("{key} must be one of: {words}, not {value}"), words=words)

    def note(self, fault: Fault) -> None:
        """Add a fault; raises Faults where it is one too many to go on."""
        self.faults.append(fault)
        if len(self.faults) >= MOST_FAULTS:
            said = sentence("There are {n} faults and perhaps more; correct these first", n=MOST_FAULTS)
            self.faults.append(Fault(self.where, "", None, said))
            self.refuse_faults()

    def refuse_faults(self) -> None:
        """Raise Faults if there are any, those of one file in the order of its lines."""
        if self.faults:
            files = list(dict.fromkeys(fault.where for fault in self.faults))
            raise Faults(sorted(self.faults, key=lambda fault: (files.index(fault.where), fault.line or 0)))


def content_of(path: Path, reading: Reading, largest: int) -> bytes | None:
    """The bytes of a file no larger than `largest`; None where they cannot be had, which is noted."""
    try:
        if not path.is_file():
            if path.exists():
                reading.fault("", path, N_("A file is needed, and this is a folder or a device"))
            else:
                reading.fault("", path, N_("The file does not exist"))
            return None
        with path.open("rb") as file:
            content = file.read(largest + 1)
    except (OSError, ValueError) as refused:
        reading.fault(
            "",
            path,
            N_("The file cannot be read: {why}"),
            why=getattr(refused, "strerror", None) or str(refused),
        )
        return None
    if len(content) > largest:
        reading.fault(
            "",
            path,
            N_(
                "The file is larger than {largest} bytes, and no more is read: see whether it is the one that is meant,"
                " and divide it if it is (many organisations: see [register])"
            ),
            largest=largest,
        )
        return None
    return content


def parsed_toml(content: bytes, reading: Reading) -> dict[str, object]:
    """The tables that the bytes of a TOML file hold; none where they are not TOML, which is noted."""
    try:
        text = content.decode("utf-8-sig")
        if (deep := _deep_line(text)) is not None:
            reading.fault(
                "",
                None,
                N_("Line {line} has a key of more than {parts} parts; none needs so many"),
                line=deep,
                parts=_KEY_PARTS,
            )
            return {}
        reading.lines = lines_of(text)
        return tomllib.loads(text)
    except UnicodeDecodeError as not_text:
        line = content[: not_text.start].count(b"\n") + 1
        reading.fault(
            "", None, N_("The file is not UTF-8: line {line} has a byte that cannot stand there"), line=line
        )
    except (tomllib.TOMLDecodeError, RecursionError) as not_toml:
        reading.fault("", None, N_("The file is not TOML: {why}"), why=str(not_toml))
    except ValueError:  # Python reads no longer number, so that none takes minutes
        reading.fault(
            "",
            None,
            N_("Line {line} has a number of more than {digits} digits; none needs so many"),
            line=_long_line(text),
            digits=_DIGITS,
        )
    return {}


def located(path: Path, faults: Iterable[Fault]) -> list[Fault]:
    """Those faults, each of that TOML file with its line: of values that were found wrong after it was read."""
    lines = lines_of(path.read_text("utf-8-sig"))
    return [
        replace(each, line=each.line or line_of(each.key, lines)) if each.where == str(path) else each
        for each in faults
    ]


def shown(value: object) -> object:  # noqa: PLR0911 - a type, a return
    """A value as TOML writes it, cut where it is long, for a fault to repeat."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() if value.bit_length() > _SHOWN * 3:
            return sentence("a number of very many digits")
        case str():
            cut = value if len(value) <= _SHOWN else value[:_SHOWN] + "…"
            return '"' + "".join(char if char.isprintable() else ascii(char)[1:-1] for char in cut) + '"'
        case date() | time():
            return value.isoformat()
        case dict():
            return sentence("a table")
        case list() | tuple():
            return sentence("a list")
    return str(value)[:_SHOWN]


def _deep_line(text: str) -> int | None:
    for number, written in enumerate(text.splitlines(), 1):
        if written.count(".") >= _KEY_PARTS and _DEEP_KEY.search(written):
            return number
    return None


def _long_line(text: str) -> int:
    return next((number for number, each in enumerate(text.splitlines(), 1) if _LONG_NUMBER.search(each)), 1)
