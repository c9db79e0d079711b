"""When a delivery is tried again, and when it is given up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from notifications.messages import DeliveryState
from notifications.transports.outcomes import Outcome, Permanent, Sent, Temporary, Unanswered

WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
"""After the first refusal a minute, then 5, 15, 60, and from then on the last one again and again."""
PATIENCE = timedelta(days=3)
"""How long a recipient is tried, from the first refusal on; time in which nobody could be reached does not
count.
"""


class Reason(StrEnum):
    """Why a delivery failed; what exactly was answered stands with its last attempt."""

    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Standing:
    """What earlier attempts left behind: refusals so far, the end of patience, and whether one had no
    answer.
    """

    refusals: int = 0
    give_up_at: datetime | None = None
    unanswered: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of the delivery: its new state, when it is due again, its standing if that changes."""

    state: DeliveryState
    standing: Standing | None = None
    due_at: datetime | None = None
    reason: str = ""


def judge(outcome: Outcome, standing: Standing, now: datetime) -> Verdict:
    """The verdict on an attempt that ended `now`."""
    match outcome:
        case Sent():
            return Verdict(DeliveryState.SENT)
        case Permanent():
            return Verdict(DeliveryState.FAILED, reason=Reason.REFUSED)
        case Temporary() | Unanswered():
            return _refused(standing, now, unanswered=isinstance(outcome, Unanswered))
        case (
            _
        ):  # nobody was reached, so nothing is known about this one; it queues behind those due before now
            return Verdict(DeliveryState.QUEUED, due_at=now)


def _refused(standing: Standing, now: datetime, *, unanswered: bool) -> Verdict:
    give_up_at = standing.give_up_at or now + PATIENCE
    after = Standing(standing.refusals + 1, give_up_at, standing.unanswered or unanswered)
    due_at = now + WAITS[min(standing.refusals, len(WAITS) - 1)]
    if due_at > give_up_at:
        return Verdict(DeliveryState.FAILED, after, reason=Reason.EXPIRED)
    return Verdict(DeliveryState.QUEUED, after, due_at=due_at)
