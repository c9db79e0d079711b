"""Stages: the days on which an obligation is told of, before and after its due date."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

from monitor.core.offsets import Escalation, Offset, repeated
from rules.sentences import Sentence
from rules.workdays import OutsideCalendar, WorkingCalendar

_DATES = 16_384


@dataclass(frozen=True, slots=True, order=True)
class Stage:
    """A stage by its moved day, then by its place among the configured ones; `name` is `-3wd`, `+10wd`, ..."""

    on: date
    place: int
    name: str
    span: Sentence | None = field(default=None, compare=False)
    """How long before or after, where that makes it a stage."""


@dataclass(frozen=True, slots=True)
class Step:
    """A stage of escalation, and to whom it goes."""

    stage: Stage
    escalation: Escalation


class Cadence:
    """The configured offsets laid over one working-day calendar; every day it returns is a working day.

    What follows the due date goes on by weekdays where the calendar ends: noisy, not silent.
    """

    def __init__(
        self,
        calendar: WorkingCalendar,
        before: Sequence[Offset],
        after: Sequence[Offset],
        escalations: Sequence[Escalation],
    ) -> None:
        self._calendar = calendar
        self._carried_on = calendar.carried_on()
        self._before = tuple(before)
        self._after = tuple(after)
        self._escalations = tuple(escalations)
        # Due dates are few and obligations many: each date is worked out once.
        self.soon_from = lru_cache(maxsize=_DATES)(self._soon_from)
        self.last_come = lru_cache(maxsize=_DATES)(self._last_come)
        self.coming = lru_cache(maxsize=_DATES)(self._coming)
        self._leads = lru_cache(maxsize=_DATES)(self._lead_stages)

    def escalated(self, due_on: date, today: date) -> tuple[Step, ...]:
        """The steps of escalation whose day has come, in their order."""
        steps = []
        for place, escalation in enumerate(self._escalations):
            on = self._after_due(due_on, escalation.after)
            if on is not None and on <= today:
                steps.append(
                    Step(Stage(on, place, f"+{escalation.after}", escalation.after.span), escalation)
                )
        return tuple(sorted(steps, key=lambda step: step.stage))

    def _last_come(self, due_on: date, act_by: date, today: date) -> Stage | None:
        """The last stage whose day has come, `today` included: of two on one day the one with the later place."""
        leads = [stage for stage in self._leads(act_by) if stage.on <= today]
        overdue = [stage for stage in self._overdue_stages(due_on, today) if stage.on <= today]
        return max(leads + overdue, default=None)

    def _coming(self, due_on: date, act_by: date, today: date) -> tuple[date, ...]:
        """The days of the stages and escalations after `today`; of those that repeat only the next."""
        days = [stage.on for stage in self._leads(act_by)]
        days.extend(
            on for each in self._escalations if (on := self._after_due(due_on, each.after)) is not None
        )
        days.extend(stage.on for stage in self._overdue_stages(due_on, today))
        return tuple(day for day in days if day > today)

    def _soon_from(self, act_by: date) -> date | None:
        """The first stage day before the act-by date, as moved to a working day; None without such stages."""
        return min((stage.on for stage in self._leads(act_by)), default=None)

    def _lead_stages(self, act_by: date) -> tuple[Stage, ...]:
        stages = []
        for place, offset in enumerate(self._before):
            on = self._before_act_by(act_by, offset)
            if on is not None:
                stages.append(Stage(on, place, f"-{offset}", offset.span))
        return tuple(stages)

    def _overdue_stages(self, due_on: date, today: date) -> list[Stage]:
        """The listed stages after the due date; of the repeats the last that has come, and the next."""
        come = self._repeats_come(due_on, today)
        offsets = [(place, offset) for place, offset in enumerate(self._after) if not offset.repeats]
        offsets.extend(
            (len(self._after) - 2 + n, repeat)
            for n in (come, come + 1)
            if n > 0 and (repeat := repeated(self._after, n))
        )
        return [
            Stage(on, len(self._before) + place, f"+{offset}", offset.span)
            for place, offset in offsets
            if (on := self._after_due(due_on, offset)) is not None
        ]

    def _repeats_come(self, due_on: date, today: date) -> int:
        """How many repeats have come by `today`, from the days that have passed: they may be hundreds."""
        first, second = repeated(self._after, 1), repeated(self._after, 2)
        if first is None or second is None:
            return 0
        # a stage has come when the working day to which it moves has: the last one up to today, or one before that
        passed = (
            self._carried_on.count(due_on, today)
            if first.working
            else (self._carried_on.preceding(today) - due_on).days
        )
        return max(0, 1 + (passed - first.count) // (second.count - first.count))

    def _before_act_by(self, act_by: date, offset: Offset) -> date | None:
        """A lead that is not a working day moves to the working day before it."""
        try:
            if offset.working:
                return self._calendar.add(act_by, -offset.count)
            return self._calendar.preceding(act_by - timedelta(days=offset.count))
        except (OutsideCalendar, OverflowError):
            return None

    def _after_due(self, due_on: date, offset: Offset) -> date | None:
        """A stage after the due date that is not a working day moves to the working day after it."""
        try:
            if offset.working:
                return self._carried_on.add(due_on, offset.count)
            return self._carried_on.following(due_on + timedelta(days=offset.count))
        except (OutsideCalendar, OverflowError):
            return None
