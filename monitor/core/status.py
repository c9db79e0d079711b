"""Assess: the state of an obligation on a day. Derived, never stored as truth."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from monitor.core.evidence import Posting, displays, earliest
from rules.limits import Limit
from rules.sentences import Sentence, sentence
from rules.workdays import OutsideCalendar


class State(StrEnum):
    """The states of CONTRACT 4, in the order in which the first that holds is taken."""

    WAIVED = "waived"
    WITHDRAWN = "withdrawn"
    REMOVED = "removed"
    DISPLAYED = "displayed"
    MET = "met"
    MET_LATE = "met_late"
    UNKNOWN = "unknown"
    OVERDUE = "overdue"
    DUE_SOON = "due_soon"
    UPCOMING = "upcoming"


LISTED = (State.UNKNOWN, State.REMOVED, State.OVERDUE, State.DUE_SOON)
"""What `status` shows without being asked for more, in this order."""

SETTLED = frozenset({State.WAIVED, State.WITHDRAWN, State.DISPLAYED, State.MET, State.MET_LATE})
"""Nobody is reminded of these."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What an obligation's state depends on, beside the postings and the day."""

    channels: tuple[str, ...]
    due_on: date | None
    soon_from: date | None
    """The first stage day of its reminders; for an event duty, not before the event."""
    keep_posted: Limit | None = None
    waived: str | None = None
    withdrawn: Sentence | None = None
    unknown: Sentence | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """A state, why, and what is still missing."""

    state: State
    reason: Sentence | None
    missing: tuple[str, ...]
    keep_until: date | None


KeepUntil = Callable[[Limit, date], date]
"""The last day until which a document posted on a day must stay up."""


def assess(about: Circumstances, postings: Sequence[Posting], day: date, keep_until: KeepUntil) -> Assessment:
    """The state on `day`: postings dated later, and taken down later, are not seen yet."""
    covered = earliest(postings, about.channels, day)
    missing = tuple(channel for channel in about.channels if channel not in covered)
    if about.waived is not None:
        return Assessment(State.WAIVED, sentence("waived: {reason}", reason=about.waived), missing, None)
    if about.withdrawn is not None:
        return Assessment(State.WITHDRAWN, about.withdrawn, missing, None)
    if not missing:
        posted_on = max(covered[channel].on for channel in about.channels)
        try:
            return _posted(about, postings, posted_on, day, keep_until)
        except OutsideCalendar as outside:  # law of time 6: what the calendar does not reach is not guessed
            return Assessment(State.UNKNOWN, outside.sentence, (), None)
    return Assessment(*_awaited(about, day), missing, None)


def met_state(due_on: date | None, posted_on: date) -> State:
    """In time or late, by the day on which it was posted in the last channel."""
    return State.MET if due_on is None or posted_on <= due_on else State.MET_LATE


def _posted(
    about: Circumstances, postings: Sequence[Posting], posted_on: date, day: date, keep_until: KeepUntil
) -> Assessment:
    met = met_state(about.due_on, posted_on)
    if about.keep_posted is None:
        return Assessment(met, None, (), None)
    until: date | None = None
    removed_on: date | None = None
    for display in displays(postings, about.channels, day):
        until = keep_until(about.keep_posted, display.start)
        if display.end is None or display.end >= until:
            return Assessment(State.DISPLAYED if day <= until else met, None, (), until)
        removed_on = display.end
    reason = (
        sentence("taken down on {on}, it had to stay up until {until}", on=removed_on, until=until)
        if removed_on
        else sentence("it was never up in every channel at the same time")
    )
    return Assessment(State.REMOVED, reason, _down(about.channels, postings, day), until)


def _down(channels: tuple[str, ...], postings: Sequence[Posting], day: date) -> tuple[str, ...]:
    up = {
        each.channel
        for each in postings
        if each.valid and each.on <= day and (each.taken_down is None or each.taken_down > day)
    }
    return tuple(channel for channel in channels if channel not in up)


def _awaited(about: Circumstances, day: date) -> tuple[State, Sentence | None]:
    if about.unknown is not None:
        return State.UNKNOWN, about.unknown
    if about.due_on is not None and day > about.due_on:
        return State.OVERDUE, None
    if about.soon_from is not None and day >= about.soon_from:
        return State.DUE_SOON, None
    return State.UPCOMING, None
