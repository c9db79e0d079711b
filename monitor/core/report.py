"""Report: what stands on a day, filtered and in order; the command line, the page and the mails show this one value."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from monitor.core.evidence import Posting
from monitor.core.obligations import Obligation
from monitor.core.status import LISTED, Assessment, State
from rules.workdays import OutsideCalendar, WorkingCalendar

ORDER = (*LISTED, State.UPCOMING, State.DISPLAYED, State.MET, State.MET_LATE, State.WAIVED, State.WITHDRAWN)
"""The order of the states in lists and in the summary."""

_AWAITED = frozenset({State.UNKNOWN, State.DUE_SOON, State.UPCOMING, State.OVERDUE})


@dataclass(frozen=True, slots=True)
class Line:
    """One obligation as people are shown it on a day."""

    obligation: Obligation
    assessment: Assessment
    backlog: bool
    covered: Mapping[str, Posting]
    days_left: int | None
    """The due date less the day, in calendar days."""
    working_days_left: int | None
    """The working days after the day up to the due date; negative, those after the due date up to the day."""

    @property
    def state(self) -> State:
        """The state on the report's day."""
        return self.assessment.state


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which obligations are counted, and which of those are listed."""

    organisations: Collection[str] | None = None
    rules: Collection[str] | None = None
    role: str | None = None
    everything: bool = False
    overdue: bool = False
    due_within: int | None = None
    """Calendar days."""
    limit: int | None = None
    by_key: bool = False
    """Whether the list goes by the keys; then of a place only the key counts."""
    after: tuple[int, date, str] | None = None
    """The place after which the list goes on."""

    def counts(self, obligation: Obligation) -> bool:
        """Whether `obligation` passes the filters of organisation, rule and role."""
        return (
            (self.organisations is None or obligation.organisation in self.organisations)
            and (self.rules is None or obligation.card.id in self.rules)
            and (self.role is None or self.role in obligation.card.responsible)
        )

    def lists(self, line: Line) -> bool:
        """Whether a line that is counted is also listed."""
        if self.everything:
            return True
        if not self.overdue and self.due_within is None:
            return line.state in LISTED
        if self.overdue and line.state in (State.OVERDUE, State.REMOVED):
            return True
        return (
            self.due_within is not None
            and line.state in _AWAITED
            and line.days_left is not None
            and 0 < line.days_left <= self.due_within
        )


@dataclass(frozen=True, slots=True)
class Report:
    """What stands on `as_of`."""

    as_of: date
    last_cycle: datetime
    summary: Mapping[State, int] | None
    """How many obligations are in each state; None where the list was limited."""
    lines: tuple[Line, ...]

    @property
    def total(self) -> int:
        """How many obligations were counted."""
        return sum(self.summary.values()) if self.summary else 0


def line_of(
    obligation: Obligation,
    assessment: Assessment,
    covered: Mapping[str, Posting],
    day: date,
    calendar: WorkingCalendar,
    *,
    backlog: bool,
) -> Line:
    """One obligation with the days that are left, or passed, on `day`."""
    due_on = obligation.due_on
    return Line(
        obligation=obligation,
        assessment=assessment,
        backlog=backlog,
        covered=covered,
        days_left=(due_on - day) // timedelta(days=1) if due_on else None,
        working_days_left=_working_days(calendar, day, due_on) if due_on else None,
    )


def make_report(lines: Iterable[Line], wanted: Wanted, as_of: date, last_cycle: datetime) -> Report:
    """Count what is wanted, and list it: by state, then the most overdue first."""
    counted = list(lines)
    summary = dict.fromkeys(ORDER, 0)
    for line in counted:
        summary[line.state] += 1
    place = _place_by_key if wanted.by_key else _place
    listed = sorted((line for line in counted if wanted.lists(line)), key=place)
    if wanted.after is not None:
        listed = [line for line in listed if place(line) > wanted.after]
    return Report(
        as_of=as_of,
        last_cycle=last_cycle,
        summary=summary if wanted.limit is None else None,
        lines=tuple(listed if wanted.limit is None else listed[: wanted.limit]),
    )


def _place(line: Line) -> tuple[int, date, str]:
    return ORDER.index(line.state), line.obligation.due_on or date.max, line.obligation.key


def _place_by_key(line: Line) -> tuple[int, date, str]:
    return 0, date.max, line.obligation.key


def _working_days(calendar: WorkingCalendar, day: date, due_on: date) -> int | None:
    try:
        return calendar.count(day, due_on)
    except OutsideCalendar:
        return None
