"""What templates say of values: states with their signs, days, moments, time that is left, names by their words."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import get_month_names
from markupsafe import Markup

from monitor.core.status import State
from monitor.speech import Speech
from monitor.wording import channel_word, day_word, delivery_word, kind_word, state_word
from notifications.messages import DeliveryState, Kind
from notifications.phrases import Phrases, say_date
from rules.sentences import Sentence, Term

SIGNS = {
    "unknown": "?",
    "removed": "▼",
    "overdue": "!",
    "due_soon": "◆",
    "upcoming": "○",
    "displayed": "▲",
    "met": "✓",
    "met_late": "✓+",
    "waived": "–",
    "withdrawn": "×",
}
"""Beside a state's colour, for whoever does not see it; in the order of lists."""


def filters(voice: Speech) -> Mapping[str, Callable[..., Any]]:
    """The filters of a language."""
    phrases = Phrases(voice.language, voice)

    def say(said: Sentence | Term) -> str:
        return said.say(voice)

    return {
        "say": say,
        "term": lambda name: Term(name).say(voice),
        "state": lambda state: state_word(State(state)).say(voice),
        "sign": lambda state: SIGNS[state],
        "channel": lambda name: channel_word(name).say(voice),
        "delivery": lambda state: delivery_word(DeliveryState(state)).say(voice),
        "daykind": lambda kind: day_word(kind).say(voice),
        "kind": lambda kind: kind_word(Kind(kind)).say(voice),
        "on": lambda day: _time(day, say_date(_day(day), voice.language)),
        "day": lambda day: _time(day, say_date(_day(day), voice.language, "medium")),
        "moment": _moment,
        "left": phrases.time_left,
    }


def month_names(language: str) -> Sequence[str]:
    """The twelve months, short enough for a column."""
    if language == "mn":  # CLDR spells them out as ordinal words
        return [f"{number}-р сар" for number in range(1, 13)]
    names = get_month_names("abbreviated", "stand-alone", language)
    return [names[number] for number in range(1, 13)]


def _day(day: date | str) -> date:
    return date.fromisoformat(day) if isinstance(day, str) else day


def _time(day: date | str, said: str) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(_day(day), said)


def _moment(moment: datetime | str, zone: str) -> Markup:
    read = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    local = read.astimezone(ZoneInfo(zone))
    return Markup('<time datetime="{}">{}</time>').format(
        local.isoformat(timespec="seconds"), f"{local:%Y-%m-%d %H:%M}"
    )
