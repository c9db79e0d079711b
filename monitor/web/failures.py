"""What is answered where a page cannot be: not there, not allowed, not possible, not now."""

import traceback
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import structlog
from sqlalchemy.exc import OperationalError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from monitor import events
from monitor.state import Refused
from monitor.storage.engine import DatabaseUnusable
from monitor.web.viewing import NOBODY
from monitor.web.visits import Visit
from rules.sentences import Sentence, sentence

Handler = Callable[[Request, Exception], Awaitable[Response]]

log = structlog.get_logger("monitor")

_SAID = {
    HTTPStatus.FORBIDDEN: (
        sentence("This is not yours to do"),
        sentence("Your address may not do this. Who keeps the register of this office can change that."),
    ),
    HTTPStatus.NOT_FOUND: (
        sentence("There is no such page"),
        sentence("Nothing is here, or it is not yours to see. Begin with the overview."),
    ),
    HTTPStatus.BAD_REQUEST: (
        sentence("That could not be read"),
        sentence("What was sent is not what the form of this page sends; nothing was changed."),
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        sentence("That is too large"),
        sentence("A file may have up to 25 MB; nothing was changed. Give a smaller copy."),
    ),
    HTTPStatus.METHOD_NOT_ALLOWED: (
        sentence("That cannot be done here"),
        sentence("Go back, and use the form of that page."),
    ),
}
_FAILED = (
    sentence("Something went wrong"),
    sentence("Nothing was changed. Try again; if it happens again, tell who keeps this program."),
)
_BUSY = (
    sentence("Not now"),
    sentence("The database cannot be used at the moment; nothing was changed. Try again in a minute."),
)


def handlers() -> dict[int | type[Exception], Handler]:
    """What is done with which exception."""
    return {
        HTTPException: _refuse,
        Refused: _refused,
        OperationalError: _busy,
        DatabaseUnusable: _busy,
        ClientDisconnect: gone,
        Exception: _fail,
    }


def failure(request: Request, status: int, head: Sentence, said: Sentence) -> Response:
    """A page that says what is the matter; where that may be the database, who looks is not looked up there."""
    viewer = NOBODY if status >= HTTPStatus.INTERNAL_SERVER_ERROR else None
    return Visit.of(request).page("failure.html", status=status, viewer=viewer, head=head, said=said)


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 -- it is handled for these
    status = HTTPStatus(error.status_code)
    said = _SAID.get(status, (Sentence(status.phrase), _FAILED[1]))
    response = await run_in_threadpool(failure, request, status, *said)
    response.headers.update(error.headers or {})
    return response


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # noqa: S101 -- it is handled for these
    status = HTTPStatus.NOT_FOUND if request.method in ("GET", "HEAD") else HTTPStatus.BAD_REQUEST
    return await run_in_threadpool(failure, request, status, sentence("That is not possible"), error.sentence)


async def _busy(request: Request, _: Exception) -> Response:
    return await run_in_threadpool(failure, request, 503, *_BUSY)


def what_failed(error: Exception) -> dict[str, str]:
    """An error of our own for the log, in one line: what it is, and where it came up."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return {"why": f"{type(error).__name__}: {error}", "at": f"{last.filename}:{last.lineno}"}


async def gone(_: Request, __: Exception) -> Response:
    """Whoever asked has hung up: nobody reads this, and it is no error of ours."""
    return Response(status_code=HTTPStatus.BAD_REQUEST)


async def _fail(request: Request, error: Exception) -> Response:
    log.error(events.PAGE_FAILED, path=_path(request), **what_failed(error))
    return await run_in_threadpool(failure, request, 500, *_FAILED)


def _path(request: Request) -> str:
    """As the route is written: what stands in its place may be a secret."""
    route = request.scope.get("route")
    return route.path if isinstance(route, Route) else ""
