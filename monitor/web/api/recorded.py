"""What was recorded: events, postings and their evidence, the journal."""

from collections.abc import Sequence
from http import HTTPStatus

from starlette.responses import Response

from monitor import records
from monitor.storage.evidence import evidence_of
from monitor.web.api.fields import TEXT, Field
from monitor.web.api.operations import PAGED, Answer, Call, Operation
from monitor.web.api.paging import no_such_place, number_after, page_of
from monitor.web.api.problems import Problem
from monitor.web.api.schemas import list_of, named
from monitor.web.large import EvidenceResponse


def _events(call: Call) -> Answer:
    with call.site.reading() as opened:
        found = records.events(
            opened.connection,
            organisations=_those(call),
            after=number_after(call),
            limit=call.page_size + 1,
        )
    return page_of(call, found)


def _event(call: Call) -> Answer:
    with call.site.reading() as opened:
        found = records.events(opened.connection, organisations=call.only, number=call.number)
    return _the_one(call, found)


def _postings(call: Call) -> Answer:
    key = call.given["key"]
    with call.site.reading() as opened:
        found = records.postings(
            opened.connection,
            organisations=call.only,
            key=call.seen_key(key) if key else None,
            after=number_after(call),
            limit=call.page_size + 1,
        )
    return page_of(call, found)


def _posting(call: Call) -> Answer:
    with call.site.reading() as opened:
        found = records.postings(opened.connection, organisations=call.only, number=call.number)
    return _the_one(call, found)


def _evidence(call: Call) -> Response:
    """The file as it was given; it is never shown as a page of ours."""
    with call.site.reading() as opened:
        found = evidence_of(opened.connection, call.number)
    if found is None or (call.only is not None and found[0] not in call.only):
        raise Problem(HTTPStatus.NOT_FOUND, call.not_seen(call.given["id"]))
    headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
    return EvidenceResponse(call.site, found[1], "application/octet-stream", headers)


def _journal(call: Call) -> Answer:
    """Who sees every organisation is told of the chains of no organisation too."""
    key, wanted, size = call.given["key"], call.given["organisation"], call.page_size
    with call.site.reading() as opened:
        found = records.journal(
            opened.connection,
            chains=[call.seen(each) for each in wanted] if wanted else call.only,
            key=call.seen_key(key) if key else None,
            after=_entry_after(call),
            limit=size + 1,
        )
    more = (found[size - 1]["organisation"], found[size - 1]["number"]) if len(found) > size else None
    return Answer(found[:size], more_after=more)


def _those(call: Call) -> frozenset[str] | None:
    wanted = call.given["organisation"]
    return frozenset(call.seen(each) for each in wanted) if wanted else call.only


def _entry_after(call: Call) -> tuple[str, int] | None:
    match call.given["after"]:
        case None:
            return None
        case [str(chain), int(number)] if 0 < number < 10**9 and chain.isprintable():
            return chain, number
    raise no_such_place()


def _the_one(call: Call, found: Sequence[records.Row]) -> Answer:
    if not found:
        raise Problem(HTTPStatus.NOT_FOUND, call.not_seen(call.given["id"]))
    return Answer(found[0])


_OF_SOME = Field("organisation", TEXT, "Only these organisations.", many=True)
_OF_ONE = Field("key", TEXT, "Only those of this obligation.")

OPERATIONS = (
    Operation(
        "GET", "/events", "The recorded events.", _events, list_of(named("Event")), query=(_OF_SOME, *PAGED)
    ),
    Operation("GET", "/events/{id}", "One event.", _event, named("Event")),
    Operation(
        "GET",
        "/postings",
        "The recorded postings.",
        _postings,
        list_of(named("Posting")),
        query=(_OF_ONE, *PAGED),
    ),
    Operation("GET", "/postings/{id}", "One posting.", _posting, named("Posting")),
    Operation(
        "GET",
        "/postings/{id}/evidence",
        "The file or photograph that backs a posting.",
        _evidence,
        {"type": "string", "format": "binary"},
        media_type="application/octet-stream",
    ),
    Operation(
        "GET",
        "/journal",
        "Who changed what, when and why: the chain of one organisation after the other, each from its beginning.",
        _journal,
        list_of(named("Entry")),
        query=(_OF_SOME, _OF_ONE, *PAGED),
    ),
)
