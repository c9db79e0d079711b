"""Working-day calendars from files: a region's holidays, the days shipped for it, the operator's own."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType

from rules.faults import Faults
from rules.marking import N_
from rules.reading import Reading, located
from rules.table import Table, read_toml
from rules.workdays import DayKind, DayNote, LookedAt, WorkingCalendar

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CALENDAR_KEYS = ("known", "law", "off", "on", "looked_at")
REGION = re.compile(r"[A-Z]{2}(-\w+)?")  # a two-letter country, and perhaps a part of it
_PACKS = Path(__file__).parent / "packs"


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """What a calendar.toml says; `law` is the source of the public holidays themselves."""

    known_from: date = date.min
    known_until: date = date.max
    law: str = ""
    moved: tuple[DayNote, ...] = ()
    looked_at: tuple[LookedAt, ...] = ()


@dataclass(frozen=True, slots=True)
class _Holidays:
    """The public holidays of a region, year by year, and the range for which they are known."""

    of: Callable[[int], Mapping[date, str]]
    first: date
    last: date
    source: str


_NO_HOLIDAYS = _Holidays(lambda _: {}, date.min, date.max, "")


@lru_cache
def shipped_calendar(jurisdiction: str, where: Path | None = None) -> WorkingCalendar:
    """The calendar shipped for a jurisdiction, on which its worked examples run; raises Faults, of the pack `where`."""
    return load_calendar(jurisdiction, ("saturday", "sunday"), None, where=where, key="jurisdiction")


def load_calendar(
    region: str,
    weekend: Sequence[str],
    file: Path | None,
    *,
    shipped: bool = True,
    where: Path | None = None,
    key: str = "calendar.region",
) -> WorkingCalendar:
    """The calendar of a region as the holidays package names it ("MN", "GB-ENG"; "" has no public holidays).

    The operator's `file` stands above the days shipped for the region (`shipped`): of two entries for one day
    his wins, and its `known` narrows the range. Raises Faults; those of region and weekend are told of
    the file `where`, that of the region by its `key` there.
    """
    reading = Reading(str(where or "config.toml"))
    days_off = _weekend(weekend, reading)
    holidays = _holidays(region, reading, key)
    files = []
    for path in (*_shipped_file(region, shipped=shipped), *([file] if file else ())):
        try:
            files.append(read_calendar_file(path))
        except Faults as wrong:
            reading.faults.extend(wrong.faults)
    first = max(holidays.first, *(each.known_from for each in files), date.min)
    last = min(holidays.last, *(each.known_until for each in files), date.max)
    if last < first and not reading.faults:
        reading.fault(
            "calendar",
            None,
            N_("The calendar is known for no day at all: from {first} until {last}"),
            first=first,
            last=last,
        )
    if reading.faults and where is not None:
        reading.faults = located(where, reading.faults)
    reading.refuse_faults()
    return WorkingCalendar(
        region=region,
        weekend=days_off,
        first=first,
        last=last,
        holidays=holidays.of,
        holiday_source="; ".join(filter(None, (*(each.law for each in files), holidays.source))),
        moved=MappingProxyType({note.on: note for each in files for note in each.moved}),
        looked_at=MappingProxyType({look.year: look for each in files for look in each.looked_at}),
    )


def read_calendar_file(path: Path) -> CalendarFile:
    """A calendar.toml by itself; raises Faults."""
    table = read_toml(path)
    table.only(CALENDAR_KEYS)
    known_from, known_until = _known(table)
    moved = (*_notes(table, "off", DayKind.OFF), *_notes(table, "on", DayKind.ON))
    looked_at = _looked_at(table)
    law = table.text("law", "")
    if not table.reading.faults:
        _refuse_twice(table)
    table.reading.refuse_faults()
    return CalendarFile(known_from, known_until, law, moved, looked_at)


def _weekend(days: Sequence[str], reading: Reading) -> frozenset[int]:
    table = Table(reading, "calendar", {"weekend": list(days)})
    for day in days:
        if day not in WEEKDAYS:
            reading.not_among(table.at("weekend"), day, WEEKDAYS)
    if set(WEEKDAYS) <= set(days):
        table.fault("weekend", "{key} must leave at least one working day in the week")
    return frozenset(WEEKDAYS.index(day) for day in days if day in WEEKDAYS)


def _holidays(region: str, reading: Reading, key: str) -> _Holidays:
    if not region:
        return _NO_HOLIDAYS
    import holidays as package  # noqa: PLC0415 - heavy; a region without holidays needs none of it

    country, _, part = region.partition("-")
    try:
        about = package.country_holidays(country, subdiv=part or None) if REGION.fullmatch(region) else None
    except NotImplementedError:
        about = None
    if about is None:
        reading.fault(
            key,
            region,
            N_('{key} must be a region of the holidays package such as "MN" or "GB-ENG", not {value}'),
        )
        return _NO_HOLIDAYS
    language = about.default_language  # always said: without it the names follow the machine's LANG

    @cache
    def of(year: int) -> Mapping[date, str]:
        named = package.country_holidays(
            country, subdiv=part or None, years=year, expand=False, language=language
        )
        return {day: name for day, name in named.items() if day.year == year}

    source = f"holidays {version('holidays')} ({region})"
    return _Holidays(of, date(about.start_year, 1, 1), date(about.end_year, 12, 31), source)


def _shipped_file(region: str, *, shipped: bool) -> tuple[Path, ...]:
    path = _PACKS / region.partition("-")[0].lower() / "calendar.toml"
    return (path,) if shipped and region and path.is_file() else ()


def _known(table: Table) -> tuple[date, date]:
    known = table.table("known", needed=False)
    if known is None:
        return date.min, date.max
    known.only(("from", "until"))
    first = known.optional_day("from") or date.min
    last = known.optional_day("until") or date.max
    if last < first:
        known.fault(
            "until",
            "{key} must not lie before the beginning of the range, {first}, as {value} does",
            first=first,
        )
    return first, last


def _notes(table: Table, key: str, kind: DayKind) -> tuple[DayNote, ...]:
    notes = []
    for entry in table.tables(key):
        entry.only(("date", "reason", "source"))
        notes.append(DayNote(entry.day("date"), kind, entry.text("reason"), entry.text("source")))
    return tuple(notes)


def _looked_at(table: Table) -> tuple[LookedAt, ...]:
    looked = []
    for entry in table.tables("looked_at"):
        entry.only(("year", "on", "source"))
        looked.append(LookedAt(entry.integer("year", 1, 9999), entry.day("on"), entry.text("source")))
    return tuple(looked)


def _refuse_twice(table: Table) -> None:
    """A day is off or worked, and there is one reason for it."""
    named: dict[date, str] = {}
    for key in ("off", "on"):
        for entry in table.tables(key):
            day = entry.data.get("date")
            if not isinstance(day, date):
                continue
            if day in named:
                entry.fault(
                    "date",
                    "{key} names {value}, as {other} does; a day is either off or worked, and named once",
                    other=named[day],
                )
            named[day] = entry.at("date")
