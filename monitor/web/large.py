"""Files that back postings: a few at a time in memory, and to a slow reader one small piece after the other."""

from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from starlette.responses import StreamingResponse

from monitor.storage.evidence import Evidence, piece_of
from monitor.web.site import Site

_P = ParamSpec("_P")
_T = TypeVar("_T")

_AT_ONCE = 2
_PIECE = 512 * 1024

_turns: RunVar[CapacityLimiter] = RunVar("turns")


async def in_turn(work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Done in a thread, where no more than two such works hold a whole file in memory."""
    try:
        limiter = _turns.get()
    except LookupError:
        limiter = CapacityLimiter(_AT_ONCE)
        _turns.set(limiter)
    return await to_thread.run_sync(partial(work, *args, **kwargs), limiter=limiter)


class EvidenceResponse(StreamingResponse):
    """A file as it was given; by its hash a caller that has it already is told so."""

    def __init__(self, site: Site, file: Evidence, media_type: str, headers: Mapping[str, str]) -> None:
        said = {**headers, "Content-Length": str(file.size), "ETag": f'"{file.sha256}"'}
        super().__init__(_pieces(site, file), headers=said, media_type=media_type)


async def _pieces(site: Site, file: Evidence) -> AsyncIterator[bytes]:
    for start in range(0, file.size, _PIECE):
        yield await in_turn(_read, site, file.sha256, start)


def _read(site: Site, sha256: str, start: int) -> bytes:
    with site.reading() as opened:
        return piece_of(opened.connection, sha256, start, _PIECE)
