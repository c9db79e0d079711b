"""The mails to people, and a failed one sent again."""

from http import HTTPStatus

from monitor import records
from monitor.state import Refused
from monitor.web.api.fields import STATE, Field
from monitor.web.api.operations import PAGED, Answer, Call, Operation, Right
from monitor.web.api.paging import number_after, page_of
from monitor.web.api.problems import Problem
from monitor.web.api.schemas import list_of, named
from notifications.mail_list import listing, show
from notifications.messages import Kind
from notifications.taking_back import retry
from rules.sentences import sentence


def _mails(call: Call) -> Answer:
    after = number_after(call)
    with call.site.reading() as opened:
        rows = listing(
            opened.connection,
            call.given["state"],
            call.page_size + 1,
            people=_people(call),
            before=after or None,
        )
    return page_of(call, [records.mail(row) for row in rows])


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


OPERATIONS = (
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
)
