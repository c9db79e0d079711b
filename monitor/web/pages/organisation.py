"""One organisation: its year month by month, its duties, its events, its people, and how well it did."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from starlette.responses import Response

from monitor.clock import day_in
from monitor.listing import Line, Listing
from monitor.storage.history import events_of
from monitor.web.asking import year_in
from monitor.web.happened import happened
from monitor.web.visits import Visit
from monitor.web.words import month_names

_EVENTS = 20
_IN_TIME = ("met", "displayed")
_NOT_IN_TIME = ("met_late", "overdue", "removed")


@dataclass(frozen=True, slots=True)
class Score:
    """Of the duties of a year whose last day has passed, or that were done before: how many were met in time."""

    in_time: int
    of: int

    @property
    def percent(self) -> int:
        """Rounded down: all in time is the only hundred."""
        return self.in_time * 100 // self.of


@dataclass(frozen=True, slots=True)
class Month:
    """A month with what falls due in it."""

    name: str
    lines: Sequence[Line]
    is_now: bool


def organisation(visit: Visit) -> Response:
    """Answer with the organisation that the address names."""
    shown = visit.organisation(visit.request.path_params["organisation"])
    register = visit.assembly.settings.register
    with visit.site.reading() as opened:
        today = day_in(shown.timezone, opened.now)
        year = year_in(visit.request.query_params) or today.year
        listing = Listing(opened.reader, visit.timezone, opened.now, visit.voice)
        lines = listing.year(shown.id, year)
        events = events_of(opened.connection, shown.id, _EVENTS)
    above = register.get(shown.parent) if shown.parent in visit.viewer.sees else None
    below = [register[each] for each in register.children(shown.id) if each in visit.viewer.sees]
    return visit.page(
        "organisation.html",
        organisation=shown,
        above=above,
        below=below,
        year=year,
        score=score_of(line["state"] for line in lines),
        months=_months(lines, year, today, visit.voice.language),
        lines=lines,
        events=events,
        contacts=[each for each in shown.contacts if each.serves_on(today)],
        coming=[each for each in shown.contacts if each.start is not None and each.start > today],
        done=happened(visit.request.query_params),
    )


def organisation_address(organisation_id: str) -> str:
    """Where the page of an organisation is."""
    return f"/organisations/{organisation_id}"


def score_of(states: Iterable[str]) -> Score | None:
    """None where nothing is decided yet."""
    decided = [state for state in states if state in (*_IN_TIME, *_NOT_IN_TIME)]
    in_time = sum(state in _IN_TIME for state in decided)
    return Score(in_time, len(decided)) if decided else None


def _months(lines: Sequence[Line], year: int, today: date, language: str) -> list[Month]:
    return [
        Month(
            name,
            [
                line
                for line in lines
                if line["due_on"] and line["due_on"].startswith(f"{year:04}-{number:02}")
            ],
            (today.year, today.month) == (year, number),
        )
        for number, name in enumerate(month_names(language), 1)
    ]
