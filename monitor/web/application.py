"""The application: every page, form and interface, composed of the routes that its parts bring."""

from starlette.applications import Starlette

from monitor.web import assets, failures, pages, signing_in
from monitor.web.api.interface import mounted
from monitor.web.site import Site
from monitor.web.viewing import Identify, identify


def make_application(site: Site, identify: Identify = identify) -> Starlette:
    """An ASGI application over `site`; `identify` finds out who looks."""
    application = Starlette(
        routes=[
            *assets.routes(),
            *pages.routes(),
            *signing_in.routes(),
            mounted(site),
        ],
        middleware=[],
        exception_handlers=failures.handlers(),
    )
    application.state.site = site
    application.state.identify = identify
    return application
