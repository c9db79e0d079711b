"""Signing in by a link that is sent to a known address, and signing out."""

import asyncio
from collections.abc import Awaitable, Callable
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from monitor import events
from monitor.signing_in.links import HOLDS, Asked, ask_for_link, link_stands, use_link
from monitor.signing_in.secrets import new_secret
from monitor.signing_in.sessions import begin_session, end_session
from monitor.web.cookies import (
    browser_secret,
    keep_in_browser,
    session_secret,
    sign_browser_in,
    sign_browser_out,
)
from monitor.web.form_tokens import form_token, token_for
from monitor.web.visits import SIGN_IN, Visit, form, page
from rules.sentences import sentence

log = structlog.get_logger("monitor")

_SENT = f"{SIGN_IN}/sent"
_LINK = f"{SIGN_IN}/{{link}}"
_EVEN_SECONDS = 0.25
"""An answer that could tell whether an address is known takes this long, or a multiple of it."""
_ONE_NETWORK = 64
"""Bits of an IPv6 address that one subscriber cannot change."""
_LONGEST_PATH = 1000
_MINUTE = 60


def routes() -> list[Route]:
    """Asking for a link, using it, signing out."""
    asking = form(SIGN_IN, _ask, for_all=True)
    return [
        page(SIGN_IN, _show_asking, for_all=True),
        Route(SIGN_IN, _in_even_time(asking.endpoint), methods=["POST"]),
        page(_SENT, _show_sent, for_all=True),
        page(_LINK, _show_link, for_all=True),
        form(_LINK, _use, for_all=True),
        form("/sign-out", _sign_out, for_all=True),
    ]


def own_path(wanted: str) -> str:
    """A path of ours as it stands; the overview's for anything that could lead elsewhere."""
    parts = urlsplit(wanted) if wanted.isprintable() and len(wanted) <= _LONGEST_PATH else None
    is_ours = parts is not None and not parts.scheme and not parts.netloc
    # browsers take a backslash for a slash, and two of them for the beginning of a host
    return wanted if is_ours and wanted.startswith("/") and wanted[1:2] not in ("/", "\\") else "/"


def _show_asking(visit: Visit) -> Response:
    wanted = own_path(visit.request.query_params.get("next", "/"))
    if visit.viewer.is_known:
        return RedirectResponse(wanted, 303)
    known = browser_secret(visit.request)
    secret = known or new_secret()
    token = form_token(visit.request) or token_for(secret)
    response = visit.page("sign-in.html", wanted=wanted, form_token=token)
    keep_in_browser(visit.request, response, secret)
    return response


def _ask(visit: Visit, sent: FormData) -> Response:
    asked = Asked(
        address=_text(sent, "address"),
        client=_network(visit.request),
        browser=browser_secret(visit.request),
        wanted=own_path(_text(sent, "next")),
    )
    with visit.site.writing() as opened:
        wait = ask_for_link(opened.connection, visit.assembly, asked, visit.site.clock.now(), opened.now)
    log.info(events.SIGN_IN_ASKED, refused=wait is not None)
    if wait is None:
        return RedirectResponse(_SENT, 303)
    minutes = ceil(wait.total_seconds() / _MINUTE)
    said = sentence(
        "Too many links were asked for. The next can be sent in {minutes} minutes.", minutes=minutes
    )
    response = visit.page("failure.html", status=429, head=sentence("Not now"), said=said)
    response.headers["Retry-After"] = str(minutes * _MINUTE)
    return response


def _show_sent(visit: Visit) -> Response:
    return visit.page("sign-in-sent.html", minutes=int(HOLDS.total_seconds()) // _MINUTE)


def _show_link(visit: Visit) -> Response:
    """A button alone: programs that look through mails open every link, and none is to be used up by that."""
    with visit.site.reading() as opened:
        stands = link_stands(
            opened.connection, visit.site.clock.now(), _link(visit), browser_secret(visit.request)
        )
    return visit.page("sign-in-link.html", stands=stands)


def _use(visit: Visit, _sent: FormData) -> Response:
    with visit.site.writing() as opened:
        now, connection = visit.site.clock.now(), opened.connection
        used = use_link(connection, now, _link(visit), browser_secret(visit.request))
        if used is not None:
            end_session(connection, session_secret(visit.request))
            secret = begin_session(connection, now, used.person)
    log.info(events.SIGN_IN_USED, refused=used is None)
    if used is None:
        return visit.page("sign-in-link.html", status=400, stands=False)
    response = RedirectResponse(own_path(used.wanted), 303)
    sign_browser_in(visit.request, response, secret)
    return response


def _sign_out(visit: Visit, _sent: FormData) -> Response:
    with visit.site.writing() as opened:
        end_session(opened.connection, session_secret(visit.request))
    response = RedirectResponse(SIGN_IN, 303)
    sign_browser_out(visit.request, response)
    return response


def _link(visit: Visit) -> str:
    return str(visit.request.path_params["link"])


def _text(sent: FormData, name: str) -> str:
    value = sent.get(name, "")
    return value if isinstance(value, str) else ""


def _network(request: Request) -> str:
    """From where a request comes, as far as one subscriber cannot change it."""
    client = request.client.host if request.client else ""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    return (
        str(ip_network((address, _ONE_NETWORK), strict=False)) if isinstance(address, IPv6Address) else client
    )


def _in_even_time(
    answer: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        loop = asyncio.get_running_loop()
        began = loop.time()
        response = await answer(request)
        await asyncio.sleep(_EVEN_SECONDS - (loop.time() - began) % _EVEN_SECONDS)
        return response

    return endpoint
