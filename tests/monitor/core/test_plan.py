"""From the facts of one organisation and a day to what should stand."""

from datetime import date

import pytest

from monitor.core.obligations import Extension
from monitor.core.plan import Facts, Law, Opened, Plan, appraise, soon_from
from monitor.core.register import Register
from monitor.core.standing import Standing
from monitor.core.status import State
from rules.limits import Limit
from rules.model import AfterEvent, BeforeEvent, OnDay, Roll, Stated
from rules.sentences import Sentence, sentence
from rules.workdays import make_calendar
from tests.monitor.core.factories import (
    HOVD,
    KEY,
    ULAANBAATAR,
    Office,
    day,
    make_book,
    make_cadence,
    make_contact,
    make_duty,
    make_event,
    make_obligation,
    make_posting,
    make_rule,
    make_soum,
    plan,
)

LETTER = make_rule(AfterEvent("letter", Limit.parse("14 working days")))
BY_EVENT = "soum/p.r/e1"


def standing(decided: Plan, key: str = KEY) -> Standing:
    return next(each for each in decided.standings if each.obligation.key == key)


def state(decided: Plan, key: str = KEY) -> State:
    return standing(decided, key).assessment.state


class _English:
    language = "en"

    def gettext(self, text: str, /) -> str:
        return text

    def ngettext(self, one: str, many: str, n: int, /) -> str:
        return one if n == 1 else many


def spoken(said: Sentence | None) -> str:
    return said.say(_English()) if said else ""


def why_moved(decided: Plan, key: str = KEY) -> str:
    move = standing(decided, key).move
    return spoken(move.reason) if move else ""


def facts(**changes: object) -> Facts:
    soum, _ = make_soum()
    return Facts(**{"organisation": soum, "first_cycle_on": date(2023, 1, 1)} | changes)  # type: ignore[arg-type]  # test shorthand


def law(*rules: object) -> Law:
    return Law(make_book(*rules), make_cadence(), Register(make_soum(), "en"))  # type: ignore[arg-type]  # test shorthand


# --- opened -------------------------------------------------------------------------------------------------------


def test_an_obligation_is_opened_on_the_first_cycle_after_it_exists_and_stays_opened_on_that_day() -> None:
    office = Office()
    assert office.settle(day("2023-01-08")).standings == ()
    assert standing(office.settle(day("2023-01-09"))).opened_on == day("2023-01-09")
    assert standing(office.settle(day("2023-06-01"))).opened_on == day("2023-01-09")


def test_before_the_first_cycle_only_what_events_start_is_opened() -> None:
    about = facts(events=[make_event(1, "06-20")])
    decided = plan(about, law(LETTER, make_rule(id="p.yearly")), day("06-20"), only_events=True)
    assert [each.obligation.key for each in decided.standings] == [BY_EVENT]


def test_what_was_opened_is_worked_out_even_where_only_events_open() -> None:
    before = Opened(make_obligation(), day("01-01"), posted=False)
    decided = plan(facts(opened={KEY: before}), law(make_duty()), day("01-10"), only_events=True)
    assert state(decided) is State.DUE_SOON


def test_what_has_begun_to_exist_goes_on_though_a_later_due_date_would_begin_later() -> None:
    office = Office(make_rule(OnDay(day("01-10"))))
    key = "soum/p.r/2024-01-10"
    begun = standing(office.settle(day("2023-01-09")), key).obligation.exists_from
    office.extensions[key] = Extension(None, day("02-10"), "x", "y", day("2023-01-09"))
    assert standing(office.settle(day("2023-01-10")), key).obligation.exists_from == begun


def test_on_a_day_before_it_existed_an_opened_obligation_does_not_stand() -> None:
    before = Opened(make_obligation(), day("2023-01-09"), posted=False)
    assert plan(facts(opened={KEY: before}), law(make_duty()), day("2023-01-08")).standings == ()
    assert plan(facts(opened={KEY: before}), law(), day("2023-01-08")).standings == ()


# --- moved --------------------------------------------------------------------------------------------------------


def letter_office() -> Office:
    office = Office(LETTER)
    office.events = [make_event(1, "06-20")]  # due on 10 July
    office.settle(day("06-20"))
    return office


def test_a_due_date_that_stands_has_not_moved() -> None:
    assert standing(letter_office().settle(day("06-21")), BY_EVENT).move is None


def test_a_move_keeps_the_day_from_which_and_the_day_on_which_it_was_seen() -> None:
    office = letter_office()
    office.decree("07-09")
    moved = standing(office.settle(day("07-01")), BY_EVENT)
    assert moved.obligation.due_on == day("07-11")
    assert moved.move is not None
    assert (moved.move.from_due, moved.move.seen_on) == (day("07-10"), day("07-01"))
    assert standing(office.settle(day("07-02")), BY_EVENT).move == moved.move


def test_a_move_by_decree_names_the_days_within_the_count_alone() -> None:
    office = letter_office()
    office.decree("07-08", "07-09")
    office.changes = {
        day("2023-01-03"): sentence("long ago"),
        day("06-19"): sentence("before the event"),
        day("07-08"): sentence("the 8th is a day off"),
        day("07-09"): sentence("the 9th is a day off"),
        day("08-01"): sentence("after the due date"),
    }
    assert why_moved(office.settle(day("07-01")), BY_EVENT) == (
        "the working-day calendar changed: the 8th is a day off, the 9th is a day off"
    )


def test_a_move_of_a_yearly_duty_names_the_calendar_where_it_rolls() -> None:
    office = Office(make_duty(roll=Roll.FOLLOWING))
    office.settle(day("01-01"))
    office.decree("01-10")
    office.changes = {day("01-10"): sentence("the 10th is a day off")}
    assert why_moved(office.settle(day("01-02"))) == (
        "the working-day calendar changed: the 10th is a day off"
    )


def test_a_move_by_an_amended_event_gives_its_reason() -> None:
    office = letter_office()
    office.events = [make_event(1, "06-21", amended="the minutes say so")]
    assert why_moved(office.settle(day("06-25")), BY_EVENT) == "event e1 was amended: the minutes say so"


def test_a_move_by_an_extension_gives_its_reason_and_reference() -> None:
    office = Office()
    office.settle(day("01-02"))
    office.extensions[KEY] = Extension(
        Limit.parse("10 days"), None, "the auditor is ill", "A 7", day("01-03")
    )
    assert why_moved(office.settle(day("01-03"))) == "extended: the auditor is ill (A 7)"


def test_a_move_by_another_extension_gives_the_reason_of_that_one() -> None:
    office = Office()
    office.settle(day("01-02"))
    office.extensions[KEY] = Extension(None, day("01-20"), "the auditor is ill", "A 7", day("01-03"))
    office.settle(day("01-03"))
    office.extensions[KEY] = Extension(None, day("01-25"), "he is still ill", "A 8", day("01-04"))
    assert why_moved(office.settle(day("01-04"))) == "extended: he is still ill (A 8)"


def test_where_the_date_beneath_an_extension_moves_that_is_the_reason() -> None:
    rule = make_rule(AfterEvent("letter", Limit.parse("14 working days")), extendable=Limit.parse("30 days"))
    office = Office(rule)
    office.events = [make_event(1, "06-20")]
    office.settle(day("06-20"))
    office.extensions[BY_EVENT] = Extension(Limit.parse("10 days"), None, "illness", "A 7", day("06-20"))
    assert why_moved(office.settle(day("06-20")), BY_EVENT) == "extended: illness (A 7)"
    office.events = [make_event(1, "06-25", amended="the minutes say so")]
    assert why_moved(office.settle(day("06-25")), BY_EVENT) == "event e1 was amended: the minutes say so"


def test_a_move_by_a_changed_rule_names_the_rule() -> None:
    office = letter_office()
    office.rules = (make_rule(AfterEvent("letter", Limit.parse("10 working days"))),)
    assert why_moved(office.settle(day("06-21")), BY_EVENT) == "rule p.r changed"


def test_a_duty_that_becomes_unknown_has_moved_too() -> None:
    office = Office()
    office.settle(day("01-02"))
    office.calendar = make_calendar({}, first=date(2023, 1, 1), last=day("01-05"))
    office.cadence = make_cadence(office.calendar)
    decided = office.settle(day("01-03"))
    assert state(decided) is State.UNKNOWN
    assert why_moved(decided).startswith(
        "it cannot be worked out any more: The working days are known from 2023-01-01 to 2024-01-05 only"
    )


def test_a_duty_that_becomes_known_by_an_amendment_gives_its_reason() -> None:
    office = Office(make_rule(Stated("letter")))
    office.events = [make_event(1, "06-20")]
    office.settle(day("06-20"))
    office.events = [make_event(1, "06-20", due=day("07-01"), amended="it was read again")]
    assert why_moved(office.settle(day("06-21")), BY_EVENT) == "event e1 was amended: it was read again"


def test_a_duty_that_becomes_known_by_the_calendar_says_so_though_its_event_was_once_amended() -> None:
    narrow = make_calendar({}, first=date(2023, 1, 1), last=day("06-28"))
    office = Office(LETTER, calendar=narrow)
    office.events = [make_event(1, "06-20", amended="the minutes say so")]
    office.settle(day("06-20"))
    office.calendar = make_calendar({})
    assert why_moved(office.settle(day("06-21")), BY_EVENT) == "it can be worked out now"


def test_a_duty_that_becomes_known_has_moved_for_that_reason() -> None:
    office = Office(calendar=make_calendar({}, first=date(2023, 1, 1), last=day("01-05")))
    office.settle(day("01-02"))
    office.calendar = make_calendar({})
    office.cadence = make_cadence(office.calendar)
    assert why_moved(office.settle(day("01-03"))) == "it can be worked out now"


def test_what_was_met_by_the_law_as_it_then_stood_stays_met_when_the_calendar_changes() -> None:
    office = letter_office()
    office.post("07-10", BY_EVENT)
    assert state(office.settle(day("07-10")), BY_EVENT) is State.MET
    office.calendar = make_calendar({}, weekend=[6])  # Saturdays are worked: due on 6 July
    office.cadence = make_cadence(office.calendar)
    decided = office.settle(day("07-11"))
    assert state(decided, BY_EVENT) is State.MET
    assert standing(decided, BY_EVENT).obligation.due_on == day("07-10")
    assert standing(decided, BY_EVENT).move is None


def test_what_was_met_is_judged_anew_when_its_event_is_amended() -> None:
    office = letter_office()
    office.post("07-10", BY_EVENT)
    office.settle(day("07-10"))
    office.events = [make_event(1, "06-10", amended="the minutes say so")]
    decided = office.settle(day("07-11"))
    assert state(decided, BY_EVENT) is State.MET_LATE
    assert why_moved(decided, BY_EVENT) == "event e1 was amended: the minutes say so"


def test_what_was_met_and_never_applied_is_waived_and_has_the_date_of_the_law_as_it_stands() -> None:
    office = letter_office()
    office.post("07-10", BY_EVENT)
    office.settle(day("07-10"))
    office.calendar = make_calendar({}, weekend=[6])  # Saturdays are worked: due on 6 July
    office.cadence = make_cadence(office.calendar)
    office.waivers = {BY_EVENT: "it concerned another office"}
    for _ in range(2):  # however often it is worked out
        decided = office.settle(day("07-11"))
        assert state(decided, BY_EVENT) is State.WAIVED
        assert standing(decided, BY_EVENT).obligation.due_on == day("07-06")


# --- withdrawn ----------------------------------------------------------------------------------------------------


def test_a_withdrawn_event_withdraws_what_it_opened_and_says_why() -> None:
    office = letter_office()
    office.events = [make_event(1, "06-20", withdrawn="the wrong soum")]
    found = standing(office.settle(day("06-25")), BY_EVENT)
    assert found.assessment.state is State.WITHDRAWN
    assert spoken(found.assessment.reason) == "event e1 was withdrawn: the wrong soum"


def test_a_rule_that_is_gone_withdraws_what_it_opened_and_says_why() -> None:
    office = Office()
    office.settle(day("01-02"))
    office.rules = (make_rule(id="p.other", applies_to=("aimag",)),)
    found = standing(office.settle(day("01-03")))
    assert found.assessment.state is State.WITHDRAWN
    assert spoken(found.assessment.reason) == "rule p.r no longer gives it to this organisation"


def test_an_event_that_its_rule_no_longer_knows_withdraws_by_the_rule() -> None:
    office = letter_office()
    office.rules = (make_rule(AfterEvent("council", Limit.parse("5 days"))),)
    found = standing(office.settle(day("06-25")), BY_EVENT)
    assert spoken(found.assessment.reason) == "rule p.r no longer gives it to this organisation"


def test_a_rule_that_comes_back_lets_its_obligation_stand_again() -> None:
    office = Office()
    office.settle(day("01-02"))
    rules, office.rules = office.rules, (make_rule(id="p.other", applies_to=("aimag",)),)
    office.settle(day("01-03"))
    office.rules = rules
    assert state(office.settle(day("01-04"))) is State.DUE_SOON


# --- judged -------------------------------------------------------------------------------------------------------


def test_an_exemption_shows_as_waived_with_its_reason() -> None:
    obligation = make_obligation(exempt="it has no budget of its own")
    found = appraise(facts(), law(make_duty()), obligation, day("01-05"))
    assert (found.state, spoken(found.reason)) == (State.WAIVED, "waived: it has no budget of its own")


def test_a_waiver_counts_for_its_key_alone() -> None:
    about = facts(waivers={"soum/p.r/2023": "x"})
    assert appraise(about, law(make_duty()), make_obligation(), day("01-05")).state is State.DUE_SOON


def test_a_posting_for_a_duty_on_the_same_document_and_period_counts() -> None:
    twin = make_rule(id="p.twin", same_document="p.r")
    about = facts(
        postings={KEY: [make_posting("website", "01-05", 1), make_posting("noticeboard", "01-05", 2)]}
    )
    decided = plan(about, law(make_rule(), twin), day("01-05"))
    assert state(decided, "soum/p.twin/2024") is State.MET
    assert state(decided, "soum/p.r/2024") is State.MET


@pytest.mark.parametrize("first_posted", ["01-05", "02-05"])
def test_what_was_met_by_a_posting_for_a_twin_stays_met_when_the_pack_of_the_twin_is_gone(
    first_posted: str,
) -> None:
    office = Office(make_rule(), make_rule(id="q.twin", same_document="p.r"))
    office.postings = {
        KEY: [make_posting("noticeboard", first_posted, 1)],
        "soum/q.twin/2024": [make_posting("website", "01-05", 2, key="soum/q.twin/2024")],
    }
    before = state(office.settle(day("02-06")))
    assert before in (State.MET, State.MET_LATE)
    office.rules = (make_rule(),)
    for _ in range(2):  # however often it is worked out
        assert state(office.settle(day("02-07"))) is before


def test_what_was_not_met_when_the_pack_of_a_twin_went_has_no_posting_of_the_twin_any_more() -> None:
    office = Office(make_rule(), make_rule(id="q.twin", same_document="p.r"))
    office.postings = {"soum/q.twin/2024": [make_posting("website", "01-05", key="soum/q.twin/2024")]}
    assert standing(office.settle(day("01-06"))).assessment.missing == ("noticeboard",)
    office.rules = (make_rule(),)
    assert standing(office.settle(day("01-07"))).assessment.missing == ("website", "noticeboard")


@pytest.mark.parametrize(
    ("due_on", "first_cycle_on", "since", "backlog"),
    [
        ("01-10", "01-10", "2023-01-01", False),
        ("01-10", "01-11", "2023-01-01", True),
        ("01-10", "2023-01-01", "2024-01-10", False),
        ("01-10", "2023-01-01", "2024-01-11", True),
    ],
)
def test_backlog_is_what_was_due_before_the_later_of_since_and_the_first_cycle(
    due_on: str, first_cycle_on: str, since: str, backlog: bool
) -> None:
    soum, _ = make_soum(since=day(since))
    about = facts(organisation=soum, first_cycle_on=day(first_cycle_on))
    decided = plan(about, law(make_duty()), day("02-01"))
    found = standing(decided)
    assert found.obligation.due_on == day(due_on)
    assert (found.backlog, found.assessment.state) == (backlog, State.OVERDUE)


def test_without_a_due_date_nothing_is_backlog() -> None:
    about = facts(events=[make_event(1, "06-20")], first_cycle_on=day("12-01"))
    decided = plan(about, law(make_rule(Stated("letter"))), day("12-01"))
    assert standing(decided, BY_EVENT).backlog is False


@pytest.mark.parametrize(
    ("deadline", "event", "soon"),
    [
        (AfterEvent("letter", Limit.parse("14 working days")), make_event(1, "06-20"), "06-20"),
        (AfterEvent("letter", Limit.parse("60 working days")), make_event(1, "06-20"), "08-13"),
        (
            BeforeEvent("letter", Limit.parse("7 days")),
            make_event(1, "07-20", recorded_on=day("06-25")),
            "06-12",
        ),
    ],
)
def test_an_event_s_duty_is_due_soon_from_its_first_stage_not_before_the_event_unless_it_is_planned(
    deadline: AfterEvent | BeforeEvent, event: object, soon: str
) -> None:
    decided = plan(facts(events=[event]), law(make_rule(deadline)), day("12-31"))
    assert soon_from(standing(decided, BY_EVENT).obligation, make_cadence()) == day(soon)


def test_what_has_no_day_to_act_by_is_never_due_soon() -> None:
    assert soon_from(make_obligation(due_on=None, act_by=None), make_cadence()) is None
    assert soon_from(make_obligation(), make_cadence(before=())) is None


# --- looked at again ----------------------------------------------------------------------------------------------


def test_what_waits_for_a_sending_time_of_today_is_looked_at_again_today() -> None:
    office = Office()
    decided = office.settle(day("01-09"), waiting={ULAANBAATAR: day("01-09")})
    assert (decided.reminders, decided.attention_on) == ((), day("01-09"))


def test_what_could_not_be_told_today_is_looked_at_again_on_the_next_working_day() -> None:
    saturday = Office().settle(day("01-06"))
    assert (saturday.reminders, saturday.attention_on) == ((), day("01-08"))


def test_what_was_told_is_looked_at_again_when_the_next_stage_comes() -> None:
    office = Office()
    office.told(day("01-03"))
    assert office.settle(day("01-03")).attention_on == day("01-05")


def test_who_waits_in_another_zone_is_not_forgotten() -> None:
    soum, aimag = make_soum(make_contact("finance"), timezone=HOVD)
    office = Office(organisations=(soum, aimag))
    decided = office.settle(day("01-09"), sending={ULAANBAATAR: day("01-09")}, waiting={HOVD: day("01-09")})
    assert (decided.reminders, decided.attention_on) == ((), day("01-09"))


def test_beyond_the_calendar_it_is_looked_at_every_day() -> None:
    office = Office(calendar=make_calendar({}, first=date(2023, 1, 1), last=day("01-31")))
    assert office.settle(day("02-05")).attention_on == day("02-06")
