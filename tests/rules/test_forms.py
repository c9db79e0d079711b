"""Each form of deadline, by the due dates that it gives."""

from collections.abc import Callable
from datetime import date
from itertools import product

import pytest

from rules.due import Duty, RuleBook
from rules.occurrences import EventFact
from rules.sentences import Sentence

MakeBook = Callable[..., RuleBook]
FROM_2020_TO_2030 = (date(2020, 1, 1), date(2030, 12, 31))


def due(book: RuleBook, first: str, last: str, rule: str = "p.r") -> list[tuple[str, str]]:
    """The names and due dates of a window."""
    duties = book.scheduled(rule, date.fromisoformat(first), date.fromisoformat(last))
    return [(duty.occurrence.name, str(duty.reckoning.due_on)) for duty in duties]


def started(book: RuleBook, on: str, states: str = "", rule: str = "p.r") -> str | None:
    """The due date that an event gives."""
    fact = EventFact("e17", date.fromisoformat(on), date.fromisoformat(states) if states else None)
    duty = book.started(rule, fact)
    return str(duty.reckoning.due_on) if duty else None


def words(said: Sentence | None) -> str:
    assert said is not None
    return said.text.format_map(
        {name: words(value) if isinstance(value, Sentence) else value for name, value in said.values.items()}
    )


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("", [("2024", "2024-01-10"), ("2025", "2025-01-10")]),
        ("period = 'year'", [("2024", "2024-01-10"), ("2025", "2025-01-10")]),
        ("period = 'previous-year'", [("2023", "2024-01-10"), ("2024", "2025-01-10")]),
        ("period = 'next-year'", [("2025", "2024-01-10"), ("2026", "2025-01-10")]),
    ],
)
def test_a_yearly_date_is_about_the_year_that_the_rule_says(
    make_book: MakeBook, period: str, expected: list[tuple[str, str]]
) -> None:
    book = make_book(f"id = 'r'\ndeadline = {{ yearly = '01-10' }}\n{period}")
    assert due(book, "2024-01-01", "2025-12-31") == expected


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ('["06-10", "12-10"]', [("2024-H1", "2024-06-10"), ("2024-H2", "2024-12-10")]),
        ('["08-15", "02-15"]', [("2023-H2", "2024-02-15"), ("2024-H1", "2024-08-15")]),
        (
            '["04-20", "07-20", "10-20", "01-20"]',
            [
                ("2023-Q4", "2024-01-20"),
                ("2024-Q1", "2024-04-20"),
                ("2024-Q2", "2024-07-20"),
                ("2024-Q3", "2024-10-20"),
            ],
        ),
        (
            '["01-10", "04-10", "07-10", "10-10"]',
            [
                ("2024-Q1", "2024-01-10"),
                ("2024-Q2", "2024-04-10"),
                ("2024-Q3", "2024-07-10"),
                ("2024-Q4", "2024-10-10"),
            ],
        ),
    ],
)
def test_two_dates_are_about_half_years_and_four_about_quarters_and_one_before_its_forerunner_lies_in_the_next_year(
    make_book: MakeBook, dates: str, expected: list[tuple[str, str]]
) -> None:
    assert (
        due(make_book(f"id = 'r'\ndeadline = {{ yearly = {dates} }}"), "2024-01-01", "2024-12-31") == expected
    )


def test_two_dates_about_the_previous_year(make_book: MakeBook) -> None:
    book = make_book("id = 'r'\ndeadline = { yearly = ['02-01', '08-01'] }\nperiod = 'previous-year'")
    assert due(book, "2024-01-01", "2024-12-31") == [("2023-H1", "2024-02-01"), ("2023-H2", "2024-08-01")]


def test_the_29th_of_february_is_the_28th_where_the_month_has_no_29th(make_book: MakeBook) -> None:
    book = make_book("id = 'r'\ndeadline = { yearly = '02-29' }")
    assert due(book, "2023-01-01", "2024-12-31") == [("2023", "2023-02-28"), ("2024", "2024-02-29")]


@pytest.mark.parametrize(
    ("roll", "expected"),
    [("none", "2026-01-10"), ("following", "2026-01-12"), ("preceding", "2026-01-09")],
)
def test_a_fixed_date_on_a_saturday_stays_unless_the_rule_moves_it(
    make_book: MakeBook, roll: str, expected: str
) -> None:
    book = make_book(f"id = 'r'\ndeadline = {{ yearly = '01-10' }}\nroll = '{roll}'")
    assert due(book, "2026-01-01", "2026-12-31") == [("2026", expected)]


def test_without_a_word_about_it_the_strict_reading_holds(make_book: MakeBook) -> None:
    assert due(make_book("id = 'r'\ndeadline = { yearly = '01-10' }"), "2026-01-01", "2026-12-31") == [
        ("2026", "2026-01-10")
    ]


@pytest.mark.parametrize(
    ("deadline", "expected"),
    [
        (
            "{ after_period = 'month', within = '10 days' }",
            [("2024-02", "2024-03-11"), ("2024-03", "2024-04-10")],
        ),
        (
            "{ after_period = 'month', within = '5 working days' }",
            [("2024-02", "2024-03-07"), ("2024-03", "2024-04-05")],
        ),
        (
            "{ after_period = 'quarter', within = '1 month' }",
            [("2023-Q4", "2024-01-31"), ("2024-Q1", "2024-04-30")],
        ),
        ("{ after_period = 'half-year', within = '45 days' }", [("2023-H2", "2024-02-14")]),
        ("{ after_period = 'year', within = '2 months' }", [("2023", "2024-02-29")]),
        ("{ after_period = 'month', day = 8 }", [("2024-02", "2024-03-08"), ("2024-03", "2024-04-08")]),
        ("{ after_period = 'month', day = 31 }", [("2024-02", "2024-03-31"), ("2024-03", "2024-04-30")]),
        ("{ after_period = 'quarter', day = 20 }", [("2023-Q4", "2024-01-20"), ("2024-Q1", "2024-04-20")]),
    ],
)
def test_a_limit_or_a_day_after_each_period(
    make_book: MakeBook, deadline: str, expected: list[tuple[str, str]]
) -> None:
    found = due(make_book(f"id = 'r'\ndeadline = {deadline}"), "2024-01-01", "2024-04-30")
    assert [each for each in found if each in expected] == expected
    assert len(found) == len({name for name, _ in found})


def test_the_eighth_of_the_next_month_rolls_off_the_womens_day_every_year(make_book: MakeBook) -> None:
    book = make_book("id = 'r'\ndeadline = { after_period = 'month', day = 8 }\nroll = 'following'")
    assert [due_on for name, due_on in due(book, "2023-01-01", "2026-12-31") if name.endswith("-02")] == [
        "2023-03-09",
        "2024-03-11",
        "2025-03-10",
        "2026-03-09",
    ]


@pytest.mark.parametrize(
    ("deadline", "expected"),
    [
        ("{ in = 'year' }", [("2023", "2023-12-31"), ("2024", "2024-12-31")]),
        (
            "{ in = 'half-year' }",
            [
                ("2023-H1", "2023-06-30"),
                ("2023-H2", "2023-12-31"),
                ("2024-H1", "2024-06-30"),
                ("2024-H2", "2024-12-31"),
            ],
        ),
        (
            "{ in = 'quarter', only = ['Q4', 'Q2'] }",
            [
                ("2023-Q2", "2023-06-30"),
                ("2023-Q4", "2023-12-31"),
                ("2024-Q2", "2024-06-30"),
                ("2024-Q4", "2024-12-31"),
            ],
        ),
        ("{ in = 'half-year', only = ['H2'] }", [("2023-H2", "2023-12-31"), ("2024-H2", "2024-12-31")]),
        ("{ in = 'month', only = ['02'] }", [("2023-02", "2023-02-28"), ("2024-02", "2024-02-29")]),
    ],
)
def test_some_time_within_each_period_is_its_last_day(
    make_book: MakeBook, deadline: str, expected: list[tuple[str, str]]
) -> None:
    assert due(make_book(f"id = 'r'\ndeadline = {deadline}"), "2023-01-01", "2024-12-31") == expected


def test_a_period_whose_last_day_rolls_into_the_next_year_is_found_in_that_year(make_book: MakeBook) -> None:
    book = make_book("id = 'r'\ndeadline = { in = 'quarter' }\nroll = 'following'")
    assert due(book, "2024-01-01", "2024-01-31") == [("2023-Q4", "2024-01-02")]
    assert ("2023-Q4", "2024-01-02") not in due(book, "2023-12-01", "2023-12-31")


def test_a_date_that_rolls_back_into_the_year_before_is_found_in_that_year(make_book: MakeBook) -> None:
    book = make_book("id = 'r'\ndeadline = { yearly = '01-01' }\nroll = 'preceding'")
    assert due(book, "2023-12-01", "2023-12-31") == [("2024", "2023-12-28")]  # 29 December is a holiday


@pytest.mark.parametrize(
    ("deadline", "expected"),
    [
        ("{ on = 2024-03-31 }", [("2024-03-31", "2024-03-31")]),
        ("{ once = '2024-Q1' }", [("2024-Q1", "2024-03-31")]),
        ("{ once = '2024' }", [("2024", "2024-12-31")]),
    ],
)
def test_one_time_only(make_book: MakeBook, deadline: str, expected: list[tuple[str, str]]) -> None:
    assert due(make_book(f"id = 'r'\ndeadline = {deadline}"), "2020-01-01", "2030-12-31") == expected


@pytest.mark.parametrize(
    ("within", "on", "expected"),
    [
        ("14 working days", "2018-10-25", "2018-11-16"),
        ("30 days", "2024-02-07", "2024-03-11"),
        ("1 month", "2024-01-31", "2024-02-29"),
        ("promptly", "2024-03-07", "2024-03-13"),
    ],
)
def test_a_limit_after_an_event(make_book: MakeBook, within: str, on: str, expected: str) -> None:
    assert (
        started(make_book(f"id = 'r'\ndeadline = {{ of = 'vacancy', within = '{within}' }}"), on) == expected
    )


def test_each_time_follows_the_offices_own_standard(make_book: MakeBook) -> None:
    rule = "id = 'r'\ndeadline = { of = 'vacancy', within = 'promptly' }"
    assert started(make_book(rule, promptly="1 working day"), "2024-03-07") == "2024-03-11"
    assert started(make_book(rule, promptly="2 days"), "2024-03-07") == "2024-03-11"


def test_so_long_before_a_planned_event(make_book: MakeBook) -> None:
    book = make_book("id = 'r'\ndeadline = { of = 'council-decision', before = '30 days' }")
    assert started(book, "2024-04-15") == "2024-03-15"
    assert started(book, "2024-04-16") == "2024-03-15"  # 17 March is a Sunday


def test_the_event_states_its_due_date_itself_whatever_day_that_is(make_book: MakeBook) -> None:
    book = make_book("id = 'r'\ndeadline = { of = 'letter', within = 'stated' }")
    assert started(book, "2023-02-14", states="2023-03-04") == "2023-03-04"  # a Saturday


def test_a_letter_that_states_no_date_leaves_its_duty_unknown_and_says_what_to_do(
    make_book: MakeBook,
) -> None:
    duty = make_book("id = 'r'\ndeadline = { of = 'letter', within = 'stated' }").started(
        "p.r", EventFact("e17", date(2023, 2, 14))
    )
    assert duty is not None
    assert (duty.reckoning.due_on, duty.day) == (None, date(2023, 2, 14))
    assert words(duty.reckoning.unknown) == (
        "The due date is the one that the event e17 of 2023-02-14 states, and none was recorded; add it to the event"
    )


def test_a_limit_that_starts_when_another_duty_falls_due(make_book: MakeBook) -> None:
    book = make_book(
        "id = 'first'\ndeadline = { yearly = '02-15' }",
        "id = 'r'\ndeadline = { after_due = 'p.first', within = '14 days' }",
        "id = 'third'\ndeadline = { after_due = 'p.r', within = '1 working day' }",
    )
    assert due(book, "2024-01-01", "2026-12-31") == [
        ("2024", "2024-02-29"),
        ("2025", "2025-03-04"),  # 1 March is Tsagaan Sar, until the 3rd
        ("2026", "2026-03-02"),  # a Sunday
    ]
    assert due(book, "2024-01-01", "2024-12-31", "p.third") == [("2024", "2024-03-01")]


def test_a_chain_that_an_event_begins_is_started_by_that_event(make_book: MakeBook) -> None:
    book = make_book(
        "id = 'reply'\ndeadline = { of = 'letter', within = 'stated' }",
        "id = 'r'\ndeadline = { after_due = 'p.reply', within = '5 working days' }",
    )
    assert book.is_started_by_event("p.reply")
    assert book.is_started_by_event("p.r")
    assert started(book, "2024-03-01", states="2024-03-06") == "2024-03-14"
    assert due(book, "2020-01-01", "2030-12-31") == []
    silent = book.started("p.r", EventFact("e17", date(2024, 3, 1)))
    assert silent is not None
    assert words(silent.reckoning.unknown).startswith(
        "It is counted from the due date of p.reply, which cannot be worked out: The due date is the one that"
    )


@pytest.mark.parametrize(
    ("rrule", "expected"),
    [
        ("FREQ=MONTHLY;BYMONTHDAY=8", ["2024-03-08", "2024-04-08", "2024-05-08"]),
        ("FREQ=MONTHLY;BYDAY=-1FR", ["2024-03-29", "2024-04-26", "2024-05-31"]),
        ("RRULE:FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=15", ["2024-04-15"]),
        ("FREQ=WEEKLY;BYDAY=MO;UNTIL=20240311", ["2024-03-04", "2024-03-11"]),
    ],
)
def test_a_recurrence_gives_days_that_are_named_by_themselves(
    make_book: MakeBook, rrule: str, expected: list[str]
) -> None:
    book = make_book(f"id = 'r'\ndeadline = {{ rrule = '{rrule}' }}")
    assert due(book, "2024-03-01", "2024-05-31") == [(each, each) for each in expected]


def test_a_recurrence_is_counted_from_the_day_the_rule_came_into_force(make_book: MakeBook) -> None:
    book = make_book(
        "id = 'r'\ndeadline = { rrule = 'FREQ=DAILY;INTERVAL=14' }\nin_force = { from = 2024-01-03 }"
    )
    assert due(book, "2023-12-01", "2024-02-01") == [
        (each, each) for each in ("2024-01-03", "2024-01-17", "2024-01-31")
    ]


def test_a_recurrence_ends_after_its_count(make_book: MakeBook) -> None:
    book = make_book(
        "id = 'r'\ndeadline = { rrule = 'FREQ=YEARLY;COUNT=2' }\nin_force = { from = 2024-02-01 }"
    )
    assert due(book, "2020-01-01", "2030-12-31") == [
        ("2024-02-01", "2024-02-01"),
        ("2025-02-01", "2025-02-01"),
    ]


def test_a_day_of_a_recurrence_keeps_its_name_when_it_moves(make_book: MakeBook) -> None:
    book = make_book("id = 'r'\ndeadline = { rrule = 'FREQ=MONTHLY;BYMONTHDAY=8' }\nroll = 'following'")
    assert due(book, "2024-03-01", "2024-03-31") == [("2024-03-08", "2024-03-11")]
    assert due(book, "2024-03-09", "2024-03-31") == [("2024-03-08", "2024-03-11")]


def test_what_must_only_stay_up_has_no_due_date_and_a_day_until_which_it_stays(make_book: MakeBook) -> None:
    book = make_book("id = 'r'\ndeadline = { of = 'draft-act' }\nkeep_posted = '30 days'")
    duty = book.started("p.r", EventFact("e17", date(2024, 2, 1)))
    assert duty is not None
    assert (duty.reckoning.due_on, duty.reckoning.unknown, duty.day) == (None, None, None)
    assert book.keep_until(duty.rule, date(2024, 2, 22)) == date(2024, 3, 23)


def test_a_rule_that_says_nothing_of_staying_up_gives_no_last_day_for_it(make_book: MakeBook) -> None:
    book = make_book("id = 'r'\ndeadline = { yearly = '01-10' }")
    assert book.keep_until(book.rules[0], date(2024, 1, 9)) is None


def test_an_extension_is_counted_from_the_unextended_due_date(make_book: MakeBook) -> None:
    book = make_book("id = 'r'\ndeadline = { of = 'petition', within = '30 days' }\nextendable = '30 days'")
    rule = book.rules[0]
    assert started(book, "2024-03-01") == "2024-04-01"  # 31 March is a Sunday
    assert book.longest_extension(rule, date(2024, 4, 1)) == date(2024, 5, 1)


LIMITS = (
    "{ after_period = 'month', within = '10 working days' }",
    "{ after_period = 'quarter', within = '20 days' }",
)
DATES = (
    "{ yearly = '01-10' }",
    "{ yearly = ['08-15', '02-15'] }",
    "{ after_period = 'month', day = 31 }",
    "{ in = 'half-year' }",
    "{ rrule = 'FREQ=WEEKLY;BYDAY=SA,SU' }",
)
ROLLS = ("", "roll = 'following'", "roll = 'preceding'")


@pytest.mark.parametrize(("deadline", "roll"), [*((each, "") for each in LIMITS), *product(DATES, ROLLS)])
def test_windows_laid_side_by_side_give_each_duty_once_and_none_twice(
    make_book: MakeBook, deadline: str, roll: str
) -> None:
    book = make_book(f"id = 'r'\ndeadline = {deadline}\n{roll}")
    whole = book.scheduled("p.r", *FROM_2020_TO_2030)
    pieces: list[Duty] = []
    first = FROM_2020_TO_2030[0]
    while first <= FROM_2020_TO_2030[1]:
        last = min(date.fromordinal(first.toordinal() + 10), FROM_2020_TO_2030[1])
        pieces.extend(book.scheduled("p.r", first, last))
        first = date.fromordinal(last.toordinal() + 1)
    assert pieces == list(whole)
    assert all(book.duty("p.r", duty.occurrence.name) == duty for duty in whole)


@pytest.mark.parametrize("name", ["2024-H1", "2024-03-31", "e17", "", "0000", "2024-13"])
def test_a_rule_has_no_occurrence_of_another_name(make_book: MakeBook, name: str) -> None:
    assert make_book("id = 'r'\ndeadline = { yearly = '01-10' }").duty("p.r", name) is None


def test_a_rule_of_a_period_has_no_occurrence_outside_its_numbers(make_book: MakeBook) -> None:
    book = make_book("id = 'r'\ndeadline = { in = 'quarter', only = ['Q2'] }")
    assert book.duty("p.r", "2024-Q1") is None
    assert book.duty("p.r", "2024-Q2") is not None
