"""The page in Chromium: on a telephone and at a desk, in both languages, light and dark, without scripts."""

import re
import shutil
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from monitor.configuration.settings import Listen
from monitor.web.server import bound, place_of, serving
from tests.monitor.web.conftest import FINANCE, LAW, Pages

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("store", ["sqlite"], indirect=True)]

KEY = "sergelen/budget.approved/2024"
LOOKED_AT = (
    "/",
    "/?state=upcoming&q=sergelen",
    "/organisations/sergelen",
    "/organisations/aimag",
    f"/duties/{KEY}",
    "/duties/sergelen/drafts.act/e2",
    "/duties/bayan/iaac.asset-declaration/2024",
    "/calendar",
    "/people",
    f"/duties/{KEY}/post",
    f"/duties/{KEY}/waive",
    "/postings/1/withdraw",
    "/organisations/sergelen/event",
    "/subscribe",
    "/nothing",
)
LOOKED_AT_BY_ALL = ("/sign-in", "/sign-in/sent", "/sign-in/invented", "/public", "/public/sergelen")
TELEPHONE, DESK, WALL = (
    {"width": 360, "height": 740},
    {"width": 1280, "height": 900},
    {"width": 3840, "height": 2160},
)
PHOTOGRAPH = b"\xff\xd8\xff\xe0 a photograph of the noticeboard"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    assert program, "Chromium is missing, and the page is looked at with it: apt-get install chromium"
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def address(pages: Pages) -> Iterator[str]:
    """Where the page is, for the law department, who sees and may do everything."""
    taken = bound(Listen("127.0.0.1", 0))
    with serving(pages.application(LAW), taken):
        yield f"http://{place_of(taken)}"


@pytest.fixture
def for_all(pages: Pages) -> Iterator[str]:
    """Where it is, for who signs in and for who does not."""
    taken = bound(Listen("127.0.0.1", 0))
    with serving(pages.application_for_all(), taken):
        yield f"http://{place_of(taken)}"


def window(chromium: Browser, address: str, **options) -> BrowserContext:
    context = chromium.new_context(**options)
    cookie = {"name": "iltod-browser", "value": "a secret of this browser", "url": address}
    context.add_cookies([cookie])
    return context


def watched(context: BrowserContext) -> tuple[Page, list[str]]:
    """A page, and whatever is wrong in it: errors, and what it asks for elsewhere."""
    page, wrong = context.new_page(), []
    page.on(
        "console",
        lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None,
    )
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: None if "//127.0.0.1" in request.url else wrong.append(request.url))
    return page, wrong


@pytest.mark.parametrize(
    ("size", "language", "shade"),
    [
        (TELEPHONE, "mn", "light"),
        (TELEPHONE, "en", "dark"),
        (DESK, "mn", "dark"),
        (DESK, "en", "light"),
    ],
    ids=["telephone-mn", "telephone-en", "desk-mn", "desk-en"],
)
def test_no_page_shuts_anybody_out(
    chromium: Browser, address: str, for_all: str, size, language: str, shade: str
) -> None:
    context = window(chromium, address, viewport=size, color_scheme=shade)
    page, wrong = watched(context)
    for path in (*(address + each for each in LOOKED_AT), *(for_all + each for each in LOOKED_AT_BY_ALL)):
        page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        assert page.locator("html").get_attribute("lang") == language
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{path} is {over} pixels wider than the window"
    context.close()
    assert [each for each in wrong if "404" not in each] == []  # Chromium tells of the page that is not there


def test_on_a_wall_nothing_is_lost(chromium: Browser, address: str) -> None:
    context = window(chromium, address, viewport=WALL)
    page, _ = watched(context)
    page.goto(f"{address}/?lang=mn")
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "20px"
    assert page.evaluate("document.documentElement.scrollWidth") <= WALL["width"]
    context.close()


@pytest.mark.parametrize(("size", "scripts"), [(TELEPHONE, False), (DESK, True)], ids=["telephone", "desk"])
def test_an_officer_signs_in_finds_what_is_overdue_records_it_with_a_photograph_and_subscribes(
    chromium: Browser, pages: Pages, for_all: str, size, scripts: bool
) -> None:
    context = chromium.new_context(viewport=size, java_script_enabled=scripts)
    page, wrong = watched(context)
    page.goto(f"{for_all}/?lang=en")
    page.get_by_label("Your e-mail address").fill(FINANCE)
    page.get_by_role("button", name="Send me a link").click()
    page.goto(for_all + pages.link_sent_to(FINANCE))
    page.get_by_role("main").get_by_role("button", name="Sign in").click()

    overdue = page.locator(".duty", has_text="overdue")
    assert "13 days late" in overdue.inner_text()
    overdue.get_by_role("link", name=re.compile("^Record")).click()
    assert page.get_by_label("Where it was put up").input_value() == "noticeboard"
    photograph = {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": PHOTOGRAPH}
    page.get_by_label("A photograph of it").set_input_files(photograph)
    page.get_by_label("The day it was put up").fill("2024-01-22")
    page.get_by_role("button", name="Record").click()
    assert page.get_by_role("status").inner_text() == "posting p10 recorded"
    assert "met late" in page.locator(".headline").inner_text()
    journal = page.locator("section", has=page.locator("#journal")).inner_text()
    assert "Finance officer" in journal
    assert "posting" in journal
    kept = page.get_by_role("link", name="File or photograph").get_attribute("href")
    assert context.request.get(for_all + str(kept)).body() == PHOTOGRAPH

    page.get_by_role("link", name="Overview").click()
    assert page.locator(".duty", has_text="overdue").count() == 0
    page.get_by_role("link", name="Subscribe").click()
    page.get_by_role("button", name="Make an address").click()
    feed = page.get_by_label(re.compile("For a calendar program")).input_value()
    read = context.request.get(for_all + "/feeds/" + feed.partition("/feeds/")[2])
    assert "BEGIN:VCALENDAR" in read.text()
    page.get_by_role("button", name="Sign out").click()
    page.goto(for_all)
    assert "/sign-in" in page.url
    context.close()
    assert wrong == []


def test_everything_is_reached_by_the_keyboard(chromium: Browser, address: str) -> None:
    context = window(chromium, address, viewport=DESK)
    page, _ = watched(context)
    page.goto(f"{address}/?lang=en")
    page.keyboard.press("Tab")
    skip = page.evaluate("document.activeElement.textContent")
    assert skip == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    inside = page.evaluate("document.querySelector('main').contains(document.activeElement)")
    assert inside
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    context.close()
