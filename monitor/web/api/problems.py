"""What is answered where a program's call cannot be done, as RFC 9457 has it, with the program's own sentence."""

import json
from collections.abc import Mapping
from http import HTTPStatus

import structlog
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from monitor import events
from monitor.speech import speech
from monitor.state import Refused
from monitor.storage.engine import DatabaseUnusable
from monitor.web.failures import Handler, gone, what_failed
from monitor.web.languages import language_of
from rules.sentences import Sentence, sentence

MEDIA_TYPE = "application/problem+json"

log = structlog.get_logger("monitor")

_SAID = {
    HTTPStatus.NOT_FOUND: sentence(
        "there is nothing at this address; what there is says /api/v1/openapi.json"
    ),
    HTTPStatus.METHOD_NOT_ALLOWED: sentence("that cannot be done here; what can says /api/v1/openapi.json"),
}
_FAILED = sentence("something went wrong, and nothing was changed; tell who keeps this program")
_BUSY = sentence("the database cannot be used at the moment, and nothing was changed; try again in a minute")


class Problem(Exception):  # noqa: N818 -- the word of RFC 9457
    """A call is not done: the status says whose the fault is, the sentence what, where, and what to do."""

    def __init__(self, status: int, said: Sentence, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(said.text)
        self.status, self.sentence, self.headers = status, said, dict(headers or {})


def handlers() -> dict[int | type[Exception], Handler]:
    """What is done with which exception."""
    return {
        Problem: _problem,
        HTTPException: _http,
        Refused: _refused,
        OperationalError: _busy,
        DatabaseUnusable: _busy,
        ClientDisconnect: gone,
        Exception: _fail,
    }


def answer(
    request: Request, status: int, said: Sentence, headers: Mapping[str, str] | None = None
) -> Response:
    """The problem in the language that the program asks for."""
    voice = speech(language_of(request))
    content = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": said.say(voice),
    }
    return Response(
        json.dumps(content, ensure_ascii=False),
        status,
        {"Content-Language": voice.language, "Cache-Control": "no-store", **(headers or {})},
        MEDIA_TYPE,
    )


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 -- it is handled for these
    return answer(request, error.status, error.sentence, error.headers)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 -- it is handled for these
    status = HTTPStatus(error.status_code)
    return answer(request, status, _SAID.get(status, Sentence(status.phrase)), error.headers)


async def _refused(request: Request, error: Exception) -> Response:
    """What is asked for is not there, or what is to be recorded cannot be as things stand."""
    assert isinstance(error, Refused)  # noqa: S101 -- it is handled for these
    status = HTTPStatus.NOT_FOUND if request.method in ("GET", "HEAD") else HTTPStatus.CONFLICT
    return answer(request, status, error.sentence)


async def _busy(request: Request, _: Exception) -> Response:
    return answer(request, HTTPStatus.SERVICE_UNAVAILABLE, _BUSY, {"Retry-After": "60"})


async def _fail(request: Request, error: Exception) -> Response:
    log.error(events.INTERFACE_FAILED, path=request.url.path, **what_failed(error))
    return answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, _FAILED)
