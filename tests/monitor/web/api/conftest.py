"""The page and the interface over the desk of an aimag after three weeks of January 2024, as programs call them."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from monitor.assembly import assemble
from monitor.clock import SystemClock
from monitor.storage.engine import open_engine, open_reader
from monitor.web.application import make_application
from monitor.web.site import Site
from tests.monitor.cli.conftest import Desk, copy_of_worked_database, make_desk, worked_desk, worked_folder

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it would rather have another httpx
    from starlette.testclient import TestClient

__all__ = ["copy_of_worked_database", "make_desk", "worked_desk", "worked_folder"]


@pytest.fixture
def site(worked_desk: Desk) -> Iterator[Site]:
    """What the pages of that desk stand on."""
    assembly = assemble(worked_desk.folder / "config.toml")
    database = assembly.settings.monitor.database
    engine, reader = open_engine(database), open_reader(database)
    assert reader is not None
    yield Site(engine, reader, lambda: assembly, SystemClock())
    engine.dispose()
    reader.dispose()


@pytest.fixture
def browser(site: Site) -> TestClient:
    """Somebody who shows nothing."""
    return TestClient(
        make_application(site),
        "http://127.0.0.1:8470",
        headers={"Accept-Language": "en"},
        follow_redirects=False,
    )


class Program:
    """A program that shows a token."""

    def __init__(self, browser: TestClient, token: str) -> None:
        self.token = token
        self._browser, self._headers = browser, {"Authorization": f"Bearer {token}"}

    def ask(self, method: str, path: str, **options: Any) -> Any:
        headers = self._headers | options.pop("headers", {})
        return self._browser.request(method, f"/api/v1{path}", headers=headers, **options)

    def gets(self, path: str, **query: Any) -> Any:
        """What is answered to a call that must succeed."""
        answer = self.ask("GET", path, params=query or None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def records(self, path: str, *, status: int = 200, method: str = "POST", **body: Any) -> Any:
        answer = self.ask(method, path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def is_refused(self, status: int, method: str, path: str, **options: Any) -> str:
        """Why a call is refused."""
        answer = self.ask(method, path, **options)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status
        return answer.json()["detail"]


@pytest.fixture
def program(worked_desk: Desk, browser: TestClient) -> Callable[..., Program]:
    """A program with a token made by that command line."""

    def make(*options: str) -> Program:
        said = worked_desk.does(
            "token", "add", "--name", "web", *(options or ("--organisation", "aimag", "--waive"))
        )
        return Program(browser, said.splitlines()[-1])

    return make
