"""What a due date rests on is kept so that the date can be worked out again without packs, calendar or program."""

import json
from datetime import date, timedelta

import pytest

from monitor.core.deriving import derive, resolve
from monitor.core.obligations import Event, Extension
from monitor.core.subjects import Organisation
from monitor.storage.basis import work_out_again
from monitor.storage.reckonings import Kept, reckonings_of
from monitor.wording import speech
from rules.calendars import load_calendar
from rules.due import RuleBook
from rules.limits import Limit
from rules.loading import load_packs, shipped_packs
from rules.workdays import DayKind, DayNote, make_calendar

KINDS = ("aimag", "soum", "budget-organisation", "state-enterprise")
DAYS = [date(2023, 12, 1) + timedelta(days=17 * n) for n in range(60)]


def organisation(kind):
    return Organisation("o", "О", kind, date(2023, 1, 1), "Asia/Ulaanbaatar")


def events_of(book):
    kinds = sorted(book.event_kinds)
    return [
        Event(number, "o", kind, day, day + timedelta(days=9) if number % 3 else None, "", "", day, None)
        for number, (kind, day) in enumerate(((kind, day) for kind in kinds for day in DAYS), 1)
    ]


@pytest.fixture(scope="module")
def book():
    packs = load_packs(sorted(shipped_packs()), None)
    return RuleBook(packs, load_calendar("MN", ["saturday", "sunday"], None), Limit.parse("3 working days"))


def again(book, obligation):
    """From the text that is stored, and nothing else."""
    stored = json.dumps(reckonings_of(book).content_of(obligation))
    return work_out_again(json.loads(stored))


@pytest.mark.parametrize("kind", KINDS)
def test_every_date_of_the_shipped_packs_follows_again_from_what_is_stored(book, kind):
    owed = derive(organisation(kind), book, events_of(book), {}, date(2025, 6, 1)).values()
    assert len(owed) > 20
    wrong = {each.key for each in owed if again(book, each) != (each.due_on, each.act_by)}
    assert wrong == set()


@pytest.mark.parametrize("kind", KINDS)
def test_its_steps_and_its_days_are_told_from_what_is_stored_as_they_were_at_first(book, kind):
    events = events_of(book)[::7]
    for each in derive(organisation(kind), book, events, {}, date(2025, 6, 1)).values():
        kept = Kept("", "", json.loads(json.dumps(reckonings_of(book).content_of(each))))
        assert list(map(told, kept.steps)) == list(map(told, book.steps(each.duty)))
        assert list(map(day_told, kept.count)) == list(map(day_told, book.count_days(each.duty)))


def told(step):
    return step.on, step.text.say(speech("mn")), step.source


def day_told(day):
    return day.on, day.number, day.note and (day.note.reason, day.note.source), day.weekend


@pytest.mark.parametrize("by", ["1 day", "20 days", "10 working days", "1 month"])
def test_so_does_every_extended_date(book, by):
    events = events_of(book)
    office = organisation("soum")
    keys = derive(office, book, events, {}, date(2025, 6, 1))
    extension = Extension(Limit.parse(by), None, "x", "y", date(2024, 1, 1))
    owed = derive(office, book, events, dict.fromkeys(keys, extension), date(2025, 6, 1)).values()
    assert {each.key for each in owed if again(book, each) != (each.due_on, each.act_by)} == set()


def test_beyond_the_calendar_it_stays_unknown_even_when_years_later_more_is_known(book):
    short = make_calendar({}, last=date(2024, 12, 31))
    narrow = RuleBook(book.packs, short, book.promptly)
    office = organisation("soum")
    obligation = resolve(office, narrow, "budget.approved", "2025", (), {})
    assert obligation.unknown is not None
    assert again(narrow, obligation) == (None, None)


def test_two_obligations_share_a_reckoning_only_where_their_dates_follow_from_the_same(book):
    bases = reckonings_of(book)
    one, two = (
        resolve(organisation(kind), book, "budget.approved", "2024", (), {}) for kind in ("soum", "aimag")
    )
    assert bases.basis_of(one) == bases.basis_of(two)
    other = resolve(organisation("soum"), book, "budget.approved", "2025", (), {})
    assert bases.basis_of(one) != bases.basis_of(other)


def test_a_day_that_is_moved_within_the_count_makes_another_reckoning_of_the_same_date(book):
    start = date(2024, 4, 1)
    event = Event(1, "o", "budget-amendment", start, None, "", "", start, None)
    swap = [
        DayNote(start + timedelta(days=2), DayKind.OFF, "moved", "decree"),
        DayNote(start + timedelta(days=5), DayKind.ON, "moved", "decree"),
    ]
    found = []
    for moved in ([], swap):
        under = RuleBook(book.packs, make_calendar({}, moved=moved), book.promptly)
        obligation = resolve(organisation("soum"), under, "budget.amendment", "e1", [event], {})
        found.append((obligation.due_on, reckonings_of(under).basis_of(obligation)))
    (due, basis), (same_due, other_basis) = found
    assert due == same_due
    assert basis != other_basis
