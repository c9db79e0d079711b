"""The tables of a TOML file, read value by value: every fault gathered with its key, and only then refused.

A `Table` is a cursor on one table of the file. Its readers return a value of the type asked for, whatever the
file holds: where there is a fault it is noted, and a stand-in comes back so that the reading can go on.
Whoever reads must call `Reading.refuse_faults()` at the end, so that no stand-in leaves.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

from rules.marking import N_
from rules.reading import LARGEST, Reading, content_of, parsed_toml, shown
from rules.sentences import Sentence, Words, sentence

_HARMLESS = "\n\t\u00a0\u202f\u180e\u200c\u200d"
"""No-break spaces, as word processors put; joiners of scripts."""

T = TypeVar("T")


def read_toml(path: Path) -> "Table":
    """The top table of a TOML file; raises Faults when it cannot be read as one."""
    reading = Reading(str(path))
    content = content_of(path, reading, LARGEST)
    data = parsed_toml(content, reading) if content is not None else {}
    reading.refuse_faults()
    return Table(reading, "", data)


@dataclass(frozen=True, slots=True)
class Table:
    """A cursor on one table of a file; `path` is its own key, empty for the top."""

    reading: Reading
    path: str
    data: Mapping[str, object]

    def __contains__(self, key: str) -> bool:
        """Does the table have that key?"""
        return key in self.data

    def only(self, known: Iterable[str]) -> None:
        """Note a fault for each key that is not known, with the nearest that is."""
        words = tuple(known)
        for key in self.data:
            if key not in words:
                self._unknown(key, words)

    def fault(self, key: str, text: str, /, **values: object) -> None:
        """Note a fault about a key of this table."""
        self.reading.fault(self.at(key), self.data.get(key), text, **values)

    def text(self, key: str, default: str | None = None) -> str:
        """A text that is not empty; needed where there is no default."""
        value = self._get(key, default)
        if value is _ABSENT:
            return ""
        if not isinstance(value, str):
            self.fault(key, "{key} must be a text in quotes, not {value}")
            return ""
        if value == default:
            return value
        if not value.strip():
            self.fault(key, "{key} must not be empty")
        elif _is_harmful(value):
            self.fault(key, "{key} must not contain control characters, as {value} does")
        return value

    def parsed(self, key: str, parse: Callable[[str], T], expected: Sentence, stand_in: T) -> T:
        """A text of which `parse` makes a value or raises ValueError; `expected` says what it must be."""
        before = len(self.reading.faults)
        value = self.text(key)
        if len(self.reading.faults) > before:
            return stand_in
        try:
            return parse(value)
        except ValueError:
            self.fault(key, "{key} must be {expected}, not {value}", expected=expected)
            return stand_in

    def choice(self, key: str, words: Sequence[str], default: str | None = None) -> str:
        """One of the words."""
        before = len(self.reading.faults)
        value = self.text(key, default)
        if len(self.reading.faults) == before and value not in words:
            self.reading.not_among(self.at(key), value, words)
        return value if value in words else words[0]

    def integer(self, key: str, first: int, last: int) -> int:
        """A whole number from `first` to `last`."""
        value = self._get(key, None)
        if value is _ABSENT:
            return first
        if not isinstance(value, int) or isinstance(value, bool) or not first <= value <= last:
            self.fault(
                key,
                "{key} must be a whole number from {first} to {last}, not {value}",
                first=first,
                last=last,
            )
            return first
        return value

    def flag(self, key: str) -> bool:
        """Either true or false."""
        value = self._get(key, None)
        if isinstance(value, bool):
            return value
        if value is not _ABSENT:
            self.fault(key, "{key} must be {expected}, not {value}", expected=sentence("true or false"))
        return False

    def day(self, key: str) -> date:
        """A date, which is needed."""
        value = self._get(key, None)
        return date.min if value is _ABSENT else self._date(key, value)

    def optional_day(self, key: str) -> date | None:
        """A date, or None where the key is absent."""
        return self._date(key, self.data[key]) if key in self.data else None

    def texts(self, key: str, *, needed: bool = True) -> tuple[str, ...]:
        """A list of texts, each once; at least one where the list is needed."""
        value = self._get(key, None if needed else ())
        if value is _ABSENT:
            return ()
        if not isinstance(value, list | tuple):
            self.fault(key, '{key} must be a list of texts such as ["website"], not {value}')
            return ()
        if not all(isinstance(each, str) and each.strip() for each in value):
            self.fault(key, "{key} must hold texts in quotes only, and no empty ones")
            return ()
        for each in value:
            if _is_harmful(each):
                self.fault(
                    key, "{key} must not contain control characters, as {which} does", which=shown(each)
                )
                return ()
        if needed and not value:
            self.fault(key, "{key} must name at least one")
        for each in sorted(each for each, times in Counter(value).items() if times > 1):
            self.fault(key, "{key} names {twice} twice", twice=shown(each))
        return tuple(value)

    def words(self, key: str) -> Words:
        """A text in both languages: `{ mn = "...", en = "..." }`."""
        table = self.table(key)
        if table is None:
            return Words("", "")
        table.only(("mn", "en"))
        return Words(table.text("mn"), table.text("en"))

    def table(self, key: str, *, needed: bool = True) -> "Table | None":
        """A table within this one; None where it is absent or no table."""
        value = self._get(key, None if needed else _ABSENT)
        if value is _ABSENT:
            return None
        if not isinstance(value, dict):
            self.fault(key, "{key} must be a table, not {value}")
            return None
        return Table(self.reading, self.at(key), value)

    def tables(self, key: str) -> Iterator["Table"]:
        """The tables of an array of tables, numbered from 1 in their keys; none where the key is absent."""
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            self.fault(
                key, "{key} must be a list of tables, each begun with [[{name}]], not {value}", name=key
            )
            return
        for number, each in enumerate(value, 1):
            yield Table(self.reading, f"{self.at(key)}[{number}]", each)

    def at(self, key: str) -> str:
        """The key as faults name it."""
        return f"{self.path}.{key}" if self.path else key

    def _get(self, key: str, default: object) -> object:
        if key in self.data:
            return self.data[key]
        if default is None:
            self.reading.fault(self.at(key), None, N_("{key} is missing"))
            return _ABSENT
        return default

    def _date(self, key: str, value: object) -> date:
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        self.fault(key, "{key} must be a date such as 2024-01-10, without quotes and time, not {value}")
        return date.min

    def _unknown(self, key: str, words: Sequence[str]) -> None:
        if near := get_close_matches(key, words, n=1):
            self.fault(key, "{key} is not known; perhaps {near} is meant", near=near[0])
        else:
            self.fault(key, "{key} is not known; known here are: {words}", words=words)


class _Absent:
    """What stands for a value that is not there; None would be a value."""


_ABSENT = _Absent()


def _is_harmful(text: str) -> bool:
    """Whether something in it would steer a terminal, or the letters around it, instead of being shown."""
    return not text.isprintable() and any(not char.isprintable() and char not in _HARMLESS for char in text)
