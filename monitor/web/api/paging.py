"""Lists in pages: where a page begins, and what is on it."""

from collections.abc import Sequence
from http import HTTPStatus

from monitor.records import Row
from monitor.web.api.operations import Answer, Call
from monitor.web.api.problems import Problem
from rules.sentences import sentence


def number_after(call: Call) -> int:
    """The number behind which the page begins; raises `Problem`."""
    match call.given["after"]:
        case None:
            return 0
        case [int(number)] if 0 < number < 10**9:
            return number
    raise no_such_place()


def page_of(call: Call, found: Sequence[Row]) -> Answer:
    """The page, of items with an id such as `e17`; one more was looked for than is shown."""
    shown = found[: call.page_size]
    more = (int(shown[-1]["id"][1:]),) if len(found) > len(shown) else None
    return Answer(shown, more_after=more)


def no_such_place() -> Problem:
    """What is raised for a place that no page of the list can begin behind."""
    said = sentence("after is not a place in this list; take it from the header Link of the page before")
    return Problem(HTTPStatus.NOT_FOUND, said)
