"""The overview: what there is to do, and how all organisations stand."""

from starlette.responses import Response

from monitor.web.visits import Visit


def overview(visit: Visit) -> Response:
    """Answer with it."""
    return visit.page("overview.html")
