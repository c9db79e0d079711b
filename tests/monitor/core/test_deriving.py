"""Which obligations stand for an organisation, and when each is due."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import pytest

from monitor.core.deriving import derive, resolve
from monitor.core.obligations import Event, Extension, Obligation
from monitor.core.subjects import Exemption, Organisation
from rules.limits import Limit
from rules.model import (
    AfterDue,
    AfterEvent,
    BeforeEvent,
    Deadline,
    InPeriod,
    OnDay,
    OpenEnded,
    Rule,
    Stated,
    Yearly,
)
from rules.periods import PeriodKind
from rules.workdays import WorkingCalendar, make_calendar
from tests.monitor.core.factories import WEEKDAYS, day, make_book, make_event, make_organisation, make_rule

EXTENDABLE = make_rule(extendable=Limit.parse("30 days"))
FOURTEEN = Limit.parse("14 working days")
WEEK_BEFORE = BeforeEvent("council", Limit.parse("7 days"))
SINCE_2024 = make_organisation(since=day("2024-01-01"))
NARROW = make_calendar({}, first=day("2024-01-01"), last=day("2024-12-31"))


def opened(
    *rules: Rule,
    today: str = "2024-01-01",
    organisation: Organisation | None = None,
    events: Iterable[Event] = (),
    extensions: Mapping[str, Extension] | None = None,
    calendar: WorkingCalendar = WEEKDAYS,
) -> dict[str, Obligation]:
    """What stands, and exists on `today`, by occurrence."""
    book = make_book(*rules, calendar=calendar)
    found = derive(organisation or make_organisation(), book, events, extensions or {}, day(today))
    return {each.occurrence: each for each in found.values() if each.exists_from <= day(today)}


def one(deadline: Deadline, event: Event, **changes: object) -> Obligation:
    found = opened(make_rule(deadline), events=[event], today="2024-12-31", **changes)  # type: ignore[arg-type]  # test shorthand
    (obligation,) = found.values()
    return obligation


def make_extension(**changes: object) -> Extension:
    about: dict[str, object] = {"by": None, "until": None, "reason": "the auditor is ill", "reference": "A 7"}
    return Extension(recorded_on=day("01-05"), **about | changes)  # type: ignore[arg-type]  # test shorthand


def test_an_obligation_brings_what_people_are_shown_of_its_rule() -> None:
    obligation = opened(make_rule())["2024"]
    assert obligation.key == "soum/p.r/2024"
    assert (obligation.period, obligation.due_on, obligation.act_by) == ("2024", day("01-10"), day("01-10"))
    card = obligation.card
    assert (card.title.en, card.channels, card.responsible) == (
        "rule",
        ("website", "noticeboard"),
        ("finance",),
    )
    assert (card.source, card.item, card.words, card.confidence) == (
        "A law",
        "1.2",
        "within the limit",
        "primary",
    )
    assert card.documents == ("p.r",)


def test_the_act_by_date_is_the_last_working_day_on_or_before_the_due_date() -> None:
    sunday = opened(make_rule(OnDay(day("02-18"))))["2024-02-18"]
    assert (sunday.due_on, sunday.act_by) == (day("02-18"), day("02-16"))


def test_an_obligation_exists_from_366_days_before_its_due_date() -> None:
    assert "2024" not in opened(make_rule(), today="2023-01-08")
    assert "2024" in opened(make_rule(), today="2023-01-09")
    assert day("2024-01-10") - day("2023-01-09") == timedelta(days=366)


def test_what_was_due_earlier_in_the_year_of_since_is_there_and_nothing_before_that_year() -> None:
    watched = make_organisation(since=day("2024-06-15"))
    assert sorted(opened(make_rule(), organisation=watched, today="2024-06-15")) == ["2024", "2025"]


def test_nothing_is_looked_for_before_an_organisation_far_in_the_future_is_watched() -> None:
    assert opened(make_rule(), organisation=make_organisation(since=day("2030-01-01"))) == {}


def test_a_rule_for_other_kinds_of_organisation_gives_nothing() -> None:
    assert opened(make_rule(applies_to=("aimag",))) == {}


def test_each_version_applies_to_the_kinds_that_it_names() -> None:
    old = make_rule(in_force_until=day("2023-12-31"), applies_to=("soum", "aimag"))
    new = make_rule(in_force_from=day("2024-01-01"), applies_to=("aimag",))
    found = opened(old, new, organisation=make_organisation(since=day("2022-01-01")))
    assert sorted(found) == ["2022", "2023"]


def test_an_exempt_organisation_has_the_obligation_with_the_reason() -> None:
    exempt = make_organisation(exempt=(Exemption("p.r", "it has no budget of its own"),))
    assert opened(make_rule(), organisation=exempt)["2024"].exempt == "it has no budget of its own"
    assert opened(make_rule(id="p.other"), organisation=exempt)["2024"].exempt is None


def test_rules_on_the_same_document_know_of_each_other() -> None:
    twin = make_rule(id="p.twin", same_document="p.r")
    found = derive(make_organisation(), make_book(make_rule(), twin), [], {}, day("01-01"))
    assert {each.card.documents for each in found.values()} == {("p.r", "p.twin")}


def test_an_event_opens_an_obligation_from_its_own_date() -> None:
    obligation = one(AfterEvent("letter", FOURTEEN), make_event(17, "06-20", recorded_on=day("06-25")))
    assert (obligation.key, obligation.period) == ("soum/p.r/e17", None)
    assert (obligation.exists_from, obligation.due_on) == (day("06-20"), day("07-10"))


def test_a_withdrawn_event_opens_nothing() -> None:
    event = make_event(17, "06-20", withdrawn="the wrong soum")
    assert opened(make_rule(AfterEvent("letter", FOURTEEN)), events=[event], today="2024-12-31") == {}


def test_an_event_of_another_kind_opens_nothing() -> None:
    event = make_event(17, "06-20", kind="council")
    assert opened(make_rule(AfterEvent("letter", FOURTEEN)), events=[event], today="2024-12-31") == {}


@pytest.mark.parametrize(("on", "opens"), [("2023-12-31", False), ("2024-01-01", True)])
def test_an_event_before_the_year_of_since_opens_nothing(on: str, opens: bool) -> None:
    watched = make_organisation(since=day("2024-06-15"))
    event = make_event(1, on)
    rule = make_rule(AfterEvent("letter", FOURTEEN))
    assert bool(opened(rule, events=[event], organisation=watched, today="2024-12-31")) is opens


def test_an_event_before_its_rule_was_in_force_opens_nothing() -> None:
    rule = make_rule(AfterEvent("letter", FOURTEEN), in_force_from=day("06-21"))
    assert opened(rule, events=[make_event(1, "06-20")], today="2024-12-31") == {}
    assert "e2" in opened(rule, events=[make_event(2, "06-21")], today="2024-12-31")


def test_what_must_be_done_before_a_planned_event_exists_from_the_day_it_was_recorded() -> None:
    obligation = one(WEEK_BEFORE, make_event(3, "07-20", kind="council", recorded_on=day("06-01")))
    assert (obligation.exists_from, obligation.due_on) == (day("06-01"), day("07-12"))


def test_a_letter_states_its_own_due_date() -> None:
    assert one(Stated("letter"), make_event(4, "03-01", due=day("03-15"))).due_on == day("03-15")


def test_a_letter_that_states_none_is_unknown_and_says_why() -> None:
    obligation = one(Stated("letter"), make_event(4, "03-01"))
    assert (obligation.due_on, obligation.act_by) == (None, None)
    assert obligation.unknown is not None


def test_a_duty_without_a_last_day_has_no_dates_and_is_not_unknown() -> None:
    obligation = one(OpenEnded("letter"), make_event(5, "03-01"), calendar=NARROW)
    assert (obligation.due_on, obligation.act_by, obligation.unknown) == (None, None, None)


def test_a_limit_after_another_duty_is_due_bears_that_duty_s_occurrence() -> None:
    follows = make_rule(AfterDue("p.r", Limit.parse("30 days")), id="p.follows")
    found = derive(make_organisation(), make_book(make_rule(), follows), [], {}, day("01-01"))
    assert found["soum/p.follows/2024"].due_on == day("02-09")


def test_beyond_the_calendar_it_is_unknown_exists_by_its_nominal_day_and_says_why() -> None:
    rule = make_rule(Yearly(((1, 10),)), in_force_until=day("2025-12-31"))
    obligation = opened(rule, today="2024-12-31", calendar=NARROW)["2025"]
    assert (obligation.due_on, obligation.act_by) == (None, None)
    assert obligation.exists_from == day("2025-01-10") - timedelta(days=366)
    assert obligation.unknown is not None
    assert "The working days are known from" in obligation.unknown.text


def test_where_the_calendar_reaches_the_due_date_and_not_the_day_to_act_it_is_unknown() -> None:
    calendar = make_calendar({}, first=day("2024-06-01"), last=day("2024-12-31"))
    # 1 June 2024 is a Saturday: the working day before it is not known.
    obligation = opened(make_rule(OnDay(day("06-01"))), today="2024-06-01", calendar=calendar)["2024-06-01"]
    assert obligation.act_by is None
    assert obligation.unknown is not None


def test_a_due_date_on_the_first_days_of_time_does_not_break_the_reckoning() -> None:
    ancient = make_organisation(since=date(1, 1, 1))
    rule = make_rule(OnDay(date(1, 1, 5)))
    assert opened(rule, organisation=ancient)["0001-01-05"].exists_from == date.min


@pytest.mark.parametrize(
    ("extension", "due_on"),
    [
        (make_extension(by=Limit.parse("10 days")), "2024-01-22"),  # a Saturday moves to Monday
        (make_extension(by=Limit.parse("5 working days")), "2024-01-17"),
        (make_extension(until=day("02-01")), "2024-02-01"),
    ],
)
def test_an_extension_moves_the_due_date_and_keeps_the_first(extension: Extension, due_on: str) -> None:
    obligation = opened(EXTENDABLE, extensions={"soum/p.r/2024": extension})["2024"]
    assert (obligation.due_on, obligation.extended_from) == (day(due_on), day("01-10"))
    assert obligation.act_by == day(due_on)
    assert obligation.exists_from == day("01-10") - timedelta(days=366)


def extended_petition(on: str, extension: Extension) -> Obligation:
    """Recorded as of another day before: due within 30 days, and extended by at most 30 more."""
    rule = make_rule(AfterEvent("letter", Limit.parse("30 days")), extendable=Limit.parse("30 days"))
    extensions = {"soum/p.r/e1": extension}
    return opened(rule, events=[make_event(1, on)], extensions=extensions, today="2024-12-31")["e1"]


@pytest.mark.parametrize(
    ("on", "due_on", "extended_from"),
    [
        ("03-02", "04-15", "04-01"),  # as it was granted
        ("04-10", "05-10", None),  # the date beneath it now lies after it: it gives no more time
        ("03-16", "04-15", None),  # and here on it
        ("02-03", "04-03", "03-04"),  # 30 days of extension and no more
    ],
)
def test_an_extension_never_shortens_and_never_goes_beyond_what_the_rule_allows_from_a_date_that_moved(
    on: str, due_on: str, extended_from: str | None
) -> None:
    obligation = extended_petition(on, make_extension(until=day("04-15")))
    assert obligation.due_on == day(due_on)
    assert obligation.extended_from == (day(extended_from) if extended_from else None)
    held = obligation.extension
    assert (held.until if held else None) == (day(due_on) if extended_from else None)


def test_a_length_of_more_days_than_the_rule_allows_from_a_date_that_moved_is_cut_too() -> None:
    obligation = extended_petition("02-03", make_extension(by=Limit.parse("25 working days")))
    assert (obligation.due_on, obligation.extended_from) == (day("04-03"), day("03-04"))
    assert obligation.extension is not None
    assert (obligation.extension.by, obligation.extension.until) == (None, day("04-03"))


def test_a_rule_that_allows_no_extension_any_more_gives_none() -> None:
    obligation = opened(make_rule(), extensions={"soum/p.r/2024": make_extension(until=day("01-20"))})["2024"]
    assert (obligation.due_on, obligation.extended_from) == (day("01-10"), None)
    assert obligation.extension is None


def test_where_the_calendar_ends_before_what_the_rule_allows_an_extension_to_a_known_day_stands() -> None:
    calendar = make_calendar({}, first=day("2023-01-01"), last=day("02-05"))
    extensions = {"soum/p.r/2024": make_extension(until=day("02-01"))}
    obligation = opened(EXTENDABLE, extensions=extensions, calendar=calendar)["2024"]
    assert (obligation.due_on, obligation.act_by, obligation.unknown) == (day("02-01"), day("02-01"), None)


def test_what_has_no_due_date_cannot_be_extended() -> None:
    extension = make_extension(until=day("06-01"))
    event = make_event(4, "03-01")
    rule = make_rule(Stated("letter"))
    found = opened(rule, events=[event], extensions={"soum/p.r/e4": extension}, today="2024-12-31")
    assert (found["e4"].due_on, found["e4"].extended_from) == (None, None)


@pytest.mark.parametrize(
    "extension", [make_extension(by=Limit.parse("300 working days")), make_extension(until=day("2025-03-01"))]
)
def test_an_extension_beyond_the_calendar_is_unknown_and_says_why(extension: Extension) -> None:
    rule = make_rule(extendable=Limit.parse("24 months"))
    found = opened(rule, extensions={"soum/p.r/2024": extension}, organisation=SINCE_2024, calendar=NARROW)
    assert found["2024"].unknown is not None
    assert found["2024"].act_by is None


def test_a_key_is_known_whether_opened_or_not() -> None:
    book = make_book(make_rule())
    far = resolve(make_organisation(), book, "p.r", "2040", [], {})
    assert far is not None
    assert far.due_on == day("2040-01-10")


@pytest.mark.parametrize(
    ("rule_id", "occurrence"),
    [("p.unknown", "2024"), ("p.r", "e17"), ("p.r", "2024-Q1"), ("p.r", "2022"), ("p.r", "nonsense")],
)
def test_a_key_that_nothing_gives_is_not_known(rule_id: str, occurrence: str) -> None:
    assert resolve(make_organisation(), make_book(make_rule()), rule_id, occurrence, [], {}) is None


def test_an_event_s_key_is_known_while_the_event_stands() -> None:
    book = make_book(make_rule(AfterEvent("letter", FOURTEEN)))
    stands, withdrawn = make_event(17, "06-20"), make_event(18, "06-20", withdrawn="the wrong soum")
    events = [stands, withdrawn]
    found = resolve(make_organisation(), book, "p.r", "e17", events, {})
    assert found is not None
    assert found.event == stands
    assert resolve(make_organisation(), book, "p.r", "e18", events, {}) is None


def test_derived_and_resolved_are_the_same_for_every_occurrence_of_many_rules() -> None:
    rules = (
        make_rule(Yearly(((2, 29),)), id="p.leap"),
        make_rule(InPeriod(PeriodKind.QUARTER), id="p.quarter"),
        make_rule(Yearly(((6, 10), (12, 10))), id="p.plan"),
        make_rule(AfterEvent("letter", FOURTEEN), id="p.letter"),
        make_rule(AfterDue("p.plan", Limit.parse("30 days")), id="p.follows"),
        make_rule(WEEK_BEFORE, id="p.before"),
    )
    book, organisation = make_book(*rules), make_organisation(since=day("2020-01-01"))
    events = [make_event(1, "06-20"), make_event(2, "07-20", kind="council")]
    derived = derive(organisation, book, events, {}, day("2024-03-01"))
    assert {each.card.id for each in derived.values()} == {rule.id for rule in rules}
    for obligation in derived.values():
        again = resolve(organisation, book, obligation.card.id, obligation.occurrence, events, {})
        assert again == obligation
