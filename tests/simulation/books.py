"""What has happened in the simulated world, and what follows from it by the naive law."""

from dataclasses import dataclass
from datetime import date, timedelta

from tests.monitor.reference import Duty, Reference, Showing
from tests.simulation.law import Lawbook, Owed
from tests.simulation.world import World

_AHEAD = timedelta(days=366)
_LOOKED_AHEAD = timedelta(days=366 + 62)


@dataclass
class Event:
    """A dated fact, as it was recorded."""

    id: int
    office: str
    kind: str
    on: date
    stated: date | None
    recorded_on: date
    amended: bool = False
    withdrawn: bool = False


@dataclass
class Charge(Duty):
    """A duty with all that may have befallen it."""

    rule: str = ""
    occurrence: str = ""
    event: Event | None = None
    waived: bool = False
    exempt: bool = False
    withdrawn: bool = False
    was_posted: bool = False
    """Whether it was posted everywhere when it was last worked out: its date then stands."""
    unextended: date | None = None

    def look(self, today: date) -> None:
        """Work out whether anything is still to be done."""
        self.settled = self.waived or self.exempt or self.withdrawn
        self.was_posted = not self.settled and self.state(today) == "settled"


@dataclass
class Extension:
    """Until when a duty may be met later."""

    by: str


class Books(Reference):
    """The reference, with the facts that it reckons from."""

    def __init__(self, world: World) -> None:
        super().__init__(
            set(), world.offices, world.seats, {}, world.before, world.after, world.escalate, date.max
        )
        self.world = world
        self.begun = False
        """Whether a cycle was completed."""
        self.events: dict[int, Event] = {}
        self.extensions: dict[str, Extension] = {}
        self.postings: dict[int, tuple[str, Showing]] = {}
        self.charges: dict[str, Charge] = {}
        self.duties = self.charges  # type: ignore[assignment]
        self._showings: dict[tuple[str, str, str], list[Showing]] = {}
        self._calendar: dict[tuple[str, date, date], dict[tuple[str, str], Owed]] = {}
        self._leads: dict[tuple[str, date], date] = {}
        self._laters: dict[tuple[str, date], date] = {}
        self.law: Lawbook
        self.read_files()

    def works(self, day: date) -> bool:
        return self.world.days.works(day)

    def lead_day(self, offset: str, due: date) -> date:
        """As the reference, which walks; each is walked once for as long as the calendar stands."""
        if (offset, due) not in self._leads:
            self._leads[offset, due] = super().lead_day(offset, due)
        return self._leads[offset, due]

    def later_day(self, offset: str, due: date) -> date:
        if (offset, due) not in self._laters:
            self._laters[offset, due] = super().later_day(offset, due)
        return self._laters[offset, due]

    def read_files(self) -> None:
        """The files have changed."""
        self.law = self.world.lawbook()
        self.zones = self.world.zones_of_people()
        self.offices |= {each.id: each for each in self.world.offices}
        self.watched = {each.id for each in self.world.offices}
        for charge in self.charges.values():
            if charge.office not in self.watched and not (charge.settled or charge.was_posted):
                charge.withdrawn = charge.settled = True
        self.seats = self.world.seats
        self._calendar.clear()
        self._leads.clear()
        self._laters.clear()

    def work_out(self, office: str, today: date, *, only_events: bool = False) -> None:
        """What the law now asks of an office, and what became of it."""
        if office not in self.watched:
            return
        given = dict(self._given(office, today))
        for key, (owed, event) in given.items():
            charge = self.charges.get(key)
            if charge is None:
                if event is None and (only_events or owed.due is None or owed.due - _AHEAD > today):
                    continue
                charge = self._open(office, key, owed, event, today)
            charge.exempt = charge.rule in self.world.exempt.get(office, ())
            due = self._extended(key, owed)
            stays_met = charge.was_posted and not (
                charge.waived or charge.exempt or (event and event.amended)
            )
            if charge.due != due and not stays_met:
                charge.move(due, today)
            if charge.due == due:
                charge.unextended = owed.due
                charge.roles = tuple(owed.version.table["responsible"])
                charge.channels = tuple(owed.version.table["channels"])
            charge.withdrawn = False
        for key, charge in self.charges.items():
            if charge.office == office:
                charge.withdrawn = key not in given
                charge.look(today)

    def due_soon(self, today: date) -> list[date]:
        """When anything that is still to be done is due within some weeks."""
        open_ = (each.due for each in self.charges.values() if not each.settled and each.due is not None)
        return sorted({due for due in open_ if today < due < today + timedelta(days=40)})

    def document(self, charge: Charge) -> list[Showing]:
        """Where the duty's document was up: shared by all duties on the same one."""
        first = self.law.documents(charge.rule)[0]
        return self._showings.setdefault((charge.office, first, charge.occurrence), [])

    def _open(self, office: str, key: str, owed: Owed, event: Event | None, today: date) -> Charge:
        table = owed.version.table
        keep = table.get("keep_posted")
        charge = Charge(
            key,
            office,
            tuple(table["responsible"]),
            tuple(table["channels"]),
            self._extended(key, owed),
            event_recorded=today if event else None,
            keep_days=int(keep.split()[0]) if keep else None,
            undated=owed.undated,
            rule=owed.version.id,
            occurrence=key.rpartition("/")[2],
            event=event,
        )
        charge.showings = self.document(charge)
        self.charges[key] = charge
        return charge

    def _given(self, office: str, today: date) -> dict[str, tuple[Owed, Event | None]]:
        since = date(self.offices[office].since.year, 1, 1)
        kind = self.world.kinds[office]
        last = today + _LOOKED_AHEAD
        found: dict[str, tuple[Owed, Event | None]] = {}
        for (rule, occurrence), owed in self._scheduled(kind).items():
            if owed.due is not None and since <= owed.due <= last:
                found[f"{office}/{rule}/{occurrence}"] = owed, None
        for event in self.events.values():
            if event.office == office and not event.withdrawn and event.on >= since:
                for owed in self.law.started(kind, event.kind, event.on, event.stated):
                    found[f"{office}/{owed.version.id}/e{event.id}"] = owed, event
        return found

    def _scheduled(self, kind: str) -> dict[tuple[str, str], Owed]:
        span = kind, date(self.world.year - 3, 1, 1), date(self.world.year + 4, 12, 31)
        if span not in self._calendar:
            self._calendar[span] = self.law.scheduled(*span)
        return self._calendar[span]

    def _extended(self, key: str, owed: Owed) -> date | None:
        extension = self.extensions.get(key)
        if extension is None or owed.due is None:
            return owed.due
        return self.law.end(extension.by, owed.due)
