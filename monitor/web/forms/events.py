"""Recording events, correcting their dates, taking them back."""

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from monitor.core.subjects import Organisation
from monitor.recording import events
from monitor.recording.outcome import Recorded
from monitor.storage.history import EventRecord, event_named
from monitor.web.forms.fields import Field, Form, day_in_form, needed_day, text_in
from monitor.web.forms.showing import allow, both
from monitor.web.happened import lead_to
from monitor.web.pages.duty import duty_address
from monitor.web.pages.organisation import organisation_address
from monitor.web.visits import Visit, number_in
from rules.sentences import Term, sentence

_ON = Field("on", "date", sentence("The day it happened"))
_DUE = Field("due", "date", sentence("The due date that it states, if it does"), needed=False)
_REASON = Field("reason", "long", sentence("Why"))


def routes() -> list[Route]:
    """Each form at its address."""
    return [
        *both("/organisations/{organisation}/event", _event, _add),
        *both("/events/{event}/amend", _amendment, _amend),
        *both("/events/{event}/withdraw", _withdrawal, _withdraw),
    ]


def _event(visit: Visit) -> Form:
    organisation = visit.organisation(visit.request.path_params["organisation"])
    allow(visit, organisation.id)
    kinds = {
        rule.event_kind
        for rule in visit.assembly.book.rules
        if rule.event_kind and organisation.kind in rule.applies_to
    }
    choices = sorted(((kind, Term(kind).say(visit.voice)) for kind in kinds), key=lambda each: each[1])
    return Form(
        title=sentence("Record an event"),
        intro=sentence(
            "What happened starts the clock of a duty: a decision, a letter that came, a vacancy."
        ),
        about=organisation.name,
        back=organisation_address(organisation.id),
        button=sentence("Record"),
        fields=(
            Field("kind", "choice", sentence("What happened"), choices=choices),
            _ON,
            _DUE,
            Field("reference", "text", sentence("Its number, such as that of a decision"), needed=False),
            Field("note", "long", sentence("Anything else to remember"), needed=False),
        ),
    )


def _add(visit: Visit, sent: FormData, form: Form) -> Response:
    kind, on, due, reference, note = form.fields
    organisation = visit.request.path_params["organisation"]
    with visit.site.writing() as opened:
        done = events.add_event(
            opened.connection,
            visit.assembly,
            opened.now,
            visit.viewer.name,
            kind=text_in(sent, kind),
            organisation=organisation,
            on=needed_day(sent, on),
            due=day_in_form(sent, due),
            reference=text_in(sent, reference),
            note=text_in(sent, note),
        )
    return lead_to(_where(done, form), "event" if done.new else "event-known", done.id)


def _amendment(visit: Visit) -> Form:
    organisation, event = _event_in(visit)
    return Form(
        title=sentence("Correct the date of an event"),
        about=_about(visit, organisation, event),
        back=organisation_address(organisation.id),
        button=sentence("Record"),
        fields=(
            Field("on", "date", _ON.label, value=event.on.isoformat()),
            Field("due", "date", _DUE.label, needed=False, value=event.due.isoformat() if event.due else ""),
            _REASON,
        ),
    )


def _amend(visit: Visit, sent: FormData, form: Form) -> Response:
    on, due, reason = form.fields
    number = number_in(visit.request, "event")
    with visit.site.writing() as opened:
        done = events.amend_event(
            opened.connection,
            visit.assembly,
            opened.now,
            visit.viewer.name,
            number,
            on=needed_day(sent, on),
            due=day_in_form(sent, due),
            reason=text_in(sent, reason),
        )
    return lead_to(_where(done, form), "event-amended" if done.new else "known", number)


def _withdrawal(visit: Visit) -> Form:
    organisation, event = _event_in(visit)
    return Form(
        title=sentence("Take an event back"),
        intro=sentence("The duties that it began are withdrawn; what was recorded of them stays."),
        about=_about(visit, organisation, event),
        back=organisation_address(organisation.id),
        button=sentence("Take it back"),
        fields=(_REASON,),
    )


def _withdraw(visit: Visit, sent: FormData, form: Form) -> Response:
    (reason,) = form.fields
    number = number_in(visit.request, "event")
    with visit.site.writing() as opened:
        events.withdraw_event(
            opened.connection, visit.assembly, opened.now, visit.viewer.name, number, text_in(sent, reason)
        )
    return lead_to(form.back, "event-withdrawn", number)


def _event_in(visit: Visit) -> tuple[Organisation, EventRecord]:
    with visit.site.reading() as opened:
        found = event_named(opened.connection, number_in(visit.request, "event"))
    if found is None:
        raise HTTPException(404)
    allow(visit, found[0])
    return visit.organisation(found[0]), found[1]


def _about(visit: Visit, organisation: Organisation, event: EventRecord) -> str:
    return f"e{event.id} · {Term(event.kind).say(visit.voice)}, {event.on} · {organisation.name}"


def _where(done: Recorded, form: Form) -> str:
    """To the duty, where it is one."""
    keys = [obligation.key for obligation, _ in done.obligations]
    return duty_address(keys[0]) if len(keys) == 1 else form.back
