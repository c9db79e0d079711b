"""Values for the tests of the core: a test says what matters to it, the rest is an ordinary soum of 2024."""

from collections.abc import Iterable
from datetime import date, timedelta

from monitor.core.evidence import Posting
from monitor.core.obligations import Event, Obligation, RuleCard
from monitor.core.offsets import Escalation, Offset
from monitor.core.plan import Facts, Law, Opened, Plan, stand, tell
from monitor.core.register import Register
from monitor.core.stages import Cadence
from monitor.core.status import SETTLED, Circumstances, State
from monitor.core.subjects import Contact, Organisation
from monitor.core.told import History, Told
from rules.due import RuleBook
from rules.limits import Limit
from rules.model import Basis, Deadline, Pack, Rule, Yearly
from rules.sentences import Words
from rules.workdays import DayKind, DayNote, WorkingCalendar, make_calendar

ULAANBAATAR, HOVD = "Asia/Ulaanbaatar", "Asia/Hovd"
WEEKDAYS = make_calendar({})
"""Saturdays and Sundays off, and nothing else."""

BEFORE = ("30d", "14d", "7d", "3wd", "1wd", "0d")
AFTER = ("1wd", "3wd", "5wd", "+5wd")
ESCALATE = (("3wd", "head"), ("10wd", "parent:oversight"))
KEY = "soum/p.r/2024"
TENTH_OF_JANUARY = Yearly(((1, 10),))


def day(text: str) -> date:
    """`day("01-10")` is in 2024; another year is written in full."""
    return date.fromisoformat(text if len(text) > 5 else f"2024-{text}")


def days(first: str, last: str) -> list[date]:
    """Every day from the first to the last."""
    start = day(first)
    return [start + timedelta(days=n) for n in range((day(last) - start).days + 1)]


def make_off(*texts: str) -> WorkingCalendar:
    """Weekdays with those days off by decree."""
    return make_calendar({}, moved=[DayNote(day(text), DayKind.OFF, "a decree", "A 12") for text in texts])


def make_cadence(
    calendar: WorkingCalendar = WEEKDAYS,
    before: Iterable[str] = BEFORE,
    after: Iterable[str] = AFTER,
    escalate: Iterable[tuple[str, str]] = ESCALATE,
) -> Cadence:
    return Cadence(
        calendar,
        [Offset.parse(each) for each in before],
        [Offset.parse(each) for each in after],
        [Escalation.parse(*each) for each in escalate],
    )


def make_rule(deadline: Deadline = TENTH_OF_JANUARY, **changes: object) -> Rule:
    about: dict[str, object] = {
        "id": "p.r",
        "pack": "p",
        "title": Words("журам", "rule"),
        "applies_to": ("soum",),
        "channels": ("website", "noticeboard"),
        "responsible": ("finance",),
        "deadline": deadline,
        "basis": Basis("A law", "1.2", "within the limit"),
    }
    return Rule(**about | changes)  # type: ignore[arg-type]  # test shorthand


def make_duty(**changes: object) -> Rule:
    """A rule that asks for one thing, one time: on 10 January 2024, a Wednesday, or up to 30 days later."""
    about: dict[str, object] = {
        "in_force_from": day("01-01"),
        "in_force_until": day("12-31"),
        "extendable": Limit.parse("30 days"),
    }
    return make_rule(**about | changes)  # type: ignore[arg-type]  # test shorthand


def make_book(*rules: Rule, calendar: WorkingCalendar = WEEKDAYS) -> RuleBook:
    pack = Pack("p", "1", date(2026, 11, 23), "MN", Words("багц", "pack"), rules)
    return RuleBook([pack], calendar, Limit.parse("3 working days"))


def make_event(number: int, on: str, **changes: object) -> Event:
    about: dict[str, object] = {
        "id": number,
        "organisation": "soum",
        "kind": "letter",
        "on": day(on),
        "due": None,
        "reference": "",
        "note": "",
        "recorded_on": day(on),
        "withdrawn": None,
    }
    return Event(**about | changes)  # type: ignore[arg-type]  # test shorthand


def make_posting(channel: str, on: str, number: int = 1, **changes: object) -> Posting:
    about: dict[str, object] = {"key": KEY, "recorded_on": day(on)}
    return Posting(number, channel=channel, on=day(on), **about | changes)  # type: ignore[arg-type]  # test shorthand


def make_circumstances(**changes: object) -> Circumstances:
    about: dict[str, object] = {
        "channels": ("website", "noticeboard"),
        "due_on": day("01-10"),
        "soon_from": date(2023, 12, 11),
    }
    return Circumstances(**about | changes)  # type: ignore[arg-type]  # test shorthand


def make_obligation(**changes: object) -> Obligation:
    card = RuleCard(
        id="p.r",
        title=Words("журам", "rule"),
        channels=("website", "noticeboard"),
        responsible=("finance",),
        source="A law",
        item="1.2",
        words="within the limit",
        confidence="primary",
        keep_posted=None,
        documents=("p.r",),
    )
    about: dict[str, object] = {
        "key": KEY,
        "organisation": "soum",
        "card": card,
        "occurrence": "2024",
        "period": "2024",
        "event": None,
        "exists_from": date(2023, 1, 9),
        "due_on": day("01-10"),
        "extended_from": None,
        "act_by": day("01-10"),
        "provisional": False,
        "unknown": None,
        "exempt": None,
    }
    return Obligation(**about | changes)  # type: ignore[arg-type]  # test shorthand


def make_contact(role: str, person: str | None = None, **more: object) -> Contact:
    """Whose address is `person@soum.example`; without a person named after the role."""
    name = person or role
    return Contact(role, name.title(), f"{name}@soum.example", **more)  # type: ignore[arg-type]  # test shorthand


def make_organisation(name: str = "soum", *contacts: Contact, **changes: object) -> Organisation:
    about: dict[str, object] = {"kind": "soum", "since": date(2023, 1, 1), "timezone": ULAANBAATAR}
    return Organisation(name, name.title(), contacts=contacts, **about | changes)  # type: ignore[arg-type]  # test shorthand


def make_soum(*contacts: Contact, **changes: object) -> tuple[Organisation, Organisation]:
    """A soum with a finance officer and a head, below an aimag with a law department; the soum first."""
    serving = contacts or (make_contact("finance"), make_contact("head"))
    aimag = make_organisation("aimag", make_contact("oversight", "law"), kind="aimag")
    return make_organisation("soum", *serving, **{"parent": "aimag"} | changes), aimag


NOTHING_TOLD = History({})


def plan(facts: Facts, law: Law, today: date, history: History = NOTHING_TOLD, **how: bool) -> Plan:
    """What should stand and who should be told of it, in one."""
    return tell(stand(facts, law, today, **how), facts, history, law, today)


class Office:
    """One organisation lived through morning by morning; what was opened, and told, is remembered.

    What changes meanwhile (postings, events, the register, the calendar, ...) is changed in its fields.
    """

    def __init__(
        self,
        *rules: Rule,
        organisations: tuple[Organisation, ...] | None = None,
        calendar: WorkingCalendar = WEEKDAYS,
        first_cycle_on: date = date(2023, 1, 1),
    ) -> None:
        self.rules = rules or (make_duty(),)
        self.organisations = organisations or make_soum()
        self.calendar = calendar
        self.cadence = make_cadence(calendar)
        self.first_cycle_on = first_cycle_on
        self.events: list[Event] = []
        self.postings: dict[str, list[Posting]] = {}
        self.waivers: dict[str, str] = {}
        self.extensions: dict[str, object] = {}
        self.snoozes: dict[str, date] = {}
        self.changes: dict[date, object] = {}
        self._opened: dict[str, Opened] = {}
        self._told: dict[tuple[str, str], list[Told]] = {}
        self._owed: set[tuple[str, str, str]] = set()

    def decree(self, *texts: str) -> None:
        """Those days become days off; the next working-out knows of it."""
        self.calendar = make_off(*texts)
        self.cadence = make_cadence(self.calendar)

    def post(self, on: str, key: str = KEY) -> None:
        """Put it up in every channel of the ordinary rule."""
        self.postings[key] = [make_posting("website", on, 1), make_posting("noticeboard", on, 2)]

    def settle(self, today: date, **more: object) -> Plan:
        """Work out without a sending time, as after something was recorded."""
        law = Law(
            make_book(*self.rules, calendar=self.calendar),
            self.cadence,
            Register(self.organisations, "en"),
            self.changes,  # type: ignore[arg-type]  # test shorthand
        )
        facts = Facts(
            organisation=self.organisations[0],
            first_cycle_on=self.first_cycle_on,
            events=self.events,
            postings=self.postings,
            waivers=self.waivers,
            extensions=self.extensions,  # type: ignore[arg-type]  # test shorthand
            snoozes=self.snoozes,
            opened=self._opened,
            **more,  # type: ignore[arg-type]  # test shorthand
        )
        decided = plan(facts, law, today, History(self._told, self._owed))
        self._opened = {
            each.obligation.key: Opened(
                each.obligation,
                each.opened_on,
                posted=each.assessment.state in SETTLED - {State.WAIVED, State.WITHDRAWN},
                move=each.move,
            )
            for each in decided.standings
        }
        return decided

    def works(self, today: date) -> bool:
        """Whether mails leave; beyond the calendar on every weekday."""
        if self.calendar.first <= today <= self.calendar.last:
            return self.calendar.is_working(today)
        return today.weekday() < 5

    def told(self, today: date, *zones: str, only: str = "") -> list[str]:
        """What is told at the sending time of those zones: "digest -1wd to finance"; on a day off nothing.

        With `only` the machine dies when that person's mail is queued.
        """
        if not self.works(today):
            self.settle(today)
            return []
        decided = self.settle(today, sending=dict.fromkeys(zones or (ULAANBAATAR,), today))
        told = [each for each in decided.reminders if each.recipient.startswith(only)]
        for each in told:
            kept = Told(each.about, each.stage, each.stage_on, today)
            self._told.setdefault((each.recipient, each.key), []).append(kept)
        self._owed = {
            (each.recipient, each.key, each.stage) for each in decided.reminders if each not in told
        }
        return sorted(f"{each.kind} {each.stage} to {each.recipient.partition('@')[0]}" for each in told)

    def diary(self, first: str, last: str) -> dict[str, list[str]]:
        """What is told from the first day to the last, by day (`01-09`); silent days are not in it."""
        told = {f"{today:%m-%d}": self.told(today) for today in days(first, last)}
        return {today: said for today, said in told.items() if said}
