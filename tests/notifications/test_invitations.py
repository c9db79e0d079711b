"""Due dates as events that a calendar program takes in, changes and removes."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Event

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


def by_icalendar(event):
    """The same event, written by a library."""
    written = Event()
    written.add("uid", due_uid(event))
    written.add("dtstamp", AT)
    written.add("dtstart", event.due_on)
    written.add("dtend", event.due_on + timedelta(days=1))
    written.add("summary", event.summary)
    written.add("description", event.description)
    written.add("sequence", event.sequence)
    written.add("status", "CANCELLED" if event.cancelled else "CONFIRMED")
    written.add("transp", "TRANSPARENT")
    return written


def due_uid(event):
    _, (read_back,) = read(event)
    return read_back["UID"]


LETTERS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff")
"""Without the one that the library drops at a text's beginning, taking it for the mark of an encoding."""
TEXTS = st.text(LETTERS | st.sampled_from('\n\\;,:\t"^'), max_size=300)
EVENTS = st.builds(
    DueEvent,
    key=st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    due_on=st.dates(min_value=date(1990, 1, 1), max_value=date(9999, 12, 30)),
    summary=TEXTS,
    description=TEXTS,
    sequence=st.integers(min_value=0, max_value=10_000),
    cancelled=st.booleans(),
)


@given(EVENTS)
def test_an_event_says_what_a_library_would_have_written(event):
    _, (ours,) = read(event)
    assert dict(ours) == dict(Event.from_ical(by_icalendar(event).to_ical()))


@given(st.lists(EVENTS, max_size=3))
def test_no_line_is_longer_than_75_octets_and_no_character_is_torn_apart(events):
    written = make_calendar(events, "mn", AT).encode()
    assert written.endswith(b"\r\nEND:VCALENDAR\r\n")
    for line in written.split(b"\r\n"):
        assert len(line) <= 75
        assert line.decode()[:1].isprintable()


def test_control_characters_become_spaces():
    _, (event,) = read(due(summary="а\x00б\x07в\x7fг"))
    assert event["SUMMARY"] == "а б в г"


def test_no_title_can_add_a_line_of_its_own():
    _, events = read(due(summary="x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:evil"))
    assert len(events) == 1
