"""What the configuration says: rules, calendar, register, and the problems in them."""

from http import HTTPStatus

from monitor import records
from monitor.checks import standing_problems
from monitor.clock import day_in
from monitor.core.subjects import Organisation
from monitor.lookup import unknown
from monitor.rule_words import rule_as_json
from monitor.state import Refused
from monitor.web.api.fields import YEAR, Field
from monitor.web.api.operations import PAGED, Answer, Call, Operation
from monitor.web.api.paging import no_such_place
from monitor.web.api.problems import Problem
from monitor.web.api.schemas import list_of, named
from rules.sentences import sentence


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
            raise no_such_place()
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


OPERATIONS = (
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
