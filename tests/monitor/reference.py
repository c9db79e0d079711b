"""Who must be told what on which morning, written down a second time and as naively as possible.

It walks from day to day, looks each day up in a set of days off, and knows nothing of the program. So it is slow, and
where it and the program say the same thing about a whole year, neither has it from the other.

The rules of reminding that it follows:

* Of each duty that is not settled, the last stage whose day has come is told, once to each person in the responsible
  roles; a stage that lies before one told is passed over for good. Leads count back from the last working day on or
  before the due date and move back to a working day, the others count on from the due date and move on to one.
* A notice tells of an event, or of a due date that moved, at the next sending time; stages whose day is on or before
  the day on which that was recorded are covered by it. Who joins later gets no old notice.
* What was due before the later of `since` and the first cycle is told once, or by the notice of its event. Nothing is
  told before `since`.
* What is unknown or removed is told once a week, on its first working day; a notice that its date moved to none says
  for that week that it is unknown.
* A snooze holds reminders back until its day, if that still lies before the last working day on or before the due date.
* A step of escalation is told once; of two that are due for one person the later; to nobody who is responsible.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Office:
    """Who owes duties."""

    id: str
    parent: str | None
    since: date


@dataclass(frozen=True)
class Seat:
    """Who serves in a role of an office, from a day to a day."""

    office: str
    role: str
    address: str
    start: date = date.min
    until: date = date.max


@dataclass
class Showing:
    """A document in one channel, from a day until it was taken down."""

    channel: str
    on: date
    down: date | None = None


@dataclass
class Duty:
    """What an office owes, and what became of it."""

    key: str
    office: str
    roles: Sequence[str]
    channels: Sequence[str]
    due: date | None
    event_recorded: date | None = None
    moved_on: date | None = None
    keep_days: int | None = None
    snoozed_until: date = date.min
    undated: bool = False
    """The law sets no last day: there is nothing to be late with, and nothing unknown."""
    settled: bool = False
    showings: list[Showing] = field(default_factory=list)

    def move(self, due: date | None, today: date) -> None:
        """Another due date, recorded today."""
        if due != self.due:
            self.due, self.moved_on = due, today

    def covers(self, stage_on: date) -> bool:
        """Whether a notice has told what that stage would."""
        return any(each is not None and stage_on <= each for each in (self.event_recorded, self.moved_on))

    def state(self, today: date) -> str:
        if self.settled:
            return "settled"
        if {each.channel for each in self.showings} >= set(self.channels):
            return "removed" if self._was_taken_down_early() else "settled"
        if self.due is None:
            return "open" if self.undated else "unknown"
        return "overdue" if today > self.due else "open"

    def _was_taken_down_early(self) -> bool:
        """Whether it was never up long enough in every channel at once, and is not up so now."""
        if self.keep_days is None:
            return False
        long_enough = timedelta(days=self.keep_days)
        return not any(
            end is None or end >= on + long_enough
            for on in {each.on for each in self.showings}
            if (end := self._up_everywhere_until(on)) is None or end >= on
        )

    def _up_everywhere_until(self, on: date) -> date | None:
        """The last day to which it stayed up in every channel from `on`, where it was; None: it is up still."""
        ends = [self._up_until(channel, on) for channel in self.channels]
        return min((end for end in ends if end is not None), default=None)

    def _up_until(self, channel: str, on: date) -> date | None:
        """What is put up again by the day on which it was taken down was never gone."""
        until: date = on - DAY
        for each in sorted(self.showings, key=lambda each: each.on):
            if each.channel == channel and each.on <= max(on, until):
                if each.down is None:
                    return None
                until = max(until, each.down)
        return until


@dataclass(frozen=True, order=True)
class Item:
    """What one person is told on one morning."""

    day: date
    address: str
    kind: str
    key: str
    stage: str


@dataclass(frozen=True)
class Told:
    stage: str
    due: date | None
    stage_on: date
    told_on: date


class Reference:
    """The whole of it: offices, people, duties, and what each person was told."""

    def __init__(
        self,
        days_off: set[date],
        offices: Sequence[Office],
        seats: Sequence[Seat],
        zones: Mapping[str, str],
        before: Sequence[str],
        after: Sequence[str],
        escalations: Sequence[tuple[str, str]],
        first_cycle: date,
    ) -> None:
        self.days_off = days_off
        self.offices = {each.id: each for each in offices}
        self.seats = list(seats)
        self.zones = zones
        self.before, self.after, self.escalations = before, after, escalations
        self.first_cycle = first_cycle
        self.first_cycles: dict[str, date] = {}
        """Of offices that joined later."""
        self.owed: set[tuple[str, str, str]] = set()
        """Address, key and stage of what should have been told, and could not be."""
        self.duties: dict[str, Duty] = {}
        self.told: dict[tuple[str, str], list[Told]] = {}
        self.last_stages: dict[date, tuple[date, int, str] | None] = {}
        """By due date, on one morning: offices share them, and to count them for each took two minutes."""

    # --- days

    def works(self, day: date) -> bool:
        return day not in self.days_off

    def walk(self, day: date, working_days: int) -> date:
        """So many working days on, or back."""
        step = DAY if working_days > 0 else -DAY
        left = abs(working_days)
        while left:
            day += step
            if self.works(day):
                left -= 1
        return day

    def on_or_before(self, day: date) -> date:
        while not self.works(day):
            day -= DAY
        return day

    def on_or_after(self, day: date) -> date:
        while not self.works(day):
            day += DAY
        return day

    def lead_day(self, offset: str, due: date) -> date:
        act_by = self.on_or_before(due)
        if offset.endswith("wd"):
            return self.walk(act_by, -int(offset[:-2]))
        return self.on_or_before(act_by - timedelta(days=int(offset[:-1])))

    def later_day(self, offset: str, due: date) -> date:
        if offset.endswith("wd"):
            return self.walk(due, int(offset[:-2]))
        return self.on_or_after(due + timedelta(days=int(offset[:-1])))

    # --- people

    def serving(self, office: str | None, role: str, day: date) -> list[str]:
        return [
            each.address
            for each in self.seats
            if each.office == office and each.role == role and each.start <= day <= each.until
        ]

    def hearing(self, office: str, role: str, day: date) -> list[str]:
        """Who hears what concerns a role: those in it, else the head, else the parent's oversight."""
        return (
            self.serving(office, role, day)
            or self.serving(office, "head", day)
            or self.serving(self.offices[office].parent, "oversight", day)
        )

    def responsible(self, duty: Duty, day: date) -> list[str]:
        heard: list[str] = []
        for role in duty.roles:
            heard += [each for each in self.hearing(duty.office, role, day) if each not in heard]
        return heard

    def hearing_step(self, office: str, to: str, day: date) -> list[str]:
        if not to.startswith("parent:"):
            return self.hearing(office, to, day)
        above = self.offices[office].parent
        if above is None:
            return []
        return self.hearing(above, to.removeprefix("parent:"), day) or self.serving(
            self.offices[above].parent, "head", day
        )

    # --- what is told

    def morning(self, day: date, zones: set[str]) -> list[Item]:
        """What is told at the sending time of those zones, which is then told."""
        items = self.untold(day, zones)
        for item, told in items:
            self.told.setdefault((item.address, item.key), []).append(told)
        return sorted(item for item, _ in items)

    def untold(self, day: date, zones: set[str]) -> list[tuple[Item, Told]]:
        """What should be told at the sending time of those zones, and was not."""
        if not self.works(day):
            return []
        self.last_stages.clear()
        return [
            item
            for duty in self.duties.values()
            if day >= self.offices[duty.office].since and duty.state(day) != "settled"
            for item in self._of(duty, day, zones)
        ]

    def _of(self, duty: Duty, day: date, zones: set[str]) -> Iterator[tuple[Item, Told]]:
        people = self.responsible(duty, day)
        for address in people:
            if self.zones[address] in zones:
                for kind, stage, stage_on in (
                    *self._notices(duty, address, day),
                    *self._digest(duty, address, day),
                ):
                    yield self._tell(duty, address, kind, stage, stage_on, day)
        if duty.state(day) == "overdue" and not self._is_backlog(duty):
            for address, (stage_on, _, stage) in self._steps(duty, day).items():
                hears = self.zones[address] in zones and address not in people
                if hears and not self._is_passed_over(duty, address, stage, stage_on):
                    yield self._tell(duty, address, "escalation", stage, stage_on, day)

    def _tell(
        self, duty: Duty, address: str, kind: str, stage: str, stage_on: date, day: date
    ) -> tuple[Item, Told]:
        return Item(day, address, kind, duty.key, stage), Told(stage, duty.due, stage_on, day)

    def _is_backlog(self, duty: Duty) -> bool:
        first_cycle = self.first_cycles.get(duty.office, self.first_cycle)
        begun = max(self.offices[duty.office].since, first_cycle)
        return duty.due is not None and duty.due < begun

    def _notices(self, duty: Duty, address: str, day: date) -> Iterator[tuple[str, str, date]]:
        mine = [each for each in self.told.get((address, duty.key), ()) if each.stage in ("event", "moved")]
        if (
            duty.event_recorded is not None
            and not any(each.stage == "event" for each in mine)
            and not self._is_old_news(duty, "event", date.min, address, day)
        ):
            yield "notice", "event", day
        elif (
            duty.moved_on is not None
            and (not mine or mine[-1].due != duty.due)
            and not self._is_old_news(duty, "moved", duty.moved_on, address, day)
        ):
            yield "notice", "moved", day

    def _is_old_news(self, duty: Duty, stage: str, since: date, address: str, day: date) -> bool:
        """Whether an earlier morning of the same time zone gave that notice to others."""
        return (address, duty.key, stage) not in self.owed and any(
            each.stage == stage
            and since <= each.told_on < day
            and (stage == "event" or each.due == duty.due)
            and self.zones.get(other, self.zones[address]) == self.zones[address]  # who left lives anywhere
            for (other, key), said in self.told.items()
            if key == duty.key
            for each in said
        )

    def _digest(self, duty: Duty, address: str, day: date) -> Iterator[tuple[str, str, date]]:
        mine = self.told.get((address, duty.key), [])
        state = duty.state(day)
        if day < duty.snoozed_until and not self._must_be_done_by(duty, duty.snoozed_until):
            return
        if state in ("unknown", "removed"):
            monday = day - timedelta(days=day.weekday())
            heard = {each.stage for each in mine if each.told_on >= monday and each.due == duty.due}
            heard |= {each.stage for each in mine if each.told_on >= monday and each.stage == state}
            heard |= {stage for _, stage, _ in self._notices(duty, address, day)}
            if state not in heard and not (state == "unknown" and "moved" in heard):
                yield "digest", state, day
        elif self._is_backlog(duty):
            if duty.event_recorded is None and not any(each.stage == "backlog" for each in mine):
                yield "digest", "backlog", day
        elif duty.due is not None and (come := self._last_stage(duty.due, day)):
            stage_on, _, stage = come
            if not duty.covers(stage_on) and not self._is_passed_over(duty, address, stage, stage_on):
                yield "digest", stage, stage_on

    def _must_be_done_by(self, duty: Duty, day: date) -> bool:
        """A wish not to be reminded before the last day, or even later, is none that anybody could have."""
        return duty.due is not None and self.on_or_before(duty.due) <= day

    def _is_passed_over(self, duty: Duty, address: str, stage: str, stage_on: date) -> bool:
        return any(
            each.due == duty.due and (each.stage == stage or each.stage_on > stage_on)
            for each in self.told.get((address, duty.key), ())
            if each.stage[0] in "-+"
        )

    def _last_stage(self, due: date, day: date) -> tuple[date, int, str] | None:
        if due not in self.last_stages:
            self.last_stages[due] = self._last_come(due, day)
        return self.last_stages[due]

    def _last_come(self, due: date, day: date) -> tuple[date, int, str] | None:
        stages = [(self.lead_day(each, due), place, f"-{each}") for place, each in enumerate(self.before)]
        listed = [each for each in self.after if not each.startswith("+")]
        for each in listed:
            stages.append((self.later_day(each, due), len(stages), f"+{each}"))
        if self.after[-1].startswith("+"):
            step, last = int(self.after[-1][1:-2]), int(listed[-1][:-2])
            while (on := self.later_day(f"{last + step}wd", due)) <= day:
                last += step
                stages.append((on, len(stages), f"+{last}wd"))
        return max((each for each in stages if each[0] <= day), default=None)

    def _steps(self, duty: Duty, day: date) -> dict[str, tuple[date, int, str]]:
        """For each person the last step that has come."""
        assert duty.due is not None
        found: dict[str, tuple[date, int, str]] = {}
        for place, (after, to) in enumerate(self.escalations):
            on = self.later_day(after, duty.due)
            if on > day or (duty.moved_on is not None and on <= duty.moved_on):
                continue
            for address in self.hearing_step(duty.office, to, day):
                found[address] = max(found.get(address, (date.min, 0, "")), (on, place, f"+{after}"))
        return found
