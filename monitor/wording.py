"""How the program speaks: the catalogs of its sentences, and the words for what data and commands name."""

import gettext
import os
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from monitor.core.status import State
from notifications.messages import DeliveryState, Kind
from rules.sentences import Sentence, Term, sentence
from rules.workdays import DayKind

LANGUAGES = ("mn", "en")
_DOMAIN = "iltod"
_LOCALE = Path(__file__).parent / "locale"

_STATES = {
    State.WAIVED: sentence("waived"),
    State.WITHDRAWN: sentence("withdrawn"),
    State.REMOVED: sentence("removed"),
    State.DISPLAYED: sentence("displayed"),
    State.MET: sentence("met"),
    State.MET_LATE: sentence("met late"),
    State.UNKNOWN: sentence("unknown"),
    State.OVERDUE: sentence("overdue"),
    State.DUE_SOON: sentence("due soon"),
    State.UPCOMING: sentence("upcoming"),
}

_CHANNELS = {
    "website": sentence("website"),
    "noticeboard": sentence("noticeboard"),
    "paper": sentence("on paper"),
    "electronic-system": sentence("electronic system"),
    "open-information-system": sentence("open information system"),
    "media": sentence("media"),
    "letter": sentence("official letter"),
    "meeting": sentence("meeting"),
    "training": sentence("training"),
    "premises": sentence("on the premises"),
    "file": sentence("kept on file"),
    "electronic-form": sentence("electronic form"),
}

_KINDS = {
    Kind.DIGEST: sentence("digest"),
    Kind.ESCALATION: sentence("escalation"),
    Kind.NOTICE: sentence("notice"),
    Kind.ALL_CLEAR: sentence("all clear"),
    Kind.WARNING: sentence("warning"),
    Kind.TEST: sentence("test mail"),
}

_DAYS = {
    DayKind.HOLIDAY: sentence("public holiday"),
    DayKind.OFF: sentence("day off by decree"),
    DayKind.ON: sentence("worked by decree"),
}

_DELIVERIES = {
    DeliveryState.QUEUED: sentence("queued"),
    DeliveryState.SENDING: sentence("sending"),
    DeliveryState.SENT: sentence("sent"),
    DeliveryState.FAILED: sentence("failed"),
    DeliveryState.CANCELLED: sentence("cancelled"),
    DeliveryState.SUPERSEDED: sentence("superseded"),
}

_COLUMNS = {
    each.text.replace(" ", "_"): each
    for each in (
        sentence("amended"),
        sentence("answer"),
        sentence("applies to"),
        sentence("channel"),
        sentence("channels"),
        sentence("confidence"),
        sentence("date"),
        sentence("day"),
        sentence("days"),
        sentence("deadline"),
        sentence("due"),
        sentence("extendable"),
        sentence("id"),
        sentence("in force"),
        sentence("item"),
        sentence("keep posted"),
        sentence("key"),
        sentence("kind"),
        sentence("missing"),
        sentence("note"),
        sentence("on"),
        sentence("organisation"),
        sentence("period"),
        sentence("reason"),
        sentence("recorded at"),
        sentence("reference"),
        sentence("responsible"),
        sentence("roll"),
        sentence("rule"),
        sentence("same document"),
        sentence("sha256"),
        sentence("source"),
        sentence("state"),
        sentence("subject"),
        sentence("taken down"),
        sentence("title"),
        sentence("to"),
        sentence("url"),
        sentence("weekday"),
        sentence("withdrawn"),
        sentence("words"),
    )
}


class Speech:
    """One language, spoken: satisfies `rules.sentences.Voice`, and Jinja's idea of translations."""

    def __init__(self, language: str) -> None:
        self.language = language
        fallback = language == "en"  # the sentences themselves are English
        self._catalog = gettext.translation(_DOMAIN, _LOCALE, [language], fallback=fallback)

    def gettext(self, text: str, /) -> str:
        """The sentence in this language, still with its `{names}`."""
        return self._catalog.gettext(text)

    def ngettext(self, one: str, many: str, n: int, /) -> str:
        """The sentence in this language, in the form for `n` things."""
        return self._catalog.ngettext(one, many, n)


@lru_cache(maxsize=len(LANGUAGES))
def speech(language: str) -> Speech:
    """The voice of `mn` or `en`."""
    return Speech(language)


def speak(language: str) -> None:
    """Let the standard library speak `mn` or `en` too: argparse asks its gettext for what it says of itself."""
    gettext.bindtextdomain(_DOMAIN, _LOCALE)
    gettext.textdomain(_DOMAIN)
    os.environ["LANGUAGE"] = language


def state_word(state: State) -> Sentence:
    """The word that people read for a state."""
    return _STATES[state]


def channel_word(channel: str) -> Sentence | Term:
    """The word that people read for a channel; one that a pack brought is said as it is."""
    return _CHANNELS.get(channel) or Term(channel)


def kind_word(kind: Kind) -> Sentence:
    """The word that people read for a kind of mail."""
    return _KINDS[kind]


def day_word(kind: DayKind) -> Sentence:
    """Why a day is not what its weekday would make it."""
    return _DAYS[kind]


def delivery_word(state: DeliveryState) -> Sentence:
    """Where a mail stands."""
    return _DELIVERIES[state]


def column_word(name: str) -> Sentence:
    """What people read above a column, or before a value, of that name."""
    return _COLUMNS[name]


def local_moment(moment: datetime, zone: str) -> str:
    """A moment as people read it in that time zone: `2024-01-05 09:00 (Asia/Ulaanbaatar)`."""
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})"
