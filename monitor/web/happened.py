"""What has just been recorded, said on the page that one is then led to.

The address names it by a word and a number, so that nobody can make our page say something by a link.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from monitor.lookup import DIGITS
from rules.sentences import Sentence, sentence

_WORDS = {
    "posting": sentence("posting {id} recorded"),
    "posting-known": sentence("that posting is recorded already, as {id}; nothing was changed"),
    "posting-withdrawn": sentence("posting {id} withdrawn"),
    "waived": sentence("it is recorded that it does not apply"),
    "unwaived": sentence("it is recorded that it applies after all"),
    "extended": sentence("the extension is recorded"),
    "snoozed": sentence("the wish to be reminded later is recorded"),
    "event": sentence("event {event} recorded"),
    "event-known": sentence("that event is recorded already, as {event}; nothing was changed"),
    "event-amended": sentence("event {event} amended"),
    "event-withdrawn": sentence("event {event} withdrawn"),
    "known": sentence("that is recorded already; nothing was changed"),
}


def lead_to(path: str, word: str, number: int = 0) -> Response:
    """Lead the browser there with a new request, so that to load the page again records nothing."""
    return RedirectResponse(f"{path}?{urlencode({'done': word, 'id': number})}", 303)


def happened(query: Mapping[str, str]) -> Sentence | None:
    """What the address says has happened; None where it says nothing."""
    word = _WORDS.get(query.get("done", ""))
    number = query.get("id", "")
    if word is None or not (number.isascii() and number.isdecimal() and len(number) <= DIGITS):
        return None
    return Sentence(word.text, {"id": f"p{number}", "event": f"e{number}"})
