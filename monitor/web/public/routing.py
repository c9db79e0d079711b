"""Where the view for everybody is, if the configuration opens it at all."""

from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.speech import LANGUAGES, speech
from monitor.web.languages import ASKED, preferred_language
from monitor.web.public.badge import badge
from monitor.web.public.pages import organisation, overview
from monitor.web.revisiting import unless_known
from monitor.web.site import Site
from monitor.web.visits import Visit

_FIVE_MINUTES = "public, max-age=300"


def routes() -> list[Route]:
    """The overview, the page of an organisation, and its badge."""
    return [
        Route("/public", _for_everybody(overview), methods=["GET"]),
        Route("/public/{organisation}", _for_everybody(organisation), methods=["GET"]),
        Route("/public/{organisation}/badge.svg", _for_everybody(badge), methods=["GET"]),
    ]


def _for_everybody(answer: Callable[[Visit], Response]) -> Callable[[Request], Response]:
    """The same for whoever asks, so that it may be kept in between: no cookie is heeded or set."""

    def endpoint(request: Request) -> Response:
        site: Site = request.app.state.site
        assembly = site.assembly()
        if not assembly.settings.web.public:
            raise HTTPException(404)
        asked = request.query_params.get(ASKED)
        language = asked if asked in LANGUAGES else preferred_language(request)
        response = answer(Visit(request, site, assembly, speech(language)))
        del response.headers["set-cookie"]
        response.headers["Cache-Control"] = _FIVE_MINUTES
        response.headers["Content-Language"] = language
        response.headers["Vary"] = "Accept-Language"
        return unless_known(request, response)

    return endpoint
