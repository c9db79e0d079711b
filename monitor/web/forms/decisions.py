"""Recording decisions about a duty: that it does not apply, that it may be met later, that reminders are to rest."""

from collections.abc import Callable

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from monitor.core.standing import last_rest
from monitor.lookup import Found, find
from monitor.recording import decisions
from monitor.state import Refused
from monitor.web.forms.fields import Field, Form, day_in_form, limit_in, needed_day, text_in
from monitor.web.forms.showing import Make, allow, both
from monitor.web.happened import lead_to
from monitor.web.pages.duty import duty_address, key_in
from monitor.web.visits import Visit
from rules.sentences import Sentence, sentence
from rules.workdays import OutsideCalendar

_REASON = Field("reason", "long", sentence("Why"))
_DUTY = "/duties/{organisation}/{rule}/{occurrence}"


def routes() -> list[Route]:
    """Each form at its address."""
    waiver = _form(sentence("It does not apply"), lambda _visit, _found: (_REASON,), waives=True)
    lifting = _form(sentence("It applies after all"), lambda _visit, _found: (_REASON,), waives=True)
    extension = _form(sentence("Extend"), _extension_fields, waives=True)
    rest = _form(sentence("Remind later"), _rest_fields)
    return [
        *both(f"{_DUTY}/waive", waiver, _waive),
        *both(f"{_DUTY}/unwaive", lifting, _unwaive),
        *both(f"{_DUTY}/extend", extension, _extend),
        *both(f"{_DUTY}/snooze", rest, _snooze),
    ]


def _form(
    title: Sentence, fields: Callable[[Visit, Found], tuple[Field, ...]], *, waives: bool = False
) -> Make:
    def make(visit: Visit) -> Form:
        key = key_in(visit)
        allow(visit, visit.request.path_params["organisation"], waives=waives)
        with visit.site.reading() as opened:
            found = find(opened.connection, visit.assembly, key, opened.now)
        return Form(
            title=title,
            about=f"{found.obligation.card.title.say(visit.voice)}, {found.obligation.occurrence}"
            f" · {found.organisation.name}",
            back=duty_address(key),
            button=sentence("Record"),
            fields=fields(visit, found),
        )

    return make


def _extension_fields(visit: Visit, found: Found) -> tuple[Field, ...]:
    unextended = found.obligation.extended_from or found.obligation.due_on
    if found.duty is None or found.duty.rule.extendable is None or unextended is None:
        raise HTTPException(404)
    try:
        longest = visit.assembly.book.longest_extension(found.duty.rule, unextended)
    except OutsideCalendar:
        longest = None
    return (
        Field("until", "date", sentence("Until which day"), needed=False, first=unextended, last=longest),
        Field(
            "by",
            "text",
            sentence("Or how much later"),
            hint=sentence("In place of the day: {example}.", example="30 days, 5 working days, 1 month"),
            needed=False,
        ),
        Field("reference", "text", sentence("The decision's number")),
        _REASON,
    )


def _rest_fields(visit: Visit, found: Found) -> tuple[Field, ...]:
    act_by = found.obligation.act_by
    if act_by is None:
        raise HTTPException(404)
    last = last_rest(act_by, visit.assembly.book.calendar)
    return (
        Field("until", "date", sentence("No reminders before"), first=found.today, last=last),
        _REASON,
    )


def _waive(visit: Visit, sent: FormData, form: Form) -> Response:
    (reason,) = form.fields
    with visit.site.writing() as opened:
        done = decisions.waive(
            opened.connection,
            visit.assembly,
            opened.now,
            visit.viewer.name,
            key_in(visit),
            text_in(sent, reason),
        )
    return lead_to(form.back, "waived" if done.new else "known")


def _unwaive(visit: Visit, sent: FormData, form: Form) -> Response:
    (reason,) = form.fields
    with visit.site.writing() as opened:
        decisions.unwaive(
            opened.connection,
            visit.assembly,
            opened.now,
            visit.viewer.name,
            key_in(visit),
            text_in(sent, reason),
        )
    return lead_to(form.back, "unwaived")


def _extend(visit: Visit, sent: FormData, form: Form) -> Response:
    until, by, reference, reason = form.fields
    limit, day = limit_in(sent, by), day_in_form(sent, until)
    if (limit is None) == (day is None):
        raise Refused(sentence("say either how much later, or until which day"))
    with visit.site.writing() as opened:
        done = decisions.extend(
            opened.connection,
            visit.assembly,
            opened.now,
            visit.viewer.name,
            key=key_in(visit),
            limit=limit,
            until=day,
            reason=text_in(sent, reason),
            reference=text_in(sent, reference),
        )
    return lead_to(form.back, "extended" if done.new else "known")


def _snooze(visit: Visit, sent: FormData, form: Form) -> Response:
    until, reason = form.fields
    with visit.site.writing() as opened:
        done = decisions.snooze(
            opened.connection,
            visit.assembly,
            opened.now,
            visit.viewer.name,
            key=key_in(visit),
            until=needed_day(sent, until),
            reason=text_in(sent, reason),
        )
    return lead_to(form.back, "snoozed" if done.new else "known")
