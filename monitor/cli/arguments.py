"""A parser whose arguments are built when its command is named, and how the values of the command line are written."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from monitor.days import YEARS, sensible, written_day
from monitor.speech import N_, Speech

TYPE_CHECKING = False
if TYPE_CHECKING:  # without the import of typing, which few commands need
    from typing import Any

_NARROWEST = 40


class Parser(argparse.ArgumentParser):
    """The parser of one command. It fills itself when it is first used: most commands are never named."""

    def __init__(
        self, voice: Speech, about: str, fill: "Fill", everywhere: "Everywhere" = (), **options: "Any"
    ) -> None:
        self.voice = voice
        self._later: tuple[str, Fill, dict[str, Any]] | None = (about, fill, options)
        self._everywhere = list(everywhere)

    def __getattr__(self, name: str) -> "Any":
        if (later := vars(self).get("_later")) is None:
            raise AttributeError(name)
        self._later = None
        about, fill, options = later
        super().__init__(description=self._say(about), formatter_class=_Help, **options)
        for each, how in self._everywhere:  # the help of the command itself is about what is its own
            self.add_argument(each, **how, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        fill(self)
        return getattr(self, name)

    def option(self, name: str, about: str, **options: "Any") -> None:
        """An option, or an argument without a dash, with its help."""
        self.add_argument(name, help=self._say(about), **options)

    def everywhere(self, name: str, about: str, **options: "Any") -> None:
        """An option that may also be typed after the commands below this one."""
        self.option(name, about, **options)
        self._everywhere.append((name, options))

    def flag(self, name: str, about: str) -> None:
        """An option without a value."""
        self.option(name, about, action="store_true")

    def one_of(self, *choices: tuple[str, str, dict[str, "Any"]], required: bool = False) -> None:
        """Options of which only one may be given: name, help and the rest of each."""
        group = self.add_mutually_exclusive_group(required=required)
        for name, about, options in choices:
            group.add_argument(name, help=self._say(about), **options)

    def format(self, *choices: str) -> None:
        """The option `--format`; the first choice is its default."""
        self.option("--format", N_("how it is written"), choices=choices, default=choices[0])

    def reason(self) -> None:
        """The option `--reason`, which is needed."""
        self.option("--reason", N_("why"), metavar="TEXT", required=True, type=a_text)

    def calls(self, module: str, function: str, *, whether_read_or_not: bool = False) -> None:
        """The function that does the command, imported when it is called.

        Most commands are done when who reads their output has enough; some have other work to do.
        """
        self.set_defaults(
            command=(f"monitor.cli.{module}", function), whether_read_or_not=whether_read_or_not
        )

    def commands(self, named: "Commands", dest: str, metavar: str) -> None:
        """The commands below this one."""
        below = self.add_subparsers(
            dest=dest, required=True, metavar=metavar, prog=self.prog, parser_class=Parser
        )
        for name, (about, fill) in named.items():
            below.add_parser(
                name,
                help=self._say(about),
                voice=self.voice,
                about=about,
                fill=fill,
                everywhere=self._everywhere,
            )

    def _say(self, about: str) -> str:
        return self.voice.gettext(about).replace("%", "%%")


Fill = Callable[[Parser], None]
"""Adds the arguments of a command."""
Everywhere = Sequence[tuple[str, dict[str, "Any"]]]
"""The options that every command takes, by name."""
Commands = Mapping[str, tuple[str, Fill]]
"""What each command is about, and its arguments, by name."""


class _Help(argparse.HelpFormatter):
    """Help as wide as the terminal; argparse asks for that with each argument, and by a module slow to import."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=max(_columns() - 2, _NARROWEST))


def _columns() -> int:
    if (told := os.environ.get("COLUMNS", "")).isdecimal() and int(told):
        return int(told)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns if sys.__stdout__ else 80
    except (OSError, ValueError):
        return 80


def a_path(text: str) -> object:
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


def _parse_moment(text: str) -> datetime:
    return sensible(datetime.fromisoformat(text))


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


def _parse_hash(text: str) -> str:
    found = text.strip().lower()
    if len(found) != 64 or set(found) - set("0123456789abcdef"):
        raise ValueError(text)
    return found


a_day = _refusing(written_day, f"YYYY-MM-DD, {YEARS}")
a_moment = _refusing(_parse_moment, f"YYYY-MM-DDTHH:MM, {YEARS}")
a_limit = _refusing(_parse_limit, "30 days, 5 working days, 1 month")
a_count = _refusing(_parse_count, "0, 1, 2, ...")
a_number = _refusing(_parse_positive, "1, 2, 3, ...")
a_year = _refusing(_parse_year, "YYYY")
a_hash = _refusing(_parse_hash, "0123456789abcdef... (64)")
a_text = _refusing(_parse_text, "...")
