"""Sentences that are said later, in the reader's language.

The core decides *what* is said and keeps it as a value; the shell, which knows the reader, says it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol


class Voice(Protocol):
    """How one language is spoken: its code (`mn`, `en`), and its catalog of sentences."""

    language: str

    def gettext(self, text: str, /) -> str:
        """The sentence in this language, still with its `{names}`."""

    def ngettext(self, one: str, many: str, n: int, /) -> str:
        """The sentence in this language, in the form for `n` things."""


@dataclass(frozen=True, slots=True)
class Words:
    """A text that the data brings in both languages, such as a rule's title."""

    mn: str
    en: str

    def say(self, voice: Voice) -> str:
        """The text in the language of `voice`."""
        return self.mn if voice.language == "mn" else self.en


@dataclass(frozen=True, slots=True)
class Term:
    """A name that commands and data use, such as a role's: said by the catalog's word for it, else as it stands."""

    name: str

    def say(self, voice: Voice) -> str:
        """The word for it in the language of `voice`."""
        return voice.gettext(self.name)


@dataclass(frozen=True, slots=True)
class Sentence:
    """An English sentence with `{names}`, which is also its key in the catalogs, and the values for the names."""

    text: str
    values: Mapping[str, object] = field(default_factory=dict)
    many: str | None = None
    n: int = 0

    def say(self, voice: Voice) -> str:
        """The sentence in the language of `voice`; values that are sentences are said in it too."""
        form = voice.gettext(self.text) if self.many is None else voice.ngettext(self.text, self.many, self.n)
        return form.format_map({name: _said(value, voice) for name, value in self.values.items()})


def sentence(text: str, /, **values: object) -> Sentence:
    """`sentence("{key} is not known", key=key)`; the first argument is what the catalogs gather."""
    return Sentence(text, values)


def counted(one: str, many: str, n: int, /, **values: object) -> Sentence:
    """A sentence about `n` things, in one form for one of them and in another for many; `{n}` may stand in both."""
    return Sentence(one, {"n": n, **values}, many, n)


def _said(value: object, voice: Voice) -> object:
    if isinstance(value, Sentence | Words | Term):
        return value.say(voice)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return ", ".join(str(_said(each, voice)) for each in value)
    return value
