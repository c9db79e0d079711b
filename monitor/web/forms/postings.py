"""Recording what was put up, and taking a record back."""

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from monitor.clock import day_in
from monitor.lookup import find
from monitor.recording import postings
from monitor.storage.history import posting_named
from monitor.web.forms.fields import Field, Form, day_in_form, needed_day, text_in
from monitor.web.forms.showing import allow, both
from monitor.web.happened import lead_to
from monitor.web.pages.duty import duty_address, key_in, line_of
from monitor.web.uploads import file_in
from monitor.web.visits import Visit, number_in
from monitor.wording import channel_word
from rules.sentences import sentence

_REASON = Field("reason", "long", sentence("Why"))


def routes() -> list[Route]:
    """Each form at its address."""
    return [
        *both("/duties/{organisation}/{rule}/{occurrence}/post", _posting, _post),
        *both("/postings/{posting}/withdraw", _withdrawal, _withdraw),
    ]


def _posting(visit: Visit) -> Form:
    key = key_in(visit)
    allow(visit, visit.request.path_params["organisation"])
    with visit.site.reading() as opened:
        found = find(opened.connection, visit.assembly, key, opened.now)
        missing = line_of(visit, found).assessment.missing
    card = found.obligation.card
    asked = visit.request.query_params.get("channel", "")
    first = asked if asked in card.channels else next(iter((*missing, *card.channels)))
    today = found.today.isoformat()
    return Form(
        title=sentence("Record a posting"),
        about=f"{card.title.say(visit.voice)}, {found.obligation.occurrence} · {found.organisation.name}",
        back=duty_address(key),
        button=sentence("Record"),
        fields=(
            Field(
                "channel",
                "choice",
                sentence("Where it was put up"),
                value=first,
                choices=[(each, visit.say(channel_word(each))) for each in card.channels],
            ),
            Field("on", "date", sentence("The day it was put up"), value=today, last=found.today),
            Field("url", "url", sentence("Its address, if it has one"), needed=False),
            Field(
                "photo",
                "photo",
                sentence("A photograph of it"),
                hint=sentence("On a telephone this opens the camera."),
                needed=False,
            ),
            Field("file", "file", sentence("Or a file: a picture or a PDF"), needed=False),
            Field("note", "long", sentence("Anything else to remember"), needed=False),
        ),
    )


def _post(visit: Visit, sent: FormData, form: Form) -> Response:
    channel, on, url, _, _, note = form.fields
    key = key_in(visit)
    file = file_in(sent, "photo", "file")
    with visit.site.writing() as opened:
        done = postings.post(
            opened.connection,
            visit.assembly,
            opened.now,
            visit.viewer.name,
            key=key,
            channel=text_in(sent, channel),
            on=needed_day(sent, on),
            url=text_in(sent, url) or None,
            file=file,
            note=text_in(sent, note),
        )
    return lead_to(duty_address(key), "posting" if done.new else "posting-known", done.id)


def _withdrawal(visit: Visit) -> Form:
    with visit.site.reading() as opened:
        posting = posting_named(opened.connection, number_in(visit.request, "posting"))
        now = opened.now
    if posting is None:
        raise HTTPException(404)
    organisation = posting.key.partition("/")[0]
    allow(visit, organisation)
    return Form(
        title=sentence("Take a posting back"),
        intro=sentence(
            "Give the day on which it was taken down, if it was up until then. Without a day it counts as never put up."
        ),
        about=f"p{posting.id} · {visit.say(channel_word(posting.channel))}, {posting.on} · {posting.key}",
        back=duty_address(posting.key),
        button=sentence("Take it back"),
        fields=(
            Field(
                "on",
                "date",
                sentence("The day it was taken down"),
                needed=False,
                first=posting.on,
                last=day_in(visit.organisation(organisation).timezone, now),
            ),
            _REASON,
        ),
    )


def _withdraw(visit: Visit, sent: FormData, form: Form) -> Response:
    on, reason = form.fields
    number = number_in(visit.request, "posting")
    with visit.site.writing() as opened:
        done = postings.withdraw_posting(
            opened.connection,
            visit.assembly,
            opened.now,
            visit.viewer.name,
            number,
            text_in(sent, reason),
            day_in_form(sent, on),
        )
    return lead_to(form.back, "posting-withdrawn" if done.new else "known", number)
