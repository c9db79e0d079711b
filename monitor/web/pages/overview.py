"""The overview: what there is to do, and the year of all organisations that the viewer sees."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import Response

from monitor.clock import day_in
from monitor.core.register import Register
from monitor.core.subjects import Organisation, Recipient
from monitor.listing import Cell, Listing
from monitor.opening import Opened
from monitor.storage.standing import ORDER
from monitor.web.asking import LISTABLE, OPEN, Asking
from monitor.web.visits import Visit
from notifications.mail_list import Listed, down_since, failed
from rules.sentences import Sentence, sentence

_LINES = 15
_ROWS, _SQUARES = 25, 600
"""Organisations in the table of the year, and how much of it a telephone is sent at once."""
_PLACES = {state: place for place, state in enumerate(ORDER)}


@dataclass(frozen=True, slots=True)
class Square:
    """One organisation and one rule in a year: the state that needs looking at most, of as many obligations."""

    state: str
    n: int
    done: int
    key: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """Organisations by rules, with what falls into a year."""

    year: int
    rules: Sequence[tuple[str, str]]
    """Ids and titles."""
    rows: Sequence[tuple[Organisation, Sequence[Square | None]]]
    pages: int


def overview(visit: Visit) -> Response:
    """Answer with it."""
    asking = Asking.of(visit.request.query_params)
    register = visit.assembly.settings.register
    organisations = asking.organisations(register, visit.viewer.sees)
    chosen = asking.chosen(organisations, register)
    with visit.site.reading() as opened:
        listing = Listing(opened.reader, visit.timezone, opened.now, visit.voice)
        summary = listing.summary(chosen)
        states = (asking.state,) if asking.state else OPEN
        page = listing.page(chosen, states, asking.after, _LINES)
        year = asking.year or day_in(visit.timezone, opened.now).year
        at_once = _rows_at_once(visit)
        rows = organisations[(asking.page - 1) * at_once : asking.page * at_once]
        of_rows = asking.chosen(rows, register)
        matrix = _matrix(visit, rows, listing.cells(of_rows, year), year, -(-len(organisations) // at_once))
        notices = tuple(_notices(opened))
        undelivered = _undelivered(visit, opened)
    return visit.page(
        "overview.html",
        asking=asking,
        summary=summary,
        listable=LISTABLE,
        page=page,
        matrix=matrix,
        notices=notices,
        undelivered=undelivered[:_LINES],
        more_undelivered=max(0, len(undelivered) - _LINES),
        last_cycle=opened.state.last_cycle_at,
        timezone=visit.timezone,
        names={line["organisation"]: _name(register, line["organisation"]) for line in page.lines},
        parents=_parents(visit),
        several=len(visit.viewer.sees) > 1,
        titles={rule.id: rule.title.say(visit.voice) for rule in visit.assembly.book.rules},
        roles=sorted({role for rule in visit.assembly.book.rules for role in rule.responsible}),
    )


def _rows_at_once(visit: Visit) -> int:
    return max(5, min(_ROWS, _SQUARES // max(1, len(visit.assembly.book.ids))))


def _name(register: Register, organisation: str) -> str:
    """One that has left the register is called by its id."""
    known = register.get(organisation)
    return known.name if known else organisation


def _matrix(
    visit: Visit,
    rows: Sequence[Organisation],
    cells: Mapping[tuple[str, str], Sequence[Cell]],
    year: int,
    pages: int,
) -> Matrix:
    titles = {rule.id: rule.title.say(visit.voice) for rule in visit.assembly.book.rules}
    shown = {rule for _, rule in cells}
    rules = [rule for rule in titles if rule in shown] + sorted(shown - titles.keys())
    return Matrix(
        year=year,
        rules=[(rule, titles.get(rule, rule)) for rule in rules],
        rows=[(each, [_square(cells.get((each.id, rule), ())) for rule in rules]) for each in rows],
        pages=pages,
    )


def _square(cells: Sequence[Cell]) -> Square | None:
    if not cells:
        return None
    worst = min(cells, key=lambda cell: _PLACES[cell.state])
    done = sum(cell.state in ("met", "met_late", "displayed", "waived", "withdrawn") for cell in cells)
    return Square(worst.state, len(cells), done, worst.key)


def _parents(visit: Visit) -> list[Organisation]:
    """The organisations that the viewer sees and that have some below them which he sees too."""
    register = visit.assembly.settings.register
    above = {each.parent for each in register if each.id in visit.viewer.sees}
    return [each for each in register if each.id in above and each.id in visit.viewer.sees]


def _undelivered(visit: Visit, opened: Opened) -> list[tuple[Recipient, Listed]]:
    """The mails that did not reach somebody who serves where the viewer sees it; whom they were to reach."""
    register = visit.assembly.settings.register
    return [
        (person, each)
        for each in failed(opened.connection)
        if (person := register.recipient(each.recipient)) is not None
        and any(organisation.id in visit.viewer.sees for organisation, _ in register.posts_of(each.recipient))
    ]


def _notices(opened: Opened) -> list[Sentence]:
    """What should be known whatever one looks at."""
    found = []
    if opened.state.last_cycle_at is None:
        found.append(sentence("No cycle has run yet: the daemon has to be started."))
    if held := opened.state.held(opened.now):
        found.append(held)
    if down := down_since(opened.connection):
        found.append(
            sentence(
                "No mail goes out since {since}: {answer}",
                since=f"{down[0]:%Y-%m-%d %H:%M} UTC",
                answer=down[1],
            )
        )
    return found
