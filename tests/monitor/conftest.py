"""What all have in common who look at the page from within its process."""

import warnings
from collections.abc import Iterator

import pytest
from anyio.from_thread import start_blocking_portal

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it would rather have another httpx
    from starlette.testclient import TestClient


@pytest.fixture(scope="session", autouse=True)
def _one_event_loop_for_all_requests() -> Iterator[None]:
    """To begin and end one for each of them would take as long as to answer it."""
    with start_blocking_portal() as portal:
        TestClient.portal = portal
        yield
        TestClient.portal = None
