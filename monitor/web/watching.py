"""What watchers ask: `/health` and `/metrics`. Whoever reaches the address may read them: they tell of nobody."""

from collections.abc import Mapping
from http import HTTPStatus

from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import DatabaseError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from monitor.clock import moment_in, monotonic
from monitor.health import UNREADABLE, Health, Level, health
from monitor.metrics import exposition, measure
from monitor.opening import Opened
from monitor.speech import speech
from monitor.storage.engine import DatabaseUnusable
from monitor.web.languages import language_of
from monitor.web.site import Site
from notifications import mail_list
from notifications.messages import DeliveryState

_COUNT_AGAIN_SECONDS = 300.0


def routes() -> list[Route]:
    """The two."""
    deliveries = _Deliveries()

    def metrics(request: Request) -> Response:  # not async: Starlette calls it in a thread
        return _metrics(request, deliveries)

    return [Route("/health", _health), Route("/metrics", metrics)]


def _health(request: Request) -> Response:
    site: Site = request.app.state.site
    timezone = site.assembly().settings.monitor.timezone
    try:
        with site.reading() as opened:
            found = health(opened, site.pulse, timezone)
    except Exception:  # noqa: BLE001 -- whatever keeps it from being read, that is the answer
        found = Health((UNREADABLE,))
    voice = speech(language_of(request))
    last = found.last_cycle_at
    told = {
        "status": str(found.level),
        "last_cycle": moment_in(last, timezone) if last else None,
        "reasons": [{"id": each.id, "text": each.said.say(voice)} for each in found.reasons],
    }
    down = found.level is Level.DOWN
    return JSONResponse(told, HTTPStatus.SERVICE_UNAVAILABLE if down else HTTPStatus.OK)


def _metrics(request: Request, deliveries: "_Deliveries") -> Response:
    site: Site = request.app.state.site
    assembly, measured = site.assembly(), None
    try:
        with site.reading() as opened:
            found = health(opened, site.pulse, assembly.settings.monitor.timezone)
            measured = measure(opened, assembly, site.pulse, deliveries.count(opened))
    except (DatabaseError, DatabaseUnusable):
        found = Health((UNREADABLE,))
    return Response(exposition(found, measured), media_type=CONTENT_TYPE_LATEST)


class _Deliveries:
    """Those by state. What is over is counted every few minutes only: after years it is millions."""

    def __init__(self) -> None:
        self._counted_at = 0.0
        self._over: Mapping[DeliveryState, int] = {}

    def count(self, opened: Opened) -> Mapping[DeliveryState, int]:
        """As of now, what is open and what failed; as of a few minutes ago, the others."""
        if not self._over or monotonic() - self._counted_at > _COUNT_AGAIN_SECONDS:
            self._over, self._counted_at = mail_list.counts(opened.connection), monotonic()
        return {**self._over, **mail_list.counts_unsettled(opened.connection)}
