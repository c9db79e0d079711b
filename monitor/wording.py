"""How the program speaks: the catalogs of its sentences, and the words for states, channels and kinds."""

import gettext
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from monitor.core.status import State
from notifications.messages import Kind
from rules.sentences import Sentence, sentence

LANGUAGES = ("mn", "en")
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
}

_KINDS = {
    Kind.DIGEST: sentence("digest"),
    Kind.ESCALATION: sentence("escalation"),
    Kind.NOTICE: sentence("notice"),
    Kind.ALL_CLEAR: sentence("all clear"),
    Kind.WARNING: sentence("warning"),
    Kind.TEST: sentence("test mail"),
}


class Speech:
    """One language, spoken: satisfies `rules.sentences.Voice`, and Jinja's idea of translations."""

    def __init__(self, language: str) -> None:
        self.language = language
        fallback = language == "en"  # the sentences themselves are English
        self._catalog = gettext.translation("iltod", _LOCALE, [language], fallback=fallback)

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


def state_word(state: State) -> Sentence:
    """The word that people read for a state."""
    return _STATES[state]


def channel_word(channel: str) -> Sentence:
    """The word that people read for a channel; one that a pack brought is said as it is."""
    return _CHANNELS.get(channel) or Sentence("{channel}", {"channel": channel})


def kind_word(kind: Kind) -> Sentence:
    """The word that people read for a kind of mail."""
    return _KINDS[kind]


def local_moment(moment: datetime, zone: str) -> str:
    """A moment as people read it in that time zone: `2024-01-05 09:00 (Asia/Ulaanbaatar)`."""
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})"
