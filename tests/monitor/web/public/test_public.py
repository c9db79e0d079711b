"""What everybody sees, where the configuration opens it, and what nobody sees there."""

import re
from datetime import date
from xml.etree import ElementTree as ET

import pytest

from monitor.recording.decisions import waive
from monitor.recording.events import add_event
from monitor.recording.postings import post

APPROVED = "sergelen/budget.approved/2024"
PAGES = ("/public", "/public/sergelen", "/public/sergelen/badge.svg")
PEOPLE = ("@", "officer", "Law department", "Head of office")


@pytest.fixture
def everybody(office):
    """Somebody's browser, and the page that is open to it."""
    office.register(lambda config: config.replace("[web]\n", "[web]\npublic = true\n"))
    return office.browser()


@pytest.fixture
def recording(office):
    """Records something as an officer does, now."""

    def record(do, *arguments, **options):
        with office.engine.begin() as connection:
            return do(connection, office.assembly, office.clock.now(), "test", *arguments, **options)

    return record


def put_up(recording, key: str = APPROVED, channels=("website", "noticeboard"), note: str = "") -> None:
    for channel in channels:
        url = "https://sergelen.example.mn/2024" if channel == "website" else None
        recording(post, key=key, channel=channel, on=date(2024, 1, 9), url=url, file=None, note=note)


def plain(page: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", page).split())


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_public_unless_the_configuration_says_so(office, page):
    assert office.browser().get(page).status_code == 404


def test_everybody_sees_what_was_due_what_is_posted_and_where(everybody, recording):
    put_up(recording)
    page = everybody.get("/public/sergelen?lang=en").text
    assert "Budget of the current year" in page
    assert 'href="http://s.example" rel="nofollow noreferrer"' in page
    assert "5/2.1.1" in page
    assert re.search("met in time|met", plain(page))
    assert "met 1" in plain(everybody.get("/public?lang=en").text)


def test_no_person_no_note_and_no_reason_is_shown(everybody, recording):
    put_up(recording, channels=["website"], note="seen by a secret neighbour")
    recording(waive, "bayan/budget.approved/2024", "a secret reason")
    event = {"kind": "budget-amendment", "organisation": "sergelen", "on": date(2024, 1, 10), "due": None}
    recording(add_event, **event, reference="secret reference", note="a secret note")
    for page in (*PAGES, "/public/bayan", "/public/aimag"):
        text = everybody.get(f"{page}?lang=en").text
        assert not [each for each in ("secret", "-note", "-decision", "a sight of") if each in text], page
        assert not [each for each in PEOPLE if each in text], page


@pytest.mark.parametrize(("language", "said"), [("en", "What is made public"), ("mn", "Ил тод мэдээлэл")])
def test_it_is_in_both_languages(everybody, language, said):
    assert said in everybody.get(f"/public?lang={language}").text
    asked = everybody.get("/public", headers={"Accept-Language": language})
    assert said in asked.text
    assert asked.headers["content-language"] == language


@pytest.mark.parametrize("page", PAGES)
def test_it_may_be_kept_by_whoever_stands_between(everybody, recording, page):
    answer = everybody.get(f"{page}?lang=en")
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert "Accept-Language" in answer.headers["vary"]
    assert "set-cookie" not in answer.headers
    tag = {"If-None-Match": answer.headers["etag"]}
    assert everybody.get(f"{page}?lang=en", headers=tag).status_code == 304
    put_up(recording)
    assert everybody.get(f"{page}?lang=en", headers=tag).status_code == 200


def test_another_year_is_a_link_away(everybody):
    page = everybody.get("/public/sergelen?lang=en").text
    assert 'href="?year=2023&amp;lang=en"' in page
    assert "Nothing falls into this year." in everybody.get("/public/sergelen?year=2001&lang=en").text


@pytest.mark.parametrize("page", ["/public/nowhere", "/public/nowhere/badge.svg", "/public/../sergelen"])
def test_what_is_not_there_is_not_public(everybody, page):
    assert everybody.get(page).status_code == 404


@pytest.mark.parametrize(
    ("channels", "said"),
    [
        ([], {"en": "1 overdue", "mn": "1 хугацаа хэтэрсэн"}),
        (
            ["noticeboard"],
            {"en": "nothing overdue, 1 due soon", "mn": "хугацаа хэтэрсэн зүйлгүй, 1 хугацаа ойртсон"},
        ),
    ],
)
def test_the_badge_says_in_words_how_the_office_stands(everybody, recording, channels, said):
    put_up(recording, channels=channels)
    for language, words in said.items():
        answer = everybody.get(f"/public/sergelen/badge.svg?lang={language}")
        assert answer.headers["content-type"].startswith("image/svg+xml")
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin", "other sites may show it"
        picture = ET.fromstring(answer.text)
        assert picture.get("aria-label").endswith(words)
        assert [each.text for each in picture.iter("{http://www.w3.org/2000/svg}text")][1] == words
        assert "http" not in answer.text.replace("http://www.w3.org/2000/svg", ""), "nothing from outside"


def test_the_page_of_many_offices_is_turned(everybody, monkeypatch):
    monkeypatch.setattr("monitor.web.public.pages._PAGE", 2)
    assert 'rel="next" href="?year=2024&amp;page=2&amp;lang=en"' in everybody.get("/public?lang=en").text
    second = everybody.get("/public?lang=en&page=2").text
    assert "Bayan office" in second
    assert "Sergelen office" not in second
    assert 'rel="prev"' in second
