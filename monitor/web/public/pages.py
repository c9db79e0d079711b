"""The pages for everybody: all organisations, and the year of one."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.responses import Response

from monitor.clock import day_in
from monitor.core.subjects import Organisation
from monitor.listing import Chosen, Listing
from monitor.storage.standing import ORDER
from monitor.web.asking import year_in
from monitor.web.viewing import NOBODY
from monitor.web.visits import Visit

_PAGE = 100
_HIDDEN = "withdrawn"
"""What no longer stands is nobody's concern."""


@dataclass(frozen=True, slots=True)
class Counted:
    """An organisation with how many of its year's duties are in each state, in the order of the states."""

    organisation: Organisation
    states: Mapping[str, int]


def overview(visit: Visit) -> Response:
    """Answer with a page of the organisations."""
    register = visit.assembly.settings.register
    year = _year(visit)
    number = _page_number(visit)
    shown = register.organisations[(number - 1) * _PAGE : number * _PAGE]
    with visit.site.reading() as opened:
        listing = Listing(opened.reader, visit.timezone, opened.now, visit.voice)
        cells = listing.cells(Chosen(organisations=[each.id for each in shown]), year)
    counts: dict[str, Counter[str]] = {each.id: Counter() for each in shown}
    for (organisation_id, _), found in cells.items():
        counts[organisation_id].update(cell.state for cell in found)
    return visit.page(
        "public.html",
        viewer=NOBODY,
        year=year,
        organisations=[Counted(each, _in_order(counts[each.id])) for each in shown],
        number=number,
        pages=max(1, -(-len(register) // _PAGE)),
    )


def organisation(visit: Visit) -> Response:
    """Answer with the year of one organisation."""
    shown = named_in(visit)
    year = _year(visit)
    with visit.site.reading() as opened:
        listing = Listing(opened.reader, visit.timezone, opened.now, visit.voice)
        lines = [each for each in listing.year(shown.id, year) if each["state"] != _HIDDEN]
    return visit.page(
        "public-organisation.html",
        viewer=NOBODY,
        organisation=shown,
        year=year,
        states=_in_order(Counter(each["state"] for each in lines)),
        lines=lines,
        address=f"{visit.assembly.settings.web.public_url}/public/{shown.id}",
    )


def named_in(visit: Visit) -> Organisation:
    """The organisation that the address names."""
    found = visit.assembly.settings.register.get(visit.request.path_params["organisation"])
    if found is None:
        raise HTTPException(404)
    return found


def _year(visit: Visit) -> int:
    asked = year_in(visit.request.query_params)
    if asked is not None:
        return asked
    with visit.site.reading() as opened:
        return day_in(visit.timezone, opened.now).year


def _page_number(visit: Visit) -> int:
    written = visit.request.query_params.get("page", "")
    return max(1, int(written)) if written.isascii() and written.isdecimal() and len(written) < 6 else 1


def _in_order(counts: Mapping[str, int]) -> dict[str, int]:
    return {state: counts[state] for state in ORDER if counts.get(state) and state != _HIDDEN}
