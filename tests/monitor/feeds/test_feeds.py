"""Calendars and news that programs fetch by themselves, from addresses that people make and end."""

import re
from datetime import date, timedelta
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import icalendar
import pytest

from monitor.cycle import run_cycle
from monitor.recording.decisions import waive
from monitor.recording.events import add_event, amend_event
from monitor.recording.postings import post
from notifications.invitations import DueEvent, make_calendar
from tests.monitor.signing_in.office import ELSEWHERE, FINANCE, HEAD, LAW

ATOM = "{http://www.w3.org/2005/Atom}"
APPROVED = "sergelen/budget.approved/2024"


class Reader:
    """A program that fetches what was subscribed to."""

    def __init__(self, office, addresses: tuple[str, str]) -> None:
        self._browser = office.browser()
        self.ics, self.atom = (urlsplit(each).path for each in addresses)

    def calendar(self, query: str = "") -> icalendar.Calendar:
        answer = self._browser.get(self.ics + query)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
        return icalendar.Calendar.from_ical(answer.text)

    def events(self) -> dict[str, icalendar.Event]:
        """By the obligation's key, which their addresses end with."""
        return {str(each["url"]).partition("/duties/")[2]: each for each in self.calendar().walk("VEVENT")}

    def entries(self) -> dict[str, ET.Element]:
        """By their titles."""
        answer = self._browser.get(self.atom)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
        return {
            each.findtext(f"{ATOM}title"): each for each in ET.fromstring(answer.text).iter(f"{ATOM}entry")
        }

    def fetch(self, path: str, **headers: str):
        return self._browser.get(
            path, headers={name.replace("_", "-"): each for name, each in headers.items()}
        )

    @property
    def is_gone(self) -> bool:
        return [self.fetch(each).status_code for each in (self.ics, self.atom)] == [404, 404]


@pytest.fixture
def subscribe(office):
    """Makes addresses as a person does."""

    def made(person: str, of: str = "person") -> Reader:
        answer = office.signed_in(person).send("/subscribe", of=of)
        assert answer.status_code == 200
        return Reader(office, re.findall(r'readonly value="([^"]+)"', answer.text))

    return made


@pytest.fixture
def recording(office):
    """Records something as an officer does, now."""

    def record(do, *arguments, **options):
        with office.engine.begin() as connection:
            return do(connection, office.assembly, office.clock.now(), "test", *arguments, **options)

    return record


@pytest.fixture
def posted(recording):
    def both_channels(key: str, on: date) -> None:
        for channel in ("website", "noticeboard"):
            recording(post, key=key, channel=channel, on=on, url=None, file=None, note="")

    return both_channels


# -- calendars


def test_a_person_follows_what_he_is_told_of(office, subscribe):
    events = subscribe(FINANCE).events()
    assert APPROVED in events
    assert {key.partition("/")[0] for key in events} == {"sergelen"}
    assert all(each["dtstart"].dt >= date(2024, 1, 1) for each in events.values())


def test_duties_of_a_role_that_nobody_has_are_followed_by_who_is_told_of_them(subscribe):
    """Bayan has neither a web officer nor a head: what such a one owes is told to the aimag's oversight."""
    assert {key.partition("/")[0] for key in subscribe(LAW).events()} == {"bayan"}
    assert {key.partition("/")[0] for key in subscribe(LAW, "organisation/aimag").events()} == {
        "aimag",
        "bayan",
        "sergelen",
    }


@pytest.mark.parametrize("person", [FINANCE, ELSEWHERE])
def test_the_whole_is_what_its_owner_sees(subscribe, person):
    own = {FINANCE: "sergelen", ELSEWHERE: "bayan"}[person]
    assert {key.partition("/")[0] for key in subscribe(person, "whole").events()} == {own}


def test_nobody_follows_an_organisation_that_he_does_not_see(office, subscribe):
    for of in ("organisation/bayan", "organisation/aimag", "organisation/nowhere"):
        assert office.signed_in(FINANCE).send("/subscribe", of=of).status_code == 404
    for of in ("", "other"):
        answer = office.signed_in(FINANCE).send("/subscribe", of=of)
        assert answer.status_code == 400
        assert "choose what is to be followed" in answer.text


def test_an_event_says_what_calendar_programs_ask_for(subscribe):
    reader = subscribe(FINANCE)
    text = reader.fetch(reader.ics).text
    lines = text.split("\r\n")
    assert lines.pop() == ""
    assert all("\n" not in line and "\r" not in line and len(line.encode()) <= 75 for line in lines)
    calendar = reader.calendar()
    assert (calendar["version"], calendar["method"]) == ("2.0", "PUBLISH")
    assert calendar["x-wr-calname"] == calendar["name"] == "iltod: Finance officer"
    assert calendar["refresh-interval"].dt == timedelta(hours=6)
    assert calendar["x-published-ttl"] == "PT6H"
    assert calendar.walk("VALARM") == []
    event = reader.events()[APPROVED]
    assert event["dtstart"].dt == date(2024, 1, 10)
    assert event["dtend"].dt == date(2024, 1, 11)
    assert event["transp"] == "TRANSPARENT"
    assert event["dtstamp"].dt == event["last-modified"].dt
    assert event["summary"] == "Budget of the current year, Sergelen office"
    assert event["url"] == f"https://page.example/duties/{APPROVED}"


def test_an_event_has_the_name_and_the_sequence_of_that_in_mails(office, subscribe):
    mail = icalendar.Calendar.from_ical(
        make_calendar([DueEvent(APPROVED, date(2024, 1, 10), "", "")], "en", office.clock.now())
    )
    event = subscribe(FINANCE).events()[APPROVED]
    assert (event["uid"], event["sequence"]) == (mail.walk("VEVENT")[0]["uid"], 0)


def test_an_event_that_moved_rises_in_sequence_and_is_new(office, subscribe, recording):
    """A mail has told of it; the mail that tells of the move will have the same sequence."""
    recording(
        add_event,
        kind="budget-amendment",
        organisation="sergelen",
        on=date(2024, 1, 11),
        due=None,
        reference="",
        note="",
    )
    office.clock.pass_by(days=4)  # a Tuesday
    run_cycle(office.engine, office.assembly, office.clock.now())
    reader, key = subscribe(FINANCE), "sergelen/budget.amendment/e1"
    before = reader.events()[key]
    assert before["sequence"] == 0
    recording(amend_event, 1, on=date(2024, 1, 12), due=None, reason="the minutes say so")
    moved = reader.events()[key]
    assert moved["uid"] == before["uid"]
    assert moved["dtstart"].dt > before["dtstart"].dt
    assert moved["sequence"] == 1
    assert moved["last-modified"].dt > before["last-modified"].dt
    office.clock.pass_by(days=1)
    run_cycle(office.engine, office.assembly, office.clock.now())
    assert reader.events()[key]["sequence"] == 1


def test_what_is_posted_or_waived_leaves_the_calendar(subscribe, recording, posted):
    reader = subscribe(LAW, "whole")
    before = reader.fetch(reader.ics)
    posted(APPROVED, date(2024, 1, 12))
    recording(waive, "bayan/budget.approved/2024", "merged")
    assert not {APPROVED, "bayan/budget.approved/2024"} & reader.events().keys()
    again = reader.fetch(reader.ics, If_None_Match=before.headers["etag"])
    assert again.status_code == 200


def test_a_calendar_that_did_not_change_is_not_sent_again(office, subscribe):
    reader = subscribe(FINANCE)
    for path in (reader.ics, reader.atom):
        first = reader.fetch(path)
        office.clock.pass_by(minutes=5)
        assert first.headers["last-modified"].endswith("GMT")
        assert reader.fetch(path, If_None_Match=first.headers["etag"]).status_code == 304


def test_a_calendar_is_in_its_readers_language_unless_the_address_says_another(office, subscribe):
    reader = subscribe(FINANCE)
    assert "language" not in reader.fetch(reader.ics).headers.get("set-cookie", "")
    assert "Тухайн жилийн төсөв" in str(reader.calendar("?lang=mn").walk("VEVENT")[0]["summary"])


# -- news


def test_news_are_what_became_overdue_and_what_was_posted(office, subscribe, posted):
    reader = subscribe(FINANCE)
    late = "overdue, it was due on 2024-01-10: Budget of the current year, Sergelen office"
    entry = reader.entries()[late]
    assert entry.findtext(f"{ATOM}updated") == "2024-01-10T16:00:00Z", "midnight after the due date"
    assert entry.find(f"{ATOM}link").get("href") == f"https://page.example/duties/{APPROVED}"
    posted(APPROVED, date(2024, 1, 12))
    entries = reader.entries()
    assert entries[late].findtext(f"{ATOM}id") == entry.findtext(f"{ATOM}id")
    up = "posted (website) on 2024-01-12: Budget of the current year, Sergelen office"
    assert entries[up].findtext(f"{ATOM}updated") == "2024-01-12T01:00:00Z"
    assert next(iter(entries)).startswith("posted"), "the newest is first"


def test_news_are_those_of_ones_own_duties(subscribe, posted):
    posted("bayan/budget.approved/2024", date(2024, 1, 12))
    assert not any("Bayan" in title for title in subscribe(FINANCE).entries())
    assert any("Bayan" in title for title in subscribe(ELSEWHERE).entries())


# -- addresses


def test_an_address_is_shown_once_and_kept_as_a_digest(office, subscribe, store):
    reader = subscribe(FINANCE)
    secret = reader.ics.removeprefix("/feeds/").removesuffix(".ics")
    assert secret not in repr(store.content())
    page = office.signed_in(FINANCE).get("/subscribe").text
    assert secret not in page
    assert "What you are told of" in page
    assert "f1" in page


def test_an_address_is_ended_by_its_owner_alone(office, subscribe):
    reader = subscribe(FINANCE)
    stranger = office.signed_in(HEAD)
    answer = stranger.send("/subscribe/1/revoke", on="/subscribe")
    assert answer.status_code == 404
    assert not reader.is_gone
    owner = office.signed_in(FINANCE)
    assert owner.send("/subscribe/1/revoke", on="/subscribe").headers["location"] == "/subscribe"
    assert reader.is_gone


@pytest.mark.parametrize("of", ["person", "whole", "organisation/sergelen"])
def test_who_leaves_the_register_follows_nothing_any_longer(office, subscribe, of):
    reader = subscribe(HEAD, of)
    office.register(lambda config: config.replace(HEAD, "successor@sergelen.example"))
    assert reader.is_gone


def test_an_invented_address_is_not_there(office):
    for path in ("/feeds/x.ics", "/feeds/x.atom", "/feeds/.ics", "/feeds/%00.ics"):
        assert office.browser().get(path).status_code == 404


def test_who_is_not_signed_in_makes_no_address(office):
    assert office.browser().get("/subscribe").headers["location"].startswith("/sign-in")


def test_nobody_makes_addresses_without_end(office, monkeypatch):
    monkeypatch.setattr("monitor.web.subscribing._MOST", 2)
    browser = office.signed_in(FINANCE)
    assert [browser.send("/subscribe", of="person").status_code for _ in range(3)] == [200, 200, 400]
