"""A letter in a few lines, for services that show no more."""

from datetime import date
from gettext import NullTranslations

import pytest

from notifications.letters import DutyLine, Letter, Section
from notifications.messages import Kind
from notifications.rendering import Renderer


@pytest.fixture(scope="module")
def renderer():
    return Renderer({"en": NullTranslations()})


def duty(number: int, **changes) -> DutyLine:
    values = {
        "key": f"sergelen/budget.approved/{number}",
        "title": f"Төсөв {number}",
        "organisation": "Сэргэлэн сум",
        "state": "overdue",
        "state_said": "хугацаа хэтэрсэн",
        "stage": "+3wd",
        "why": "",
        "due_on": date(2024, 1, 10),
        "days_left": -5,
        "working_days_left": -3,
        "words": "жил бүрийн 01-р сарын 10-ны дотор",
        "record": "iltod post",
    } | changes
    return DutyLine(**values)


def letter(*duties: DutyLine, **changes) -> Letter:
    sections = (Section("Сэргэлэн сум", duties),) if duties else ()
    values = {"kind": Kind.DIGEST, "language": "en", "recipient_name": "", "day": date(2024, 1, 15)}
    return Letter(**(values | {"sections": sections} | changes))


def test_each_duty_is_a_line_with_its_organisation_and_due_date(renderer):
    said = renderer.shorten(letter(duty(1), duty(2, due_on=None, days_left=None, state_said="unknown")))
    assert said.splitlines() == [
        "Сэргэлэн сум: Төсөв 1: Wednesday, January 10, 2024, 5 days late (3 working days)",
        "Сэргэлэн сум: Төсөв 2: unknown",
    ]


def test_only_the_worst_are_named_and_the_others_counted(renderer):
    said = renderer.shorten(letter(*(duty(number) for number in range(10)))).splitlines()
    assert len(said) == 4
    assert "Төсөв 0" in said[0]
    assert said[-1] == "and 7 more, to be read in the mail"


def test_an_all_clear_names_what_comes_next(renderer):
    said = renderer.shorten(
        letter(kind=Kind.ALL_CLEAR, next_due=(duty(1, days_left=20, working_days_left=14),))
    )
    assert said == "Сэргэлэн сум: Төсөв 1: Wednesday, January 10, 2024, 20 days left (14 working days)"


def test_an_all_clear_with_nothing_ahead_has_its_subject_alone(renderer):
    assert renderer.shorten(letter(kind=Kind.ALL_CLEAR)) == ""


def test_a_line_is_cut_where_a_telephone_would_scroll_for_long(renderer):
    (line,) = renderer.shorten(letter(duty(1, title="Төсөв " * 100))).splitlines()
    assert len(line) == 200
    assert line.endswith("…")


def test_the_page_is_linked_where_there_is_one(renderer):
    said = renderer.shorten(letter(duty(1), page_url="https://iltod.example.mn"))
    assert said.splitlines()[-1] == "https://iltod.example.mn"
