"""What the packs' TOML asks for, read and reckoned a second time: day by day, looking each one up in a set.

It knows nothing of the package `rules`, and covers the forms that the simulated worlds use.
"""

import tomllib
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

DAY = timedelta(days=1)
_MONTHS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
_SHIFT = {"previous-year": -1, "year": 0, "next-year": 1}


@dataclass(frozen=True)
class Version:
    """One rule as one table of the TOML writes it."""

    id: str
    table: Mapping[str, Any]

    @property
    def deadline(self) -> Mapping[str, Any]:
        deadline: Mapping[str, Any] = self.table["deadline"]
        return deadline

    @property
    def event_kind(self) -> str | None:
        return self.deadline.get("of")

    def holds_on(self, day: date) -> bool:
        span = self.table.get("in_force", {})
        return bool(span.get("from", date.min) <= day <= span.get("until", date.max))


@dataclass(frozen=True)
class Owed:
    """That a rule gives an occurrence, and until when; without a day the law sets none, or nobody knows it."""

    version: Version
    occurrence: str
    due: date | None
    undated: bool = False


@dataclass
class DaysOff:
    """Which days are not worked: the weekend, the holidays, and what decrees say."""

    holidays: frozenset[date]
    off: set[date] = field(default_factory=set)
    on: set[date] = field(default_factory=set)

    def works(self, day: date) -> bool:
        if day in self.on or day in self.off:
            return day in self.on
        return day.weekday() < 5 and day not in self.holidays


class Lawbook:
    """The rules of some packs on some days off."""

    def __init__(self, packs: Sequence[Path], days: DaysOff, promptly: str) -> None:
        self.days, self.promptly = days, promptly
        self.versions: list[Version] = []
        for path in packs:
            pack = tomllib.loads(path.read_text("utf-8"))
            self.versions += [Version(f"{pack['pack']}.{each['id']}", each) for each in pack["rule"]]

    @property
    def event_kinds(self) -> list[str]:
        return sorted({each.event_kind for each in self.versions if each.event_kind})

    def is_planned(self, kind: str) -> bool:
        return any(each.event_kind == kind and "before" in each.deadline for each in self.versions)

    def documents(self, rule: str) -> list[str]:
        """The rules on the same document, this one among them."""
        found = {rule}
        while True:
            pairs = [
                (each.id, each.table["same_document"])
                for each in self.versions
                if "same_document" in each.table
            ]
            more = {other for pair in pairs if found & set(pair) for other in pair} - found
            if not more:
                return sorted(found)
            found |= more

    def scheduled(self, kind: str, first: date, last: date) -> dict[tuple[str, str], Owed]:
        """What the calendar alone asks of organisations of a kind, due from a day to a day."""
        every: dict[tuple[str, str], Owed] = {}
        for version in self.versions:
            if version.event_kind is None and "after_due" not in version.deadline:
                for occurrence, due in self._of_calendar(version, first.year - 2, last.year + 2):
                    self._keep_earlier(every, version, occurrence, due)
        for version in self.versions:
            if "after_due" in version.deadline:
                base = version.deadline["after_due"]
                for (rule, occurrence), owed in list(every.items()):
                    if rule == base and owed.due is not None:
                        due = self.end(version.deadline["within"], owed.due)
                        self._keep_earlier(every, version, occurrence, due)
        return {
            key: owed
            for key, owed in every.items()
            if owed.due is not None and first <= owed.due <= last and kind in owed.version.table["applies_to"]
        }

    def started(self, kind: str, event_kind: str, on: date, stated: date | None) -> Iterator[Owed]:
        """What an event asks of an organisation of a kind; the occurrence is for the caller to name."""
        seen: set[str] = set()
        for version in self.versions:
            if version.event_kind == event_kind and version.holds_on(on) and version.id not in seen:
                seen.add(version.id)
                if kind in version.table["applies_to"]:
                    yield self._started(version, on, stated)

    def _started(self, version: Version, on: date, stated: date | None) -> Owed:
        deadline = version.deadline
        if "before" in deadline:
            return Owed(version, "", self._back(deadline["before"], on))
        match deadline.get("within"):
            case None:
                return Owed(version, "", None, undated=True)
            case "stated":
                return Owed(version, "", stated)
            case "promptly":
                return Owed(version, "", self.end(self.promptly, on))
            case limit:
                return Owed(version, "", self.end(limit, on))

    def _keep_earlier(
        self, every: dict[tuple[str, str], Owed], version: Version, occurrence: str, due: date
    ) -> None:
        known = every.get((version.id, occurrence))
        if version.holds_on(due) and (known is None or known.due is None or due < known.due):
            every[version.id, occurrence] = Owed(version, occurrence, due)

    def _of_calendar(self, version: Version, first: int, last: int) -> Iterator[tuple[str, date]]:
        for occurrence, day in self._unrolled(version, first, last):
            if "within" in version.deadline:
                yield occurrence, self.end(version.deadline["within"], day)
            else:
                yield occurrence, self._roll(version.table.get("roll", "none"), day)

    def _unrolled(self, version: Version, first: int, last: int) -> Iterator[tuple[str, date]]:
        deadline = version.deadline
        if "on" in deadline:
            yield str(deadline["on"]), deadline["on"]
            return
        if "once" in deadline:
            yield deadline["once"], _period_end(deadline["once"])
            return
        for year in range(first, last + 1):
            if "yearly" in deadline:
                yield from _yearly(deadline["yearly"], year, _SHIFT[version.table.get("period", "year")])
                continue
            length = deadline.get("after_period") or deadline["in"]
            for name, end in _periods(length, year):
                if "day" in deadline:
                    following = end + DAY
                    yield name, _day_in_month(following.year, following.month, deadline["day"])
                elif not deadline.get("only") or name.partition("-")[2] in deadline["only"]:
                    yield name, end

    def _roll(self, roll: str, day: date) -> date:
        step = {"none": timedelta(), "following": DAY, "preceding": -DAY}[roll]
        while step and not self.days.works(day):
            day += step
        return day

    def end(self, limit: str, start: date) -> date:
        """The last day of a limit that begins on the day after `start`."""
        number, unit = limit.split(" ", 1)
        if unit.startswith("working day"):
            return self.walk(start, int(number))
        return self._roll("following", _later(start, int(number), unit))

    def _back(self, limit: str, day: date) -> date:
        number, unit = limit.split(" ", 1)
        if unit.startswith("working day"):
            return self.walk(day, -int(number))
        return self._roll("preceding", _later(day, -int(number), unit))

    def walk(self, day: date, working_days: int) -> date:
        """So many working days on, or back."""
        step = DAY if working_days > 0 else -DAY
        left = abs(working_days)
        while left:
            day += step
            if self.days.works(day):
                left -= 1
        return day


def _later(day: date, number: int, unit: str) -> date:
    unit = unit.removesuffix("s")
    if unit in ("day", "week"):
        return day + number * (7 if unit == "week" else 1) * DAY
    months = day.year * 12 + day.month - 1 + number * _MONTHS[unit]
    return _day_in_month(months // 12, months % 12 + 1, day.day)


def _day_in_month(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, monthrange(year, month)[1]))


def _yearly(dates: str | list[str], year: int, shift: int) -> Iterator[tuple[str, date]]:
    written = [dates] if isinstance(dates, str) else dates
    names = {1: [""], 2: ["-H1", "-H2"], 4: ["-Q1", "-Q2", "-Q3", "-Q4"]}[len(written)]
    turn = year
    for place, (name, text) in enumerate(zip(names, written, strict=True)):
        if place and text < written[place - 1]:
            turn += 1
        month, day = map(int, text.split("-"))
        yield f"{year + shift}{name}", _day_in_month(turn, month, day)


def _periods(length: str, year: int) -> Iterator[tuple[str, date]]:
    months = _MONTHS[length]
    for number in range(1, 12 // months + 1):
        end = _day_in_month(year, number * months, 31)
        name = {1: f"-{number:02}", 3: f"-Q{number}", 6: f"-H{number}", 12: ""}[months]
        yield f"{year}{name}", end


def _period_end(name: str) -> date:
    year = int(name[:4])
    for length in _MONTHS:
        for each, end in _periods(length, year):
            if each == name:
                return end
    raise ValueError(name)
