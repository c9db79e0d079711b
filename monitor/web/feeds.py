"""The addresses at which calendars and news readers fetch by themselves; whoever knows the secret may."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.assembly import Assembly
from monitor.feeds.addresses import Feed, feed_at
from monitor.feeds.due_dates import calendar_of
from monitor.feeds.following import Followed, followed_by
from monitor.feeds.news import news_of
from monitor.speech import LANGUAGES, Speech, speech
from monitor.web.languages import ASKED
from monitor.web.revisiting import unless_known
from monitor.web.site import Site

_FOR_A_WHILE = "private, max-age=900"
Write = Callable[[Connection, Assembly, Feed, Followed, datetime, Speech], tuple[str, datetime | None]]


def routes() -> list[Route]:
    """A calendar and a news feed for each secret."""
    return [
        Route("/feeds/{secret}.ics", _fetched(calendar_of, "text/calendar"), methods=["GET"]),
        Route(
            "/feeds/{secret}.atom", _fetched(news_of, "application/atom+xml; charset=utf-8"), methods=["GET"]
        ),
    ]


def _fetched(write: Write, media_type: str) -> Callable[[Request], Response]:
    def endpoint(request: Request) -> Response:
        site: Site = request.app.state.site
        assembly = site.assembly()
        with site.reading() as opened:
            feed = feed_at(opened.connection, request.path_params["secret"])
            followed = followed_by(assembly, feed, opened.now) if feed else None
            if feed is None or followed is None:
                raise HTTPException(404)
            voice = _voice(request, followed)
            text, changed_at = write(opened.connection, assembly, feed, followed, opened.now, voice)
        response = Response(
            text,
            headers={"Cache-Control": _FOR_A_WHILE, "Content-Language": voice.language},
            media_type=media_type,
        )
        if (
            changed_at is not None
        ):  # what was posted has left no moment here: only the ETag says that it is the same
            moment = min(changed_at, opened.now).astimezone(UTC)
            response.headers["Last-Modified"] = format_datetime(moment, usegmt=True)
        return unless_known(request, response)

    return endpoint


def _voice(request: Request, followed: Followed) -> Speech:
    """The reader's language, unless the address says another."""
    asked = request.query_params.get(ASKED)
    return speech(asked if asked in LANGUAGES else followed.language)
