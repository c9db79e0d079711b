"""Signing in by a link that is sent to a known address."""

from starlette.responses import Response
from starlette.routing import Route

from monitor.web.visits import SIGN_IN, Visit, page


def routes() -> list[Route]:
    """The page on which one asks for a link."""
    return [page(SIGN_IN, _ask, for_all=True)]


def _ask(visit: Visit) -> Response:
    return visit.page("sign-in.html")
