"""The page on which a person makes addresses for a calendar or a news reader, and ends them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from monitor.core.subjects import Organisation, Recipient
from monitor.feeds.addresses import Addresses, Feed, Scope, feeds_of, make_feed, revoke_feed
from monitor.state import Refused
from monitor.web.visits import Visit, form, number_in, page
from rules.sentences import Sentence, sentence

_SUBSCRIBE = "/subscribe"
_MOST = 50
"""Feeds of one person; whoever loses an address makes another and forgets to end the old one."""

_OWN = sentence("What you are told of")
_ALL = sentence("All that you see")


@dataclass(frozen=True, slots=True)
class Shown:
    """A feed as its owner is shown it."""

    id: int
    name: Sentence | str
    made_at: datetime


def routes() -> list[Route]:
    """Looking, making, ending."""
    return [
        page(_SUBSCRIBE, _show),
        form(_SUBSCRIBE, _make),
        form(f"{_SUBSCRIBE}/{{feed}}/revoke", _revoke),
    ]


def _show(visit: Visit) -> Response:
    return _page(visit, None)


def _make(visit: Visit, sent: FormData) -> Response:
    """The addresses are shown in answer to the form itself, and never again: there is no page of theirs to lead to."""
    person = _person(visit)
    scope, name = _chosen(visit, person, sent.get("of"))
    with visit.site.writing() as opened:
        if len(feeds_of(opened.connection, person.key)) >= _MOST:
            raise Refused(sentence("you have {n} addresses already; end one of them first", n=_MOST))
        _, addresses = make_feed(
            opened.connection,
            visit.assembly,
            opened.now,
            visit.viewer.name,
            scope=scope,
            name=name,
            owner=person.key,
        )
    return _page(visit, addresses)


def _revoke(visit: Visit, _sent: FormData) -> Response:
    person, number = _person(visit), number_in(visit.request, "feed")
    with visit.site.writing() as opened:
        try:
            revoke_feed(opened.connection, opened.now, visit.viewer.name, number, person.key)
        except Refused as unknown:
            raise HTTPException(404) from unknown
    return RedirectResponse(_SUBSCRIBE, 303)


def _page(visit: Visit, made: Addresses | None) -> Response:
    person = _person(visit)
    with visit.site.reading() as opened:
        feeds = feeds_of(opened.connection, person.key)
    return visit.page(
        "subscribe.html",
        made=made,
        own=_OWN,
        everything=_ALL,
        organisations=_own_organisations(visit, person),
        feeds=[Shown(each.id, _name(visit, each), each.made_at) for each in feeds],
        timezone=visit.timezone,
    )


def _person(visit: Visit) -> Recipient:
    """Only people have feeds of their own."""
    if visit.viewer.person is None:
        raise HTTPException(403)
    return visit.viewer.person


def _chosen(visit: Visit, person: Recipient, of: object) -> tuple[Scope, str]:
    match of:
        case "person":
            return Scope.PERSON, person.key
        case "whole":
            return Scope.WHOLE, ""
        case str(text) if text.startswith("organisation/"):
            return Scope.ORGANISATION, visit.organisation(text.partition("/")[2]).id
    raise Refused(sentence("choose what is to be followed"))


def _own_organisations(visit: Visit, person: Recipient) -> Sequence[Organisation]:
    """Where the person stands in the register; what is below comes along."""
    posts = visit.assembly.settings.register.posts_of(person.address)
    return list({each.id: each for each, _ in posts if each.id in visit.viewer.sees}.values())


def _name(visit: Visit, feed: Feed) -> Sentence | str:
    if feed.scope is Scope.ORGANISATION:
        organisation = visit.assembly.settings.register.get(feed.name)
        return organisation.name if organisation else feed.name
    return _OWN if feed.scope is Scope.PERSON else _ALL
