"""A form's two halves: the page that shows it, and what is done with what is sent in it."""

from collections.abc import Callable

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from monitor.state import Refused
from monitor.web.forms.fields import Form, as_sent
from monitor.web.visits import Visit, form, page
from rules.sentences import Sentence

Make = Callable[[Visit], Form]
"""The form for a visit; raises `HTTPException` where it is not the viewer's to send."""
Record = Callable[[Visit, FormData, Form], Response]
"""Records what was sent and leads on; raises `Refused` where it cannot be."""


def both(path: str, make: Make, record: Record) -> list[Route]:
    """The routes of a form: what is refused is shown in it again, with what was written."""

    def show(visit: Visit) -> Response:
        return _shown(visit, make(visit))

    def answer(visit: Visit, sent: FormData) -> Response:
        made = make(visit)
        try:
            return record(visit, sent, made)
        except Refused as refused:
            return _shown(visit, made, refused.sentence, sent)

    return [page(path, show), form(path, answer)]


def allow(visit: Visit, organisation: str, *, waives: bool = False) -> None:
    """Raise `HTTPException` where the viewer may not record for that organisation, or not waive."""
    visit.organisation(organisation)
    if organisation not in (visit.viewer.waives if waives else visit.viewer.records):
        raise HTTPException(403)


def _shown(
    visit: Visit, made: Form, refused: Sentence | None = None, sent: FormData | None = None
) -> Response:
    values = {each.name: each.value for each in made.fields}
    if sent is not None:
        values |= as_sent(made.fields, sent)
    return visit.page("form.html", status=422 if refused else 200, form=made, values=values, refused=refused)
