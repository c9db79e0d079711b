"""The two languages that the program speaks, and its catalog of sentences.

This module, like all that `iltod status` needs, imports next to nothing: the command is over in a few hundredths of a
second, and most of a program's start is its imports.
"""

import gettext
import os
from datetime import datetime
from functools import lru_cache


def N_(text: str) -> str:  # noqa: N802 -- the name by which catalogs gather a sentence that is said later
    """The text itself."""
    return text


LANGUAGES = ("mn", "en")
_DOMAIN = "iltod"
_LOCALE = os.path.join(os.path.dirname(__file__), "locale")  # noqa: PTH118, PTH120 -- pathlib costs more than the rest

STATES = {
    "waived": N_("waived"),
    "withdrawn": N_("withdrawn"),
    "removed": N_("removed"),
    "displayed": N_("displayed"),
    "met": N_("met"),
    "met_late": N_("met late"),
    "unknown": N_("unknown"),
    "overdue": N_("overdue"),
    "due_soon": N_("due soon"),
    "upcoming": N_("upcoming"),
}
"""The words that people read for states."""

CHANNELS = {
    "website": N_("website"),
    "noticeboard": N_("noticeboard"),
    "paper": N_("on paper"),
    "electronic-system": N_("electronic system"),
    "open-information-system": N_("open information system"),
    "media": N_("media"),
    "letter": N_("official letter"),
    "meeting": N_("meeting"),
    "training": N_("training"),
    "premises": N_("on the premises"),
    "file": N_("kept on file"),
    "electronic-form": N_("electronic form"),
}
"""The words that people read for channels; another channel is said as it stands in its pack."""


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


def local_moment(moment: datetime, zone: str) -> str:
    """A moment as people read it in that time zone: `2024-01-05 09:00 (Asia/Ulaanbaatar)`."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415 -- not everything that speaks tells a moment

    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})"
