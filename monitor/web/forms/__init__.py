"""The forms by which people record: each as the command of that name, with the same checks and sentences."""

from starlette.routing import Route

from monitor.web.forms import decisions, events, postings


def routes() -> list[Route]:
    """Each form at its address: the page that shows it, and what it is sent to."""
    return [*postings.routes(), *decisions.routes(), *events.routes()]
