"""What is up, where, since when, and for how long."""

from datetime import date

import pytest

from monitor.core.evidence import Display, displays, earliest, missing
from tests.monitor.core.factories import day, make_posting

BOTH = ("website", "noticeboard")


def spans(found: tuple[Display, ...]) -> list[tuple[date, date | None]]:
    return [(each.start, each.end) for each in found]


def test_the_earliest_posting_of_a_channel_counts() -> None:
    late, early = make_posting("website", "01-09", 1), make_posting("website", "01-05", 2)
    assert earliest([late, early], BOTH, day("01-10")) == {"website": early}


def test_of_two_on_one_day_the_one_recorded_first_counts() -> None:
    first, second = make_posting("website", "01-05", 1), make_posting("website", "01-05", 2)
    assert earliest([second, first], BOTH, day("01-10")) == {"website": first}


def test_a_posting_is_seen_from_its_own_day() -> None:
    posting = make_posting("website", "01-05")
    assert earliest([posting], BOTH, day("01-04")) == {}
    assert earliest([posting], BOTH, day("01-05")) == {"website": posting}


def test_a_channel_that_the_rule_does_not_ask_for_covers_nothing() -> None:
    assert earliest([make_posting("paper", "01-05")], BOTH, day("01-10")) == {}


def test_what_is_missing_stands_in_the_order_of_the_rule() -> None:
    assert missing([], BOTH, day("01-10")) == BOTH
    assert missing([make_posting("website", "01-05")], BOTH, day("01-10")) == ("noticeboard",)


def test_a_posting_withdrawn_without_a_day_was_never_valid() -> None:
    mistaken = make_posting("website", "01-05", withdrawn="the wrong file")
    assert not mistaken.valid
    assert missing([mistaken], BOTH, day("01-10")) == BOTH


def test_a_posting_taken_down_on_a_day_was_valid_until_then() -> None:
    taken_down = make_posting("website", "01-05", withdrawn="a new page", taken_down=day("01-08"))
    assert taken_down.valid
    assert missing([taken_down], BOTH, day("01-10")) == ("noticeboard",)


@pytest.mark.parametrize(("recorded_on", "backdated"), [("01-05", False), ("01-08", False), ("01-09", True)])
def test_a_posting_recorded_more_than_three_days_after_its_own_date_is_backdated(
    recorded_on: str, backdated: bool
) -> None:
    assert make_posting("website", "01-05", recorded_on=day(recorded_on)).backdated is backdated


def test_a_display_begins_with_the_last_channel() -> None:
    postings = [make_posting("website", "01-05", 1), make_posting("noticeboard", "01-08", 2)]
    assert spans(displays(postings, BOTH, day("01-10"))) == [(day("01-08"), None)]


def test_a_display_ends_with_the_first_channel_taken_down() -> None:
    postings = [
        make_posting("website", "01-05", 1, withdrawn="x", taken_down=day("01-20")),
        make_posting("noticeboard", "01-08", 2, withdrawn="x", taken_down=day("01-15")),
    ]
    assert spans(displays(postings, BOTH, day("01-31"))) == [(day("01-08"), day("01-15"))]


def test_what_is_taken_down_later_is_not_seen_yet() -> None:
    postings = [make_posting("website", "01-05", withdrawn="x", taken_down=day("01-20"))]
    assert spans(displays(postings, ("website",), day("01-19"))) == [(day("01-05"), None)]
    assert spans(displays(postings, ("website",), day("01-20"))) == [(day("01-05"), day("01-20"))]


def test_channels_that_were_never_up_together_make_no_display() -> None:
    postings = [
        make_posting("website", "01-05", 1, withdrawn="x", taken_down=day("01-07")),
        make_posting("noticeboard", "01-08", 2),
    ]
    assert displays(postings, BOTH, day("01-31")) == ()


def test_two_postings_that_overlap_in_a_channel_are_one_display() -> None:
    postings = [
        make_posting("website", "01-05", 1, withdrawn="x", taken_down=day("01-20")),
        make_posting("website", "01-10", 2, withdrawn="x", taken_down=day("01-15")),
        make_posting("website", "01-18", 3),
    ]
    assert spans(displays(postings[:2], ("website",), day("01-31"))) == [(day("01-05"), day("01-20"))]
    assert spans(displays(postings, ("website",), day("01-31"))) == [(day("01-05"), None)]


def test_a_second_posting_changes_nothing_while_the_first_is_up() -> None:
    postings = [make_posting("website", "01-05", 1), make_posting("website", "01-10", 2)]
    assert spans(displays(postings, ("website",), day("01-31"))) == [(day("01-05"), None)]


def test_what_is_put_up_again_on_the_day_it_was_taken_down_was_never_gone() -> None:
    postings = [
        make_posting("website", "01-05", 1, withdrawn="a new page", taken_down=day("01-08")),
        make_posting("website", "01-08", 2),
    ]
    assert spans(displays(postings, ("website",), day("01-31"))) == [(day("01-05"), None)]


def test_what_is_put_up_again_after_a_gap_is_another_display() -> None:
    postings = [
        make_posting("website", "01-05", 1, withdrawn="x", taken_down=day("01-08")),
        make_posting("website", "01-20", 2),
    ]
    ends = [(day("01-05"), day("01-08")), (day("01-20"), None)]
    assert spans(displays(postings, ("website",), day("01-31"))) == ends


def test_without_postings_nothing_was_ever_up() -> None:
    assert displays([], BOTH, day("01-31")) == ()
