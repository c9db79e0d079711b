"""The next day on which anything can change: who looks only then misses nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from monitor.core.attention import next_morning
from monitor.core.deriving import OPENS_BEFORE_DUE, SEEN_BEFORE_IT_EXISTS
from monitor.core.status import Assessment
from rules.limits import Limit
from rules.model import AfterEvent, OpenEnded, Stated, Yearly
from rules.workdays import make_calendar
from tests.monitor.core.factories import (
    ULAANBAATAR,
    WEEKDAYS,
    Office,
    day,
    days,
    make_cadence,
    make_contact,
    make_duty,
    make_event,
    make_off,
    make_organisation,
    make_posting,
    make_rule,
    make_soum,
)

LETTER = make_rule(AfterEvent("letter", Limit.parse("14 working days")), id="p.letter")
STATED = make_rule(Stated("letter"), id="p.stated")
SHOWN = make_duty(keep_posted=Limit.parse("30 days"))


def one_duty() -> Office:
    return Office()


def many_duties() -> Office:
    quarterly = make_rule(Yearly(((4, 20), (7, 20), (10, 20), (1, 20))), id="p.quarterly")
    office = Office(make_rule(), quarterly, LETTER, STATED, make_rule(OpenEnded("letter"), id="p.open"))
    office.events = [make_event(1, "02-01"), make_event(2, "02-01", due=day("03-07"))]
    return office


def watched_from_a_day_between_two_stages() -> Office:
    return Office(organisations=make_soum(since=day("01-06")))


def watched_from_a_day_after_the_due_date() -> Office:
    return Office(organisations=make_soum(since=day("01-20")))


def contacts_who_come_and_go() -> Office:
    contacts = (
        make_contact("finance", "first", until=day("01-06")),
        make_contact("finance", "second", start=day("01-08"), until=day("01-19")),
        make_contact("finance", "third", start=day("01-27")),
        make_contact("head", start=day("01-12"), until=day("02-11")),
    )
    return Office(organisations=make_soum(*contacts))


def oversight_that_comes_and_goes() -> Office:
    soum, aimag = make_soum()
    law = make_contact("oversight", "law", start=day("02-03"), until=day("02-10"))
    return Office(organisations=(soum, replace(aimag, contacts=(law,))))


def a_head_of_the_parent_of_the_parent() -> Office:
    soum, aimag = make_soum()
    above = make_organisation("region", make_contact("head", "governor", start=day("02-03")))
    return Office(organisations=(soum, replace(aimag, contacts=(), parent="region"), above))


def snoozed() -> Office:
    office = Office()
    office.snoozes = {"soum/p.r/2024": day("01-08")}
    return office


def shown_as_long_as_it_must_be() -> Office:
    office = Office(SHOWN)
    office.post("2023-11-10")
    return office


def shown_and_taken_down() -> Office:
    """Of two documents put up in November one stays up; the other was taken down too early."""
    office = Office(SHOWN, make_duty(id="p.taken", keep_posted=SHOWN.keep_posted))
    office.post("2023-11-10")
    down = {"withdrawn": "a new page", "taken_down": day("2023-11-18")}
    office.postings["soum/p.taken/2024"] = [
        make_posting("website", "2023-11-10", 3, **down),
        make_posting("noticeboard", "2023-11-10", 4),
    ]
    return office


def a_first_cycle_late_in_the_year() -> Office:
    office = many_duties()
    office.first_cycle_on = day("03-02")
    return office


def offsets_in_any_order() -> Office:
    office = Office()
    office.cadence = make_cadence(
        before=("0d", "40d", "2wd"),
        after=("9d", "2d"),
        escalate=(("12d", "head"), ("1d", "parent:oversight")),
    )
    return office


def a_calendar_that_ends() -> Office:
    return Office(make_rule(), LETTER, calendar=make_calendar({}, first=date(2022, 1, 1), last=day("01-25")))


def holidays() -> Office:
    return Office(calendar=make_off("01-01", "01-09", "01-10", "01-11", "01-15", "01-24"))


@pytest.mark.parametrize(
    "make",
    [
        one_duty,
        many_duties,
        watched_from_a_day_between_two_stages,
        watched_from_a_day_after_the_due_date,
        contacts_who_come_and_go,
        oversight_that_comes_and_goes,
        a_head_of_the_parent_of_the_parent,
        snoozed,
        shown_as_long_as_it_must_be,
        shown_and_taken_down,
        a_first_cycle_late_in_the_year,
        offsets_in_any_order,
        a_calendar_that_ends,
        holidays,
    ],
)
def test_who_looks_only_on_the_days_named_tells_what_one_tells_who_looks_every_day(
    make: Callable[[], Office],
) -> None:
    daily, seldom = make(), make()
    attention_on, looks = date.min, 0
    seen: list[tuple[str, Assessment]] = []
    for today in days("2023-11-20", "2024-06-30"):
        told = daily.told(today)
        standing = [(each.obligation.key, each.assessment) for each in daily.settle(today).standings]
        if attention_on > today:
            assert told == [], f"on {today} somebody is told while {attention_on} was named"
            assert standing == seen, f"on {today} a state changes while {attention_on} was named"
            continue
        looks += 1
        assert seldom.told(today) == told
        decided = seldom.settle(today)
        attention_on = decided.attention_on
        seen = [(each.obligation.key, each.assessment) for each in decided.standings]
        assert seen == standing
    assert 2 <= looks < 180


def test_the_next_morning_is_that_of_the_next_working_day() -> None:
    assert next_morning(WEEKDAYS, day("01-05")) == day("01-08")


def test_beyond_the_calendar_the_next_morning_is_tomorrow() -> None:
    ends = make_calendar({}, first=day("01-01"), last=day("01-05"))
    assert next_morning(ends, day("01-05")) == day("01-06")
    assert next_morning(ends, day("02-05")) == day("02-06")


def test_where_nothing_can_change_it_is_looked_again_when_something_may_have_come_into_sight() -> None:
    office = Office(make_duty(in_force_until=day("01-31")))
    office.post("01-09")
    today = day("01-09")
    decided = office.settle(today, sending={ULAANBAATAR: today})
    assert decided.attention_on == today + SEEN_BEFORE_IT_EXISTS


def test_what_is_settled_far_ahead_does_not_hide_what_comes_after_it() -> None:
    office = Office(make_rule())
    office.waivers = {"soum/p.r/2024": "merged", "soum/p.r/2025": "merged"}
    today, exists_from = date(2024, 1, 11), date(2026, 1, 10) - OPENS_BEFORE_DUE
    looked = [today]
    while looked[-1] < exists_from:
        looked.append(office.settle(looked[-1]).attention_on)
    assert looked[-1] == exists_from


def test_a_day_named_lies_ahead() -> None:
    office = many_duties()
    for today in days("2024-01-01", "2024-03-31"):
        office.told(today)
        assert office.settle(today).attention_on >= today + timedelta(days=1)
