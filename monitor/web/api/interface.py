"""The application behind `/api/v1`."""

import re
from itertools import groupby
from operator import attrgetter

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from monitor.web.api import lists, recording, standing
from monitor.web.api.answering import json_of, kept_for, route_of
from monitor.web.api.document import PREFIX, document_of
from monitor.web.api.problems import handlers
from monitor.web.site import Site

OPERATIONS = (*standing.OPERATIONS, *lists.OPERATIONS, *recording.OPERATIONS)
"""All that can be done."""

_HOUR = "public, max-age=3600"


def mounted(site: Site) -> Mount:
    """The interface over `site`, at its place. Who calls shows a token; the cookie of a signed-in person opens nothing."""
    by_path = groupby(sorted(OPERATIONS, key=attrgetter("path")), key=attrgetter("path"))
    application = Starlette(
        routes=[
            Route("/openapi.json", _document, methods=["GET"]),
            *(route_of(path, list(each)) for path, each in by_path),
        ],
        exception_handlers=handlers(),
    )
    application.state.site = site
    mount = Mount(PREFIX, application, name="api")
    mount.path_regex = re.compile(
        mount.path_regex.pattern, re.DOTALL
    )  # an end of line in an address is ours too
    return mount


async def _document(request: Request) -> Response:
    response = Response(_DOCUMENT, media_type="application/json", headers={"Cache-Control": _HOUR})
    return kept_for(request, response)


_DOCUMENT = json_of(document_of(OPERATIONS))
