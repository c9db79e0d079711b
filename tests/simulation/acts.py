"""What people record in the program, and in the books of the reference."""

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.recording import decisions, events, postings
from rules.limits import Limit
from tests.monitor.reference import Showing
from tests.simulation.books import Books, Charge, Event, Extension
from tests.simulation.machine import Machine
from tests.simulation.world import World

_BY = "somebody"


class Acts:
    """Somebody does something; what is refused, or breaks off, has changed nothing."""

    def __init__(self, chance: random.Random, world: World, books: Books, machine: Machine) -> None:
        self.chance, self.world, self.books, self.machine = chance, world, books, machine

    def do_something(self, now: datetime) -> str:
        """Do it, and say what it was."""
        what: Callable[[datetime], str] = self.chance.choice(
            (*[self._post] * 6, *[self._catch_up] * 4, self._add_event, self._add_event, self._add_event,
             self._amend, self._withdraw_event, self._take_down, self._correct, self._waive, self._snooze,
             self._extend)
        )  # fmt: skip
        return what(now)

    # --- which duty

    def _charge(
        self, now: datetime, wanted: Callable[[Charge, date], bool], *, urgent: bool = False
    ) -> tuple[Charge, date] | None:
        """One that somebody may be busy with today, and its office's day."""
        near = self._near(now, wanted)
        if urgent:
            near = sorted(near, key=lambda each: each[0].due or date.max)[:4]
        return self.chance.choice(near) if near else None

    def _near(self, now: datetime, wanted: Callable[[Charge, date], bool]) -> list[tuple[Charge, date]]:
        near = []
        for key in sorted(self.books.charges):
            charge = self.books.charges[key]
            today = self._today(charge.office, now)
            charge.look(today)
            is_near = charge.due is None or abs((charge.due - today).days) < 90
            if is_near and not charge.withdrawn and wanted(charge, today):
                near.append((charge, today))
        return near

    def _today(self, office: str, now: datetime) -> date:
        return now.astimezone(ZoneInfo(self.world.zones[office])).date()

    def _done(self, office: str, now: datetime) -> None:
        """The office was worked out again."""
        self.books.work_out(office, self._today(office, now), only_events=not self.books.begun)

    # --- what is recorded

    def _post(self, now: datetime) -> str:
        found = self._charge(now, lambda each, today: each.state(today) != "settled", urgent=True)
        if found is None:
            return "nothing to post"
        charge, today = found
        on = today - timedelta(days=self.chance.choice((0, 0, 0, 1, 2, 9, 25)))
        said = [
            self._put_up(now, charge, channel, on)
            for channel in charge.channels
            if self.chance.random() < 0.8
            and not any(each.channel == channel and each.down is None for each in charge.showings)
        ]
        return "; ".join(said) or "posted already"

    def _catch_up(self, now: datetime) -> str:
        """Somebody is reminded, and posts whatever is late."""
        said = [
            self._put_up(now, charge, channel, today)
            for charge, today in self._near(
                now, lambda each, today: each.state(today) in ("overdue", "unknown")
            )
            for channel in charge.channels
            if not any(each.channel == channel and each.down is None for each in charge.showings)
        ]
        return "; ".join(said) or "nothing is late"

    def _put_up(self, now: datetime, charge: Charge, channel: str, on: date) -> str:
        with self.machine.recording() as (connection, assembly):
            done = postings.post(
                connection,
                assembly,
                now,
                _BY,
                key=charge.key,
                channel=channel,
                on=on,
                url=None,
                file=None,
                note="",
            )
        showing = Showing(channel, on)
        charge.showings.append(showing)
        self.books.postings[done.id] = charge.key, showing
        self._done(charge.office, now)
        return f"posted {charge.key} in {channel} on {on}"

    def _standing_posting(self) -> tuple[int, Charge, Showing] | None:
        standing = [
            (number, self.books.charges[key], showing)
            for number, (key, showing) in sorted(self.books.postings.items())
            if showing.down is None and not self.books.charges[key].withdrawn
        ]
        return self.chance.choice(standing[-12:]) if standing else None

    def _take_down(self, now: datetime) -> str:
        found = self._standing_posting()
        if found is None:
            return "nothing to take down"
        number, charge, showing = found
        today = self._today(charge.office, now)
        on = today - timedelta(days=self.chance.choice((0, 0, 1)))
        if on < showing.on:
            return "not up yet"
        self._withdraw_posting(now, number, on)
        showing.down = on
        self._done(charge.office, now)
        return f"took down {charge.key} in {showing.channel} on {on}"

    def _correct(self, now: datetime) -> str:
        found = self._standing_posting()
        if found is None:
            return "nothing to correct"
        number, charge, showing = found
        self._withdraw_posting(now, number, None)
        charge.showings.remove(showing)
        del self.books.postings[number]
        self._done(charge.office, now)
        return f"took back {charge.key} in {showing.channel}"

    def _withdraw_posting(self, now: datetime, number: int, on: date | None) -> None:
        with self.machine.recording() as (connection, assembly):
            postings.withdraw_posting(connection, assembly, now, _BY, number, "x", on)

    def _add_event(self, now: datetime) -> str:
        kinds = self.books.law.event_kinds
        if not kinds:
            return "no rule waits for an event"
        kind = self.chance.choice(kinds)
        office = self.chance.choice(self.world.offices)
        today = self._today(office.id, now)
        days = (0, 1, 3, 25, 200) if not self.books.law.is_planned(kind) else (0, 2, -10, -30, -60)
        on = today - timedelta(days=self.chance.choice(days))
        stated = on + timedelta(days=self.chance.randrange(5, 60)) if self.chance.random() < 0.5 else None
        with self.machine.recording() as (connection, assembly):
            done = events.add_event(
                connection, assembly, now, _BY,
                kind=kind, organisation=office.id, on=on, due=stated, reference=str(now), note="",
            )  # fmt: skip
        self.books.events[done.id] = Event(done.id, office.id, kind, on, stated, today)
        self._done(office.id, now)
        return f"{kind} e{done.id} of {office.id} on {on}, due {stated}"

    def _standing_event(self) -> Event | None:
        standing = [each for each in self.books.events.values() if not each.withdrawn]
        return self.chance.choice(standing[-10:]) if standing else None

    def _amend(self, now: datetime) -> str:
        event = self._standing_event()
        if event is None:
            return "nothing to amend"
        on = self._today(event.office, now) - timedelta(days=self.chance.choice((0, 2, 10, 30)))
        stated = on + timedelta(days=self.chance.randrange(5, 60)) if self.chance.random() < 0.5 else None
        new = stated or event.stated
        if new is not None and new < on:
            return "would be due before it happened"
        with self.machine.recording() as (connection, assembly):
            done = events.amend_event(connection, assembly, now, _BY, event.id, on=on, due=stated, reason="x")
        if done.new:
            event.on, event.stated, event.amended = on, new, True
            self._done(event.office, now)
        return f"amended e{event.id}: on {on}, due {new}"

    def _withdraw_event(self, now: datetime) -> str:
        event = self._standing_event()
        if event is None or self.chance.random() < 0.4:
            return "no event to withdraw"
        with self.machine.recording() as (connection, assembly):
            events.withdraw_event(connection, assembly, now, _BY, event.id, "x")
        event.withdrawn = True
        self._done(event.office, now)
        return f"withdrew e{event.id}"

    def _waive(self, now: datetime) -> str:
        found = self._charge(now, lambda *_: True)
        if found is None:
            return "nothing to waive"
        charge, _ = found
        with self.machine.recording() as (connection, assembly):
            if charge.waived:
                decisions.unwaive(connection, assembly, now, _BY, charge.key, "x")
            else:
                decisions.waive(connection, assembly, now, _BY, charge.key, "x")
        charge.waived = not charge.waived
        self._done(charge.office, now)
        return f"{'waived' if charge.waived else 'no longer waived'}: {charge.key}"

    def _snooze(self, now: datetime) -> str:
        found = self._charge(
            now, lambda each, today: each.due is not None and each.due > today + timedelta(days=15)
        )
        if found is None:
            return "nothing to snooze"
        charge, today = found
        until = today + timedelta(days=self.chance.randrange(2, 8))
        with self.machine.recording() as (connection, assembly):
            decisions.snooze(connection, assembly, now, _BY, key=charge.key, until=until, reason="x")
        charge.snoozed_until = until
        return f"snoozed {charge.key} until {until}"

    def _extend(self, now: datetime) -> str:
        def wanted(charge: Charge, today: date) -> bool:
            return charge.rule in self._extendable() and charge.due is not None and charge.due >= today

        found = self._charge(now, wanted)
        if found is None:
            return "nothing to extend"
        charge, _ = found
        by = f"{self.chance.randrange(3, 28)} days"
        with self.machine.recording() as (connection, assembly):
            decisions.extend(
                connection, assembly, now, _BY,
                key=charge.key, limit=Limit.parse(by), until=None, reason="x", reference="y",
            )  # fmt: skip
        self.books.extensions[charge.key] = Extension(by)
        self._done(charge.office, now)
        return f"extended {charge.key} by {by}"

    def _extendable(self) -> set[str]:
        return {each.id for each in self.books.law.versions if "extendable" in each.table}
