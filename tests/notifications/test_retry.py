"""When a delivery is tried again, and when it is given up."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from notifications.messages import DeliveryState
from notifications.retry import PATIENCE, Reason, Standing, judge
from notifications.transports.outcomes import Permanent, Sent, Temporary, Unanswered, Unreachable

NOW = datetime(2024, 1, 5, 1, 0, tzinfo=UTC)
GREYLISTED = Temporary(451, "later")


def refuse_until_given_up(outcome=GREYLISTED):
    """The moments at which a recipient who always refuses is tried, and the last verdict."""
    tries, standing, now = [], Standing(), NOW
    while True:
        tries.append(now)
        verdict = judge(outcome, standing, now)
        if verdict.due_at is None:
            return tries, verdict
        standing, now = verdict.standing, verdict.due_at


def test_a_temporary_refusal_is_tried_again_after_1_5_15_60_minutes_and_then_hourly():
    tries, _ = refuse_until_given_up()
    waits = [(later - earlier) / timedelta(minutes=1) for earlier, later in pairwise(tries)]
    assert waits[:6] == [1, 5, 15, 60, 60, 60]
    assert set(waits[6:]) == {60}


def test_a_recipient_who_always_refuses_is_given_up_within_3_days_of_the_first_refusal():
    tries, verdict = refuse_until_given_up()
    assert verdict.state is DeliveryState.FAILED
    assert verdict.reason == Reason.EXPIRED
    assert PATIENCE - timedelta(hours=1) < tries[-1] - tries[0] <= PATIENCE


def test_a_permanent_refusal_fails_at_once():
    verdict = judge(Permanent(550, "no such user"), Standing(), NOW)
    assert (verdict.state, verdict.reason, verdict.due_at) == (DeliveryState.FAILED, Reason.REFUSED, None)


def test_a_sent_message_is_done():
    assert judge(Sent(250, "taken"), Standing(refusals=3), NOW).state is DeliveryState.SENT


@pytest.mark.parametrize("standing", [Standing(), Standing(refusals=2, give_up_at=NOW + timedelta(hours=1))])
def test_a_server_that_refuses_everybody_uses_up_nobodys_time(standing):
    verdict = judge(Unreachable("connection refused"), standing, NOW)
    assert verdict.state is DeliveryState.QUEUED
    assert verdict.standing is None
    assert verdict.due_at == NOW


def test_an_attempt_without_an_answer_is_repeated_like_a_refusal_and_never_forgotten():
    unanswered = judge(Unanswered("no answer"), Standing(), NOW)
    assert unanswered.due_at == NOW + timedelta(minutes=1)
    assert unanswered.standing.unanswered
    refused = judge(GREYLISTED, unanswered.standing, NOW)
    assert refused.standing.unanswered


def test_attempts_that_are_never_answered_end_too():
    _, verdict = refuse_until_given_up(Unanswered("no answer"))
    assert verdict.state is DeliveryState.FAILED
