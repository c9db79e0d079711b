"""Who is told what, when, and why: offices lived through morning by morning."""

from dataclasses import replace
from datetime import date

import pytest

from monitor.core.obligations import Extension
from monitor.core.plan import Plan
from monitor.core.reminders import Kind, Reminder
from monitor.core.subjects import Organisation
from rules.limits import Limit
from rules.model import AfterEvent, OnDay, OpenEnded, Stated
from rules.sentences import Sentence, sentence
from rules.workdays import make_calendar
from tests.monitor.core.factories import (
    HOVD,
    KEY,
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

WHOLE_SERIES = {
    "12-11": ["digest -30d to finance"],
    "12-27": ["digest -14d to finance"],
    "01-03": ["digest -7d to finance"],
    "01-05": ["digest -3wd to finance"],
    "01-09": ["digest -1wd to finance"],
    "01-10": ["digest -0d to finance"],
    "01-11": ["digest +1wd to finance"],
    "01-15": ["digest +3wd to finance", "escalation +3wd to head"],
    "01-17": ["digest +5wd to finance"],
    "01-24": ["digest +10wd to finance", "escalation +10wd to law"],
    "01-31": ["digest +15wd to finance"],
}
LETTER = make_rule(AfterEvent("letter", Limit.parse("14 working days")))
STATED = make_rule(Stated("letter"))
SHOWN = make_duty(keep_posted=Limit.parse("30 days"))


def said(plan: Plan) -> list[str]:
    return [f"{each.kind} {each.stage}" for each in plan.reminders]


def reasons(plan: Plan) -> list[str]:
    return [_spoken(each) for each in plan.reminders]


def _spoken(reminder: Reminder) -> str:
    class English:
        language = "en"

        def gettext(self, text: str, /) -> str:
            return text

        def ngettext(self, one: str, many: str, n: int, /) -> str:
            return one if n == 1 else many

    return reminder.reason.say(English())


def sending(office: Office, today: str) -> Plan:
    """What is decided at the sending time of a day, without telling it."""
    return office.settle(day(today), sending={ULAANBAATAR: day(today)})


# --- the series of one duty ---------------------------------------------------------------------------------------


def test_a_duty_that_nobody_meets_is_told_stage_by_stage_and_escalated() -> None:
    assert Office().diary("2023-12-01", "2024-02-06") == WHOLE_SERIES


def test_each_stage_is_told_once_however_often_one_asks() -> None:
    office = Office()
    assert office.told(day("01-09")) == ["digest -1wd to finance"]
    assert office.told(day("01-09")) == []
    assert office.told(day("01-10")) == ["digest -0d to finance"]


def test_what_was_decided_and_not_told_is_decided_again() -> None:
    office = Office()
    assert said(sending(office, "01-09")) == ["digest -1wd"]
    assert said(sending(office, "01-09")) == ["digest -1wd"]


def test_after_downtime_the_last_stage_is_told_and_those_before_it_are_passed_over_for_good() -> None:
    office = Office()
    assert office.told(day("01-08")) == ["digest -3wd to finance"]  # three stages were missed
    assert office.diary("01-09", "01-09") == {"01-09": ["digest -1wd to finance"]}


def test_after_forty_days_each_hears_of_a_duty_once() -> None:
    office = Office()
    office.told(day("01-09"))
    assert office.told(day("02-19")) == [
        "digest +25wd to finance",
        "escalation +10wd to law",
        "escalation +3wd to head",
    ]
    assert office.diary("02-20", "02-21") == {"02-21": ["digest +30wd to finance"]}


def test_when_it_is_posted_in_every_channel_reminders_stop() -> None:
    office = Office()
    office.told(day("01-09"))
    office.post("01-09")
    assert office.diary("01-10", "03-31") == {}


def test_one_channel_of_two_does_not_stop_them() -> None:
    office = Office()
    office.postings[KEY] = [make_posting("website", "01-09")]
    assert office.told(day("01-10")) == ["digest -0d to finance"]


def test_what_is_waived_is_not_told() -> None:
    office = Office()
    office.waivers[KEY] = "not this year"
    assert office.diary("2023-12-01", "2024-03-31") == {}


def test_on_a_day_off_nothing_is_told_and_nothing_is_lost() -> None:
    office = Office(calendar=make_off("01-09"))
    assert office.diary("01-06", "01-10") == {
        "01-08": ["digest -1wd to finance"],
        "01-10": ["digest -0d to finance"],
    }


def test_where_it_is_no_sending_time_nothing_is_told() -> None:
    assert said(Office().settle(day("01-09"))) == []


def test_an_overdue_duty_without_offsets_after_it_is_not_told_again() -> None:
    office = Office()
    office.cadence = make_cadence(after=(), escalate=())
    office.told(day("01-10"))
    assert office.diary("01-11", "03-31") == {}


# --- why ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "why"),
    [
        ("2023-12-11", "30 days before the last working day on which it can be done"),
        ("2024-01-09", "1 working day before the last working day on which it can be done"),
        ("2024-01-10", "this is the last working day on which it can be done"),
        ("2024-01-11", "its due date passed at least 1 working day ago"),
        ("2024-01-17", "its due date passed at least 5 working days ago"),
    ],
)
def test_a_reminder_says_why_it_is_sent(on: str, why: str) -> None:
    assert reasons(sending(Office(), on))[0] == why


def test_a_reminder_that_comes_late_says_so() -> None:
    (why,) = reasons(sending(Office(), "01-08"))
    assert why.startswith("3 working days before the last working day on which it can be done")
    assert why.endswith("(the reminder of 2024-01-05, sent as soon as it could be)")


def test_an_escalation_says_how_long_the_due_date_is_past() -> None:
    office = Office()
    office.told(day("01-11"))
    assert reasons(sending(office, "01-15")) == ["its due date passed at least 3 working days ago"] * 2


# --- whom ---------------------------------------------------------------------------------------------------------


def test_a_duty_is_told_to_everybody_in_its_responsible_roles_each_once() -> None:
    people = (make_contact("finance"), make_contact("finance", "deputy"), make_contact("web", "finance"))
    office = Office(make_duty(responsible=("finance", "web")), organisations=make_soum(*people))
    assert office.told(day("01-09")) == ["digest -1wd to deputy", "digest -1wd to finance"]


def test_a_role_without_a_contact_falls_back_to_the_head_and_then_to_the_parent_s_oversight() -> None:
    assert Office(organisations=make_soum(make_contact("head"))).told(day("01-09")) == ["digest -1wd to head"]
    assert Office(organisations=make_soum(make_contact("web"))).told(day("01-09")) == ["digest -1wd to law"]


def test_where_nobody_is_left_nothing_is_told() -> None:
    alone = make_organisation("soum", make_contact("web"))
    assert Office(organisations=(alone,)).diary("2023-12-01", "2024-03-31") == {}


def test_a_new_contact_in_mid_series_gets_the_latest_stage() -> None:
    contacts = (make_contact("finance"), make_contact("finance", "new", start=day("01-08")))
    office = Office(organisations=make_soum(*contacts))
    assert office.diary("01-03", "01-09") == {
        "01-03": ["digest -7d to finance"],
        "01-05": ["digest -3wd to finance"],
        "01-08": ["digest -3wd to new"],
        "01-09": ["digest -1wd to finance", "digest -1wd to new"],
    }


def test_who_has_left_is_told_no_more_and_who_follows_is() -> None:
    contacts = (
        make_contact("finance", "old", until=day("01-09")),
        make_contact("finance", "new", start=day("01-10")),
    )
    office = Office(organisations=make_soum(*contacts))
    assert office.diary("01-09", "01-11") == {
        "01-09": ["digest -1wd to old"],
        "01-10": ["digest -0d to new"],
        "01-11": ["digest +1wd to new"],
    }


def test_who_comes_back_from_leave_is_told_the_latest_stage_and_no_older_one() -> None:
    contacts = (
        make_contact("finance", until=day("01-04")),
        make_contact("finance", start=day("01-10")),
        make_contact("head"),
    )
    office = Office(organisations=make_soum(*contacts))
    assert office.diary("01-03", "01-11") == {
        "01-03": ["digest -7d to finance"],
        "01-05": ["digest -3wd to head"],
        "01-09": ["digest -1wd to head"],
        "01-10": ["digest -0d to finance"],
        "01-11": ["digest +1wd to finance"],
    }


# --- escalations --------------------------------------------------------------------------------------------------


def test_who_is_responsible_himself_is_not_escalated_to() -> None:
    office = Office(organisations=make_soum(make_contact("finance"), make_contact("head", "finance")))
    assert office.told(day("01-15")) == ["digest +3wd to finance"]


def test_an_escalation_to_a_missing_head_goes_to_the_parent_s_oversight() -> None:
    office = Office(organisations=make_soum(make_contact("finance")))
    assert office.diary("01-15", "01-24") == {
        "01-15": ["digest +3wd to finance", "escalation +3wd to law"],
        "01-17": ["digest +5wd to finance"],
        "01-24": ["digest +10wd to finance", "escalation +10wd to law"],
    }


def test_who_stands_in_two_steps_that_were_missed_hears_the_later_one() -> None:
    office = Office(organisations=make_soum(make_contact("finance")))
    assert office.told(day("02-01")) == ["digest +15wd to finance", "escalation +10wd to law"]
    assert office.diary("02-02", "02-06") == {}


def test_an_organisation_without_a_parent_is_escalated_within_itself_alone() -> None:
    alone = make_organisation("soum", make_contact("finance"), make_contact("head"))
    office = Office(organisations=(alone,))
    told = [said for each in office.diary("01-11", "02-29").values() for said in each]
    assert [each for each in told if each.startswith("escalation")] == ["escalation +3wd to head"]


def test_a_new_head_is_told_the_step_that_has_come() -> None:
    contacts = (
        make_contact("finance"),
        make_contact("head", "old", until=day("01-16")),
        make_contact("head", "new", start=day("01-17")),
    )
    office = Office(organisations=make_soum(*contacts))
    told = office.diary("01-15", "01-18")
    assert told["01-15"] == ["digest +3wd to finance", "escalation +3wd to old"]
    assert told["01-17"] == ["digest +5wd to finance", "escalation +3wd to new"]


def test_who_was_told_a_later_stage_as_responsible_is_not_told_an_earlier_step() -> None:
    contacts = (make_contact("finance", start=day("01-18")), make_contact("head"))
    told = Office(organisations=make_soum(*contacts)).diary("01-17", "01-23")
    assert told == {"01-17": ["digest +5wd to head"], "01-18": ["digest +5wd to finance"]}


# --- unknown and removed ------------------------------------------------------------------------------------------


def test_what_is_unknown_is_told_once_a_week_on_its_first_working_day() -> None:
    office = Office(STATED, calendar=make_off("01-15"))
    office.events = [make_event(1, "01-03")]
    told = office.diary("01-03", "01-23")
    assert told == {
        "01-03": ["digest unknown to finance", "notice event to finance"],
        "01-08": ["digest unknown to finance"],
        "01-16": ["digest unknown to finance"],
        "01-22": ["digest unknown to finance"],
    }


def test_what_becomes_known_is_told_as_unknown_no_more() -> None:
    office = Office(STATED)
    office.events = [make_event(1, "01-03")]
    office.diary("01-03", "01-05")
    office.events = [make_event(1, "01-03", due=day("01-31"), amended="the letter was read again")]
    assert office.told(day("01-08")) == ["notice moved to finance"]
    assert office.diary("01-09", "01-29") == {
        "01-17": ["digest -14d to finance"],
        "01-24": ["digest -7d to finance"],
        "01-26": ["digest -3wd to finance"],
    }


def test_what_was_taken_down_too_early_is_told_once_a_week_until_it_is_up_again() -> None:
    office = Office(SHOWN)
    office.postings[KEY] = [
        make_posting("website", "01-09", 1, withdrawn="a new page", taken_down=day("01-16")),
        make_posting("noticeboard", "01-09", 2),
    ]
    assert office.diary("01-09", "01-26") == {
        "01-16": ["digest removed to finance"],
        "01-22": ["digest removed to finance"],
    }
    office.postings[KEY].append(make_posting("website", "01-29", 3))
    assert office.diary("01-29", "03-31") == {}


def test_the_first_days_of_january_belong_to_the_week_in_which_they_lie() -> None:
    office = Office(STATED)
    office.events = [make_event(1, "2024-12-30")]  # a Monday; its week is the first of 2025
    told = {each: office.told(each) for each in days("2024-12-30", "2025-01-06")}
    assert [f"{each:%m-%d}" for each, said in told.items() if "digest unknown to finance" in said] == [
        "12-30",
        "01-06",
    ]


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (STATED, "its dates cannot be worked out; told once a week until they can"),
        (SHOWN, "it was taken down too early; told once a week until it is up again"),
    ],
)
def test_a_weekly_reminder_says_why(rule: object, why: str) -> None:
    office = Office(rule)  # type: ignore[arg-type]  # a parameter
    office.events = [make_event(1, "01-03")]
    office.postings[KEY] = [
        make_posting("website", "01-09", 1, withdrawn="a new page", taken_down=day("01-16")),
        make_posting("noticeboard", "01-09", 2),
    ]
    assert why in reasons(sending(office, "01-22"))


# --- backlog ------------------------------------------------------------------------------------------------------


def test_what_was_due_before_the_first_cycle_is_told_once_and_gets_no_series() -> None:
    office = Office(first_cycle_on=day("01-16"))
    assert office.diary("01-16", "06-30") == {"01-16": ["digest backlog to finance"]}


def test_what_was_due_before_since_is_backlog_though_cycles_ran_before() -> None:
    office = Office(organisations=make_soum(since=day("01-16")))
    assert office.diary("2023-12-01", "2024-06-30") == {"01-16": ["digest backlog to finance"]}


def test_what_is_due_on_the_day_of_the_first_cycle_is_no_backlog() -> None:
    office = Office(first_cycle_on=day("01-10"))
    assert office.told(day("01-10")) == ["digest -0d to finance"]
    assert office.told(day("01-11")) == ["digest +1wd to finance"]


def test_a_backlog_on_a_day_off_waits_for_the_first_sending_time() -> None:
    office = Office(first_cycle_on=day("01-13"))  # a Saturday
    assert office.diary("01-13", "01-31") == {"01-15": ["digest backlog to finance"]}


def test_an_event_s_backlog_is_told_by_its_notice_alone() -> None:
    office = Office(LETTER, first_cycle_on=day("06-03"))
    office.events = [make_event(1, "05-01", recorded_on=day("06-03"))]
    assert office.diary("06-03", "12-31") == {"06-03": ["notice event to finance"]}


def test_a_backlog_says_why_it_is_told() -> None:
    office = Office(first_cycle_on=day("01-16"))
    assert reasons(sending(office, "01-16")) == ["it was due before iltod began to watch, and is told once"]


def test_nothing_is_told_before_the_day_from_which_an_organisation_is_watched() -> None:
    office = Office(organisations=make_soum(since=day("01-08")))
    assert office.diary("2023-12-01", "2024-01-10") == {
        "01-08": ["digest -3wd to finance"],
        "01-09": ["digest -1wd to finance"],
        "01-10": ["digest -0d to finance"],
    }


# --- events and their notices -------------------------------------------------------------------------------------


def test_an_event_gives_a_notice_that_covers_the_stages_up_to_the_day_it_was_recorded() -> None:
    office = Office(LETTER)
    office.events = [make_event(1, "06-20")]  # due 10 July: the first two stages lie before the event
    assert office.diary("06-20", "07-11") == {
        "06-20": ["notice event to finance"],
        "06-26": ["digest -14d to finance"],
        "07-03": ["digest -7d to finance"],
        "07-05": ["digest -3wd to finance"],
        "07-09": ["digest -1wd to finance"],
        "07-10": ["digest -0d to finance"],
        "07-11": ["digest +1wd to finance"],
    }


def test_what_has_been_overdue_for_longer_than_any_offset_may_be_is_told_on() -> None:
    office = Office()
    office.settle(day("01-11"))
    decided = sending(office, "2027-11-17")
    assert said(decided) == ["digest +1005wd", "escalation +3wd", "escalation +10wd"]
    assert reasons(decided)[0] == "its due date passed at least 1005 working days ago"


def test_an_event_recorded_late_is_noticed_and_then_goes_on_with_what_is_still_to_come() -> None:
    office = Office(LETTER)
    office.events = [make_event(1, "06-20", recorded_on=day("07-05"))]
    assert office.told(day("07-05")) == ["notice event to finance"]
    assert office.told(day("07-09")) == ["digest -1wd to finance"]


def test_an_event_that_opens_something_overdue_is_noticed_and_the_head_hears_of_it() -> None:
    office = Office(LETTER)
    office.settle(day("07-16"))
    office.events = [make_event(1, "06-20", recorded_on=day("07-16"))]
    assert office.told(day("07-16")) == ["escalation +3wd to head", "notice event to finance"]
    assert office.told(day("07-17")) == ["digest +5wd to finance"]


def test_a_notice_says_what_happened() -> None:
    office = Office(LETTER)
    office.events = [make_event(1, "06-20")]
    assert reasons(sending(office, "06-20")) == ["letter of 2024-06-20 was recorded and opened this duty"]


def test_a_new_contact_gets_the_latest_stage_of_an_event_and_no_old_notice() -> None:
    contacts = (make_contact("finance"), make_contact("finance", "new", start=day("07-01")))
    office = Office(LETTER, organisations=make_soum(*contacts))
    office.events = [make_event(1, "06-20")]
    told = office.diary("06-20", "07-03")
    assert told["07-01"] == ["digest -14d to new"]
    assert all("notice event to new" not in each for each in told.values())


def test_a_notice_waits_until_there_is_somebody_to_tell() -> None:
    nobody = make_organisation("soum", make_contact("finance", start=day("07-01")))
    office = Office(LETTER, organisations=(nobody,))
    office.events = [make_event(1, "06-20")]
    assert office.diary("06-20", "07-01") == {"07-01": ["digest -14d to finance", "notice event to finance"]}


def test_a_notice_that_one_was_given_and_another_not_yet_when_the_machine_died_is_not_lost() -> None:
    two = make_soum(make_contact("finance"), make_contact("finance", "second"))
    office = Office(LETTER, organisations=two)
    office.events = [make_event(1, "06-20")]
    assert office.told(day("06-20"), only="finance") == ["notice event to finance"]
    assert office.told(day("06-24")) == ["notice event to second"]


def test_a_withdrawn_event_is_told_no_more() -> None:
    office = Office(LETTER)
    office.events = [make_event(1, "06-20")]
    office.told(day("06-20"))
    office.events = [make_event(1, "06-20", withdrawn="the wrong soum")]
    assert office.diary("06-21", "08-31") == {}


def test_a_duty_without_a_last_day_is_told_by_its_notice_alone() -> None:
    office = Office(make_rule(OpenEnded("letter")))
    office.events = [make_event(1, "06-20")]
    assert office.diary("06-20", "09-30") == {"06-20": ["notice event to finance"]}


# --- moved due dates ----------------------------------------------------------------------------------------------


def moved_by_decree() -> Office:
    """The letter of 20 June was due on 10 July; on 4 July three days before it become days off."""
    office = Office(LETTER)
    office.events = [make_event(1, "06-20")]
    office.diary("06-20", "07-03")
    office.decree("07-08", "07-09", "07-10")
    office.changes = {day("07-08"): sentence("8 July is a day off")}
    return office


def test_a_moved_due_date_is_noticed_with_its_reason() -> None:
    plan = sending(moved_by_decree(), "07-04")
    assert said(plan) == ["notice moved"]
    assert reasons(plan) == ["the working-day calendar changed: 8 July is a day off"]


def test_after_a_move_the_stages_still_to_come_are_told_again_and_no_others() -> None:
    assert moved_by_decree().diary("07-04", "07-18") == {
        "07-04": ["notice moved to finance"],
        "07-05": [
            "digest -3wd to finance"
        ],  # 7 days before the 15th is a day off and moves to the same Friday
        "07-12": ["digest -1wd to finance"],
        "07-15": ["digest -0d to finance"],
        "07-16": ["digest +1wd to finance"],
        "07-18": ["digest +3wd to finance", "escalation +3wd to head"],
    }


def test_a_move_is_noticed_once() -> None:
    office = moved_by_decree()
    assert office.told(day("07-04")) == ["notice moved to finance"]
    assert office.told(day("07-04")) == []


def test_a_date_that_moves_away_and_back_is_noticed_both_times() -> None:
    office = Office(LETTER)
    office.events = [make_event(1, "06-20")]
    assert office.told(day("06-21")) == ["notice event to finance"]
    office.events = [make_event(1, "06-21", recorded_on=day("06-20"), amended="it was Friday")]
    assert office.told(day("06-24")) == ["notice moved to finance"]
    office.events = [make_event(1, "06-20", recorded_on=day("06-20"), amended="it was Thursday after all")]
    assert office.told(day("06-25")) == ["notice moved to finance"]
    assert office.told(day("06-26")) == ["digest -14d to finance"]


def test_who_joins_after_a_move_gets_no_old_notice_of_it() -> None:
    office = moved_by_decree()
    office.told(day("07-04"))
    office.organisations = make_soum(make_contact("finance"), make_contact("finance", "new"))
    assert office.told(day("07-05")) == ["digest -3wd to finance", "digest -3wd to new"]
    assert office.told(day("07-08")) == []


def test_a_move_before_anybody_was_told_of_the_event_is_told_by_its_notice() -> None:
    office = Office(LETTER)
    office.events = [make_event(1, "06-22", recorded_on=day("06-22"))]  # a Saturday
    office.settle(day("06-22"))
    office.events = [make_event(1, "06-21", recorded_on=day("06-22"), amended="it was Friday")]
    office.settle(day("06-23"))
    assert office.told(day("06-24")) == ["notice event to finance"]
    assert office.told(day("06-25")) == []


def test_a_due_date_that_moves_there_and_back_is_noticed_both_times() -> None:
    office = Office(LETTER)
    office.events = [make_event(1, "06-20")]
    office.told(day("06-20"))
    office.events = [make_event(1, "06-24", recorded_on=day("06-20"), amended="it was Monday")]
    assert office.told(day("06-25")) == ["notice moved to finance"]
    office.events = [make_event(1, "06-20", amended="it was Thursday after all")]
    assert office.told(day("06-26")) == ["notice moved to finance"]
    assert office.told(day("06-27")) == []


def test_a_due_date_that_moved_there_and_back_before_it_was_told_is_not_noticed() -> None:
    office = Office(LETTER)
    office.events = [make_event(1, "06-20")]
    office.told(day("06-20"))
    office.events = [make_event(1, "06-24", recorded_on=day("06-20"), amended="it was Monday")]
    office.settle(day("06-20"))
    office.events = [make_event(1, "06-20", amended="it was Thursday after all")]
    office.settle(day("06-20"))
    assert office.told(day("06-21")) == []


def test_a_date_that_strayed_from_a_move_and_came_back_before_it_was_told_is_not_noticed_again() -> None:
    office = Office(LETTER)
    office.events = [make_event(1, "06-20")]
    office.told(day("06-20"))
    office.events = [make_event(1, "06-24", recorded_on=day("06-20"), amended="it was Monday")]
    assert office.told(day("06-25")) == ["notice moved to finance"]
    for on in ("06-21", "06-24"):
        office.events = [make_event(1, on, recorded_on=day("06-20"), amended="no, it was not")]
        office.settle(day("06-25"))
    assert "notice moved to finance" not in office.told(day("06-26"))


def test_an_extension_moves_the_series_and_says_why() -> None:
    office = Office()
    office.told(day("01-05"))
    office.extensions[KEY] = Extension(None, day("01-24"), "the auditor is ill", "A 7", day("01-08"))
    plan = sending(office, "01-08")
    assert said(plan) == ["notice moved"]
    assert reasons(plan) == ["extended: the auditor is ill (A 7)"]
    assert office.diary("01-08", "01-19") == {
        "01-08": ["notice moved to finance"],
        "01-10": ["digest -14d to finance"],
        "01-17": ["digest -7d to finance"],
        "01-19": ["digest -3wd to finance"],
    }


def test_a_duty_overdue_by_a_move_is_escalated_only_by_steps_still_to_come() -> None:
    office = Office(LETTER)
    office.events = [make_event(1, "06-20")]
    office.diary("06-20", "07-04")
    # The event was earlier: the duty was due on 26 June, 3 working days after it lie before 5 July, 10 after it.
    office.events = [make_event(1, "06-06", recorded_on=day("06-20"), amended="the minutes say so")]
    assert office.diary("07-05", "07-10") == {
        "07-05": ["notice moved to finance"],
        "07-10": ["digest +10wd to finance", "escalation +10wd to law"],
    }


# --- snoozing -----------------------------------------------------------------------------------------------------


def test_a_snoozed_duty_is_told_again_from_the_day_until_which_it_was_snoozed() -> None:
    office = Office()
    office.told(day("01-03"))
    office.snoozes[KEY] = day("01-08")
    assert office.diary("01-04", "01-10") == {
        "01-08": ["digest -3wd to finance"],
        "01-09": ["digest -1wd to finance"],
        "01-10": ["digest -0d to finance"],
    }


def test_a_snooze_to_the_day_by_which_to_act_or_later_counts_no_more_when_the_date_has_moved_before_it() -> (
    None
):
    office = Office(LETTER)
    office.events = [make_event(1, "06-20")]
    office.told(day("06-20"))
    office.snoozes["soum/p.r/e1"] = day("07-09")  # it was due on 10 July
    assert office.diary("06-21", "07-02") == {}
    office.events = [make_event(1, "06-17", recorded_on=day("06-20"), amended="the minutes say so")]
    assert office.diary("07-03", "07-09") == {
        "07-03": ["notice moved to finance"],
        "07-04": ["digest -1wd to finance"],
        "07-05": ["digest -0d to finance"],
        "07-08": ["digest +1wd to finance"],
    }


def test_a_snooze_keeps_no_notice_back() -> None:
    office = Office(LETTER)
    office.events = [make_event(1, "06-20")]
    office.snoozes["soum/p.r/e1"] = day("07-05")
    assert office.told(day("06-20")) == ["notice event to finance"]


# --- time zones ---------------------------------------------------------------------------------------------------


def two_zones() -> tuple[Organisation, ...]:
    """A soum in Khovd whose finance officer is counted at the topmost place he serves, in Ulaanbaatar."""
    soum, aimag = make_soum(make_contact("finance"), make_contact("web"), timezone=HOVD)
    return soum, replace(aimag, contacts=(*aimag.contacts, make_contact("finance")))


def test_each_is_told_at_the_sending_time_of_his_own_zone() -> None:
    office = Office(make_duty(responsible=("finance", "web")), organisations=two_zones())
    assert office.told(day("01-09"), ULAANBAATAR) == ["digest -1wd to finance"]
    assert office.told(day("01-09"), HOVD) == ["digest -1wd to web"]
    assert office.told(day("01-09"), ULAANBAATAR, HOVD) == []


def test_an_escalation_waits_for_the_sending_time_of_who_hears_it() -> None:
    soum, aimag = make_soum(make_contact("finance"), make_contact("head"), timezone=HOVD)
    office = Office(organisations=(soum, aimag))
    office.told(day("01-11"), HOVD)
    office.told(day("01-15"), HOVD)
    assert office.told(day("01-24"), ULAANBAATAR) == ["escalation +10wd to law"]


def test_an_event_recorded_between_two_sending_times_is_noticed_in_both_zones() -> None:
    office = Office(replace(LETTER, responsible=("finance", "web")), organisations=two_zones())
    office.told(day("06-20"), ULAANBAATAR)
    office.events = [make_event(1, "06-20")]
    assert office.told(day("06-20"), HOVD) == ["notice event to web"]
    assert office.told(day("06-21"), ULAANBAATAR) == ["notice event to finance"]


# --- the calendar's end -------------------------------------------------------------------------------------------


def test_beyond_the_calendar_nothing_is_told_of_a_due_date_and_the_unknown_is_told_weekly() -> None:
    narrow = make_calendar({}, first=date(2023, 1, 1), last=day("01-31"))
    office = Office(make_rule(OnDay(day("02-05"))), calendar=narrow)
    told = office.diary("01-08", "01-31")
    assert told == {key: ["digest unknown to finance"] for key in ("01-08", "01-15", "01-22", "01-29")}


def test_overdue_reminders_and_escalations_go_on_by_weekdays_when_the_calendar_has_ended() -> None:
    narrow = Office(calendar=make_calendar({}, first=date(2023, 1, 1), last=day("01-12")))
    assert narrow.diary("01-11", "02-29") == Office().diary("01-11", "02-29") != {}


def test_the_notice_that_a_date_cannot_be_worked_out_any_more_stands_for_that_week_s_reminder_of_it() -> None:
    office = Office()
    office.told(day("01-02"))
    office.calendar = make_calendar({}, first=date(2023, 1, 1), last=day("01-05"))
    office.cadence = make_cadence(office.calendar)
    assert office.diary("01-03", "01-16") == {
        "01-03": ["notice moved to finance"],
        "01-08": ["digest unknown to finance"],
        "01-15": ["digest unknown to finance"],
    }


def test_a_reminder_knows_its_obligation_and_due_date() -> None:
    (reminder,) = sending(Office(), "01-09").reminders
    assert reminder == Reminder(
        recipient="finance@soum.example",
        key=KEY,
        about="2024-01-10",
        stage="-1wd",
        stage_on=day("01-09"),
        kind=Kind.DIGEST,
        reason=reminder.reason,
    )
    assert isinstance(reminder.reason, Sentence)
    assert WEEKDAYS.is_working(reminder.stage_on)
