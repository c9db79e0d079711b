"""An opened obligation as it stands: what became of it, and what its reminders depend on."""

from dataclasses import dataclass
from datetime import date

from monitor.core.obligations import Obligation
from monitor.core.status import Assessment
from rules.sentences import Sentence
from rules.workdays import OutsideCalendar, WorkingCalendar


@dataclass(frozen=True, slots=True)
class Move:
    """A due date that moved: from which day, when that was seen, and why."""

    from_due: date | None
    seen_on: date
    reason: Sentence


@dataclass(frozen=True, slots=True)
class Standing:
    """An opened obligation, what became of it, and what its reminders depend on."""

    obligation: Obligation
    assessment: Assessment
    opened_on: date
    backlog: bool
    move: Move | None = None
    snoozed_until: date | None = None
    withdrawn: Sentence | None = None
    """Why it no longer stands, waived or not."""

    @property
    def about(self) -> str:
        """The due date that its stages are about, as written into the record of what was told."""
        return self.obligation.due_on.isoformat() if self.obligation.due_on else "-"

    def rests_on(self, day: date) -> bool:
        """Whether reminders were put off beyond `day`, to a day that still lies before the one by which to act."""
        until, act_by = self.snoozed_until, self.obligation.act_by
        return until is not None and day < until and (act_by is None or until < act_by)


def last_rest(act_by: date, calendar: WorkingCalendar) -> date | None:
    """The last day to which reminders can be put off, a working day; None where the calendar knows none before it."""
    try:
        return calendar.add(act_by, -1)
    except OutsideCalendar:
        return None
