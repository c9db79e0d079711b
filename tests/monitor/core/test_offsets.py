"""The offsets of reminders and escalations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.offsets import Escalation, Offset, faults_after, faults_before, repeated


def offsets(*words: str) -> tuple[Offset, ...]:
    return tuple(Offset.parse(word) for word in words)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("30d", Offset(30, working=False)),
        ("3wd", Offset(3, working=True)),
        ("0d", Offset(0, working=False)),
        ("+5wd", Offset(5, working=True, repeats=True)),
    ],
)
def test_an_offset_is_read_as_it_is_written(word: str, expected: Offset) -> None:
    assert expected == Offset.parse(word)


@given(st.integers(0, 999), st.booleans(), st.booleans())
def test_an_offset_is_written_as_it_was_read(count: int, working: bool, repeats: bool) -> None:
    offset = Offset(count, working, repeats)

    assert offset == Offset.parse(str(offset))


@pytest.mark.parametrize(
    "word", ["", "d", "3", "3 wd", "-3wd", "03d", "1000d", "3w", "3WD", "++3d", "3d\n", "٣d"]
)
def test_any_other_word_is_no_offset(word: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Offset.parse(word)


def test_an_escalation_names_a_role_of_the_organisation_or_of_its_parent() -> None:
    assert Escalation(Offset(3, working=True), "head") == Escalation.parse("3wd", "head")
    assert Escalation(Offset(10, working=True), "oversight", parent=True) == Escalation.parse(
        "10wd", "parent:oversight"
    )
    assert Escalation(Offset(3, working=True), "дарга") == Escalation.parse("3wd", "дарга")


@pytest.mark.parametrize("to", ["", "parent:", "parent:parent:head", "the head", "head,web", "head\n"])
def test_an_escalation_to_anything_else_is_refused(to: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Escalation.parse("3wd", to)


def test_what_ends_with_the_last_one_listed_does_not_repeat() -> None:
    assert repeated(offsets("1wd", "3wd"), 1) is None
    assert repeated((), 1) is None


def test_a_repeat_goes_on_without_end_from_the_entry_before_it() -> None:
    after = offsets("1wd", "3wd", "5wd", "+5wd")
    assert tuple(repeated(after, n) for n in (1, 2, 3)) == offsets("10wd", "15wd", "20wd")
    assert repeated(after, 200) == Offset(1005, working=True)


def test_stages_may_stand_in_any_order() -> None:
    assert not list(faults_before(offsets("3wd", "30d", "0d", "3d")))
    assert not list(faults_after(offsets("9d", "3wd", "1wd", "5wd", "+5wd")))


def test_a_lead_that_repeats_is_a_fault() -> None:
    [(place, fault)] = faults_before(offsets("30d", "+5d"))

    assert place == 1
    assert fault.text == "{value} repeats, and only the last entry of after may; write it without the +"
    assert fault.values == {"value": "+5d"}


@pytest.mark.parametrize(
    ("words", "place", "text"),
    [
        (("0d",), 0, "{value} is the due date itself, when nothing is overdue yet; begin with 1d or 1wd"),
        (
            ("1wd", "+0wd"),
            1,
            "{value} is the due date itself, when nothing is overdue yet; begin with 1d or 1wd",
        ),
        (
            ("1wd", "+5wd", "9wd"),
            1,
            "{value} repeats, and only the last entry of after may; move it to the end",
        ),
        (("+5wd",), 0, "{value} goes on from the entry before it, which must be in the same unit ({unit})"),
        (
            ("5d", "+5wd"),
            1,
            "{value} goes on from the entry before it, which must be in the same unit ({unit})",
        ),
        (("9wd", "1d", "3wd", "+5wd"), 3, "{value} goes on from the entry before it; move {latest} there"),
    ],
)
def test_an_overdue_stage_that_cannot_be_meant_is_a_fault(
    words: tuple[str, ...], place: int, text: str
) -> None:
    assert [(place, text)] == [(at, fault.text) for at, fault in faults_after(offsets(*words))]
