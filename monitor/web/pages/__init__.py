"""The pages that people look at."""

from starlette.routing import Route

from monitor.web.pages.calendar import calendar
from monitor.web.pages.duty import duty, evidence
from monitor.web.pages.organisation import organisation
from monitor.web.pages.overview import overview
from monitor.web.pages.people import people
from monitor.web.visits import page


def routes() -> list[Route]:
    """Each page at its address."""
    return [
        page("/", overview),
        page("/organisations/{organisation}", organisation),
        page("/duties/{organisation}/{rule}/{occurrence}", duty),
        page("/postings/{posting}/evidence", evidence, is_large=True),
        page("/calendar", calendar),
        page("/people", people),
    ]
