"""Sentences, days and rule cards as JSON, so that a reason is stored once and said in any language later."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from monitor.core.evidence import Posting
from monitor.core.obligations import RuleCard
from rules.limits import Limit
from rules.sentences import Sentence, Term, Words

Json = dict[str, Any]


def sentence_to_json(said: Sentence) -> Json:
    """The sentence with its values, those that are sentences themselves included."""
    stored: Json = {"text": said.text}
    if said.values:
        stored["values"] = {name: _value_to_json(value) for name, value in said.values.items()}
    if said.many is not None:
        stored |= {"many": said.many, "n": said.n}
    return stored


def sentence_from_json(stored: Mapping[str, Any]) -> Sentence:
    """The reverse of `sentence_to_json`."""
    values = {name: _value_from_json(value) for name, value in stored.get("values", {}).items()}
    return Sentence(stored["text"], values, stored.get("many"), stored.get("n", 0))


def day_to_json(day: date | None) -> str | None:
    """A day, or that there is none."""
    return day.isoformat() if day else None


def posting_to_json(posting: Posting) -> Json:
    """A posting as it shows beside the channel that it covers."""
    return {
        "channel": posting.channel,
        "posted_on": posting.on.isoformat(),
        "posting": posting.id,
        "url": posting.url,
        "backdated": posting.backdated,
    }


def card_to_json(card: RuleCard) -> Json:
    """What is shown of a rule."""
    return {
        "id": card.id,
        "title": {"mn": card.title.mn, "en": card.title.en},
        "channels": list(card.channels),
        "responsible": list(card.responsible),
        "source": card.source,
        "item": card.item,
        "words": card.words,
        "confidence": card.confidence,
        "keep_posted": str(card.keep_posted) if card.keep_posted else None,
        "documents": list(card.documents),
    }


def card_from_json(stored: Mapping[str, Any]) -> RuleCard:
    """The reverse of `card_to_json`."""
    return RuleCard(
        id=stored["id"],
        title=Words(**stored["title"]),
        channels=tuple(stored["channels"]),
        responsible=tuple(stored["responsible"]),
        source=stored["source"],
        item=stored["item"],
        words=stored["words"],
        confidence=stored["confidence"],
        keep_posted=Limit.parse(stored["keep_posted"]) if stored["keep_posted"] else None,
        documents=tuple(stored["documents"]),
    )


def _value_to_json(value: object) -> Any:  # noqa: PLR0911 - a type, a return
    match value:
        case Sentence():
            return {"sentence": sentence_to_json(value)}
        case Words(mn, en):
            return {"words": [mn, en]}
        case Term(name):
            return {"term": name}
        case list() | tuple():
            return {"list": [_value_to_json(each) for each in value]}
        case date():
            return {"date": value.isoformat()}
        case bool() | int() | str() | None:
            return value
        case _:
            return str(value)


def _value_from_json(stored: Any) -> object:
    match stored:
        case {"sentence": inner}:
            return sentence_from_json(inner)
        case {"words": [mn, en]}:
            return Words(mn, en)
        case {"term": str(name)}:
            return Term(name)
        case {"list": [*items]}:
            return tuple(_value_from_json(each) for each in items)
        case {"date": text}:
            return date.fromisoformat(text)
        case _:
            return stored
