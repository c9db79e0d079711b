"""The application: every page, form and interface, composed of the routes that its parts bring."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from monitor.web import assets, failures, feeds, forms, pages, public, signing_in, subscribing, watching
from monitor.web.api import interface
from monitor.web.safety import guarded
from monitor.web.sessions import identify
from monitor.web.site import Site
from monitor.web.viewing import Identify

_SHORT = 1000
"""Bytes; what is shorter is not made much shorter by compressing it."""
_COMPRESSION = 5


def make_application(site: Site, identify: Identify = identify) -> ASGIApp:
    """An ASGI application over `site`; `identify` finds out who looks."""
    compressed = Middleware(GZipMiddleware, minimum_size=_SHORT, compresslevel=_COMPRESSION)
    application = Starlette(routes=routes(), middleware=[compressed], exception_handlers=failures.handlers())
    application.state.site = site
    application.state.identify = identify
    return guarded(application, site)


def routes() -> list[BaseRoute]:
    """Everything that can be reached."""
    return [
        *assets.routes(),
        *pages.routes(),
        *forms.routes(),
        *signing_in.routes(),
        *watching.routes(),
        *subscribing.routes(),
        *feeds.routes(),
        *public.routes(),
        interface.mounted(),
    ]
