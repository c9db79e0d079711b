"""What pages load beside their own text: from our own address, under a name that changes with the content."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_TYPES = {"css": "text/css", "svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file, and the path at which a browser may keep it for ever."""

    path: str
    content: bytes
    media_type: str


def _asset(name: str) -> Asset:
    content = files("monitor.web").joinpath("static", name).read_bytes()
    stem, _, kind = name.partition(".")
    return Asset(f"/static/{stem}.{sha256(content).hexdigest()[:12]}.{kind}", content, _TYPES[kind])


ASSETS = {name: _asset(name) for name in ("style.css", "icon.svg")}
"""By the name of the file."""


def routes() -> list[Route]:
    """One for each file."""
    return [Route(asset.path, _serve(asset), name=name) for name, asset in ASSETS.items()]


def _serve(asset: Asset) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(_request: Request) -> Response:
        return Response(asset.content, media_type=asset.media_type, headers=_FOR_EVER)

    return endpoint
