"""What was recorded and said, the rules, the calendar, the register: lists, and single items of them."""

from collections.abc import Sequence
from http import HTTPStatus

from starlette.responses import Response

from monitor import records
from monitor.checks import standing_problems
from monitor.clock import day_in
from monitor.core.subjects import Organisation
from monitor.lookup import unknown
from monitor.rule_words import rule_as_json
from monitor.state import Refused
from monitor.storage.history import evidence_of
from monitor.web.api.fields import STATE, TEXT, YEAR, Field
from monitor.web.api.operations import PAGED, Answer, Call, Operation, Right
from monitor.web.api.problems import Problem
from monitor.web.api.schemas import list_of, named
from monitor.web.api.standing import NO_SUCH_PLACE
from monitor.web.large import EvidenceResponse
from notifications.mail_list import listing, show
from notifications.messages import Kind
from notifications.outbox import retry
from rules.sentences import sentence


def _events(call: Call) -> Answer:
    with call.site.reading() as opened:
        found = records.events(
            opened.connection,
            organisations=_those(call),
            after=_number_after(call),
            limit=call.page_size + 1,
        )
    return _page(call, found)


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
            after=_number_after(call),
            limit=call.page_size + 1,
        )
    return _page(call, found)


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


def _mails(call: Call) -> Answer:
    after = _number_after(call)
    with call.site.reading() as opened:
        rows = listing(
            opened.connection,
            call.given["state"],
            call.page_size + 1,
            people=_people(call),
            before=after or None,
        )
    return _page(call, [records.mail(row) for row in rows])


def _mail(call: Call) -> Answer:
    with call.site.reading() as opened:
        shown = show(opened.connection, _mail_seen(call))
    if shown is None:
        raise Problem(HTTPStatus.NOT_FOUND, call.not_seen(call.given["id"]))
    hidden = (
        {"text": ""} if shown.delivery.kind is Kind.SIGN_IN else {}
    )  # what it says is for one browser alone
    return Answer(records.shown_mail(shown) | hidden)


def _retry(call: Call) -> Answer:
    number = _mail_seen(call)
    with call.site.writing() as opened:
        if not retry(opened.connection, number, opened.now):
            raise Refused(
                sentence(
                    "mail {id} is neither failed nor waiting; see: iltod mail list --state failed",
                    id=call.given["id"],
                )
            )
        (row,) = listing(opened.connection, people=None, before=number + 1, limit=1)
    return Answer(records.mail(row))


def _rules(call: Call) -> Answer:
    return Answer([rule_as_json(rule, call.voice) for rule in call.assembly.book.rules])


def _rule(call: Call) -> Answer:
    book, rule = call.assembly.book, call.given["rule"]
    if rule not in book.ids:
        raise Problem(HTTPStatus.NOT_FOUND, unknown(sentence("rule"), rule, book.ids))
    return Answer([rule_as_json(version, call.voice) for version in book.versions(rule)])


def _calendar(call: Call) -> Answer:
    calendar = call.assembly.book.calendar
    with call.site.reading() as opened:
        year = call.given["year"] or day_in(call.timezone, opened.now).year
    if not calendar.first.year <= year <= calendar.last.year:
        raise Refused(
            sentence(
                "the calendar is known from {first} to {last}, not for {year}",
                first=calendar.first,
                last=calendar.last,
                year=year,
            )
        )
    return Answer(records.moved_days(calendar, year, call.voice))


def _organisations(call: Call) -> Answer:
    seen = [each for each in call.assembly.settings.register if each.id in call.viewer.sees]
    start = 0
    if (after := call.given["after"]) is not None:
        ids = [each.id for each in seen]
        if len(after) != 1 or after[0] not in ids:
            raise Problem(HTTPStatus.NOT_FOUND, NO_SUCH_PLACE)
        start = ids.index(after[0]) + 1
    shown = seen[start : start + call.page_size]
    more = (shown[-1].id,) if start + len(shown) < len(seen) else None
    return Answer([_organisation_as_json(each) for each in shown], more_after=more)


def _organisation(call: Call) -> Answer:
    found = call.assembly.settings.register[call.seen(call.given["id"])]
    return Answer(_organisation_as_json(found))


def _check(call: Call) -> Answer:
    """Problems are those of all organisations, so only who sees all is told of them."""
    if not call.sees_all:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            sentence("this asks for a token that is for every organisation of the register"),
        )
    with call.site.reading() as opened:
        problems = standing_problems(call.assembly, day_in(call.timezone, opened.now))
    return Answer(
        [
            {
                "id": each.id,
                "weight": str(each.weight),
                "text": call.say(each.said),
                "hint": call.say(each.hint),
            }
            for each in problems
        ]
    )


def _those(call: Call) -> frozenset[str] | None:
    wanted = call.given["organisation"]
    return frozenset(call.seen(each) for each in wanted) if wanted else call.only


def _people(call: Call) -> list[str] | None:
    """Whose mails the caller sees: a mail tells of whatever its reader sees, so all that must be the caller's too."""
    if call.sees_all:
        return None
    register = call.assembly.settings.register
    return [
        person.key
        for person in register.recipients
        if all(organisation.id in call.viewer.sees for organisation, _ in register.posts_of(person.address))
    ]


def _mail_seen(call: Call) -> int:
    number = call.number
    with call.site.reading() as opened:
        found = listing(opened.connection, None, 1, people=_people(call), before=number + 1)
    if not found or found[0].id != number:
        raise Problem(HTTPStatus.NOT_FOUND, call.not_seen(call.given["id"]))
    return number


def _number_after(call: Call) -> int:
    match call.given["after"]:
        case None:
            return 0
        case [int(number)] if 0 < number < 10**9:
            return number
    raise Problem(HTTPStatus.NOT_FOUND, NO_SUCH_PLACE)


def _entry_after(call: Call) -> tuple[str, int] | None:
    match call.given["after"]:
        case None:
            return None
        case [str(chain), int(number)] if 0 < number < 10**9 and chain.isprintable():
            return chain, number
    raise Problem(HTTPStatus.NOT_FOUND, NO_SUCH_PLACE)


def _page(call: Call, found: Sequence[records.Row]) -> Answer:
    """One item more was looked for than is shown."""
    shown = found[: call.page_size]
    more = (int(shown[-1]["id"][1:]),) if len(found) > len(shown) else None
    return Answer(shown, more_after=more)


def _the_one(call: Call, found: Sequence[records.Row]) -> Answer:
    if not found:
        raise Problem(HTTPStatus.NOT_FOUND, call.not_seen(call.given["id"]))
    return Answer(found[0])


def _organisation_as_json(organisation: Organisation) -> records.Row:
    """Without its contacts: they are people."""
    return {
        "id": organisation.id,
        "name": organisation.name,
        "kind": organisation.kind,
        "parent": organisation.parent,
        "timezone": organisation.timezone,
        "website": organisation.website,
        "since": organisation.since,
    }


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
    Operation(
        "GET",
        "/mails",
        "The mails to people all of whose organisations the token is for, the newest first.",
        _mails,
        list_of(named("Mail")),
        query=(Field("state", STATE, "Only those in this state."), *PAGED),
    ),
    Operation(
        "GET", "/mails/{id}", "One mail with its text and every attempt at it.", _mail, named("ShownMail")
    ),
    Operation(
        "POST",
        "/mails/{id}/retry",
        "Send a failed mail again, at the next delivery pass.",
        _retry,
        named("Mail"),
        right=Right.RECORD,
    ),
    Operation(
        "GET", "/rules", "Every rule of the loaded packs, an item a version.", _rules, list_of(named("Rule"))
    ),
    Operation("GET", "/rules/{rule}", "One rule in all its versions.", _rule, list_of(named("Rule"))),
    Operation(
        "GET",
        "/calendar",
        "A year's days off and moved days, each with its source.",
        _calendar,
        list_of(named("CalendarDay")),
        query=(Field("year", YEAR, "The year; without it the present one."),),
    ),
    Operation(
        "GET",
        "/organisations",
        "The organisations that the token is for.",
        _organisations,
        list_of(named("Organisation")),
        query=PAGED,
    ),
    Operation("GET", "/organisations/{id}", "One organisation.", _organisation, named("Organisation")),
    Operation(
        "GET",
        "/check",
        "Problems in configuration, packs and calendar. Asks for a token that is for every organisation.",
        _check,
        list_of(named("Check")),
    ),
)
