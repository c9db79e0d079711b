"""How the values of the command line are written; argparse says what it expected instead."""

import argparse
from collections.abc import Callable
from datetime import date, datetime


def path(text: str) -> object:
    """A path, absolute or relative to where the command is typed."""
    from pathlib import Path  # noqa: PLC0415 -- slow to import, and few commands take one

    return Path(text)


def _refusing(parse: Callable[[str], object], expected: str) -> Callable[[str], object]:
    def read(text: str) -> object:
        try:
            return parse(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r}: {expected}") from None

    return read


def _parse_day(text: str) -> date:
    if len(text) != len("2024-01-10"):
        raise ValueError(text)
    return date.fromisoformat(text)


def _parse_moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _parse_limit(text: str) -> object:
    from rules.limits import Limit  # noqa: PLC0415 -- only `extend` takes one

    return Limit.parse(text)


def _parse_count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise ValueError(text)
    return int(text)


def _parse_positive(text: str) -> int:
    count = _parse_count(text)
    if count < 1:
        raise ValueError(text)
    return count


def _parse_text(text: str) -> str:
    if not text.strip():
        raise ValueError(text)
    return text.strip()


def _parse_year(text: str) -> int:
    year = _parse_positive(text)
    if year > 9999:
        raise ValueError(text)
    return year


day = _refusing(_parse_day, "YYYY-MM-DD")
moment = _refusing(_parse_moment, "YYYY-MM-DDTHH:MM")
limit = _refusing(_parse_limit, "30 days, 5 working days, 1 month")
count = _refusing(_parse_count, "0, 1, 2, ...")
positive = _refusing(_parse_positive, "1, 2, 3, ...")
year = _refusing(_parse_year, "YYYY")
text = _refusing(_parse_text, "...")
