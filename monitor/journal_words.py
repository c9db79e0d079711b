"""An entry of the journal in words, for lists and pages."""

from collections.abc import Iterator, Mapping

from monitor.core.journal import Entry
from monitor.speech import Speech
from monitor.storage.codec import sentence_from_json
from monitor.wording import channel_word

_HASH_LENGTH = 64
_SHOWN = 12
"""Digits of a reckoning's hash."""


def note_of(entry: Entry, voice: Speech) -> str:
    """What people want to see of the content: the values in it that are short, and why."""
    return "; ".join(_notes(entry, voice))


def _notes(entry: Entry, voice: Speech) -> Iterator[str]:
    content = dict(entry.content)
    why = content.pop("why", None)
    match content:
        case {"from": {"due_on": _, "reckoning": _} as old, "to": {"due_on": _, "reckoning": _} as new}:
            yield f"{_rest(old)} > {_rest(new)}"
    values = [_said(name, each, voice) for name, each in content.items() if _is_short(each)]
    if values:
        yield ", ".join(values)
    if isinstance(why, dict):
        yield sentence_from_json(why).say(voice)
    elif why:
        yield str(why)


def _rest(told: Mapping[str, str | None]) -> str:
    """A due date, with what `iltod explain` has to be told to show on what it rests."""
    day, reckoning = told["due_on"] or "-", told["reckoning"]
    return f"{day} ({reckoning[:_SHOWN]})" if reckoning else day


def _said(name: str, value: object, voice: Speech) -> str:
    if isinstance(value, list):
        return str(len(value))
    return channel_word(str(value)).say(voice) if name == "channel" else str(value)


def _is_short(value: object) -> bool:
    """A list is told by its length; a hash, and what is empty or has parts, is not told."""
    return isinstance(value, int | list) or (isinstance(value, str) and len(value) not in (0, _HASH_LENGTH))
