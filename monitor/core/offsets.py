"""The offsets of `[reminders]`: when a stage of reminding or of escalating comes."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Self

from rules.sentences import Sentence, counted, sentence

_OFFSET = re.compile(r"(?P<repeats>\+?)(?P<count>0|[1-9][0-9]{0,2})(?P<unit>w?d)", re.ASCII)
_ROLE = re.compile(r"(?P<parent>parent:)?(?P<role>[^\W_][\w-]*)")


@dataclass(frozen=True, slots=True)
class Offset:
    """A number of calendar days (`30d`) or working days (`3wd`); the day it is counted from does not count.

    The list it stands in tells the direction: `before` counts back from the act-by date, `after` and
    escalations forward from the due date. `+5wd` repeats: and every 5 working days on.
    """

    count: int
    working: bool
    repeats: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """The offset written as `30d`, `3wd` or `+5wd`, up to 999; ValueError for anything else."""
        match = _OFFSET.fullmatch(text)
        if match is None:
            raise ValueError(text)
        return cls(int(match["count"]), match["unit"] == "wd", bool(match["repeats"]))

    @property
    def span(self) -> Sentence:
        """How long it is, in words."""
        if self.working:
            return counted("{n} working day", "{n} working days", self.count)
        return counted("{n} day", "{n} days", self.count)

    def __str__(self) -> str:
        return f"{'+' if self.repeats else ''}{self.count}{'wd' if self.working else 'd'}"


@dataclass(frozen=True, slots=True)
class Escalation:
    """So long after the due date the role `to` hears of it: that of the organisation, or of its parent."""

    after: Offset
    to: str
    parent: bool = False

    @classmethod
    def parse(cls, after: str, to: str) -> Self:
        """The escalation written `after = "3wd"`, `to = "head"` or `"parent:oversight"`; else ValueError."""
        return cls(Offset.parse(after), *role_and_place(to))


def role_and_place(text: str) -> tuple[str, bool]:
    """The role written `head` or `parent:oversight`, and whether it is the parent's; else ValueError."""
    match = _ROLE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return match["role"], match["parent"] is not None


def repeated(after: Sequence[Offset], n: int) -> Offset | None:
    """The nth repeat of the last of `after`, from 1: of `5wd`, `+5wd` 10, 15, ...; else None."""
    match list(after):
        case [*_, forerunner, Offset(repeats=True) as step]:
            return Offset(forerunner.count + n * step.count, step.working)
    return None


def faults_before(offsets: Sequence[Offset]) -> Iterator[tuple[int, Sentence]]:
    """What is wrong with offsets before the act-by date, with their places (from 0); the order is free."""
    for place, offset in enumerate(offsets):
        if offset.repeats:
            yield (
                place,
                sentence(
                    "{value} repeats, and only the last entry of after may; write it without the +",
                    value=str(offset),
                ),
            )


def faults_after(offsets: Sequence[Offset]) -> Iterator[tuple[int, Sentence]]:
    """What is wrong with offsets after the due date, with their places; only a repeat has its own place."""
    for place, offset in enumerate(offsets):
        if offset.count == 0:
            yield (
                place,
                sentence(
                    "{value} is the due date itself, when nothing is overdue yet; begin with 1d or 1wd",
                    value=str(offset),
                ),
            )
        elif offset.repeats and place < len(offsets) - 1:
            yield (
                place,
                sentence(
                    "{value} repeats, and only the last entry of after may; move it to the end",
                    value=str(offset),
                ),
            )
        elif offset.repeats:
            yield from ((place, said) for said in _fault_of_repeat(offset, offsets[:place]))


def _fault_of_repeat(repeat: Offset, listed: Sequence[Offset]) -> Iterator[Sentence]:
    alike = [offset for offset in listed if offset.working == repeat.working]
    if not alike or listed[-1] not in alike:
        yield sentence(
            "{value} goes on from the entry before it, which must be in the same unit ({unit})",
            value=str(repeat),
            unit="wd" if repeat.working else "d",
        )
    elif (latest := max(alike, key=attrgetter("count"))) != listed[-1]:
        yield sentence(
            "{value} goes on from the entry before it; move {latest} there",
            value=str(repeat),
            latest=str(latest),
        )
