"""Remind: who should be told what now, and why."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from operator import attrgetter

from monitor.core.obligations import Obligation
from monitor.core.register import Register
from monitor.core.stages import Cadence, Stage
from monitor.core.standing import Move, Standing
from monitor.core.status import SETTLED, State
from monitor.core.subjects import Organisation, Recipient
from monitor.core.told import TOLD_ONCE, History, Told
from rules.sentences import Sentence, Term, sentence
from rules.workdays import WorkingCalendar


class Kind(StrEnum):
    """The kinds of mail; a person gets at most one of each a day."""

    DIGEST = "digest"
    ESCALATION = "escalation"
    NOTICE = "notice"
    ALL_CLEAR = "all-clear"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Reminder:
    """The decision that a person should be told now, with its stage and reason."""

    recipient: str
    """The person's address, in lower case."""
    key: str
    about: str
    """What is told once a stage: the due date, or the week in which it is unknown or removed."""
    stage: str
    stage_on: date
    kind: Kind
    reason: Sentence


def remind(
    organisation: Organisation,
    standings: Iterable[Standing],
    register: Register,
    cadence: Cadence,
    calendar: WorkingCalendar,
    history: History,
    sending: Mapping[str, date],
) -> tuple[Reminder, ...]:
    """What is to be told about one organisation to everybody whose sending time it is.

    `sending` gives today's date by time zone, for those zones whose sending time has come and not yet passed; on a day
    off it holds no entry. Nothing is told before the day from which the organisation is watched.
    """
    teller = _Teller(organisation, register, cadence, calendar, history)
    days = [(zone, today) for zone, today in sending.items() if today >= organisation.since]
    return tuple(
        reminder
        for standing in standings
        if standing.assessment.state not in SETTLED
        for zone, today in days
        for reminder in teller.of_one(standing, zone, today)
    )


@dataclass(frozen=True, slots=True)
class _Teller:
    """What is the same for all obligations of one organisation."""

    organisation: Organisation
    register: Register
    cadence: Cadence
    calendar: WorkingCalendar
    history: History
    _responsible: dict[tuple[tuple[str, ...], date], tuple[Recipient, ...]] = field(default_factory=dict)

    def of_one(self, standing: Standing, zone: str, today: date) -> Iterator[Reminder]:
        """What is told of one obligation to those who live in `zone`."""
        stage = self._stage(standing, today)
        overdue = standing.assessment.state is State.OVERDUE and not standing.backlog
        if stage is None and not overdue and standing.obligation.event is None and standing.move is None:
            return
        responsible = self._addressees(standing.obligation.card.responsible, today)
        for recipient in responsible:
            if recipient.timezone == zone:
                yield from self._to_responsible(standing, stage, recipient, today)
        if overdue:
            yield from self._escalations(standing, zone, today, {each.key for each in responsible})

    def _addressees(self, roles: tuple[str, ...], today: date) -> tuple[Recipient, ...]:
        if (roles, today) not in self._responsible:
            found = self.register.responsible(self.organisation.id, roles, today)
            self._responsible[roles, today] = found
        return self._responsible[roles, today]

    def _stage(self, standing: Standing, today: date) -> Stage | None:
        """The stage that a digest would tell today to somebody who was told nothing yet."""
        obligation, state = standing.obligation, standing.assessment.state
        if standing.rests_on(today):
            return None
        if state in (State.UNKNOWN, State.REMOVED):
            return Stage(today, 0, str(state))
        if obligation.due_on is None or obligation.act_by is None:
            return None
        if standing.backlog:
            # told once, or by the notice of its event
            return Stage(today, 0, "backlog") if obligation.event is None else None
        stage = self.cadence.last_come(obligation.due_on, obligation.act_by, today)
        return None if stage is None or _covered(standing, stage) else stage

    def _to_responsible(
        self, standing: Standing, stage: Stage | None, recipient: Recipient, today: date
    ) -> Iterator[Reminder]:
        told = self.history.of(recipient.key, standing.obligation.key)
        if notice := self._notice(standing, recipient, told, today):
            yield notice
        if stage is None:
            return
        if notice and notice.stage == "moved" and stage.name == State.UNKNOWN:
            return  # the notice says so, and why
        if stage.name in (State.UNKNOWN, State.REMOVED):
            if weekly := _weekly(standing, recipient, told, today):
                yield weekly
        elif stage.name == "backlog":
            if not any(each.stage == "backlog" for each in told):
                reason = sentence("it was due before iltod began to watch, and is told once")
                yield _reminder(standing, recipient, stage, Kind.DIGEST, reason)
        elif not _told_by_then(standing, stage, told):
            reason = _why(stage, standing.obligation, today, self.calendar)
            yield _reminder(standing, recipient, stage, Kind.DIGEST, reason)

    def _notice(
        self, standing: Standing, recipient: Recipient, told: Sequence[Told], today: date
    ) -> Reminder | None:
        """A new event, or a moved due date, told at the next sending time to whoever is responsible then."""
        event, move = standing.obligation.event, standing.move
        notices = [each for each in told if each.stage in ("event", "moved")]
        event_told = any(each.stage == "event" for each in notices)
        if (
            event is not None
            and not event_told
            and not self._is_old_news(standing, recipient, "event", today)
        ):
            kind = Term(event.kind)
            reason = sentence("{kind} of {on} was recorded and opened this duty", kind=kind, on=event.on)
            return _reminder(standing, recipient, Stage(today, 0, "event"), Kind.NOTICE, reason)
        latest = max(notices, key=attrgetter("told_on"), default=None)
        if move is None or (latest is not None and latest.due == standing.about):
            return None  # that is the date which the person was told last
        if self._is_old_news(standing, recipient, "moved", today):
            return None
        about = _moved(standing, move)
        return Reminder(
            recipient.key, standing.obligation.key, about, "moved", today, Kind.NOTICE, move.reason
        )

    def _is_old_news(self, standing: Standing, recipient: Recipient, stage: str, today: date) -> bool:
        """Whether others were given that notice on an earlier day: who joined since gets no old news.

        Only others of the recipient's time zone tell: elsewhere the sending time may come a day sooner.
        """
        key = standing.obligation.key
        return not self.history.is_owed(recipient.key, key, stage) and any(
            told.told_on < today
            and (stage == "event" or (standing.move and told.about == _moved(standing, standing.move)))
            and self._zone_of(other) in (None, recipient.timezone)
            for other, told in self.history.noticed(key, stage)
        )

    def _zone_of(self, recipient: str) -> str | None:
        person = self.register.people.get(recipient)
        return person.timezone if person else None

    def _escalations(
        self, standing: Standing, zone: str, today: date, responsible: Collection[str]
    ) -> Iterator[Reminder]:
        obligation = standing.obligation
        if obligation.due_on is None:
            return
        latest: dict[str, tuple[Recipient, Stage]] = {}
        for step in self.cadence.escalated(obligation.due_on, today):
            if standing.move is not None and step.stage.on <= standing.move.seen_on:
                continue  # a stage whose new day has passed is not told again
            for recipient in self.register.escalation_addressees(
                self.organisation.id, step.escalation, today
            ):
                if recipient.timezone == zone and recipient.key not in responsible:
                    latest[recipient.key] = (recipient, step.stage)
        for recipient, stage in latest.values():
            if not _told_by_then(standing, stage, self.history.of(recipient.key, obligation.key)):
                reason = sentence("its due date passed at least {span} ago", span=stage.span)
                yield _reminder(standing, recipient, stage, Kind.ESCALATION, reason)


def _weekly(standing: Standing, recipient: Recipient, told: Sequence[Told], today: date) -> Reminder | None:
    about = _week(today)
    stage = str(standing.assessment.state)
    if any(each.stage == stage and each.about == about for each in told):
        return None
    if stage == State.UNKNOWN and any(
        each.stage == "moved" and each.due == standing.about and _week(each.told_on) == about for each in told
    ):
        return None  # this week the notice of the move has said so
    reason = (
        sentence("its dates cannot be worked out; told once a week until they can")
        if standing.assessment.state is State.UNKNOWN
        else sentence("it was taken down too early; told once a week until it is up again")
    )
    return Reminder(recipient.key, standing.obligation.key, about, stage, today, Kind.DIGEST, reason)


def _week(day: date) -> str:
    week = day.isocalendar()
    return f"{week.year}-W{week.week:02}"


def _moved(standing: Standing, move: Move) -> str:
    """What a notice of a move is about: a date may move away and back, and each move is told."""
    return f"{standing.about} ({move.seen_on})"


def _covered(standing: Standing, stage: Stage) -> bool:
    """Stages on or before the day of a notice are covered by it: that of the event, or of the move."""
    days = []
    if standing.obligation.event is not None:
        days.append(standing.opened_on)
    if standing.move is not None:
        days.append(standing.move.seen_on)
    return any(stage.on <= day for day in days)


def _told_by_then(standing: Standing, stage: Stage, told: Sequence[Told]) -> bool:
    """Whether this stage, or one after it, was told for this due date; those before it are passed over for good."""
    return any(
        each.about == standing.about and (each.stage == stage.name or each.stage_on > stage.on)
        for each in told
        if each.stage not in TOLD_ONCE
    )


def _why(stage: Stage, obligation: Obligation, today: date, calendar: WorkingCalendar) -> Sentence:
    """Why this is sent, in the words of the configured stage."""
    due_on = obligation.due_on
    if due_on is not None and today > due_on:
        return sentence("its due date passed at least {span} ago", span=stage.span)
    if stage.name == "-0d":
        why = sentence("this is the last working day on which it can be done")
    else:
        why = sentence("{span} before the last working day on which it can be done", span=stage.span)
    if calendar.count(stage.on, today) > 0:
        return sentence("{why} (the reminder of {on}, sent as soon as it could be)", why=why, on=stage.on)
    return why


def _reminder(
    standing: Standing, recipient: Recipient, stage: Stage, kind: Kind, reason: Sentence
) -> Reminder:
    return Reminder(
        recipient.key, standing.obligation.key, standing.about, stage.name, stage.on, kind, reason
    )
