"""In which language a page speaks: as asked for in its address, else as chosen before, else as the browser prefers."""

from starlette.requests import Request

from monitor.speech import LANGUAGES

COOKIE = "language"
ASKED = "lang"


def language_of(request: Request) -> str:
    """`mn` or `en`; Mongolian where neither is wished for."""
    for wished in (request.query_params.get(ASKED), request.cookies.get(COOKIE)):
        if wished in LANGUAGES:
            return str(wished)
    return preferred_language(request)


def preferred_language(request: Request) -> str:
    """The first of ours in the browser's list, by its weights."""
    header, wished = request.headers.get("accept-language", ""), []
    for place, item in enumerate(header.split(",")[:20]):
        tag, _, weight = item.partition(";q=")
        language = tag.strip().lower().partition("-")[0]
        if language in LANGUAGES:
            wished.append((-_weight(weight), place, language))
    return min(wished)[2] if wished else LANGUAGES[0]


def _weight(written: str) -> float:
    try:
        return float(written or 1)
    except ValueError:
        return 0.0
