"""A call from its request to its answer: who calls, what is asked for, and how it is written."""

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.clock import day_in
from monitor.core.register import Register
from monitor.speech import speech
from monitor.tokens import PREFIX, Token, token_shown
from monitor.web.api.fields import cursor_of, read_fields
from monitor.web.api.operations import Call, Operation, Right
from monitor.web.api.problems import Problem
from monitor.web.languages import language_of
from monitor.web.large import in_turn
from monitor.web.revisiting import unless_known
from monitor.web.site import Site
from monitor.web.uploads import file_in, holds_file
from monitor.web.viewing import Viewer
from rules.sentences import sentence

_LARGEST_BODY = 64 * 1024
_FILE = "file"
_JSON, _FORM = "application/json", "multipart/form-data"


def route_of(path: str, operations: Sequence[Operation]) -> Route:
    """The route of all that can be done at a path."""
    by_method = {each.method: each for each in operations}

    async def endpoint(request: Request) -> Response:
        operation = by_method["GET" if request.method == "HEAD" else request.method]
        call = await run_in_threadpool(_identified, request)
        async with AsyncExitStack() as while_answering:
            values, files = await _given(request, operation, while_answering)
            is_large = holds_file(files) or operation.gives_file
            work = in_turn if is_large else run_in_threadpool
            return await work(_answered, operation, call(given=values), files)

    return Route(path, endpoint, methods=list(by_method))


def json_of(value: object) -> bytes:
    """As the command line writes it, without the blanks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_jsonable).encode()


def _identified(request: Request) -> Callable[..., Call]:
    """The call, but for what is asked; raises `Problem` where it is not known who asks."""
    site: Site = request.app.state.site
    assembly = site.assembly()
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    token = None
    if scheme.lower() == "bearer":
        with site.reading() as opened:
            today = day_in(assembly.settings.monitor.timezone, opened.now)
            token = token_shown(opened.connection, shown.strip(), today)
    if token is None:
        raise Problem(
            HTTPStatus.UNAUTHORIZED,
            sentence(
                "a token is needed, in the header Authorization: Bearer {example}; one is made by: iltod token add",
                example=f"{PREFIX}...",
            ),
            {"WWW-Authenticate": "Bearer"},
        )
    voice = speech(language_of(request))
    return partial(Call, request, site, assembly, voice, _viewer(token, assembly.settings.register))


def _viewer(token: Token, register: Register) -> Viewer:
    """Organisations that have left the register open nothing."""
    here = (each for each in token.organisations if each in register)
    sees = frozenset(below for each in here for below in register.under(each))
    none: frozenset[str] = frozenset()
    return Viewer(
        name=token.label,
        sees=sees,
        records=sees if token.records else none,
        waives=sees if token.waives else none,
    )


async def _given(
    request: Request, operation: Operation, while_answering: AsyncExitStack
) -> tuple[dict[str, Any], FormData]:
    """What the address, the query and the body say, and the files that come along; raises `Problem`."""
    values = dict(request.path_params)
    values |= read_fields(operation.query, request.query_params.multi_items())
    if not operation.body:
        return values, FormData()
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == _JSON:
        return values | read_fields(operation.body, _members(await _body(request))), FormData()
    if media_type == _FORM and operation.takes_file:
        form = await while_answering.enter_async_context(request.form(max_files=1, max_fields=20))
        said = [each for each in form.multi_items() if each[0] != _FILE]
        return values | read_fields(operation.body, said), form
    raise Problem(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        sentence(
            "send the values as {expected}, named by the header Content-Type",
            expected=f"{_JSON} / {_FORM}" if operation.takes_file else _JSON,
        ),
    )


async def _body(request: Request) -> bytes:
    found = bytearray()
    async for piece in request.stream():
        found += piece
        if len(found) > _LARGEST_BODY:
            raise Problem(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                sentence("what was sent is larger than {most} bytes; send less", most=_LARGEST_BODY),
            )
    return bytes(found)


def _members(body: bytes) -> Iterable[tuple[str, object]]:
    try:
        pairs = json.loads(body, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        pairs = None
    if not isinstance(pairs, _Pairs):
        raise Problem(HTTPStatus.BAD_REQUEST, sentence("the body is not a JSON object"))
    return pairs


class _Pairs(list[tuple[str, object]]):
    """The members of an object as they were written: one that stands there twice is noticed."""


def _answered(operation: Operation, call: Call, files: FormData) -> Response:
    _refuse_unfit(operation, call)
    found = operation.answer(replace(call, file=file_in(files, _FILE)))
    if isinstance(found, Response):
        response = found
    else:
        response = Response(json_of(found.value), found.status, media_type=operation.media_type)
        if found.more_after is not None:
            response.headers["Link"] = f'<{_next(call, found.more_after)}>; rel="next"'
    response.headers["Content-Language"] = call.voice.language
    response.headers["Vary"] = "Accept-Language, Authorization"
    response.headers["Cache-Control"] = "private, no-cache" if operation.method == "GET" else "no-store"
    return unless_known(call.request, response) if operation.method == "GET" else response


def _refuse_unfit(operation: Operation, call: Call) -> None:
    """A token that may do something nowhere is told so before anything is looked up."""
    rights = {
        Right.READ: call.viewer.sees,
        Right.RECORD: call.viewer.records,
        Right.WAIVE: call.viewer.waives,
    }
    if not rights[operation.right]:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            sentence(
                "this token is not for that; it must be one that may: {right}", right=str(operation.right)
            ),
        )


def _next(call: Call, place: Sequence[object]) -> str:
    """The same list behind that place."""
    kept = [(name, each) for name, each in call.request.query_params.multi_items() if name != "after"]
    return f"{call.request.url.path}?{urlencode([*kept, ('after', cursor_of(place))])}"


def _jsonable(value: object) -> object:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} has no form in JSON")
