"""A year of an aimag, morning by morning: the program tells what the naive reference tells, and nothing else.

Made up from a seed: offices below each other, in two time zones, people in several of them who come and go, duties with
fixed dates and from events, postings, amendments, extensions, snoozes, and weeks in which the machine was off.
"""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, Engine, select, update

from monitor.assembly import Assembly, assemble
from monitor.cycle import run_cycle
from monitor.recording import decisions, events, postings
from monitor.state import Mode, begin_cycle
from monitor.storage import tables
from monitor.storage.engine import open_engine
from monitor.storage.schema import bring_up_to_date
from notifications import tables as outbox
from notifications.messages import DeliveryState
from rules.limits import Limit
from tests.monitor.made_up_year import (
    AFTER,
    BEFORE,
    CHANNELS,
    ESCALATE,
    EVENTS,
    HOVD,
    OFF,
    ROLES,
    SOUMS,
    ULAANBAATAR,
    YEARLY,
    Story,
)
from tests.monitor.reference import DAY, Duty, Item, Reference, Showing

FIRST_CYCLE = date(2024, 1, 9)
SHORT_GAP = date(2024, 8, 12), date(2024, 8, 19)
FORTY_DAYS = date(2024, 2, 20), date(2024, 3, 30)
"""The machine was off from the first day to the last."""


class Year:
    """The program and the reference, led through the same year."""

    def __init__(self, story: Story, engine: Engine, assembly: Assembly) -> None:
        self.story, self.chance = story, story.chance
        self.engine, self.assembly = engine, assembly
        weekends = {day for day in _days(date(2022, 1, 1), date(2026, 1, 1)) if day.weekday() >= 5}
        self.reference = Reference(
            weekends | set(OFF), story.offices, story.seats, story.zones, BEFORE, AFTER, ESCALATE, FIRST_CYCLE
        )
        self.expected: list[Item] = []
        self.now = datetime.min.replace(tzinfo=UTC)
        self._open_yearly_duties()

    # --- what is lived through

    def cycle(self, day: date, at: str, zones: set[str]) -> None:
        """A cycle at that time in Ulaanbaatar; it serves those zones."""
        self.now = _moment(day, at)
        self.expected += self.reference.morning(day, zones)
        with self.engine.begin() as connection:
            begin_cycle(connection, Mode.REHEARSAL, self.now)
        run_cycle(self.engine, self.assembly, self.now)
        with (
            self.engine.begin() as connection
        ):  # everything arrives, so nothing is told again by a later mail
            sent = update(outbox.delivery).values(state=str(DeliveryState.SENT), finished_at=self.now)
            connection.execute(sent.where(outbox.delivery.c.state == str(DeliveryState.QUEUED)))

    def something_happens(self, day: date, at: str) -> None:
        """People record something at that time, or not."""
        self.now = _moment(day, at)
        for _ in range(self.chance.choice((0, 0, 0, 0, 1, 2))):
            what: Callable[[Connection, date], None] = self.chance.choice(
                (self._post, self._post, self._post, self._add_event, self._add_event, self._amend, self._withdraw,
                 self._take_down, self._correct, self._waive, self._snooze, self._extend)
            )  # fmt: skip
            with self.engine.begin() as connection:
                what(connection, day)

    def told(self) -> list[Item]:
        """What the program told, as it stands in its database."""
        reminder, message = tables.reminder, outbox.message
        statement = select(
            reminder, message.c.day, message.c.kind.label("sent_as"), message.c.recipient.label("to")
        )
        with self.engine.connect() as connection:
            rows = connection.execute(statement.join(message, message.c.id == reminder.c.message_id)).all()
        assert all((row.kind, row.recipient) == (row.sent_as, row.to) for row in rows)
        return sorted(Item(row.day, row.recipient, row.kind, row.key, row.stage) for row in rows)

    def mails(self) -> list[tuple[date, str, str]]:
        """Every mail: day, recipient, kind."""
        message = outbox.message
        with self.engine.connect() as connection:
            rows = connection.execute(select(message.c.day, message.c.recipient, message.c.kind)).all()
        return sorted((row.day, row.recipient, row.kind) for row in rows)

    # --- what people record

    def _open_yearly_duties(self) -> None:
        for office in self.story.offices:
            for name, on in YEARLY.items():
                for year in (2023, 2024, 2025):
                    if office.id in (*SOUMS, "alone") and year >= office.since.year:
                        key = f"{office.id}/p.{name}/{year}"
                        due = date.fromisoformat(f"{year}-{on}")
                        keep = 30 if name == "shown" else None
                        duty = Duty(key, office.id, ROLES[name], CHANNELS[name], due, keep_days=keep)
                        self.reference.duties[key] = duty

    def _duty(self, day: date, *, wanted: Callable[[Duty], bool]) -> Duty | None:
        """One that somebody may be busy with today."""
        near = [
            each
            for each in self.reference.duties.values()
            if wanted(each) and not each.settled and (each.due is None or abs((each.due - day).days) < 90)
        ]
        return self.chance.choice(near) if near else None

    def _post(self, connection: Connection, day: date) -> None:
        duty = self._duty(day, wanted=lambda each: each.state(day) != "settled")
        if duty is None:
            return
        for channel in duty.channels:
            if self.chance.random() < 0.8:
                on = day - timedelta(days=self.chance.choice((0, 0, 1, 2)))
                self._put_up(connection, duty, channel, on)

    def _put_up(self, connection: Connection, duty: Duty, channel: str, on: date) -> None:
        if any(each.channel == channel and each.down is None for each in duty.showings):
            return
        postings.post(
            connection, self.assembly, self.now, _BY,
            key=duty.key, channel=channel, on=on, url=None, file=None, note="",
        )  # fmt: skip
        duty.showings.append(Showing(channel, on))

    def _take_down(self, connection: Connection, day: date) -> None:
        """A document is taken down today, too early or not."""
        duty = self._duty(day, wanted=lambda each: each.keep_days is not None and bool(each.showings))
        if duty is not None:
            up = [each for each in duty.showings if each.down is None and each.on <= day]
            if up:
                self._withdraw_posting(connection, duty, up[-1], on=day)
                up[-1].down = day

    def _correct(self, connection: Connection, day: date) -> None:
        """A posting was recorded by mistake: it was never up."""
        duty = self._duty(day, wanted=lambda each: any(one.down is None for one in each.showings))
        if duty is not None:
            mistaken = next(each for each in duty.showings if each.down is None)
            self._withdraw_posting(connection, duty, mistaken, on=None)
            duty.showings.remove(mistaken)

    def _withdraw_posting(
        self, connection: Connection, duty: Duty, showing: Showing, on: date | None
    ) -> None:
        table = tables.posting
        number = connection.scalar(
            select(table.c.id).where(
                table.c.key == duty.key, table.c.channel == showing.channel, table.c.withdrawn_at.is_(None)
            )
        )
        postings.withdraw_posting(connection, self.assembly, self.now, _BY, number or 0, "x", on)

    def _add_event(self, connection: Connection, day: date) -> None:
        kind, office = self.chance.choice(list(EVENTS)), self.chance.choice((*SOUMS, "alone"))
        on = max(day - timedelta(days=self.chance.choice((0, 1, 3, 25))), date(2024, 1, 1))
        stated = self._stated(kind, on)
        recorded = events.add_event(
            connection, self.assembly, self.now, _BY,
            kind=kind, organisation=office, on=on, due=stated, reference=str(self.now), note="",
        )  # fmt: skip
        key = f"{office}/p.{kind}/e{recorded.id}"
        due = self._due(kind, on, stated)
        self.reference.duties[key] = Duty(key, office, ROLES[kind], CHANNELS[kind], due, event_recorded=day)

    def _amend(self, connection: Connection, day: date) -> None:
        duty = self._duty(day, wanted=lambda each: each.event_recorded is not None)
        if duty is None:
            return
        kind = duty.key.split("/")[1].removeprefix("p.")
        on = max(day - timedelta(days=self.chance.choice((0, 2, 10, 30))), date(2024, 1, 1))
        stated = on + timedelta(days=self.chance.randrange(5, 60)) if kind == "letter" else None
        number = int(duty.key.rpartition("/e")[2])
        events.amend_event(connection, self.assembly, self.now, _BY, number, on=on, due=stated, reason="x")
        duty.move(self._due(kind, on, stated), day)

    def _withdraw(self, connection: Connection, day: date) -> None:
        duty = self._duty(day, wanted=lambda each: each.event_recorded is not None)
        if duty is not None and self.chance.random() < 0.5:
            events.withdraw_event(
                connection, self.assembly, self.now, _BY, int(duty.key.rpartition("/e")[2]), "x"
            )
            duty.settled = True

    def _waive(self, connection: Connection, day: date) -> None:
        duty = self._duty(day, wanted=lambda each: not each.settled)
        if duty is not None and self.chance.random() < 0.4:
            decisions.waive(connection, self.assembly, self.now, _BY, duty.key, "x")
            duty.settled = True

    def _snooze(self, connection: Connection, day: date) -> None:
        duty = self._duty(
            day, wanted=lambda each: each.due is not None and each.due > day + timedelta(days=9)
        )
        if duty is not None:
            until = day + timedelta(days=self.chance.randrange(2, 6))
            decisions.snooze(connection, self.assembly, self.now, _BY, key=duty.key, until=until, reason="x")
            duty.snoozed_until = until

    def _extend(self, connection: Connection, day: date) -> None:
        def wanted(duty: Duty) -> bool:
            return (
                "/p.plan/" in duty.key and duty.moved_on is None and duty.due is not None and duty.due >= day
            )

        duty = self._duty(day, wanted=wanted)
        if duty is None or duty.due is None or day < FIRST_CYCLE or duty.state(day) == "settled":
            return
        days = self.chance.choice((5, 12, 30))
        decisions.extend(
            connection, self.assembly, self.now, _BY,
            key=duty.key, limit=Limit.parse(f"{days} days"), until=None, reason="x", reference="y",
        )  # fmt: skip
        duty.move(self.reference.on_or_after(duty.due + timedelta(days=days)), day)

    def _stated(self, kind: str, on: date) -> date | None:
        if kind != "letter" or self.chance.random() < 0.4:
            return None
        return on + timedelta(days=self.chance.randrange(5, 60))

    def _due(self, kind: str, on: date, stated: date | None) -> date | None:
        match kind:
            case "amendment":
                return self.reference.walk(on, 14)
            case "complaint":
                return self.reference.on_or_after(on + timedelta(days=30))
            case _:
                return stated


@pytest.fixture
def year(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Year]:
    story = Story(tmp_path, random.Random(request.param))
    story.make_up()
    assembly = assemble(story.write_config(whole=False))
    engine = open_engine(assembly.settings.monitor.database)
    bring_up_to_date(engine)
    yield Year(story, engine, assembly)
    engine.dispose()


def live_through(year: Year, last: date) -> None:
    """Every day from a little before the first cycle; people record things before, between and after the cycles."""
    for day in _days(date(2024, 1, 3), last):
        if day == year.story.changed_on:
            year.assembly = assemble(year.story.write_config(whole=True))
        is_off = day < FIRST_CYCLE or any(begin <= day <= end for begin, end in (FORTY_DAYS, SHORT_GAP))
        is_back = day - DAY in (FORTY_DAYS[1], SHORT_GAP[1])
        year.something_happens(day, "08:00")
        if not is_off and not is_back:
            year.cycle(day, "09:00", {ULAANBAATAR})
        year.something_happens(day, "09:30")
        if not is_off and not is_back and year.reference.works(day):
            year.cycle(day, "10:00", {HOVD})
        if is_back:
            year.cycle(day, "11:00", {ULAANBAATAR, HOVD})
        year.something_happens(day, "15:00")
        if not is_off and year.chance.random() < 0.1:
            year.cycle(day, "16:00", set())


def compare(year: Year) -> list[Item]:
    """What the program told, when it is what the reference tells."""
    told, expected = year.told(), sorted(year.expected)
    assert sorted(set(expected) - set(told)) == [], "what was due to be told was not"
    assert sorted(set(told) - set(expected)) == [], "what was not due to be told was"
    assert told == expected, "something was told twice"
    assert year.mails() == sorted({(each.day, each.address, each.kind) for each in told}), (
        "one mail a kind and day"
    )
    return told


@pytest.mark.parametrize("year", [1], indirect=True)
def test_half_a_year_tells_everybody_what_the_reference_tells_and_nothing_else(year: Year) -> None:
    live_through(year, date(2024, 6, 21))
    assert len(compare(year)) > 500


@pytest.mark.slow
@pytest.mark.parametrize("year", [2], indirect=True)
def test_a_year_tells_everybody_what_the_reference_tells_and_nothing_else(year: Year) -> None:
    live_through(year, date(2024, 12, 27))
    told = compare(year)
    assert len(told) > 1000
    assert {each.kind for each in told} == {"digest", "escalation", "notice"}
    assert {"backlog", "event", "moved", "unknown", "-30d", "+15wd"} <= {each.stage for each in told}


@pytest.mark.parametrize("year", [1], indirect=True)
def test_after_forty_days_off_each_person_gets_one_mail_of_a_kind(year: Year) -> None:
    live_through(year, FORTY_DAYS[1] + 2 * DAY)
    back = [each for each in year.mails() if each[0] > FORTY_DAYS[0]]
    assert {day for day, _, _ in back} == {FORTY_DAYS[1] + 2 * DAY}, (
        "the first working day after it is a Monday"
    )
    assert len(back) == len(set(back)) > 5


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


_BY = "somebody"


def _moment(day: date, at: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(at), ZoneInfo(ULAANBAATAR)).astimezone(UTC)
