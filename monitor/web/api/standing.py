"""What stands: the report, one obligation, and how its due date was found."""

from datetime import date
from http import HTTPStatus
from typing import Any

from sqlalchemy import select

from monitor.core import plan
from monitor.explanation import explain_key, explain_rule
from monitor.formats import explanation_as_json, line_as_json, report_as_json
from monitor.lookup import find
from monitor.opening import Opened
from monitor.present import stored_answer
from monitor.reporting import line_for, report
from monitor.storage import tables
from monitor.storage.standing import ORDER, Asked
from monitor.web.api.fields import COUNT, DAY, FLAG, TEXT, Field
from monitor.web.api.operations import PAGED, Answer, Call, Operation
from monitor.web.api.paging import no_such_place
from monitor.web.api.problems import Problem
from monitor.web.api.schemas import named
from monitor.written import written_config, written_monitor
from notifications.names import among
from rules.sentences import sentence

OBLIGATION = "/obligations/{organisation}/{rule}/{occurrence}"


def obligation_as_json(call: Call, opened: Opened, key: str) -> dict[str, Any]:
    """One obligation as it stands now, opened or not; raises `Refused` for a key that nothing gives."""
    found = find(opened.connection, call.assembly, key, opened.now)
    as_found = found.opened or plan.Opened(found.obligation, found.today, posted=False)
    return line_as_json(line_for(found.facts, call.assembly.law, as_found, found.today), call.voice)


def _status(call: Call) -> Answer:
    organisations = _organisations(call)
    asked = _asked(call, organisations)
    found = _report(call, asked)
    if not call.given["limit"] and asked.after is None:
        whole = _asked(call, organisations, counts=True)
        found |= {"summary": _report(call, whole, only_counts=True)["summary"]}
    lines = found["obligations"]
    more = len(lines) > call.page_size
    found["obligations"] = lines[: call.page_size]
    return Answer(found, more_after=_place(lines[call.page_size - 1]) if more else None)


def _asked(call: Call, organisations: tuple[str, ...], *, counts: bool = False) -> Asked:
    given = call.given
    return Asked(
        organisations=organisations,
        under=call.seen(given["under"]) if given["under"] and given["organisation"] else None,
        rules=given["rule"],
        role=given["role"],
        everything=bool(given["all"]),
        overdue=bool(given["overdue"]),
        due_within=given["due_within"],
        limit=None if counts else call.page_size + 1,
        as_of=given["as_of"],
        by_key=bool(given["all"]),
        after=None if counts or given["after"] is None else _after(given["after"], by_key=bool(given["all"])),
    )


def _organisations(call: Call) -> tuple[str, ...]:
    """Those that are asked for; else, where it is not all, those that are seen, and that a cycle has taken in.

    One that none has taken in is answered here: the command, which sees all, would name the others.
    """
    given, register = call.given, call.assembly.settings.register
    wanted, under = [call.seen(each) for each in given["organisation"]], given["under"]
    if call.sees_all and not (wanted or under):
        return ()
    those = wanted or (register.under(call.seen(under)) if under else call.viewer.sees)
    named = {*wanted, *([under] if under else [])}
    column = tables.organisation.c.id
    with call.site.reading() as opened:
        known = opened.connection.scalars(select(column).where(among(column, {*those, *named}))).all()
    if missing := named.difference(known):
        raise Problem(HTTPStatus.NOT_FOUND, call.not_seen(min(missing)))
    if not known:
        raise Problem(HTTPStatus.NOT_FOUND, _NO_CYCLE)
    return tuple(wanted or sorted(known))


def _report(call: Call, asked: Asked, *, only_counts: bool = False) -> dict[str, Any]:
    """From the stored outcomes, or, for another day and wherever they do not say it, from the core."""
    if asked.as_of is None:
        path = str(call.assembly.settings.path)
        content = written_config(path)
        stored = stored_answer(
            path, content, written_monitor(content), asked, call.voice, only_counts=only_counts
        )
        if stored is not None:
            return stored.report
    with call.site.reading() as opened:
        last_cycle = opened.state.last_cycle_at
        if last_cycle is None:
            raise Problem(HTTPStatus.NOT_FOUND, _NO_CYCLE)
        found = report(opened.connection, call.assembly, asked, opened.now, last_cycle)
    return report_as_json(found, call.voice, call.timezone)


def _place(line: dict[str, Any]) -> tuple[object, ...]:
    return str(line["state"]), line["due_on"], line["key"]


def _after(cursor: list[object], *, by_key: bool) -> tuple[int, date, str]:
    match cursor:
        case [str(), (str() | None), str(key)] if by_key:
            return 0, date.max, key
        case [str(state), (str() | None) as due_on, str(key)] if state in ORDER:
            try:
                return ORDER.index(state), date.fromisoformat(due_on) if due_on else date.max, key
            except ValueError:
                pass
    raise no_such_place()


def _obligation(call: Call) -> Answer:
    with call.site.reading() as opened:
        return Answer(obligation_as_json(call, opened, call.key))


def _explain(call: Call) -> Answer:
    with call.site.reading() as opened:
        found = explain_key(opened.connection, call.assembly, call.key, opened.now)
    return Answer(explanation_as_json(found, call.voice))


def _explain_rule(call: Call) -> Answer:
    given = call.given
    found = explain_rule(
        call.assembly,
        given["rule"],
        organisation=call.seen(given["organisation"]) if given["organisation"] else None,
        period=given["period"],
        on=given["on"],
        due=given["due"],
    )
    return Answer(explanation_as_json(found, call.voice))


_NO_CYCLE = sentence("no cycle has run yet; start the daemon with: iltod run")

OPERATIONS = (
    Operation(
        "GET",
        "/status",
        "What is unknown, removed, overdue and due soon, or what is asked for instead: the JSON of `iltod status`. "
        "The summary counts what passes the filters; it is null where a `limit` or a further page is asked for.",
        _status,
        named("Status"),
        query=(
            Field("organisation", TEXT, "Only these organisations.", many=True),
            Field("under", TEXT, "Only this organisation and all below it."),
            Field("rule", TEXT, "Only these rules.", many=True),
            Field("role", TEXT, "Only what this role is responsible for."),
            Field("all", FLAG, "Every obligation, in whatever state."),
            Field("overdue", FLAG, "What is overdue or was removed."),
            Field("due_within", COUNT, "What is not posted and due within so many days."),
            Field("as_of", DAY, "As it stands on this day."),
            *PAGED,
        ),
    ),
    Operation("GET", OBLIGATION, "One obligation as it stands now.", _obligation, named("Obligation")),
    Operation(
        "GET",
        f"{OBLIGATION}/explanation",
        "How its due date was found, step by step.",
        _explain,
        named("Explanation"),
    ),
    Operation(
        "GET",
        "/explanation",
        "How a rule's due date is found for a period, or for an event on a day, without anybody's data.",
        _explain_rule,
        named("Explanation"),
        query=(
            Field("rule", TEXT, "The rule's id.", needed=True),
            Field("organisation", TEXT, "For this organisation."),
            Field("period", TEXT, "The period."),
            Field("on", DAY, "The day of its event."),
            Field("due", DAY, "The due date that its event states."),
        ),
    ),
)
