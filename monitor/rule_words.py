"""A rule in words: its deadline as a sentence, and the whole of it for lists."""

from collections.abc import Iterable, Iterator
from typing import Any

from monitor.wording import channel_word, column_word
from rules.model import (
    AfterDue,
    AfterEvent,
    AfterPeriod,
    BeforeEvent,
    DayAfterPeriod,
    Deadline,
    InPeriod,
    Once,
    OnDay,
    OpenEnded,
    Promptly,
    Recurring,
    Rule,
    Stated,
    Yearly,
)
from rules.occurrences import FIXED_DATES
from rules.sentences import Sentence, Term, Voice, sentence


def deadline_words(deadline: Deadline) -> Sentence:  # noqa: C901, PLR0911, PLR0912 -- one case a form
    """The deadline as people read it in a list."""
    match deadline:
        case Yearly(dates):
            return sentence(
                "by {dates}, every year", dates=tuple(f"{month:02}-{day:02}" for month, day in dates)
            )
        case AfterPeriod(kind, within):
            return sentence("within {limit} after each {period}", limit=within.words, period=Term(kind))
        case DayAfterPeriod(kind, day):
            return sentence("by day {day} of the month after each {period}", day=day, period=Term(kind))
        case InPeriod(kind, only):
            numbers = f" ({', '.join(map(str, only))})" if only else ""
            return sentence("within each {period}{numbers}", period=Term(kind), numbers=numbers)
        case OnDay(on):
            return sentence("on {day}, once", day=on)
        case Once(period):
            return sentence("within {period}, once", period=str(period))
        case AfterEvent(kind, within):
            return sentence("within {limit} after: {event}", limit=within.words, event=Term(kind))
        case BeforeEvent(kind, before):
            return sentence("{limit} before: {event}", limit=before.words, event=Term(kind))
        case AfterDue(rule, within):
            return sentence("within {limit} after {rule} falls due", limit=within.words, rule=rule)
        case Stated(kind):
            return sentence("as stated by: {event}", event=Term(kind))
        case Promptly(kind):
            return sentence("promptly after: {event}", event=Term(kind))
        case Recurring(rrule, start):
            return sentence("{rrule} from {day}", rrule=rrule, day=start)
        case OpenEnded(kind):
            return sentence("after: {event}, without a last day", event=Term(kind))


def rule_as_json(rule: Rule, voice: Voice) -> dict[str, Any]:
    """All that the rule says."""
    first, last = rule.in_force_from, rule.in_force_until
    return {
        "rule": rule.id,
        "title": rule.title.say(voice),
        "deadline": deadline_words(rule.deadline).say(voice),
        "period": str(rule.period),
        "roll": str(rule.roll),
        "applies_to": list(rule.applies_to),
        "channels": list(rule.channels),
        "responsible": list(rule.responsible),
        "source": rule.basis.source,
        "item": rule.basis.item,
        "words": rule.basis.words,
        "url": rule.basis.url,
        "confidence": str(rule.confidence),
        "in_force": f"{first or ''}..{last or ''}" if first or last else "",
        "keep_posted": str(rule.keep_posted) if rule.keep_posted else None,
        "extendable": str(rule.extendable) if rule.extendable else None,
        "same_document": rule.same_document,
    }


def rule_as_text(rule: Rule, voice: Voice) -> Iterator[str]:
    """All that the rule says, a line each, with the names that commands and configuration use beside their words."""
    spoken = {
        "period": Term(rule.period).say(voice) if isinstance(rule.deadline, Yearly) else None,
        "roll": Term(rule.roll).say(voice) if isinstance(rule.deadline, FIXED_DATES) else None,
        "applies_to": _named(rule.applies_to, map(Term, rule.applies_to), voice),
        "channels": _named(rule.channels, map(channel_word, rule.channels), voice),
        "responsible": _named(rule.responsible, map(Term, rule.responsible), voice),
        "confidence": Term(rule.confidence).say(voice),
        "keep_posted": rule.keep_posted.words.say(voice) if rule.keep_posted else None,
        "extendable": rule.extendable.words.say(voice) if rule.extendable else None,
    }
    for key, value in (rule_as_json(rule, voice) | spoken).items():
        if value:
            yield f"{column_word(key).say(voice)}: {value}"


def _named(names: Iterable[str], words: Iterable[Sentence | Term], voice: Voice) -> str:
    said = ((name, word.say(voice)) for name, word in zip(names, words, strict=True))
    return ", ".join(name if name == word else f"{word} ({name})" for name, word in said)
