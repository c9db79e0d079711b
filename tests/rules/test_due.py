"""The rule book: versions in force, the ends of the calendar, what is provisional, and what belongs together."""

from collections.abc import Callable
from datetime import date, datetime

import pytest

from rules.due import RuleBook
from rules.limits import Limit
from rules.occurrences import EventFact
from rules.workdays import LookedAt, OutsideCalendar, make_calendar

MakeBook = Callable[..., RuleBook]

YEARLY = "deadline = { yearly = '02-15' }"
AMENDMENT = "deadline = { of = 'budget-amendment', within = '14 working days' }"


def due(book: RuleBook, first: str, last: str, rule: str = "p.r") -> list[tuple[str, str]]:
    duties = book.scheduled(rule, date.fromisoformat(first), date.fromisoformat(last))
    return [(duty.occurrence.name, str(duty.reckoning.due_on)) for duty in duties]


def test_a_rule_holds_from_its_first_day_in_force_to_its_last_both_inclusive(make_book: MakeBook) -> None:
    book = make_book(f"id = 'r'\n{YEARLY}\nin_force = {{ from = 2023-02-15, until = 2025-02-15 }}")
    assert [name for name, _ in due(book, "2020-01-01", "2030-12-31")] == ["2023", "2024", "2025"]


def test_in_force_is_judged_by_the_due_date_as_moved(make_book: MakeBook) -> None:
    rule = f"id = 'r'\n{YEARLY}\nroll = 'following'\nin_force = {{ until = 2026-02-15 }}"
    assert due(make_book(rule), "2026-01-01", "2026-12-31") == []  # it moves to Monday the 16th


def test_an_event_is_judged_by_its_own_date(make_book: MakeBook) -> None:
    book = make_book(f"id = 'r'\n{AMENDMENT}\nin_force = {{ from = 2015-01-01, until = 2024-12-31 }}")
    assert book.started("p.r", EventFact("e1", date(2014, 12, 31))) is None
    assert book.started("p.r", EventFact("e2", date(2024, 12, 31))) is not None
    assert book.started("p.r", EventFact("e3", date(2025, 1, 1))) is None


def test_a_successor_takes_over_with_its_own_date(make_book: MakeBook) -> None:
    book = make_book(
        "id = 'r'\ndeadline = { yearly = '02-15' }\nin_force = { until = 2024-12-31 }",
        "id = 'r'\ndeadline = { yearly = '03-01' }\nin_force = { from = 2025-01-01 }",
    )
    assert due(book, "2023-01-01", "2026-12-31") == [
        ("2023", "2023-02-15"),
        ("2024", "2024-02-15"),
        ("2025", "2025-03-01"),
        ("2026", "2026-03-01"),
    ]


def test_an_override_holds_for_one_year_only(make_book: MakeBook) -> None:
    book = make_book(
        "id = 'r'\ndeadline = { yearly = '02-15' }\nin_force = { from = 2006-11-01, until = 2006-12-31 }",
        "id = 'r'\ndeadline = { yearly = '06-15' }\nin_force = { from = 2007-01-01, until = 2007-12-31 }",
        "id = 'r'\ndeadline = { yearly = '02-15' }\nin_force = { from = 2008-01-01 }",
    )
    assert due(book, "2005-01-01", "2009-12-31") == [
        ("2007", "2007-06-15"),
        ("2008", "2008-02-15"),
        ("2009", "2009-02-15"),
    ]


def test_where_two_versions_give_the_same_occurrence_the_earlier_due_date_stands_in_every_window(
    make_book: MakeBook,
) -> None:
    book = make_book(
        "id = 'r'\ndeadline = { yearly = '02-15' }\nin_force = { until = 2025-03-31 }",
        "id = 'r'\ndeadline = { yearly = '06-15' }\nin_force = { from = 2025-04-01 }",
    )
    assert due(book, "2024-01-01", "2026-12-31") == [
        ("2024", "2024-02-15"),
        ("2025", "2025-02-15"),
        ("2026", "2026-06-15"),
    ]
    assert due(book, "2025-04-01", "2025-12-31") == []
    duty = book.duty("p.r", "2025")
    assert duty is not None
    assert duty.reckoning.due_on == date(2025, 2, 15)


def test_versions_may_differ_in_form(make_book: MakeBook) -> None:
    book = make_book(
        "id = 'r'\ndeadline = { yearly = '02-15' }\nin_force = { until = 2024-12-31 }",
        f"id = 'r'\n{AMENDMENT}\nin_force = {{ from = 2025-01-01 }}",
    )
    assert due(book, "2024-01-01", "2026-12-31") == [("2024", "2024-02-15")]
    assert book.started("p.r", EventFact("e1", date(2024, 6, 3))) is None
    assert book.started("p.r", EventFact("e2", date(2025, 6, 3))) is not None


def test_an_event_of_another_kind_starts_nothing(make_book: MakeBook) -> None:
    book = make_book(f"id = 'r'\n{AMENDMENT}")
    assert book.started("p.r", EventFact("e1", date(2024, 6, 3), kind="vacancy")) is None
    assert book.started("p.r", EventFact("e1", date(2024, 6, 3), kind="budget-amendment")) is not None


def test_the_rules_that_follow_another_follow_the_version_in_force(make_book: MakeBook) -> None:
    book = make_book(
        "id = 'r'\ndeadline = { yearly = '02-15' }\nin_force = { until = 2024-12-31 }",
        "id = 'r'\ndeadline = { yearly = '03-01' }\nin_force = { from = 2025-01-01 }",
        "id = 'after'\ndeadline = { after_due = 'p.r', within = '1 day' }",
    )
    assert due(book, "2024-01-01", "2025-12-31", "p.after") == [
        ("2024", "2024-02-16"),
        ("2025", "2025-03-04"),
    ]


def test_beyond_the_calendar_a_duty_is_unknown_with_its_reason_and_found_by_its_nominal_day(
    make_book: MakeBook,
) -> None:
    short = make_calendar({}, first=date(2024, 1, 1), last=date(2024, 12, 31))
    book = make_book(
        f"id = 'r'\n{YEARLY}",
        f"id = 'event'\n{AMENDMENT}",
        "id = 'after'\ndeadline = { after_due = 'p.r', within = '1 day' }",
        "id = 'monthly'\ndeadline = { after_period = 'month', within = '5 working days' }",
        calendar=short,
    )
    for duty in (
        *book.scheduled("p.r", date(2025, 1, 1), date(2025, 12, 31)),
        *book.scheduled("p.after", date(2025, 1, 1), date(2025, 12, 31)),
        *book.scheduled("p.monthly", date(2025, 1, 1), date(2025, 1, 31)),
        book.started("p.event", EventFact("e1", date(2024, 12, 20))),
    ):
        assert duty is not None
        assert duty.reckoning.due_on is None
        assert duty.reckoning.unknown is not None
        assert duty.day is not None
        assert not duty.reckoning.provisional
    assert [
        each.occurrence.name for each in book.scheduled("p.monthly", date(2024, 12, 1), date(2025, 1, 31))
    ] == [
        "2024-11",
        "2024-12",
    ]


def test_before_the_calendar_begins_a_duty_is_unknown_too(make_book: MakeBook) -> None:
    book = make_book(
        f"id = 'r'\n{YEARLY}", "id = 'monthly'\ndeadline = { after_period = 'month', within = '1 month' }"
    )
    assert [
        each.reckoning.due_on for each in book.scheduled("p.r", date(2003, 1, 1), date(2004, 12, 31))
    ] == [
        None,
        date(2004, 2, 15),
    ]
    monthly = book.scheduled("p.monthly", date(2003, 12, 1), date(2004, 2, 29))
    assert [(each.occurrence.name, each.reckoning.due_on) for each in monthly] == [
        ("2003-11", None),
        ("2003-12", date(2004, 2, 2)),
    ]


@pytest.mark.parametrize("name", ["0001", "9999", "9998"])
def test_at_the_ends_of_time_nothing_breaks(make_book: MakeBook, name: str) -> None:
    for rule in ("yearly = '01-10' }\nperiod = 'previous-year'", "yearly = '01-10' }\nperiod = 'next-year'"):
        duty = make_book(f"id = 'r'\ndeadline = {{ {rule}").duty("p.r", name)
        assert duty is None or duty.reckoning.unknown is not None
    book = make_book("id = 'r'\ndeadline = { after_period = 'year', day = 8 }")
    assert book.scheduled("p.r", date.min, date(1, 3, 1)) == ()
    assert book.scheduled("p.r", date(9999, 1, 9), date.max) == ()


@pytest.mark.parametrize(
    ("rule", "event", "provisional"),
    [
        (AMENDMENT, "2026-12-01", False),
        (AMENDMENT, "2026-12-10", False),  # ends on 31 December
        (AMENDMENT, "2026-12-11", True),  # ends in 2027
        (AMENDMENT, "2014-12-31", False),  # counting begins on the next day, in a year that was looked at
        (AMENDMENT, "2014-12-30", True),
        ("deadline = { of = 'letter', within = '30 days' }", "2026-12-01", False),
        ("deadline = { of = 'letter', within = '30 days' }", "2026-12-02", True),  # 1 January
        ("deadline = { of = 'letter', within = 'stated' }", "2027-06-01", False),
        ("deadline = { of = 'meeting', before = '5 working days' }", "2027-01-05", True),
        ("deadline = { of = 'meeting', before = '5 working days' }", "2027-01-01", False),
    ],
)
def test_a_limit_that_rests_on_a_year_nobody_has_looked_at_is_provisional(
    make_book: MakeBook, rule: str, event: str, provisional: bool
) -> None:
    on = date.fromisoformat(event)
    duty = make_book(f"id = 'r'\n{rule}").started("p.r", EventFact("e1", on, on))
    assert duty is not None
    assert duty.reckoning.provisional is provisional


@pytest.mark.parametrize(("roll", "provisional"), [("none", False), ("following", True), ("preceding", True)])
def test_a_fixed_date_is_provisional_only_where_it_may_move(
    make_book: MakeBook, roll: str, provisional: bool
) -> None:
    duty = make_book(f"id = 'r'\n{YEARLY}\nroll = '{roll}'").duty("p.r", "2027")
    assert duty is not None
    assert duty.reckoning.provisional is provisional


def test_a_year_that_was_looked_at_is_not_provisional(make_book: MakeBook) -> None:
    looked = make_calendar({}, looked_at=[LookedAt(2027, date(2026, 12, 1), "the gazette")])
    duty = make_book(f"id = 'r'\n{AMENDMENT}", calendar=looked).started(
        "p.r", EventFact("e1", date(2027, 3, 1))
    )
    assert duty is not None
    assert not duty.reckoning.provisional


def test_the_book_knows_who_is_concerned_and_what_starts_what(make_book: MakeBook) -> None:
    book = make_book(f"id = 'r'\n{YEARLY}", f"id = 'event'\n{AMENDMENT}")
    assert book.ids == ("p.r", "p.event")
    assert book.applying_to("soum") == ("p.r", "p.event")
    assert book.applying_to("aimag") == ()
    assert book.event_kinds == {"budget-amendment"}
    assert book.is_started_by_event("p.event")
    assert not book.is_started_by_event("p.r")
    assert [rule.id for rule in book.versions("p.r")] == ["p.r"]
    with pytest.raises(KeyError):
        book.versions("p.none")


def test_the_same_document_is_the_same_in_every_direction(make_book: MakeBook) -> None:
    book = make_book(
        f"id = 'a'\n{YEARLY}\nsame_document = 'p.b'",
        f"id = 'b'\n{YEARLY}",
        f"id = 'c'\n{YEARLY}\nsame_document = 'p.a'",
        f"id = 'd'\n{YEARLY}",
    )
    assert book.documents("p.a") == book.documents("p.b") == book.documents("p.c") == {"p.a", "p.b", "p.c"}
    assert book.documents("p.d") == {"p.d"}


def test_the_act_by_date_is_the_last_working_day_on_or_before_the_due_date(make_book: MakeBook) -> None:
    book = make_book(f"id = 'r'\n{YEARLY}")
    assert book.act_by(date(2026, 1, 10)) == date(2026, 1, 9)
    assert book.act_by(date(2024, 1, 10)) == date(2024, 1, 10)
    with pytest.raises(OutsideCalendar):
        book.act_by(date(2101, 1, 1))


def test_no_moment_gets_into_the_book(make_book: MakeBook) -> None:
    book = make_book(f"id = 'r'\n{YEARLY}")
    moment = datetime(2024, 1, 1, 9)  # noqa: DTZ001 - it is refused
    with pytest.raises(TypeError):
        book.scheduled("p.r", moment, date(2024, 12, 31))
    with pytest.raises(TypeError):
        book.scheduled("p.r", date(2024, 1, 1), moment)
    with pytest.raises(TypeError):
        EventFact("e1", moment)
    with pytest.raises(TypeError):
        EventFact("e1", date(2024, 1, 1), moment)


def test_a_calendar_that_changes_gives_another_book_and_another_date(
    make_book: MakeBook, tmp_path: object
) -> None:
    rule = f"id = 'r'\n{AMENDMENT}"
    event = EventFact("e1", date(2024, 9, 27))
    duties = [
        make_book(rule).started("p.r", event),
        make_book(rule, calendar=make_calendar({})).started("p.r", event),
    ]
    assert [str(duty.reckoning.due_on) for duty in duties if duty] == ["2024-10-18", "2024-10-17"]


def test_the_offices_standard_may_be_any_limit(make_book: MakeBook) -> None:
    book = make_book("id = 'r'\ndeadline = { of = 'vacancy', within = 'promptly' }", promptly="1 week")
    assert book.promptly == Limit.parse("1 week")
