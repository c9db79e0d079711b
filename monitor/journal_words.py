"""An entry of the journal in words, for lists and pages."""

from collections.abc import Iterator

from monitor.core.journal import Entry
from monitor.speech import Speech
from monitor.storage.codec import sentence_from_json

_HASH_LENGTH = 64


def note_of(entry: Entry, voice: Speech) -> str:
    """What people want to see of the content: the values in it that are short, and why."""
    return "; ".join(_notes(entry, voice))


def _notes(entry: Entry, voice: Speech) -> Iterator[str]:
    content = dict(entry.content)
    why = content.pop("why", None)
    match content:
        case {"from": {"due_on": old}, "to": {"due_on": new}} if old != new:
            yield f"{old} > {new}"
    values = [
        str(len(each)) if isinstance(each, list) else str(each)
        for each in content.values()
        if _is_short(each)
    ]
    if values:
        yield ", ".join(values)
    if isinstance(why, dict):
        yield sentence_from_json(why).say(voice)
    elif why:
        yield str(why)


def _is_short(value: object) -> bool:
    """A list is told by its length; a hash, and what is empty or has parts, is not told."""
    return isinstance(value, int | list) or (isinstance(value, str) and len(value) not in (0, _HASH_LENGTH))
