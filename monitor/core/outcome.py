"""Outcome: what became of an obligation, apart from the day; stored, and the state follows by comparing dates.

Nothing that was recorded is dated later than the day on which it was judged. So on every later day, until something
more is recorded, the state is: overdue after the due date, `due_soon` from the first stage day on, `displayed` until
`keep_until`; the other states stay what they are. `monitor.storage.standing` says the same in SQL.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from monitor.core.evidence import Posting, earliest
from monitor.core.plan import Law, postings_for, soon_from
from monitor.core.standing import Standing
from monitor.core.status import State, met_state

AWAITED = "awaited"
"""Not posted yet: overdue, due soon or upcoming, as the day will have it."""

_BY_THE_DAY = frozenset({State.OVERDUE, State.DUE_SOON, State.UPCOMING})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one obligation."""

    name: str
    """A state that no day changes, or `awaited`; what is displayed is `met` or `met_late` once it need not be."""
    soon_from: date | None
    posted: tuple[Posting, ...]
    """The postings that cover its channels, in the order of the channels."""
    down: tuple[str, ...] = ()
    """Where it was removed: the channels in which it is no longer up."""


def outcome_of(standing: Standing, postings: Mapping[str, Sequence[Posting]], law: Law, day: date) -> Outcome:
    """The outcome of an obligation that was judged on `day`; `postings` are those of its organisation, by key."""
    obligation, assessment = standing.obligation, standing.assessment
    channels = obligation.card.channels
    found = postings_for(obligation, postings)
    covered = earliest(found, channels, day) if found else {}
    name: str = assessment.state
    if assessment.state in _BY_THE_DAY:
        name = AWAITED
    elif assessment.state is State.DISPLAYED:
        name = met_state(obligation.due_on, max(posting.on for posting in covered.values()))
    return Outcome(
        name=str(name),
        soon_from=soon_from(obligation, law.cadence),
        posted=tuple(covered[channel] for channel in channels if channel in covered),
        down=assessment.missing if assessment.state is State.REMOVED else (),
    )


def belongs_to(name: str, state: str) -> bool:
    """Whether an obligation with that outcome can be in that state on any day."""
    if state in _BY_THE_DAY:
        return name == AWAITED
    return name == state or (state == State.DISPLAYED and name in (State.MET, State.MET_LATE))
