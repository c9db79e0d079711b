"""What programs record: events, postings, decisions, by the same functions as the command line."""

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus

from sqlalchemy import Connection, select

from monitor.opening import Opened
from monitor.recording import decisions, events, postings
from monitor.recording.outcome import Recorded
from monitor.storage import tables
from monitor.web.api.fields import DAY, LIMIT, NOTE, TEXT, Field
from monitor.web.api.operations import Answer, Call, Operation, Right
from monitor.web.api.problems import Problem
from monitor.web.api.schemas import named
from monitor.web.api.standing import OBLIGATION, obligation_as_json
from rules.sentences import sentence


def _add_event(call: Call) -> Answer:
    given = call.given
    call.may(call.viewer.records, given["organisation"])
    with call.site.writing() as opened:
        done = events.add_event(
            opened.connection,
            call.assembly,
            opened.now,
            call.viewer.name,
            kind=given["kind"],
            organisation=given["organisation"],
            on=given["on"],
            due=given["due"],
            reference=given["reference"] or "",
            note=given["note"] or "",
        )
        return _added(_recorded(call, opened, done, "e"))


def _amend_event(call: Call) -> Answer:
    with call.site.writing() as opened:
        number = _of_own(call, opened.connection, "event")
        done = events.amend_event(
            opened.connection,
            call.assembly,
            opened.now,
            call.viewer.name,
            number,
            on=call.given["on"],
            due=call.given["due"],
            reason=call.given["reason"],
        )
        return _recorded(call, opened, done, "e")


def _withdraw_event(call: Call) -> Answer:
    with call.site.writing() as opened:
        number = _of_own(call, opened.connection, "event")
        done = events.withdraw_event(
            opened.connection, call.assembly, opened.now, call.viewer.name, number, call.given["reason"]
        )
        return _recorded(call, opened, done, "e")


def _post(call: Call) -> Answer:
    given = call.given
    key = call.seen_key(given["key"])
    call.may(call.viewer.records, key.partition("/")[0])
    with call.site.writing() as opened:
        done = postings.post(
            opened.connection,
            call.assembly,
            opened.now,
            call.viewer.name,
            key=key,
            channel=given["channel"],
            on=given["on"],
            url=given["url"],
            file=call.file,
            note=given["note"] or "",
        )
        return _added(_recorded(call, opened, done, "p"))


def _withdraw_posting(call: Call) -> Answer:
    with call.site.writing() as opened:
        number = _of_own(call, opened.connection, "posting")
        done = postings.withdraw_posting(
            opened.connection,
            call.assembly,
            opened.now,
            call.viewer.name,
            number,
            call.given["reason"],
            call.given["on"],
        )
        return _recorded(call, opened, done, "p")


def _waive(call: Call) -> Answer:
    key = _key_for(call, call.viewer.waives)
    with call.site.writing() as opened:
        done = decisions.waive(
            opened.connection, call.assembly, opened.now, call.viewer.name, key, call.given["reason"]
        )
        return _recorded(call, opened, done)


def _unwaive(call: Call) -> Answer:
    key = _key_for(call, call.viewer.waives)
    with call.site.writing() as opened:
        done = decisions.unwaive(
            opened.connection, call.assembly, opened.now, call.viewer.name, key, call.given["reason"]
        )
        return _recorded(call, opened, done)


def _extend(call: Call) -> Answer:
    given = call.given
    key = _key_for(call, call.viewer.waives)
    if (given["by"] is None) == (given["until"] is None):
        raise Problem(
            HTTPStatus.CONFLICT, sentence("say either by or until: how much later, or until which day")
        )
    with call.site.writing() as opened:
        done = decisions.extend(
            opened.connection,
            call.assembly,
            opened.now,
            call.viewer.name,
            key=key,
            limit=given["by"],
            until=given["until"],
            reason=given["reason"],
            reference=given["reference"],
        )
        return _recorded(call, opened, done)


def _snooze(call: Call) -> Answer:
    key = _key_for(call, call.viewer.records)
    with call.site.writing() as opened:
        done = decisions.snooze(
            opened.connection,
            call.assembly,
            opened.now,
            call.viewer.name,
            key=key,
            until=call.given["until"],
            reason=call.given["reason"],
        )
        return _recorded(call, opened, done)


def _key_for(call: Call, organisations: frozenset[str]) -> str:
    key = call.key
    call.may(organisations, key.partition("/")[0])
    return key


def _of_own(call: Call, connection: Connection, what: str) -> int:
    """The number of an event or a posting that the caller may change; raises `Problem`."""
    table = {"event": tables.event, "posting": tables.posting}[what]
    organisation = connection.scalar(select(table.c.organisation).where(table.c.id == call.number))
    if organisation is None or organisation not in call.viewer.sees:
        raise Problem(HTTPStatus.NOT_FOUND, call.not_seen(call.given["id"]))
    call.may(call.viewer.records, organisation)
    return call.number


def _recorded(call: Call, opened: Opened, done: Recorded, letter: str | None = None) -> Answer:
    """What was recorded, by its id if it has a `letter`, and the obligations that it concerns as they stand now."""
    value = {
        "id": f"{letter}{done.id}" if letter else None,
        "new": done.new,
        "obligations": [
            obligation_as_json(call, opened, obligation.key) for obligation, _ in done.obligations
        ],
    }
    return Answer(value)


def _added(answer: Answer) -> Answer:
    """The same, told apart from what stood already."""
    return replace(answer, status=HTTPStatus.CREATED) if answer.value["new"] else answer


_REASON = Field("reason", TEXT, "Why.", needed=True)
_ON = Field("on", DAY, "The day it happened.", needed=True)
_DUE = Field("due", DAY, "The due date that it states.")
_NOTE = Field("note", NOTE, "Anything else to remember.")


def _records(
    method: str,
    path: str,
    about: str,
    answer: Callable[[Call], Answer],
    *body: Field,
    right: Right = Right.RECORD,
    creates: bool = False,
    takes_file: bool = False,
) -> Operation:
    return Operation(
        method,
        path,
        about,
        answer,
        named("Recorded"),
        right=right,
        body=body,
        creates=creates,
        takes_file=takes_file,
    )


OPERATIONS = (
    _records(
        "POST",
        "/events",
        "Record an event; opens at once the obligations that it starts. The same event twice changes nothing.",
        _add_event,
        Field("kind", TEXT, "What happened, as a rule names it.", needed=True),
        Field("organisation", TEXT, "Whose event it is.", needed=True),
        _ON,
        _DUE,
        Field("reference", NOTE, "Its number, such as that of a decision."),
        _NOTE,
        creates=True,
    ),
    _records(
        "PATCH",
        "/events/{id}",
        "Correct the day of an event, or the due date that it states.",
        _amend_event,
        Field("on", DAY, "The day it happened."),
        _DUE,
        _REASON,
    ),
    _records(
        "POST",
        "/events/{id}/withdraw",
        "Take an event back: the obligations that it opened are withdrawn.",
        _withdraw_event,
        _REASON,
    ),
    _records(
        "POST",
        "/postings",
        "Record that a document was put up in one channel; as `multipart/form-data` with the `file` or photograph "
        "that backs it. The same posting twice changes nothing.",
        _post,
        Field("key", TEXT, "The obligation.", needed=True),
        Field("channel", TEXT, "Where it was put up.", needed=True),
        Field("on", DAY, "The day it was put up.", needed=True),
        Field("url", TEXT, "Its address."),
        _NOTE,
        creates=True,
        takes_file=True,
    ),
    _records(
        "POST",
        "/postings/{id}/withdraw",
        "Withdraw a posting, or, with `on`, say when it was taken down.",
        _withdraw_posting,
        Field("on", DAY, "The day it was taken down."),
        _REASON,
    ),
    _records(
        "POST",
        f"{OBLIGATION}/waive",
        "Record that an obligation does not apply.",
        _waive,
        _REASON,
        right=Right.WAIVE,
    ),
    _records("POST", f"{OBLIGATION}/unwaive", "Take a waiver back.", _unwaive, _REASON, right=Right.WAIVE),
    _records(
        "POST",
        f"{OBLIGATION}/extend",
        "Record that an obligation may be met later; say either `by` or `until`.",
        _extend,
        Field("by", LIMIT, "How much later, as 30 days."),
        Field("until", DAY, "Until which day."),
        _REASON,
        Field("reference", TEXT, "The decision's number.", needed=True),
        right=Right.WAIVE,
    ),
    _records(
        "POST",
        f"{OBLIGATION}/snooze",
        "No reminders of it before a day.",
        _snooze,
        Field("until", DAY, "The day.", needed=True),
        _REASON,
    ),
)
