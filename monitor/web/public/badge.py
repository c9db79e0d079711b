"""A picture for an office's own website: how it stands, in words, without anything from outside."""

from collections import Counter
from collections.abc import Mapping

from starlette.responses import Response

from monitor.clock import day_in
from monitor.listing import Chosen, Listing
from monitor.web.public.pages import named_in
from monitor.web.rendering import rendered
from monitor.web.visits import Visit
from rules.sentences import Sentence, counted, sentence

_LABEL = sentence("made public by law")
_LATE, _UNCLEAR, _SOON, _GOOD = "#a8071a", "#5f2b93", "#7a4300", "#17623a"
"""White reads well on each of them."""
_LETTER, _MARGIN = 6.6, 10
"""Pixels: the width of a letter is an estimate, and the browser fits the words into it."""


def badge(visit: Visit) -> Response:
    """Answer with the picture; pages of other sites may show it."""
    shown = named_in(visit)
    with visit.site.reading() as opened:
        year = day_in(shown.timezone, opened.now).year
        listing = Listing(opened.reader, visit.timezone, opened.now, visit.voice)
        cells = listing.cells(Chosen(organisations=[shown.id]), year)
    found, colour = _standing(Counter(cell.state for row in cells.values() for cell in row))
    label, said = visit.say(_LABEL), visit.say(found)
    left, right = _width(label), _width(said)
    svg = rendered(
        visit.voice.language,
        "badge.svg",
        {"name": shown.name, "label": label, "said": said, "colour": colour, "left": left, "right": right},
    )
    headers = {"Cross-Origin-Resource-Policy": "cross-origin"}
    return Response(svg, headers=headers, media_type="image/svg+xml")


def _standing(counts: Mapping[str, int]) -> tuple[Sentence, str]:
    """The worst that is to be said, and its colour."""
    overdue, removed = counts["overdue"], counts["removed"]
    if removed:
        return counted("{n} overdue or removed", "{n} overdue or removed", overdue + removed), _LATE
    if overdue:
        return counted("{n} overdue", "{n} overdue", overdue), _LATE
    if unclear := counts["unknown"]:
        return counted("{n} not clear", "{n} not clear", unclear), _UNCLEAR
    if soon := counts["due_soon"]:
        return counted("nothing overdue, {n} due soon", "nothing overdue, {n} due soon", soon), _SOON
    return sentence("nothing overdue"), _GOOD


def _width(text: str) -> int:
    return round(len(text) * _LETTER) + 2 * _MARGIN
