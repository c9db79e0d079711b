"""The pages that people look at."""

from starlette.routing import Route

from monitor.web.pages.overview import overview
from monitor.web.visits import page


def routes() -> list[Route]:
    """Each page at its address."""
    return [
        page("/", overview),
    ]
