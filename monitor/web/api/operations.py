"""What can be done with the interface: each operation described once, for the one who answers and for the document."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from monitor.assembly import Assembly
from monitor.lookup import DIGITS
from monitor.recording.postings import Backing
from monitor.speech import Speech
from monitor.web.api.fields import CURSOR, PAGE, Field
from monitor.web.api.problems import Problem
from monitor.web.api.schemas import Schema
from monitor.web.site import Site
from monitor.web.viewing import Viewer
from rules.sentences import Sentence, Term, sentence

USUAL_PAGE = 500
"""Items, where a call does not say how many."""

PAGED = (
    Field("limit", PAGE, "How many at most."),
    Field("after", CURSOR, "Where to go on: from the `Link` of the page before."),
)


class Right(StrEnum):
    """What a token must be for."""

    READ = "read"
    RECORD = "record"
    WAIVE = "waive"


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the interface: who calls, and what is asked for."""

    request: Request
    site: Site
    assembly: Assembly
    voice: Speech
    viewer: Viewer
    given: Mapping[str, Any]
    """The values by their names, None where an optional one is not given."""
    file: Backing | None = None
    """What came along."""

    @property
    def timezone(self) -> str:
        """The zone in which moments are shown."""
        return self.assembly.settings.monitor.timezone

    @property
    def key(self) -> str:
        """The obligation in the address, as one that the caller sees; raises `Problem`."""
        parts = (self.given[each] for each in ("organisation", "rule", "occurrence"))
        return self.seen_key("/".join(parts))

    @property
    def number(self) -> int:
        """The number in an id such as `e17` in the address; raises `Problem`."""
        digits = self.given["id"].lstrip("epm")
        if not (digits.isascii() and digits.isdecimal() and len(digits) <= DIGITS):
            raise Problem(HTTPStatus.NOT_FOUND, self.not_seen(self.given["id"]))
        return int(digits)

    @property
    def page_size(self) -> int:
        """How many items are asked for."""
        return int(self.given["limit"] or USUAL_PAGE)

    @property
    def sees_all(self) -> bool:
        """Whether no organisation is hidden from the caller."""
        return self.viewer.sees.issuperset(self.assembly.settings.register.ids)

    @property
    def only(self) -> frozenset[str] | None:
        """The organisations among which is looked: None for all of them."""
        return None if self.sees_all else self.viewer.sees

    def say(self, said: Sentence | Term) -> str:
        """The sentence in the language that the caller asks for."""
        return said.say(self.voice)

    def seen(self, organisation: str) -> str:
        """That organisation's id, if the caller sees it: what is hidden is not there. Raises `Problem`."""
        if organisation not in self.viewer.sees:
            raise Problem(HTTPStatus.NOT_FOUND, self.not_seen(organisation))
        return organisation

    def seen_key(self, key: str) -> str:
        """That key, if its organisation is one that the caller sees; raises `Problem`."""
        self.seen(key.partition("/")[0])
        return key

    def may(self, organisations: frozenset[str], organisation: str) -> None:
        """See that the organisation is one of those for which the caller may do this; raises `Problem`."""
        if self.seen(organisation) not in organisations:
            raise Problem(
                HTTPStatus.FORBIDDEN,
                sentence("this token may not do that for {organisation}", organisation=organisation),
            )

    def not_seen(self, what: str) -> Sentence:
        """That something is not there, or not for this caller to see."""
        return sentence("{what} is not known, or not for this token to see", what=what)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered with."""

    value: Any
    status: int = HTTPStatus.OK
    more_after: Sequence[object] | None = None
    """The place behind which the next page begins; None where there is none."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What a method does at a path; `about` and `schema` are for the document."""

    method: str
    path: str
    about: str
    answer: Callable[[Call], Answer | Response]
    schema: Schema
    right: Right = Right.READ
    query: tuple[Field, ...] = ()
    body: tuple[Field, ...] = ()
    takes_file: bool = False
    creates: bool = False
    """Whether it answers otherwise to what was not there yet."""
    media_type: str = "application/json"

    @property
    def gives_file(self) -> bool:
        """Whether it answers with a file as it was given."""
        return self.schema.get("format") == "binary"

    @property
    def is_paged(self) -> bool:
        """Whether the list is handed out in pages."""
        return PAGED[1] in self.query
