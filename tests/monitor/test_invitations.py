"""Due dates in the readers' own calendars, brought and changed by their mails, over whole rehearsals."""

from dataclasses import dataclass, field
from datetime import date
from email import message_from_bytes, policy

import pytest
from icalendar import Calendar, Event
from sqlalchemy import text

from monitor.cli import main
from tests.conftest import Store

CONFIGURATION = """
[monitor]
database = "{database}"
language = "en"
packs = ["budget"]

[[organisations]]
id = "sergelen"
name = "Сэргэлэн сумын ЗДТГ"
kind = "soum"
since = 2024-01-01
contacts = [
    {{ role = "finance", name = "Finance officer", email = "finance@sergelen.example" }},
    {{ role = "web", name = "Finance officer", email = "finance@sergelen.example" }},
    {{ role = "head", name = "Head", email = "head@sergelen.example" }},
]

[reminders]
before = ["7d", "1wd"]
after = ["1wd", "+1wd"]

[mail]
path = "mail"
"""
APPROVED = "sergelen/budget.approved/2024"
AMENDMENT = "sergelen/budget.amendment/e1"
OFFICER, HEAD = "finance@sergelen.example", "head@sergelen.example"


@dataclass
class Office:
    """An office that is rehearsed, and the calendars of its people, each fed by the person's mails."""

    store: Store
    mails_read: int = 0
    calendars: dict[str, dict[str, Event]] = field(default_factory=dict)

    def does(self, *arguments: str) -> None:
        configuration = str(self.store.folder / "config.toml")
        assert main(["--config", configuration, "--language", "en", *arguments]) == 0

    def morning(self, day: str) -> dict[str, list[Event]]:
        """The events that the mails of that morning bring, by recipient; each calendar takes them in."""
        self.does("run", "--once", "--at", f"{day}T09:00")
        return self.brought()

    def brought(self) -> dict[str, list[Event]]:
        found: dict[str, list[Event]] = {}
        for number, recipient, raw in self.store.rows("SELECT id, recipient, raw FROM message ORDER BY id"):
            if number > self.mails_read:
                self.mails_read = number
                found.setdefault(recipient, []).extend(events_in(bytes(raw)))
        for recipient, events in found.items():
            calendar = self.calendars.setdefault(recipient, {})
            for event in events:
                known = calendar.get(event["UID"])
                assert known is None or event["SEQUENCE"] > known["SEQUENCE"], "a calendar would ignore it"
                calendar[event["UID"]] = event
        return found

    def post(self, key: str, on: str) -> None:
        for channel in ("website", "noticeboard"):
            self.does("post", key, "--channel", channel, "--on", on)

    def lose_the_mail_of(self, recipient: str) -> None:
        """As if it had waited for its server when the next one was queued."""
        with self.store.connection() as connection:
            waits = "UPDATE delivery SET state = 'queued', finished_at = NULL WHERE id = (SELECT max(id) FROM delivery"
            connection.execute(text(f"{waits} WHERE recipient = :to)"), {"to": recipient})
            connection.commit()


def events_in(raw: bytes) -> list[Event]:
    mail = message_from_bytes(raw, policy=policy.default)
    return [
        event
        for part in mail.iter_attachments()
        if part.get_content_type() == "text/calendar"
        for event in Calendar.from_ical(part.get_content()).walk("VEVENT")
    ]


def only(events: list[Event]) -> Event:
    (event,) = events
    return event


@pytest.fixture
def office(store: Store) -> Office:
    configuration = CONFIGURATION.format(database=store.url)
    (store.folder / "config.toml").write_text(configuration, encoding="utf-8")
    return Office(store)


def test_the_first_mail_about_a_duty_brings_its_due_date(office):
    event = only(office.morning("2024-01-03")[OFFICER])
    assert event.decoded("DTSTART") == date(2024, 1, 10)
    assert (event["SEQUENCE"], event["STATUS"]) == (0, "CONFIRMED")
    assert "Сэргэлэн сумын ЗДТГ" in event["SUMMARY"]


def test_the_next_mail_about_the_same_due_date_brings_nothing(office):
    office.morning("2024-01-03")
    assert office.morning("2024-01-09")[OFFICER] == []


def test_a_due_date_that_has_passed_is_not_put_into_a_calendar_any_more(office):
    mails = office.morning("2024-01-15")
    assert mails[OFFICER] == []


def test_who_hears_of_it_only_when_it_is_late_gets_no_date_of_the_past(office):
    office.morning("2024-01-03")
    assert office.morning("2024-01-15")[HEAD] == []


def test_a_moved_due_date_moves_in_the_calendar(office):
    office.morning("2024-01-02")
    office.does("event", "add", "budget-amendment", "--organisation", "sergelen", "--on", "2024-01-02")
    before, _ = office.morning("2024-01-03")[OFFICER]  # the notice of the event comes before the digest
    office.morning("2024-01-04")
    office.does("event", "amend", "e1", "--on", "2024-01-04", "--reason", "another day was meant")
    after = only(office.morning("2024-01-05")[OFFICER])
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] == before["SEQUENCE"] + 1
    assert after.decoded("DTSTART") > before.decoded("DTSTART")


def test_what_is_posted_leaves_the_calendar_with_the_next_mail_once_and_no_mail_is_sent_for_it(office):
    brought = only(office.morning("2024-01-03")[OFFICER])
    office.post(APPROVED, "2024-01-03")
    assert office.morning("2024-01-04") == {}
    assert OFFICER not in office.morning("2024-01-09")
    mails = office.morning("2024-03-25")  # those due on 1 April
    cancelled = [event for event in mails[OFFICER] if event["STATUS"] == "CANCELLED"]
    assert only(cancelled)["UID"] == brought["UID"]
    assert only(cancelled)["SEQUENCE"] == brought["SEQUENCE"] + 1
    later = office.morning("2024-03-29")[OFFICER]
    assert [event for event in later if event["STATUS"] == "CANCELLED"] == []


def test_what_is_taken_back_after_it_was_cancelled_comes_back_to_the_calendar(office):
    office.morning("2024-03-25")
    key = "sergelen/budget.performance/2023"
    office.post(key, "2024-03-25")
    office.morning("2024-03-29")
    for posting in ("p1", "p2"):
        office.does("posting", "withdraw", posting, "--reason", "the wrong document")
    office.morning("2024-04-01")
    (uid,) = {event["UID"] for event in office.calendars[OFFICER].values() if event["SEQUENCE"] == 2}
    assert office.calendars[OFFICER][uid]["STATUS"] == "CONFIRMED"


def test_a_calendar_does_not_miss_what_a_lost_mail_was_to_bring(office):
    brought = only(office.morning("2024-01-03")[OFFICER])
    office.lose_the_mail_of(OFFICER)
    again = only(office.morning("2024-01-09")[OFFICER])
    assert again["UID"] == brought["UID"]
    assert again.decoded("DTSTART") == brought.decoded("DTSTART")


def test_a_mail_brings_no_more_events_than_a_telephone_takes_and_the_next_brings_the_others(office):
    configuration = office.store.folder / "config.toml"
    sections = CONFIGURATION.partition("[[organisations]]")[2].partition("[reminders]")[0]
    many = "".join(
        "[[organisations]]" + sections.replace('"sergelen"', f'"soum-{number}"').format()
        for number in range(39)
    )
    configuration.write_text(configuration.read_text(encoding="utf-8") + many, encoding="utf-8")
    first = office.morning("2024-03-25")[OFFICER]  # three duties of each of the 40 fall due on 1 April
    assert len(first) == 100
    assert len(office.morning("2024-03-29")[OFFICER]) == 20
    assert len(office.calendars[OFFICER]) == 120


def test_what_is_done_leaves_the_calendar_after_all_that_is_to_come_is_in_it(office):
    known = only(office.morning("2024-01-03")[OFFICER])
    office.post(APPROVED, "2024-01-03")
    brought = office.morning("2024-03-25")[OFFICER]
    assert [event["STATUS"] for event in brought] == ["CONFIRMED"] * 3 + ["CANCELLED"]
    assert brought[-1]["UID"] == known["UID"]


def test_the_monthly_all_clear_too_takes_out_what_was_posted(office):
    configuration = office.store.folder / "config.toml"
    both = configuration.read_text(encoding="utf-8").replace(HEAD, OFFICER)
    configuration.write_text(both, encoding="utf-8")
    office.morning("2024-01-03")
    office.post(APPROVED, "2024-01-03")
    assert only(office.morning("2024-02-01")[OFFICER])["STATUS"] == "CANCELLED"
    (kind,) = office.store.rows("SELECT kind FROM message WHERE day = '2024-02-01'")
    assert kind == ("all-clear",)
