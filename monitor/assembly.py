"""Building whole, before anything starts: the law from configuration, packs and calendar."""

from dataclasses import dataclass
from hashlib import sha256
from operator import attrgetter
from pathlib import Path

from monitor.configuration.loading import load_settings
from monitor.configuration.settings import Settings
from monitor.core.plan import Law
from monitor.core.stages import Cadence
from rules.calendars import load_calendar
from rules.due import RuleBook
from rules.faults import Fault, Faults
from rules.loading import load_packs
from rules.model import Pack
from rules.workdays import WorkingCalendar


@dataclass(frozen=True, slots=True)
class Assembly:
    """What a configuration gives, built and checked whole."""

    settings: Settings
    packs: tuple[Pack, ...]
    book: RuleBook
    """The loaded rules on the operator's calendar."""
    cadence: Cadence
    basis: str
    """The digest of everything that a due date or a reminder rests on: configuration, register, packs, calendar."""

    @property
    def law(self) -> Law:
        """What is the same for every organisation."""
        return Law(self.book, self.cadence, self.settings.register)


def assemble(path: Path, checked: str = "") -> Assembly:
    """Read the configuration, the packs and the calendar; raises `Faults` with every fault of all of them.

    `checked` is the basis of an assembly that this or an earlier process built: where the configuration's files are
    still the same, the register in them is not read before somebody asks for it.
    """
    settings = load_settings(path, checked=checked.partition(_AND_LAW)[0])
    faults: list[Fault] = []
    packs: tuple[Pack, ...] = ()
    calendar = None
    try:
        packs = load_packs(settings.monitor.packs, settings.folder)
    except Faults as found:
        faults.extend(found.faults)
    try:
        calendar = load_calendar(
            settings.calendar.region,
            settings.calendar.weekend,
            settings.calendar.file,
            where=settings.path,
        )
    except Faults as found:
        faults.extend(found.faults)
    if faults or calendar is None:
        raise Faults(tuple(faults))
    book = RuleBook(packs, calendar, settings.monitor.promptly)
    reminders = settings.reminders
    cadence = Cadence(calendar, reminders.before, reminders.after, reminders.escalate)
    return Assembly(settings, packs, book, cadence, _basis(settings, packs, calendar))


_AND_LAW = "-"


def _basis(settings: Settings, packs: tuple[Pack, ...], calendar: WorkingCalendar) -> str:
    days = sorted(calendar.moved.values(), key=attrgetter("on"))
    law = [
        *(Path(pack.path).read_bytes() for pack in packs),
        repr(
            (calendar.first, calendar.last, sorted(calendar.weekend), sorted(calendar.looked_at), days)
        ).encode(),
        calendar.holiday_source.encode(),
    ]
    return settings.fingerprint + _AND_LAW + sha256(b"\0".join(law)).hexdigest()
