"""What every request passes before a page sees it, and every answer on its way out.

The answers to what is refused here are short and plain: nobody whose browser is in order ever reads one.
"""

from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from monitor import events
from monitor.configuration.settings import LOOPBACK, WebSettings
from monitor.recording.postings import LARGEST_FILE
from monitor.speech import speech
from monitor.web.failures import what_failed
from monitor.web.languages import language_of
from monitor.web.site import Site
from rules.sentences import Sentence, sentence

LARGEST_BODY = LARGEST_FILE + 64 * 1024
"""Bytes of a form with a file and all that is said beside it."""

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 -- compared with, not listened on
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
"""What an answer says unless its page says otherwise: a picture for other pages, what may be kept."""
_ENCRYPTED_ALWAYS = "max-age=31536000"

log = structlog.get_logger("monitor")


def guarded(application: ASGIApp, site: Site) -> ASGIApp:
    """The application behind all of it; a proxy is believed only if it is one of `web.trusted_proxies`."""
    proxies = [str(each) for each in site.assembly().settings.web.trusted_proxies]
    checked = _Checked(application, site)
    # uvicorn hands on what is an ASGI application by its own types
    return _Headed(ProxyHeadersMiddleware(checked, trusted_hosts=proxies), site)  # type: ignore[arg-type]


class _Headed:
    """Gives every answer the headers by which browsers keep it safe, and tells of an error on the way to the pages."""

    def __init__(self, application: ASGIApp, site: Site) -> None:
        self._application, self._site = application, site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def send_headed(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if self._site.assembly().settings.web.is_encrypted:
                    headers.setdefault("Strict-Transport-Security", _ENCRYPTED_ALWAYS)
            await send(message)

        try:
            await self._application(scope, receive, send_headed)
        except Exception as error:
            if not begun:  # what came up in a page was answered there, and told
                log.error(events.PAGE_FAILED, path="", **what_failed(error))  # noqa: TRY400 -- in one line
            raise


class _Checked:
    """Refuses what was sent to another host, by another site's page, or is too large."""

    def __init__(self, application: ASGIApp, site: Site) -> None:
        self._application, self._site = application, site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        refused = _why_refused(request, self._site.assembly().settings.web)
        if refused is not None:
            await refused(scope, receive, send)
        else:
            await self._application(scope, _limited(request.headers, receive), send)


def _why_refused(request: Request, web: WebSettings) -> Response | None:
    host = request.headers.get("host", "")
    if not is_our_host(host, web):
        said = sentence("This page is not at {host}: set web.public_url to where it is.", host=host)
        return _answer(request, 421, said)
    if request.method not in _SAFE_METHODS and not is_from_us(request.headers, web):
        return _answer(
            request, 403, sentence("That was sent by a page of another site; nothing was changed.")
        )
    return None


def _answer(request: Request, status: int, said: Sentence) -> Response:
    return PlainTextResponse(said.say(speech(language_of(request))), status)


def is_our_host(host: str, web: WebSettings) -> bool:
    """Whether a request is meant for us: for the name in `web.public_url`, or that at which we listen.

    A name that somebody else gives our address (DNS rebinding) would let the pages at that name read ours.
    """
    names = {urlsplit(web.public_url).hostname}
    if web.listen is not None:
        names.add(web.listen.host.lower())
        if web.listen.host in LOOPBACK | _EVERYWHERE:
            names |= LOOPBACK
    try:
        return urlsplit(f"//{host}").hostname in names
    except ValueError:
        return False


def is_from_us(headers: Headers, web: WebSettings) -> bool:
    """Whether a request that changes something comes from a page of ours, or from no browser.

    Browsers tell it by `Sec-Fetch-Site`, older ones by `Origin`; what says neither was sent by no page of another site.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site in ("same-origin", "none")
    return origin is None or origin in (_origin(web), f"http://{headers.get('host')}")


def _origin(web: WebSettings) -> str:
    parts = urlsplit(web.public_url)
    return f"{parts.scheme}://{parts.netloc}"


def _limited(headers: Headers, receive: Receive) -> Receive:
    """Hands on a body of no more than `LARGEST_BODY`, whatever length was announced."""
    length = headers.get("content-length", "")
    announced = int(length) if length.isdecimal() else 0
    taken = 0

    async def receive_limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if max(taken, announced) > LARGEST_BODY:
            raise HTTPException(413)
        return message

    return receive_limited
