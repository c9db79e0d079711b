"""What browsers keep for us: the session's secret, and before it what a link to sign in is bound to."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from monitor.configuration.settings import WebSettings
from monitor.signing_in.links import COUNTED
from monitor.signing_in.sessions import LONGEST
from monitor.web.site import Site

_SESSION, _BROWSER = "iltod-session", "iltod-browser"
_LONGEST_SECRET = 100


def session_secret(request: Request) -> str:
    """The secret of the session that a browser shows; empty where it shows none."""
    return _shown(request, _SESSION)


def browser_secret(request: Request) -> str:
    """What a browser keeps that may ask for a link; empty where there is none."""
    return _shown(request, _BROWSER)


def keep_in_browser(request: Request, response: Response, secret: str) -> None:
    """Let the browser keep what the link that it asks for is bound to."""
    _set(request, response, _BROWSER, secret, COUNTED)


def sign_browser_in(request: Request, response: Response, secret: str) -> None:
    """Let the browser keep a session's secret, in place of what its link was bound to."""
    _set(request, response, _SESSION, secret, LONGEST)
    _set(request, response, _BROWSER, "", timedelta(0))


def sign_browser_out(request: Request, response: Response) -> None:
    """Let the browser forget its session."""
    _set(request, response, _SESSION, "", timedelta(0))


def _shown(request: Request, name: str) -> str:
    secret = request.cookies.get(_name(_web(request), name), "")
    return secret if len(secret) <= _LONGEST_SECRET and secret.isascii() else ""


def _set(request: Request, response: Response, name: str, value: str, age: timedelta) -> None:
    web = _web(request)
    response.set_cookie(
        _name(web, name),
        value,
        max_age=int(age.total_seconds()),
        path="/",
        secure=web.is_encrypted,
        httponly=True,
        samesite="lax",  # a link in a mail leads here from elsewhere, and is to find its browser signed in
    )


def _name(web: WebSettings, name: str) -> str:
    """With a prefix by which a browser takes it from an encrypted page of this very host alone."""
    return f"__Host-{name}" if web.is_encrypted else name


def _web(request: Request) -> WebSettings:
    site: Site = request.app.state.site
    return site.assembly().settings.web
