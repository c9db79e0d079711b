"""The verdict of `status --check`: one line for monitoring systems, and an exit status."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.core.report import Report
from monitor.core.status import State
from monitor.state import MonitorState
from rules.sentences import Sentence, counted, sentence

STALE = timedelta(hours=26)
"""A daemon that works has run a cycle since."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """0 nothing to do, 1 something is due soon, 2 overdue, removed or not delivered, 3 it cannot be told."""

    status: int
    word: str
    said: Sentence
    figures: str


def verdict(found: Report, failed: int, state: MonitorState, now: datetime, *, at_present: bool) -> Verdict:
    """Judge a report; how old the last cycle is counts only for the present."""
    summary = found.summary or {}
    late = summary[State.OVERDUE] + summary[State.REMOVED]
    figures = " ".join(
        [*(f"{state_}={number}" for state_, number in summary.items()), f"failed_deliveries={failed}"]
    )
    if late or failed:
        said = sentence(
            "{late}, {failed}",
            late=counted("{n} overdue or removed", "{n} overdue or removed", late),
            failed=counted("{n} delivery failed", "{n} deliveries failed", failed),
        )
        return Verdict(2, "CRITICAL", said, figures)
    if summary[State.UNKNOWN]:
        said = counted("{n} cannot be worked out", "{n} cannot be worked out", summary[State.UNKNOWN])
        return Verdict(3, "UNKNOWN", said, figures)
    if at_present and (held := state.held(now)):
        return Verdict(3, "UNKNOWN", held, figures)
    if at_present and now - found.last_cycle > STALE:
        said = sentence(
            "the last cycle ran at {at}; is the daemon running?", at=f"{found.last_cycle:%Y-%m-%d %H:%M} UTC"
        )
        return Verdict(3, "UNKNOWN", said, figures)
    if summary[State.DUE_SOON]:
        said = counted("{n} due soon", "{n} due soon", summary[State.DUE_SOON])
        return Verdict(1, "WARNING", said, figures)
    return Verdict(0, "OK", sentence("nothing is overdue or due soon"), figures)
