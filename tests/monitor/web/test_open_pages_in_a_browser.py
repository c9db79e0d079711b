"""The page for subscribing and the view for everybody in Chromium, and an address made there that a program fetches."""

import re
from collections.abc import Iterator

import icalendar
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from monitor.assembly import assemble
from monitor.configuration.settings import Listen
from monitor.web.server import bound, place_of, serving
from tests.monitor.web.conftest import LAW, Pages, configure
from tests.monitor.web.test_in_a_browser import DESK, TELEPHONE, chromium, watched, window

__all__ = ["chromium"]

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("store", ["sqlite"], indirect=True)]


@pytest.fixture
def address(pages: Pages, store) -> Iterator[str]:
    """Where the page is, which everybody may see."""
    configure(pages.folder, store.url, lambda config: f"{config}\n[web]\npublic = true\n")
    pages.assembly = assemble(pages.folder / "config.toml")
    taken = bound(Listen("127.0.0.1", 0))
    with serving(pages.application(LAW), taken):
        yield f"http://{place_of(taken)}"


@pytest.mark.parametrize(
    ("size", "language", "shade"),
    [(TELEPHONE, "mn", "light"), (TELEPHONE, "en", "dark"), (DESK, "mn", "dark"), (DESK, "en", "light")],
)
def test_nobody_is_shut_out(chromium: Browser, address: str, size, language: str, shade: str) -> None:
    context = window(chromium, address, viewport=size, color_scheme=shade)
    page, wrong = watched(context)
    axe = Axe()
    for path in ("/public", "/public/sergelen", "/public/bayan", "/subscribe"):
        page.goto(f"{address}{path}?lang={language}")
        if path == "/subscribe":
            page.get_by_role("button").filter(has_text=re.compile("address|Хаяг үүсгэх")).first.click()
        found = axe.run(page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{path} is {over} pixels wider than the window"
    context.close()
    assert wrong == []


def test_an_address_is_made_fetched_and_ended_without_scripts(chromium: Browser, address: str) -> None:
    context = window(chromium, address, viewport=TELEPHONE, java_script_enabled=False)
    page, _ = watched(context)
    page.goto(f"{address}/subscribe?lang=en")
    page.get_by_label("What is to be followed").select_option(label="All that you see")
    page.get_by_role("button", name="Make an address").click()
    secret = page.get_by_label("For a calendar program").input_value().rpartition("/")[2]
    fetched = context.request.get(f"{address}/feeds/{secret}")
    assert icalendar.Calendar.from_ical(fetched.text()).walk("VEVENT")
    page.get_by_role("button", name="End it").click()
    page.get_by_text("None yet.").wait_for()
    assert context.request.get(f"{address}/feeds/{secret}").status == 404
    context.close()
