"""What a letter says of the duties it tells: the core's values as plain data, in the reader's language."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from monitor.assembly import Assembly
from monitor.clock import day_in
from monitor.core.evidence import earliest
from monitor.core.obligations import Obligation
from monitor.core.plan import appraise, postings_for
from monitor.core.reminders import Kind
from monitor.core.report import ORDER, Line, line_of
from monitor.core.standing import last_rest
from monitor.core.status import State
from monitor.core.subjects import Recipient
from monitor.core.told import TOLD_ONCE
from monitor.overviews import Overview, watched_by
from monitor.storage import tables
from monitor.storage.codec import sentence_from_json
from monitor.storage.facts import gather, gather_told
from monitor.storage.reckonings import Kept, kept_reckonings
from monitor.wording import Speech, channel_word, speech, state_word
from notifications import tables as outbox
from notifications.letters import DutyLine, Letter, Section
from notifications.messages import Kind as MessageKind
from rules.sentences import Sentence

_STEPS_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Told:
    """One item of a message: which obligation, at which stage, and why."""

    organisation: str
    key: str
    stage: str
    reason: Sentence
    kind: Kind

    @classmethod
    def of(cls, row: Row[Any]) -> "Told":
        """The item that a reminder's row gives."""
        return cls(row.organisation, row.key, row.stage, sentence_from_json(row.reason), Kind(row.kind))


class LetterDesk:
    """Writes letters about some obligations; the facts of their organisations are read once."""

    def __init__(
        self,
        connection: Connection,
        assembly: Assembly,
        told_of: Mapping[str, str],
        now: datetime,
        overview: Overview,
    ) -> None:
        """`told_of` names the organisation of each obligation that a letter may be about, by the obligation's key."""
        self._connection, self._assembly, self._overview = connection, assembly, overview
        self._page_url = assembly.settings.web.for_others
        register = assembly.settings.register
        organisations = [register[each] for each in dict.fromkeys(told_of.values()) if each in register]
        today = {each.id: day_in(each.timezone, now) for each in organisations}
        zones = {each.id: each.timezone for each in organisations}
        gathered = gather(connection, zones, today)
        self._facts = {
            each_id: each.facts(register[each_id], today[each_id]) for each_id, each in gathered.items()
        }
        self._told = gather_told(connection, list(gathered), list(told_of))
        self._rests_on = {
            key: row.reckoning_id for each in gathered.values() for key, row in each.stored.items()
        }
        self._reckonings: dict[int, Kept] = {}
        self._snoozes = {key: snooze for each in gathered.values() for key, snooze in each.snoozes.items()}

    def letter(
        self,
        kind: Kind,
        person: Recipient,
        day: date,
        items: Sequence[Told],
        undelivered: Collection[str] = (),
    ) -> Letter:
        """What `person` is told on `day`: grouped by organisation, worst first.

        `undelivered` are the keys of what an earlier letter told that has not arrived.
        """
        voice = speech(person.language)
        self._look_up_reckonings(items)
        lines = sorted(
            ((self._line(item, day), item) for item in items if item.organisation in self._facts),
            key=lambda each: _badness(each[0]),
        )
        sections: dict[str, list[DutyLine]] = {}
        for line, item in lines:
            told_before = item.key not in undelivered and self._was_told(item, person, day)
            duty = self._duty_line(line, item, voice, day, told_before=told_before)
            sections.setdefault(item.organisation, []).append(duty)
        register = self._assembly.settings.register
        watched = watched_by(person, register, day) if kind is Kind.ESCALATION else ()
        return Letter(
            kind=MessageKind(kind),
            language=person.language,
            recipient_name=person.name,
            day=day,
            sections=tuple(Section(register[each].name, tuple(duties)) for each, duties in sections.items()),
            summary=self._overview.summary(watched or sections) if kind is Kind.ESCALATION else (),
            failed=self._overview.failed_to(watched, voice),
            page_url=self._page_url,
        )

    def all_clear(self, person: Recipient, day: date, items: Sequence[Told]) -> Letter:
        """That nothing is to be done now, and what falls due next."""
        voice = speech(person.language)
        self._look_up_reckonings(items)
        return Letter(
            kind=MessageKind.ALL_CLEAR,
            language=person.language,
            recipient_name=person.name,
            day=day,
            next_due=tuple(self._duty_line(self._line(item, day), item, voice, day) for item in items),
            page_url=self._page_url,
        )

    def _line(self, item: Told, day: date) -> Line:
        facts, law = self._facts[item.organisation], self._assembly.law
        opened = facts.opened[item.key]
        postings = postings_for(opened.obligation, facts.postings)
        return line_of(
            opened.obligation,
            appraise(facts, law, opened.obligation, day),
            earliest(postings, opened.obligation.card.channels, day),
            day,
            law.book.calendar,
            backlog=item.stage == "backlog",
        )

    def _duty_line(
        self, line: Line, item: Told, voice: Speech, day: date, *, told_before: bool = False
    ) -> DutyLine:
        obligation, card = line.obligation, line.obligation.card
        facts = self._facts[item.organisation]
        move = facts.opened[item.key].move
        reason = line.assessment.reason
        escalated = item.kind is Kind.ESCALATION
        snooze = self._snoozes.get(obligation.key) if escalated else None
        return DutyLine(
            key=obligation.key,
            title=card.title.say(voice),
            organisation=facts.organisation.name,
            state=str(line.state),
            state_said=state_word(line.state).say(voice),
            stage=item.stage,
            why=item.reason.say(voice),
            due_on=obligation.due_on,
            extended_from=obligation.extended_from,
            moved_from=move.from_due if move and item.stage == "moved" else None,
            act_by=obligation.act_by,
            days_left=line.days_left,
            working_days_left=line.working_days_left,
            provisional=obligation.provisional,
            missing=tuple(channel_word(channel).say(voice) for channel in line.assessment.missing),
            words=card.words,
            basis=", ".join(part for part in (card.source, card.item) if part),
            steps=self._steps(obligation, voice),
            **self._ways_to_act(line, day),
            unknown_why=reason.say(voice) if reason and line.state is State.UNKNOWN else "",
            told_before=told_before,
            reminded=self._reminded(obligation.key, day) if escalated else (),
            snoozed_until=snooze.until if snooze else None,
            snoozed_why=snooze.reason if snooze else "",
        )

    def _ways_to_act(self, line: Line, day: date) -> dict[str, str]:
        """By the page, where people can reach one; else by commands."""
        key, missing, last = line.obligation.key, line.assessment.missing, self._last_rest(line)
        rests = last is not None and day < last
        if page := self._assembly.settings.web.for_others:
            return {
                "record_url": f"{page}/duties/{key}/post" if missing else "",
                "snooze_url": f"{page}/duties/{key}/snooze" if rests else "",
            }
        return {
            "record": "\n".join(f"iltod post {key} --channel {channel} --on {day}" for channel in missing),
            "snooze": f'iltod snooze {key} --until {last} --reason "..."' if rests else "",
        }

    def _was_told(self, item: Told, person: Recipient, day: date) -> bool:
        """Whether an earlier day's letter said that it is late, or cannot be worked out; never of what is told once."""
        told = self._told[item.organisation].of(person.key, item.key)
        if item.stage == State.UNKNOWN:
            return any(each.stage == item.stage and each.told_on < day for each in told)
        due_on = self._facts[item.organisation].opened[item.key].obligation.due_on
        if due_on is None or item.stage == State.REMOVED or item.stage in TOLD_ONCE:
            return False
        return any(each.due == due_on.isoformat() and due_on < each.told_on < day for each in told)

    def _last_rest(self, line: Line) -> date | None:
        """The last day to which reminders can be put off; None where they no longer can be."""
        act_by = line.obligation.act_by
        if act_by is None or line.state not in (State.UPCOMING, State.DUE_SOON):
            return None
        return last_rest(act_by, self._assembly.book.calendar)

    def _reminded(self, key: str, day: date) -> tuple[tuple[str, date], ...]:
        """Who was told of it before `day`, and when last; who else is told this morning may not be queued yet."""
        reminder, message = tables.reminder, outbox.message
        statement = (
            select(reminder.c.recipient, func.max(message.c.day).label("day"))
            .join(message, message.c.id == reminder.c.message_id)
            .where(reminder.c.key == key, reminder.c.kind.in_([Kind.DIGEST, Kind.NOTICE]))
            .where(message.c.day < day)
            .group_by(reminder.c.recipient)
            .order_by(reminder.c.recipient)
        )
        register = self._assembly.settings.register
        return tuple(
            (person.name if (person := register.recipient(row.recipient)) else row.recipient, row.day)
            for row in self._connection.execute(statement)
        )

    def _steps(self, obligation: Obligation, voice: Speech) -> tuple[str, ...]:
        kept = self._reckonings.get(self._rests_on[obligation.key])
        if kept is None:
            return ()
        # The first step quotes the provision, which the letter shows by itself; a source is named where it is another.
        own = obligation.card.citation
        return tuple(
            f"{step.text.say(voice)} ({step.source})"
            if step.source not in ("", own)
            else step.text.say(voice)
            for step in kept.steps[1 : 1 + _STEPS_SHOWN]
        )

    def _look_up_reckonings(self, items: Sequence[Told]) -> None:
        numbers = {self._rests_on.get(item.key) for item in items}.difference(self._reckonings)
        if missing := [each for each in numbers if each is not None]:
            self._reckonings |= kept_reckonings(self._connection, missing)


def _badness(line: Line) -> tuple[int, date]:
    return ORDER.index(line.state), line.obligation.due_on or date.max
