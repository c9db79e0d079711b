"""Who looks at a page, and what the register lets them see and do."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from monitor.core.subjects import Recipient

_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person of the register, a token, or nobody; the organisations are named by their ids."""

    name: str
    """Who did it, as the journal says: an address, or the name of a token; empty for nobody."""
    person: Recipient | None = None
    sees: frozenset[str] = _NONE
    records: frozenset[str] = _NONE
    waives: frozenset[str] = _NONE
    """Where the viewer may waive and extend too."""

    @property
    def is_known(self) -> bool:
        """Whether this is somebody."""
        return bool(self.name)


NOBODY = Viewer("")

Identify = Callable[[Request], Viewer]
"""Finds out who looks; what it needs hangs on `request.app.state.site`. Called once a request, in a thread."""
