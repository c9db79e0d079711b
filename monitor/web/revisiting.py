"""Answers that who asks may have already: then they are not sent again (RFC 9110, 13)."""

from hashlib import sha256
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

_OF_A_BODY = ("content-length", "content-type")


def unless_known(request: Request, response: Response) -> Response:
    """The response with its ETag, or, where the caller has that very answer already, its number 304 alone."""
    tag = response.headers.get("etag") or f'"{sha256(bytes(response.body)).hexdigest()[:32]}"'
    response.headers["ETag"] = tag
    known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    if known.isdisjoint((tag, "*")):
        return response
    kept = {name: each for name, each in response.headers.items() if name not in _OF_A_BODY}
    return Response(None, HTTPStatus.NOT_MODIFIED, kept)
