"""Every operation is called with what the document allows, and with what it does not: each answer is as it promises."""

from datetime import date

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from monitor.web.api.interface import OPERATIONS

KNOWN = {"organisation": "sergelen", "rule": "budget.approved", "occurrence": "2024", "id": "e1"}
"""So that not every call ends at something that is not there."""

_DAYS = st.dates(date(1900, 1, 1), date(2999, 12, 31))
schemathesis.openapi.format(
    "date", _DAYS.map(date.isoformat)
)  # its own are mostly of years in which nobody lives

_FEW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture
def described(browser):
    async def called_by_our_name(scope, receive, send):
        headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
        await browser.app(scope | {"headers": [*headers, (b"host", b"127.0.0.1:8470")]}, receive, send)

    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", called_by_our_name)


@pytest.mark.slow
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: f"{each.method} {each.path}")
def test_every_answer_is_what_the_document_promises(described, program, operation):
    headers = {"Authorization": f"Bearer {program().token}"}
    found = described[operation.path][operation.method]
    allowed, not_allowed = (found.as_strategy(generation_mode=mode) for mode in GenerationMode)

    @_FEW
    @given(st.one_of(allowed, not_allowed), st.booleans())
    def holds(case, at_what_is_there):
        if at_what_is_there:
            for name in case.path_parameters or {}:
                case.path_parameters[name] = KNOWN[name]
        case.call_and_validate(headers=headers)

    holds()
