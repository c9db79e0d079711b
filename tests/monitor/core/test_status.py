"""The state of an obligation on a day: the first row of the table that holds."""

from collections.abc import Sequence
from datetime import date

import pytest

from monitor.core.evidence import Posting
from monitor.core.status import LISTED, SETTLED, Assessment, Circumstances, State, assess
from rules.limits import Limit, keep_until
from rules.sentences import sentence
from rules.workdays import make_calendar
from tests.monitor.core.factories import WEEKDAYS, day, days, make_circumstances, make_posting

MONTH = Limit.parse("30 days")


def judge(on: str, *postings: Posting, about: Circumstances | None = None) -> Assessment:
    return assess(about or make_circumstances(), postings, day(on), until)


def until(limit: Limit, posted_on: date) -> date:
    return keep_until(limit, posted_on, WEEKDAYS)


def both(on: str, **more: object) -> Sequence[Posting]:
    return make_posting("website", on, 1, **more), make_posting("noticeboard", on, 2, **more)


def text(assessment: Assessment) -> str:
    return assessment.reason.text if assessment.reason else ""


@pytest.mark.parametrize(
    ("on", "state"),
    [
        ("2023-12-10", "upcoming"),
        ("2023-12-11", "due_soon"),  # its first stage day
        ("2024-01-10", "due_soon"),  # the due date is the last day in time
        ("2024-01-11", "overdue"),
    ],
)
def test_what_is_not_posted_ripens_with_the_days(on: str, state: str) -> None:
    assert judge(on).state == state


def test_without_stages_before_the_due_date_it_is_never_due_soon() -> None:
    about = make_circumstances(soon_from=None)
    states = {judge(f"{each}", about=about).state for each in days("2023-12-01", "2024-01-31")}
    assert states == {State.UPCOMING, State.OVERDUE}


def test_it_is_met_when_the_last_channel_is_posted_on_the_due_date() -> None:
    postings = make_posting("website", "01-05", 1), make_posting("noticeboard", "01-10", 2)
    assert judge("01-10", *postings) == Assessment(State.MET, None, (), None)


def test_it_is_met_late_when_one_channel_is_a_day_late() -> None:
    postings = make_posting("website", "01-05", 1), make_posting("noticeboard", "01-11", 2)
    assert judge("01-31", *postings) == Assessment(State.MET_LATE, None, (), None)


def test_it_stands_open_until_the_last_channel_is_posted() -> None:
    found = judge("01-10", make_posting("website", "01-05"))
    assert found == Assessment(State.DUE_SOON, None, ("noticeboard",), None)


def test_on_an_earlier_day_a_later_posting_is_not_seen_yet() -> None:
    assert judge("01-08", *both("01-09")).state is State.DUE_SOON
    assert judge("01-09", *both("01-09")).state is State.MET


def test_the_earliest_posting_that_stands_decides_in_time_or_late() -> None:
    again = make_posting("website", "01-20", 3)
    assert judge("01-31", *both("01-09"), again).state is State.MET


def test_without_a_due_date_it_is_met_whenever_it_is_posted() -> None:
    about = make_circumstances(due_on=None, soon_from=None)
    assert judge("01-31", about=about).state is State.UPCOMING
    assert judge("01-31", *both("01-30"), about=about).state is State.MET


def test_what_cannot_be_worked_out_is_unknown_and_says_why() -> None:
    why = sentence("the letter states no date")
    about = make_circumstances(due_on=None, soon_from=None, unknown=why)
    found = judge("01-31", about=about)
    assert (found.state, found.reason, found.missing) == (State.UNKNOWN, why, ("website", "noticeboard"))


def test_unknown_goes_before_overdue() -> None:
    about = make_circumstances(unknown=sentence("beyond the calendar"))
    assert judge("01-31", about=about).state is State.UNKNOWN


def test_what_is_posted_is_met_even_where_its_dates_are_unknown() -> None:
    about = make_circumstances(due_on=None, unknown=sentence("the letter states no date"))
    assert judge("01-31", *both("01-30"), about=about).state is State.MET


def test_a_waiver_goes_before_everything_and_gives_its_reason() -> None:
    about = make_circumstances(
        waived="no foreign aid this year", withdrawn=sentence("the event was withdrawn")
    )
    found = judge("01-31", *both("01-09"), about=about)
    assert found.state is State.WAIVED
    assert found.reason == sentence("waived: {reason}", reason="no foreign aid this year")


def test_withdrawn_goes_before_what_was_posted() -> None:
    why = sentence("the event was withdrawn")
    found = judge("01-31", *both("01-09"), about=make_circumstances(withdrawn=why))
    assert (found.state, found.reason) == (State.WITHDRAWN, why)


@pytest.mark.parametrize(
    "about", [make_circumstances(waived="x"), make_circumstances(withdrawn=sentence("x"))]
)
def test_a_settled_obligation_still_says_which_channels_lack_a_posting(about: Circumstances) -> None:
    assert judge("01-31", make_posting("website", "01-09"), about=about).missing == ("noticeboard",)


def test_it_is_displayed_until_the_day_until_which_it_must_stay_up() -> None:
    about = make_circumstances(keep_posted=MONTH)
    posted = both("01-09")
    assert judge("01-09", *posted, about=about) == Assessment(State.DISPLAYED, None, (), day("02-08"))
    assert judge("02-08", *posted, about=about).state is State.DISPLAYED
    assert judge("02-09", *posted, about=about) == Assessment(State.MET, None, (), day("02-08"))


def test_what_was_displayed_late_is_met_late_afterwards() -> None:
    about = make_circumstances(keep_posted=MONTH)
    assert judge("02-01", *both("01-20"), about=about).state is State.DISPLAYED
    assert judge("03-31", *both("01-20"), about=about).state is State.MET_LATE


def test_the_days_of_display_are_counted_from_the_last_channel() -> None:
    postings = make_posting("website", "01-01", 1), make_posting("noticeboard", "01-09", 2)
    assert judge("01-10", *postings, about=make_circumstances(keep_posted=MONTH)).keep_until == day("02-08")


def test_taken_down_too_early_it_is_removed_from_that_day_on() -> None:
    about = make_circumstances(keep_posted=MONTH)
    postings = both("01-09", withdrawn="a new page", taken_down=day("02-07"))
    assert judge("02-06", *postings, about=about).state is State.DISPLAYED
    removed = judge("02-07", *postings, about=about)
    assert (removed.state, removed.keep_until) == (State.REMOVED, day("02-08"))
    assert removed.missing == ("website", "noticeboard")
    assert "taken down on" in text(removed)
    assert judge("2025-01-01", *postings, about=about).state is State.REMOVED


def test_taken_down_on_the_last_day_it_had_to_stay_up_changes_nothing() -> None:
    about = make_circumstances(keep_posted=MONTH)
    postings = both("01-09", withdrawn="a new page", taken_down=day("02-08"))
    assert judge("02-08", *postings, about=about).state is State.DISPLAYED
    assert judge("02-09", *postings, about=about).state is State.MET


def test_a_rule_that_asks_for_no_display_is_met_though_it_was_taken_down() -> None:
    assert judge("01-31", *both("01-09", withdrawn="a new page", taken_down=day("01-10"))).state is State.MET


def test_withdrawn_without_a_day_it_was_never_posted() -> None:
    assert judge("01-31", *both("01-09", withdrawn="the wrong file")).state is State.OVERDUE


def test_one_channel_taken_down_is_enough_and_is_named() -> None:
    postings = (
        make_posting("website", "01-09", 1, withdrawn="a new page", taken_down=day("01-15")),
        make_posting("noticeboard", "01-09", 2),
    )
    removed = judge("01-20", *postings, about=make_circumstances(keep_posted=MONTH))
    assert (removed.state, removed.missing) == (State.REMOVED, ("website",))


def test_posted_again_its_days_are_counted_anew_and_the_first_date_still_decides() -> None:
    about = make_circumstances(keep_posted=MONTH)
    postings = (
        *both("01-09", withdrawn="a new page", taken_down=day("01-15")),
        make_posting("website", "01-20", 3),
        make_posting("noticeboard", "01-22", 4),
    )
    assert judge("01-21", *postings, about=about).state is State.REMOVED
    assert judge("01-22", *postings, about=about) == Assessment(State.DISPLAYED, None, (), day("02-21"))
    assert judge("02-22", *postings, about=about).state is State.MET


def test_a_channel_put_up_again_later_is_still_named_on_a_day_before() -> None:
    postings = (
        make_posting("website", "01-09", 1, withdrawn="a new page", taken_down=day("01-15")),
        make_posting("noticeboard", "01-09", 2),
        make_posting("website", "01-20", 3),
    )
    removed = judge("01-17", *postings, about=make_circumstances(keep_posted=MONTH))
    assert (removed.state, removed.missing) == (State.REMOVED, ("website",))


def test_channels_that_were_never_up_together_make_it_removed_and_say_so() -> None:
    postings = (
        make_posting("website", "01-05", 1, withdrawn="x", taken_down=day("01-07")),
        make_posting("noticeboard", "01-09", 2),
    )
    removed = judge("01-10", *postings, about=make_circumstances(keep_posted=MONTH))
    assert (removed.state, removed.missing, removed.keep_until) == (State.REMOVED, ("website",), None)
    assert "never up in every channel at the same time" in text(removed)


def test_where_the_calendar_ends_before_the_display_it_is_unknown_and_says_why() -> None:
    calendar = make_calendar({}, first=day("01-01"), last=day("01-31"))
    about = make_circumstances(keep_posted=Limit.parse("30 working days"))
    found = assess(about, both("01-09"), day("01-10"), lambda limit, on: keep_until(limit, on, calendar))
    assert (found.state, found.missing, found.keep_until) == (State.UNKNOWN, (), None)
    assert "The working days are known from" in text(found)


def test_every_state_is_either_listed_settled_or_upcoming() -> None:
    assert {*LISTED, *SETTLED, State.UPCOMING} == set(State)
    assert SETTLED.isdisjoint(LISTED)
