"""A visit: one request of one viewer in one language; and the routes by which pages and forms are reached."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from monitor.assembly import Assembly
from monitor.core.subjects import Organisation
from monitor.lookup import DIGITS
from monitor.speech import LANGUAGES, Speech, speech
from monitor.web.form_tokens import form_token, refuse_forged
from monitor.web.languages import ASKED, COOKIE, language_of
from monitor.web.large import in_turn
from monitor.web.rendering import rendered
from monitor.web.site import Site
from monitor.web.uploads import holds_file
from monitor.web.viewing import Identify, Viewer
from rules.sentences import Sentence, Term

SIGN_IN = "/sign-in"
_LARGEST_OF_A_STRANGER = 16 * 1024
_FILES, _FIELDS = 2, 50
_A_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Visit:
    """What a page is answered from. The configuration is the same from its first line to its last."""

    request: Request
    site: Site
    assembly: Assembly
    voice: Speech

    @classmethod
    def of(cls, request: Request) -> "Visit":
        """The visit that a request is."""
        site: Site = request.app.state.site
        return cls(request, site, site.assembly(), speech(language_of(request)))

    @cached_property
    def viewer(self) -> Viewer:
        """Who looks; found out when it is first asked, in a thread."""
        identify: Identify = self.request.app.state.identify
        return identify(self.request)

    def is_of_somebody(self) -> bool:
        """Whether the viewer is known."""
        return self.viewer.is_known

    @property
    def timezone(self) -> str:
        """The zone in which moments are shown."""
        return self.assembly.settings.monitor.timezone

    def say(self, said: Sentence | Term) -> str:
        """The sentence in the visit's language."""
        return said.say(self.voice)

    def organisation(self, organisation_id: str) -> Organisation:
        """The organisation of that id. What the viewer may not see is not there: a page that says more tells of it."""
        organisation = self.assembly.settings.register.get(organisation_id)
        if organisation is None or organisation.id not in self.viewer.sees:
            raise HTTPException(404)
        return organisation

    def page(
        self, template: str, *, status: int = 200, viewer: Viewer | None = None, **values: Any
    ) -> Response:
        """The template, with what every page shows: where we are, who looks (unless it is said), the languages."""
        html = rendered(
            self.voice.language,
            template,
            {
                "language": self.voice.language,
                "languages": [(each, self._in_language(each)) for each in LANGUAGES],
                "viewer": viewer or self.viewer,
                "here": self.request.url.path,
                "form_token": form_token(self.request),
                **values,
            },
        )
        return self._remembering_language(HTMLResponse(html, status))

    def _in_language(self, language: str) -> str:
        """This very page in that language."""
        kept = [(name, value) for name, value in self.request.query_params.multi_items() if name != ASKED]
        return f"{self.request.url.path}?{urlencode([*kept, (ASKED, language)])}"

    def _remembering_language(self, response: Response) -> Response:
        if self.request.query_params.get(ASKED) == self.voice.language:
            age = int(_A_YEAR.total_seconds())
            secure = self.assembly.settings.web.is_encrypted
            response.set_cookie(
                COOKIE, self.voice.language, age, path="/", samesite="lax", httponly=True, secure=secure
            )
        return response


def page(
    path: str, answer: Callable[[Visit], Response], *, for_all: bool = False, is_large: bool = False
) -> Route:
    """A page that is read; who is not signed in is sent to do so, unless it is `for_all`."""

    def endpoint(request: Request) -> Response:  # not async: Starlette calls it in a thread
        visit = Visit.of(request)
        if not for_all and not visit.viewer.is_known:
            return _to_sign_in(request)
        return answer(visit)

    async def large(request: Request) -> Response:
        return await in_turn(endpoint, request)

    return Route(path, large if is_large else endpoint, methods=["GET"])


def form(path: str, answer: Callable[[Visit, FormData], Response], *, for_all: bool = False) -> Route:
    """What a form is sent to; one without the token of a page that this browser was given is refused."""

    async def endpoint(request: Request) -> Response:
        visit = Visit.of(request)
        if for_all:
            _refuse_large(request)
        elif not await run_in_threadpool(visit.is_of_somebody):  # before what a stranger sends is read
            return _to_sign_in(request)
        async with request.form(max_files=0 if for_all else _FILES, max_fields=_FIELDS) as sent:
            refuse_forged(request, sent)
            return await (in_turn if holds_file(sent) else run_in_threadpool)(answer, visit, sent)

    return Route(path, endpoint, methods=["POST"])


def _refuse_large(request: Request) -> None:
    """What anybody may send is short, and says how short."""
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > _LARGEST_OF_A_STRANGER:
        raise HTTPException(413)


def number_in(request: Request, name: str) -> int:
    """The number in a path; a page of anything else is not there."""
    written = request.path_params[name]
    if not (written.isascii() and written.isdecimal()) or len(written) > DIGITS:
        raise HTTPException(404)
    return int(written)


def _to_sign_in(request: Request) -> Response:
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    wanted = {"next": asked} if request.method in ("GET", "HEAD") and asked != "/" else {}
    if ASKED in request.query_params:  # the browser keeps no language yet
        wanted[ASKED] = language_of(request)
    return RedirectResponse(f"{SIGN_IN}?{urlencode(wanted)}" if wanted else SIGN_IN, 303)
