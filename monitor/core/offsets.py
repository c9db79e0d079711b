"""The offsets of `[reminders]`: when a stage of reminding or of escalating comes."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from operator import attrgetter
from typing import Self

from rules.sentences import Sentence, sentence

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

    @property
    def addressee(self) -> str:
        """Who hears it, as it is written: `head`, `parent:oversight`."""
        return f"parent:{self.to}" if self.parent else self.to


def role_and_place(text: str) -> tuple[str, bool]:
    """The role written `head` or `parent:oversight`, and whether it is the parent's; else ValueError."""
    match = _ROLE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return match["role"], match["parent"] is not None


def overdue_offsets(after: Sequence[Offset]) -> Iterator[Offset]:
    """The offsets of `after` one by one; without end where the last repeats: `5wd`, `+5wd` is 5, 10, ..."""
    yield from (offset for offset in after if not offset.repeats)
    match list(after):
        case [*_, forerunner, Offset(repeats=True) as step]:
            for n in count(1):
                yield Offset(forerunner.count + n * step.count, step.working)


def fault_in_before(offsets: Sequence[Offset], place: int) -> Sentence | None:
    """What is wrong with the offset at that place among those before the act-by date; their order is free."""
    offset = offsets[place]
    if offset.repeats:
        return sentence(
            "{value} repeats, and only the last entry of after may; write it without the +", value=str(offset)
        )
    return _repeated(offsets, place)


def fault_in_after(offsets: Sequence[Offset], place: int) -> Sentence | None:
    """What is wrong with the offset at that place among those after the due date; their order is free."""
    offset = offsets[place]
    if offset.count == 0:
        return sentence(
            "{value} is the due date itself, when nothing is overdue yet; begin with 1d or 1wd",
            value=str(offset),
        )
    if not offset.repeats:
        return _repeated(offsets, place)
    if place != len(offsets) - 1:
        return sentence(
            "{value} repeats, and only the last entry of after may; move it to the end", value=str(offset)
        )
    forerunner = offsets[place - 1] if place else None
    if forerunner is None or forerunner.working != offset.working:
        return sentence(
            "{value} goes on from the entry before it, which must be in the same unit ({unit})",
            value=str(offset),
            unit="wd" if offset.working else "d",
        )
    latest = max(
        (each for each in offsets[:place] if each.working == offset.working), key=attrgetter("count")
    )
    if latest != forerunner:
        return sentence(
            "{value} goes on from the entry before it; move {latest} there",
            value=str(offset),
            latest=str(latest),
        )
    return None


def _repeated(offsets: Sequence[Offset], place: int) -> Sentence | None:
    offset = offsets[place]
    if offset in offsets[:place]:
        return sentence("{value} is there twice; remove one", value=str(offset))
    return None
