"""Due dates as events that a calendar program takes in, changes and removes."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from notifications.invitations import DueEvent, make_calendar

AT = datetime(2024, 1, 5, 1, 0, tzinfo=UTC)


def read(*events):
    calendar = Calendar.from_ical(make_calendar(events, "mn", AT))
    return calendar, calendar.walk("VEVENT")


def due(key="sergelen/budget.approved/2024", **changes):
    values = {"due_on": date(2024, 1, 10), "summary": "Төсөв", "description": "5/2.1.1"} | changes
    return DueEvent(key, **values)


def test_a_due_date_is_an_event_of_that_whole_day():
    calendar, (event,) = read(due())
    assert calendar["METHOD"] == "PUBLISH"
    assert event.decoded("DTSTART") == date(2024, 1, 10)
    assert event.decoded("DTEND") == date(2024, 1, 11)
    assert event.decoded("DTSTAMP") == AT
    assert event["STATUS"] == "CONFIRMED"


def test_a_moved_due_date_changes_the_same_event():
    _, (before,) = read(due())
    _, (after,) = read(due(due_on=date(2024, 1, 12), sequence=1))
    assert before["UID"] == after["UID"]
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 1)


def test_different_obligations_are_different_events():
    _, (one, other) = read(due(), due(key="sergelen/budget.draft/2024"))
    assert one["UID"] != other["UID"]


def test_an_obligation_that_no_longer_stands_is_cancelled():
    _, (event,) = read(due(cancelled=True, sequence=2))
    assert event["STATUS"] == "CANCELLED"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=200))
def test_any_title_is_read_as_it_was_written(title):
    _, (event,) = read(due(summary=title))
    assert str(event["SUMMARY"]) == title


def test_no_title_can_add_a_line_of_its_own():
    _, events = read(due(summary="x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:evil"))
    assert len(events) == 1
