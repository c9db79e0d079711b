"""What is wrong with a file that was read: every fault at once, each with its place and a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rules.sentences import Sentence

MOST_FAULTS = 1000
"""With so many the reading ends: nobody reads more, and a file of nonsense has one in every line."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: the file, the key in it (`rule[3].deadline.within`), the value, what is wrong, and the line."""

    where: str
    key: str
    value: object | None
    sentence: Sentence
    line: int | None = None  # None where the fault has no place in the file

    @property
    def place(self) -> str:
        """The file, and the line where it is known, as editors and compilers write it."""
        return f"{self.where}:{self.line}" if self.line else self.where

    def __str__(self) -> str:
        """In English, for tests; people are told by the shell, in their language."""
        return f"{self.place}: {self.sentence.say(_English())}"

    @property
    def without_value(self) -> str:
        """In English, for logs: what was written may be of a person, or a secret."""
        return str(replace(self, sentence=_without_value(self.sentence)))


class Faults(Exception):  # noqa: N818 - what it brings is said by its name
    """A file, or several, cannot be used; nothing of them was taken over."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)

    @property
    def without_values(self) -> str:
        """All of them for logs."""
        return "; ".join(fault.without_value for fault in self.faults)


def _without_value(said: Sentence) -> Sentence:
    """By the name that `Reading.fault` gives to what was written; a sentence may stand in another."""
    hidden = {
        name: "..." if name == "value" else _without_value(each) if isinstance(each, Sentence) else each
        for name, each in said.values.items()
    }
    return replace(said, values=hidden)


class _English:
    language = "en"

    def gettext(self, text: str, /) -> str:
        return text

    def ngettext(self, one: str, many: str, n: int, /) -> str:
        return one if n == 1 else many
