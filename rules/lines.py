"""Where the keys of a TOML file stand: a search by eye, good enough to lead somebody to the line."""

import re
from collections.abc import Mapping

_LISTED = re.compile(r"\s*\[\[\s*([\w.-]+)\s*]]")
_TABLE = re.compile(r"\s*\[\s*([\w.-]+)\s*]")
_KEY = re.compile(r"\s*([\w-]+)\s*=")


def lines_of(text: str) -> dict[str, int]:
    """The line, counted from 1, of each key and each table, under the name that faults use: `rule[3].basis.words`.

    What stands within an inline table is found by that table's line. The first place counts.
    """
    found: dict[str, int] = {}
    numbers: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if listed := _LISTED.match(line):
            path = _numbered(listed[1], numbers)
            numbers[path] = numbers.get(path, 0) + 1
            table = f"{path}[{numbers[path]}]"
            found.setdefault(table, number)
        elif named := _TABLE.match(line):
            table = _numbered(named[1], numbers)
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault(f"{table}.{key[1]}" if table else key[1], number)
    return found


def line_of(key: str, lines: Mapping[str, int]) -> int | None:
    """The line of a key, or of the innermost table around it that has one."""
    while key and key not in lines:
        key = key.rpartition(".")[0]
    return lines.get(key)


def _numbered(path: str, numbers: Mapping[str, int]) -> str:
    """A table's path with the numbers of the listed tables in which it lies, but for its own."""
    *outer, last = path.split(".")
    told = ""
    for part in outer:
        told = f"{told}.{part}" if told else part
        if told in numbers:
            told = f"{told}[{numbers[told]}]"
    return f"{told}.{last}" if told else last
