"""What a call may say: each value by its name, how it is written, and how it is read. The document says the same."""

import base64
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from unicodedata import category

from monitor.days import written_day
from monitor.lookup import unknown
from monitor.web.api.problems import Problem
from notifications.messages import DeliveryState
from rules.limits import Limit
from rules.sentences import Sentence, sentence

LARGEST_PAGE = 5000
_SHOWN = 60
_TEXT = 2000
_LETTERS = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$"
"""No control characters, but for tabs and ends of lines."""
_MARK = "\ufeff"
"""The byte order mark, which counts as a space in patterns of JSON Schema and not in Python."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How a value is written, as a JSON Schema and in words, and how it is read; `parse` raises ValueError."""

    schema: Mapping[str, Any]
    expected: Sentence
    parse: Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A value by its name; `about` is for the document."""

    name: str
    kind: Kind
    about: str
    needed: bool = False
    many: bool = False
    """Whether it may be given several times."""


def read_fields(fields: Sequence[Field], given: Iterable[tuple[str, object]]) -> dict[str, Any]:
    """The values of a call, None where an optional one is not given; raises `Problem`."""
    by_name = {field.name: field for field in fields}
    found: dict[str, Any] = {field.name: () if field.many else None for field in fields}
    for name, written in given:
        field = by_name.get(name)
        if field is None:
            raise Problem(HTTPStatus.BAD_REQUEST, _unknown(name, by_name))
        value = _read(field, written)
        if field.many:
            found[name] = (*found[name], value)
        elif found[name] is not None:
            raise Problem(HTTPStatus.BAD_REQUEST, sentence("{name} is given twice; give it once", name=name))
        else:
            found[name] = value
    for field in fields:
        if field.needed and found[field.name] in (None, ()):
            raise Problem(HTTPStatus.BAD_REQUEST, sentence("{column} is missing", column=field.name))
    return found


def cursor_of(place: Sequence[object]) -> str:
    """A place in a list, so that it can be handed to a program and back."""
    text = json.dumps(place, separators=(",", ":"), ensure_ascii=False, default=str)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(field: Field, written: object) -> Any:
    try:
        if not isinstance(written, str):
            raise ValueError(written)  # noqa: TRY004, TRY301 -- one sentence for whatever it is
        written.encode()
        return field.kind.parse(written)
    except ValueError:
        said = sentence(
            "{key} must be {expected}, not {value}",
            key=field.name,
            expected=field.kind.expected,
            value=_short(written),
        )
        raise Problem(HTTPStatus.BAD_REQUEST, said) from None


def _short(written: object) -> str:
    try:
        text = json.dumps(written, ensure_ascii=True, default=_name_of)
    except RecursionError:  # as deep as it could be read, and no deeper
        text = "…"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _name_of(file: object) -> str:
    """What comes along under the name of a field that is none for files."""
    return str(getattr(file, "filename", ""))


def _unknown(name: str, known: Mapping[str, Field]) -> Sentence:
    shown = _short(name)
    if not known:
        return sentence("{name} is not known here; nothing can be given with this address", name=shown)
    return unknown(sentence("field"), shown.strip('"'), known)


def _text(text: str) -> str:
    stripped = _note(text)
    if not stripped.replace(_MARK, "").strip():
        raise ValueError(text)
    return stripped


def _note(text: str) -> str:
    if len(text) > _TEXT or any(category(each) == "Cc" and each not in "\t\n\r" for each in text):
        raise ValueError(text)
    return text.strip()


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 6):
        raise ValueError(text)
    return int(text)


def _page(text: str) -> int:
    size = _count(text)
    if not 1 <= size <= LARGEST_PAGE:
        raise ValueError(text)
    return size


def _year(text: str) -> int:
    year = _count(text)
    if not 1 <= year <= 9999:
        raise ValueError(text)
    return year


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


def _cursor(text: str) -> list[Any]:
    """The place; an empty one, which is in no list, for what is none of ours."""
    try:
        found = json.loads(base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)))
    except (ValueError, RecursionError):
        return []
    return found if isinstance(found, list) else []


_A_DAY = sentence("a day such as 2024-01-10")
DAY = Kind({"type": "string", "format": "date", "pattern": "^(19|2[0-9])"}, _A_DAY, written_day)
TEXT = Kind(
    {"type": "string", "maxLength": _TEXT, "pattern": _LETTERS, "allOf": [{"pattern": rf"[^\s{_MARK}]"}]},
    sentence("a text of at most 2000 characters, without control characters, and not empty"),
    _text,
)
NOTE = Kind(
    {"type": "string", "maxLength": _TEXT, "pattern": _LETTERS},
    sentence("a text of at most 2000 characters, without control characters"),
    _note,
)
LIMIT = Kind(
    {
        "type": "string",
        "pattern": r"^[1-9][0-9]{0,3} (working )?days?$|^[1-9][0-9]{0,3} (week|month|quarter|year)s?$",
    },
    sentence("a limit such as 30 days, 5 working days or 1 month"),
    Limit.parse,
)
COUNT = Kind(
    {"type": "integer", "minimum": 0, "maximum": 99999}, sentence("a number from 0 to 99999"), _count
)
PAGE = Kind(
    {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": 500},
    sentence("a number from 1 to 5000"),
    _page,
)
YEAR = Kind({"type": "integer", "minimum": 1, "maximum": 9999}, sentence("a year such as 2024"), _year)
FLAG = Kind({"type": "boolean", "default": False}, sentence("true or false"), _flag)
CURSOR = Kind({"type": "string"}, sentence("what an earlier answer gave in its Link"), _cursor)
STATE = Kind(
    {"enum": [str(each) for each in DeliveryState]},
    sentence("queued, sending, sent, failed, cancelled or superseded"),
    DeliveryState,
)
