"""How a due date was found: the sentences, their dates and sources, and the count day by day."""

from collections.abc import Callable
from datetime import date

import pytest

from rules.due import Duty, RuleBook
from rules.occurrences import EventFact
from rules.sentences import Sentence
from rules.workdays import DayKind, make_calendar

MakeBook = Callable[..., RuleBook]
Told = tuple[str | None, str, str]

LAW = "A law, 1.2"
WORDS = (None, "The provision says: within the limit", LAW)
CODE_1 = "Монгол Улсын Иргэний хууль, 72.1 / Civil Code of Mongolia, 72.1"
CODE_2 = "Монгол Улсын Иргэний хууль, 72.2 / Civil Code of Mongolia, 72.2"


class English:
    """As the sentences are written."""

    language = "en"

    def gettext(self, text: str, /) -> str:
        return text

    def ngettext(self, one: str, many: str, n: int, /) -> str:
        return one if n == 1 else many


def told(book: RuleBook, duty: Duty | None) -> list[Told]:
    assert duty is not None
    steps = book.steps(duty)
    assert steps[-1].on == duty.reckoning.due_on
    return [(str(step.on) if step.on else None, say(step.text), step.source) for step in steps]


def say(text: Sentence) -> str:
    return text.say(English())


def event(on: str, due: str = "") -> EventFact:
    return EventFact("e17", date.fromisoformat(on), date.fromisoformat(due) if due else None)


def test_a_fixed_date_is_what_the_provision_says(make_book: MakeBook) -> None:
    book = make_book("id = 'r'\ndeadline = { yearly = '01-10' }")
    assert told(book, book.duty("p.r", "2024")) == [
        WORDS,
        (None, "The document is about the period 2024", LAW),
        ("2024-01-10", "The last day in time is 2024-01-10", LAW),
    ]


def test_a_fixed_date_on_a_weekend_stays_and_the_working_day_before_is_named(make_book: MakeBook) -> None:
    book = make_book("id = 'r'\ndeadline = { yearly = '01-10' }")
    assert told(book, book.duty("p.r", "2026"))[2:] == [
        (
            "2026-01-10",
            (
                "2026-01-10 is no working day, and the provision does not say that the date moves: it stays, and the"
                " last working day for it is 2026-01-09"
            ),
            "",
        ),
        ("2026-01-10", "The last day in time is 2026-01-10", LAW),
    ]


def test_a_date_that_the_rule_moves_names_each_day_it_moves_over(make_book: MakeBook) -> None:
    book = make_book("id = 'r'\ndeadline = { after_period = 'month', day = 8 }\nroll = 'following'")
    steps = told(book, book.duty("p.r", "2024-02"))
    assert [(on, text) for on, text, _ in steps[2:]] == [
        ("2024-03-08", "2024-03-08 does not count, a public holiday: Олон улсын эмэгтэйчүүдийн өдөр"),
        ("2024-03-09", "2024-03-09 is a weekend"),
        ("2024-03-10", "2024-03-10 is a weekend"),
        ("2024-03-11", "2024-03-08 is no working day; the rule moves it to the next one: 2024-03-11"),
    ]


def test_a_date_that_the_rule_moves_back_is_told_from_the_date_towards_the_day_it_reaches(
    make_book: MakeBook,
) -> None:
    book = make_book("id = 'r'\ndeadline = { yearly = '03-10' }\nroll = 'preceding'")
    assert [text for _, text, _ in told(book, book.duty("p.r", "2024"))[2:]] == [
        "2024-03-10 is a weekend",
        "2024-03-09 is a weekend",
        "2024-03-08 does not count, a public holiday: Олон улсын эмэгтэйчүүдийн өдөр",
        "2024-03-10 is no working day; the rule moves it to the one before: 2024-03-07",
    ]


def test_working_days_name_each_skipped_day_that_is_no_weekend_and_each_worked_saturday(
    make_book: MakeBook,
) -> None:
    book = make_book("id = 'r'\ndeadline = { of = 'budget-amendment', within = '14 working days' }")
    steps = told(book, book.started("p.r", event("2018-11-02")))
    assert steps[0] == WORDS
    assert steps[1] == ("2018-11-02", "The event was on 2018-11-02; that day does not count", CODE_1)
    assert [(on, text[:51]) for on, text, _ in steps[2:5]] == [
        ("2018-11-08", "2018-11-08 does not count, a public holiday: Их Эзэ"),
        ("2018-11-09", "2018-11-09 does not count, a day off by decision: З"),
        ("2018-11-17", "2018-11-17 counts, a day worked by decision: 2018-1"),
    ]
    assert [source for _, _, source in steps[3:5]] == [
        "https://news.zindaa.mn/2ida ; https://news.mn/en/785367",
        "https://news.zindaa.mn/2ida",
    ]
    assert steps[5:] == [
        ("2018-11-23", "The limit of 14 working days ends on the last day in time: 2018-11-23", LAW)
    ]


def test_the_law_on_holidays_is_the_source_of_a_holiday(make_book: MakeBook) -> None:
    book = make_book("id = 'r'\ndeadline = { of = 'budget-amendment', within = '2 working days' }")
    source = told(book, book.started("p.r", event("2024-03-07")))[2][2]
    assert "https://legalinfo.mn/mn/detail/399" in source


def test_a_calendar_limit_that_ends_on_a_day_off_says_where_it_would_have_ended(make_book: MakeBook) -> None:
    book = make_book("id = 'r'\ndeadline = { of = 'letter', within = '8 days' }")
    assert told(book, book.started("p.r", event("2024-03-01")))[1:] == [
        ("2024-03-01", "The event was on 2024-03-01; that day does not count", CODE_1),
        ("2024-03-09", "2024-03-09 is a weekend", ""),
        ("2024-03-10", "2024-03-10 is a weekend", ""),
        (
            "2024-03-11",
            (
                "The limit of 8 days ends on 2024-03-09, which is no working day; the last day in time is the next one:"
                " 2024-03-11"
            ),
            CODE_2,
        ),
    ]


def test_a_limit_after_a_period_says_when_the_period_ended(make_book: MakeBook) -> None:
    book = make_book("id = 'r'\ndeadline = { after_period = 'quarter', within = '1 month' }")
    assert told(book, book.duty("p.r", "2024-Q2"))[1:] == [
        (None, "The document is about the period 2024-Q2", LAW),
        ("2024-06-30", "The period ends on 2024-06-30; that day does not count", CODE_1),
        ("2024-07-30", "The limit of 1 month ends on the last day in time: 2024-07-30", LAW),
    ]


def test_each_time_says_plainly_that_the_text_has_no_number(make_book: MakeBook) -> None:
    book = make_book("id = 'r'\ndeadline = { of = 'vacancy', within = 'promptly' }")
    assert told(book, book.started("p.r", event("2024-03-04")))[1:] == [
        (
            None,
            "The text says no number of days; the office's own standard is used: 3 working days",
            "monitor.promptly",
        ),
        ("2024-03-04", "The event was on 2024-03-04; that day does not count", CODE_1),
        ("2024-03-07", "The limit of 3 working days ends on the last day in time: 2024-03-07", LAW),
    ]


def test_what_must_come_before_a_day_is_told_backwards(make_book: MakeBook) -> None:
    book = make_book("id = 'r'\ndeadline = { of = 'council-decision', before = '2 working days' }")
    steps = told(book, book.started("p.r", event("2024-03-11")))
    assert steps[1] == (
        "2024-03-11",
        "It must be done before 2024-03-11, which does not count; counted back from there",
        CODE_1,
    )
    assert steps[2][0] == "2024-03-08"
    assert steps[3:] == [
        ("2024-03-06", "The limit of 2 working days leads back to the last day in time: 2024-03-06", LAW)
    ]


def test_a_limit_counted_back_to_a_day_off_says_that_it_moves_back(make_book: MakeBook) -> None:
    book = make_book("id = 'r'\ndeadline = { of = 'council-decision', before = '3 days' }")
    assert told(book, book.started("p.r", event("2024-04-03")))[2:] == [
        ("2024-03-31", "2024-03-31 is a weekend", ""),
        ("2024-03-30", "2024-03-30 is a weekend", ""),
        (
            "2024-03-29",
            (
                "The limit of 3 days leads back to 2024-03-31, which is no working day; the last day in time is the"
                " one before: 2024-03-29"
            ),
            LAW,
        ),
    ]


def test_a_stated_date_is_told_as_stated(make_book: MakeBook) -> None:
    book = make_book("id = 'r'\ndeadline = { of = 'letter', within = 'stated' }")
    assert told(book, book.started("p.r", event("2023-02-14", "2023-03-03")))[1:] == [
        ("2023-03-03", "The event itself states the due date: 2023-03-03", LAW),
        ("2023-03-03", "The last day in time is 2023-03-03", LAW),
    ]


def test_what_cannot_be_worked_out_ends_with_the_reason(make_book: MakeBook) -> None:
    book = make_book("id = 'r'\ndeadline = { of = 'letter', within = 'stated' }")
    assert told(book, book.started("p.r", event("2023-02-14")))[1:] == [
        (
            None,
            (
                "The due date cannot be worked out: The due date is the one that the event e17 of 2023-02-14 states,"
                " and none was recorded; add it to the event"
            ),
            "",
        )
    ]


def test_a_limit_that_leaves_the_calendar_ends_with_the_reason(make_book: MakeBook) -> None:
    short = make_calendar({}, last=date(2024, 12, 31))
    book = make_book("id = 'r'\ndeadline = { of = 'letter', within = '14 working days' }", calendar=short)
    on, text, _ = told(book, book.started("p.r", event("2024-12-20")))[-1]
    assert on is None
    assert text.startswith(
        "The due date cannot be worked out: The working days are known from 0001-01-01 to 2024-12-31 only"
    )


def test_what_has_no_last_day_says_so(make_book: MakeBook) -> None:
    book = make_book("id = 'r'\ndeadline = { of = 'draft-act' }\nkeep_posted = '30 days'")
    assert told(book, book.started("p.r", event("2024-02-01")))[1:] == [
        (None, "The provision sets no last day for it", LAW)
    ]


@pytest.mark.parametrize(
    ("name", "sentence", "on"),
    [
        ("2006", "Of the rule's versions the one in force until 2006-12-31 holds", None),
        (
            "2007",
            "Of the rule's versions the one in force from 2007-01-01 until 2007-12-31 holds",
            "2007-01-01",
        ),
        ("2008", "Of the rule's versions the one in force from 2008-01-01 holds", "2008-01-01"),
    ],
)
def test_a_successor_and_an_override_say_that_they_hold(
    make_book: MakeBook, name: str, sentence: str, on: str | None
) -> None:
    book = make_book(
        "id = 'r'\ndeadline = { yearly = '02-15' }\nin_force = { until = 2006-12-31 }",
        "id = 'r'\ndeadline = { yearly = '06-15' }\nin_force = { from = 2007-01-01, until = 2007-12-31 }",
        "id = 'r'\ndeadline = { yearly = '02-15' }\nin_force = { from = 2008-01-01 }",
    )
    assert told(book, book.duty("p.r", name))[1] == (on, sentence, LAW)


def test_a_chain_says_which_duty_falls_due(make_book: MakeBook) -> None:
    book = make_book(
        "id = 'first'\ndeadline = { yearly = '02-15' }",
        "id = 'r'\ndeadline = { after_due = 'p.first', within = '14 days' }",
    )
    assert told(book, book.duty("p.r", "2024"))[1:] == [
        ("2024-02-15", "The duty p.first falls due on 2024-02-15; that day does not count", CODE_1),
        ("2024-02-29", "The limit of 14 days ends on the last day in time: 2024-02-29", LAW),
    ]


def test_a_provisional_date_names_the_years_nobody_has_looked_at(make_book: MakeBook) -> None:
    book = make_book("id = 'r'\ndeadline = { of = 'letter', within = '14 working days' }")
    assert "Provisional: nobody has looked yet for the days moved in 2027" in [
        text for _, text, _ in told(book, book.started("p.r", event("2026-12-15")))
    ]


def test_the_count_names_every_day_and_numbers_those_that_count(make_book: MakeBook) -> None:
    book = make_book("id = 'r'\ndeadline = { of = 'letter', within = '3 working days' }")
    duty = book.started("p.r", event("2024-03-07"))
    assert duty is not None
    days = [
        (str(day.on)[5:], day.number, day.weekend, day.note and day.note.kind)
        for day in book.count_days(duty)
    ]
    assert days == [
        ("03-08", None, False, DayKind.HOLIDAY),
        ("03-09", None, True, None),
        ("03-10", None, True, None),
        ("03-11", 1, False, None),
        ("03-12", 2, False, None),
        ("03-13", 3, False, None),
    ]


def test_the_count_back_runs_backwards(make_book: MakeBook) -> None:
    book = make_book("id = 'r'\ndeadline = { of = 'meeting', before = '2 working days' }")
    duty = book.started("p.r", event("2024-03-11"))
    assert duty is not None
    assert [(str(day.on)[5:], day.number) for day in book.count_days(duty)] == [
        ("03-10", None),
        ("03-09", None),
        ("03-08", None),
        ("03-07", 1),
        ("03-06", 2),
    ]


def test_of_a_calendar_limit_only_the_move_is_told_day_by_day(make_book: MakeBook) -> None:
    book = make_book("id = 'r'\ndeadline = { of = 'letter', within = '8 days' }")
    duty = book.started("p.r", event("2024-03-01"))
    assert duty is not None
    assert [(str(day.on)[5:], day.number) for day in book.count_days(duty)] == [
        ("03-09", None),
        ("03-10", None),
        ("03-11", None),
    ]


def test_a_date_that_stays_has_no_count(make_book: MakeBook) -> None:
    book = make_book("id = 'r'\ndeadline = { yearly = '01-10' }")
    duty = book.duty("p.r", "2026")
    assert duty is not None
    assert book.count_days(duty) == ()


def test_every_due_date_of_the_shipped_rules_can_be_told_step_by_step(make_book: MakeBook) -> None:
    rule = "id = 'r'\ndeadline = { of = 'budget-amendment', within = '14 working days' }"
    book = make_book(rule)
    for ordinal in range(date(2015, 1, 1).toordinal(), date(2027, 1, 1).toordinal(), 3):
        duty = book.started("p.r", EventFact("e1", date.fromordinal(ordinal)))
        assert duty is not None
        days = book.count_days(duty)
        assert [day.number for day in days if day.number] == list(range(1, 15))
        assert days[-1].on == book.steps(duty)[-1].on == duty.reckoning.due_on
