"""Moments keep their time zone, and sort as text as they do in time."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.moments import UtcMoment, moment_text

moments = st.datetimes(timezones=st.timezones()).filter(lambda moment: 2 < moment.year < 9998)


def test_a_moment_is_stored_in_utc_at_a_fixed_width():
    ulaanbaatar = timezone(timedelta(hours=8))
    assert moment_text(datetime(2024, 1, 5, 9, 0, tzinfo=ulaanbaatar)) == "2024-01-05T01:00:00.000000Z"


def test_a_moment_without_a_time_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        moment_text(datetime(2024, 1, 5, 9, 0))  # noqa: DTZ001 -- this is what is refused


@given(moments)
def test_a_stored_moment_comes_back_as_the_same_moment_in_utc(moment):
    column = UtcMoment()
    back = column.process_result_value(column.process_bind_param(moment, None), None)
    assert back == moment.astimezone(UTC)
    assert back.utcoffset() == timedelta(0)


@given(moments, moments)
def test_stored_moments_sort_as_they_follow_each_other(one, other):
    assert (moment_text(one) < moment_text(other)) == (one.astimezone(UTC) < other.astimezone(UTC))
