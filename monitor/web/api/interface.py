"""The application behind `/api/v1`."""

import re
from contextlib import suppress
from itertools import groupby
from operator import attrgetter

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from monitor.web.api import configured, mails, recorded, recording, standing
from monitor.web.api.answering import json_of, route_of
from monitor.web.api.document import PREFIX, document_of
from monitor.web.api.problems import handlers
from monitor.web.revisiting import unless_known

OPERATIONS = (
    *standing.OPERATIONS,
    *recorded.OPERATIONS,
    *mails.OPERATIONS,
    *configured.OPERATIONS,
    *recording.OPERATIONS,
)
"""All that can be done."""

_HOUR = "public, max-age=3600"


def mounted() -> Mount:
    """The interface at its place. Who calls shows a token; the cookie of a signed-in person opens nothing here."""
    by_path = groupby(sorted(OPERATIONS, key=attrgetter("path")), key=attrgetter("path"))
    application = _Interface(
        routes=[
            Route("/openapi.json", _document, methods=["GET"]),
            *(route_of(path, list(each)) for path, each in by_path),
        ],
        exception_handlers=handlers(),
    )
    mount = Mount(PREFIX, application, name="api")
    mount.path_regex = re.compile(
        mount.path_regex.pattern, re.DOTALL
    )  # an end of line in an address is ours too
    return mount


class _Interface(Starlette):
    """An application of its own, so that what goes wrong is told to programs; it stands on what the page stands on."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.state = scope["app"].state
        # Starlette hands on what was answered and told, and the page would tell it once more
        with suppress(Exception):
            await super().__call__(scope, receive, send)


async def _document(request: Request) -> Response:
    response = Response(_DOCUMENT, media_type="application/json", headers={"Cache-Control": _HOUR})
    return unless_known(request, response)


_DOCUMENT = json_of(document_of(OPERATIONS))
