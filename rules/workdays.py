"""The working-day calendar: which days are worked, and sums of working days, each with its reason.

Working days cannot be computed from a rule alone: decrees move them. A calendar is therefore a weekend, the
public holidays of a region, and dated exceptions with their sources, within the range of days for which all
that is known.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from rules.days import civil
from rules.sentences import Sentence, sentence


class DayKind(StrEnum):
    """Why a day is not what its weekday would make it."""

    HOLIDAY = "holiday"
    OFF = "off"  # a day off by decree
    ON = "on"  # worked by decree although it is a weekend or a holiday


@dataclass(frozen=True, slots=True)
class DayNote:
    """Why a day is off, or worked, and who says so."""

    on: date
    kind: DayKind
    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class LookedAt:
    """Somebody looked for the decrees of a year, on a day, in a source."""

    year: int
    on: date
    source: str


class OutsideCalendar(Exception):  # noqa: N818 - its name says what is wrong
    """A sum of days left the range for which the calendar is known; it is refused and never guessed."""

    def __init__(self, day: date, first: date, last: date) -> None:
        super().__init__(f"{day} leads out of {first}..{last}")
        self.day, self.first, self.last = day, first, last

    @property
    def sentence(self) -> Sentence:
        """What is wrong and what to do."""
        return sentence(
            "The working days are known from {first} to {last} only, and the reckoning from {day} leaves that"
            " range; check the date, or widen `known` in the calendar file",
            first=self.first,
            last=self.last,
            day=self.day,
        )

    @classmethod
    def is_told_by(cls, reason: Sentence) -> bool:
        """Is that such a sentence, of whatever day and range?"""
        return reason.text == cls(date.min, date.min, date.min).sentence.text


@dataclass(frozen=True, slots=True)
class _Year:
    """The rank table of one year."""

    january: int  # ordinal of 1 January
    ranks: list[
        int
    ]  # ranks[i]: working days of the year before its day i; one entry more than there are days
    worked: list[date]


@dataclass(frozen=True, slots=True, eq=False)
class WorkingCalendar:
    """Which days are worked from `first` to `last`; every method raises OutsideCalendar beyond them.

    `holidays` gives the names of a year's public holidays; a year's table is made when it is first asked for,
    and each sum is then a look into it. Made by `make_calendar` or, from files, by `rules.calendars`.
    """

    region: str
    weekend: frozenset[int]  # as date.weekday() counts: Monday is 0
    first: date
    last: date
    holidays: Callable[[int], Mapping[date, str]] = field(repr=False)
    holiday_source: str
    moved: Mapping[date, DayNote] = field(repr=False)
    looked_at: Mapping[int, LookedAt] = field(repr=False)
    _years: dict[int, _Year] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        """Raise ValueError where no day of the week would be worked, or the range is empty."""
        if len(self.weekend) > 6 or not self.weekend <= set(range(7)):
            raise ValueError("a week needs at least one working day")
        if civil(self.last) < civil(self.first):
            raise ValueError("a calendar must be known for at least one day")

    def is_working(self, day: date) -> bool:
        """Is `day` a working day?"""
        year, place = self._at(day)
        return year.ranks[place] != year.ranks[place + 1]

    def is_weekend(self, day: date) -> bool:
        """Does `day` fall on the weekend? A weekend day may still be worked by decree."""
        return civil(day).weekday() in self.weekend

    def add(self, day: date, n: int) -> date:
        """The nth working day after `day`, or before it when n is negative; for 0 the day itself."""
        year, place = self._at(day)
        if n == 0:
            return day
        return self._nth(day, year, year.ranks[place + 1] + n - 1 if n > 0 else year.ranks[place] + n)

    def following(self, day: date) -> date:
        """The first working day on or after `day`."""
        year, place = self._at(day)
        return self._nth(day, year, year.ranks[place])

    def preceding(self, day: date) -> date:
        """The last working day on or before `day`."""
        year, place = self._at(day)
        return self._nth(day, year, year.ranks[place + 1] - 1)

    def count(self, after: date, upto: date) -> int:
        """Working days after `after` and up to `upto`; where `upto` is the earlier, minus those after it."""
        if upto < after:
            return -self.count(upto, after)
        begin, start = self._at(after)
        end, stop = self._at(upto)
        between = sum(len(self._year(year).worked) for year in range(after.year, upto.year))
        return between + end.ranks[stop + 1] - begin.ranks[start + 1]

    def note(self, day: date) -> DayNote | None:
        """Why `day` is a holiday, off or worked by decree; None for a day that is what its weekday says."""
        self._at(day)
        if moved := self.moved.get(day):
            return moved
        name = self.holidays(day.year).get(day)
        return DayNote(day, DayKind.HOLIDAY, name, self.holiday_source) if name else None

    def notes(self, year: int) -> tuple[DayNote, ...]:
        """A year's holidays, days off and days worked by decree, in order, as far as they are known."""
        if not self.first.year <= year <= self.last.year:
            raise OutsideCalendar(
                date(min(max(year, date.min.year), date.max.year), 1, 1), self.first, self.last
            )
        days = {day for day in (*self.holidays(year), *self.moved) if day.year == year}
        known = sorted(day for day in days if self.first <= day <= self.last)
        return tuple(note for day in known if (note := self.note(day)))

    def is_provisional(self, upto: date, since: date) -> bool:
        """Does what rests on the days from `since` to `upto` rest on a year that nobody has looked at?"""
        if since.year == upto.year:
            return since.year not in self.looked_at
        return not all(year in self.looked_at for year in range(since.year, upto.year + 1))

    def carried_on(self) -> "WorkingCalendar":
        """The same to the ends of time: beyond the days that are known the weekend is off, and nothing else.

        By it people may be told of something in time; no due date may be reckoned by it.
        """

        def holidays(year: int) -> Mapping[date, str]:
            if not self.first.year <= year <= self.last.year:
                return {}
            return {day: name for day, name in self.holidays(year).items() if self.first <= day <= self.last}

        moved = {day: note for day, note in self.moved.items() if self.first <= day <= self.last}
        return replace(self, first=date.min, last=date.max, holidays=holidays, moved=moved)

    def _at(self, day: date) -> tuple[_Year, int]:
        if not self.first <= day <= self.last:  # a datetime cannot be compared with a date: TypeError
            raise OutsideCalendar(day, self.first, self.last)
        year = self._years.get(day.year) or self._year(day.year)
        return year, day.toordinal() - year.january

    def _nth(self, day: date, year: _Year, index: int) -> date:
        """The working day at `index` of a year's list, which may lead into other years."""
        if 0 <= index < len(year.worked):
            return year.worked[index]
        number = day.year
        while index < 0:
            number -= 1
            index += len(self._known_year(number, day).worked)
        while index >= len(worked := self._known_year(number, day).worked):
            index -= len(worked)
            number += 1
        return worked[index]

    def _known_year(self, number: int, day: date) -> _Year:
        if not self.first.year <= number <= self.last.year:
            raise OutsideCalendar(day, self.first, self.last)
        return self._year(number)

    def _year(self, number: int) -> _Year:
        if number not in self._years:
            self._years[number] = self._table(number)
        return self._years[number]

    def _table(self, number: int) -> _Year:
        """The table of a year; days beyond the range that is known are no working days, so no sum ends there."""
        january, holidays = date(number, 1, 1).toordinal(), self.holidays(number)
        ranks, worked = [0], []
        for ordinal in range(january, date(number, 12, 31).toordinal() + 1):
            day = date.fromordinal(ordinal)
            if self.first <= day <= self.last and self._is_worked(day, holidays):
                worked.append(day)
            ranks.append(len(worked))
        return _Year(january, ranks, worked)

    def _is_worked(self, day: date, holidays: Mapping[date, str]) -> bool:
        """A decree beats weekend and holiday, whichever way it goes."""
        if moved := self.moved.get(day):
            return moved.kind is DayKind.ON
        return day.weekday() not in self.weekend and day not in holidays


def make_calendar(
    holidays: Mapping[date, str],
    *,
    region: str = "",
    weekend: Iterable[int] = (5, 6),
    moved: Iterable[DayNote] = (),
    first: date = date.min,
    last: date = date.max,
    looked_at: Iterable[LookedAt] = (),
    holiday_source: str = "",
) -> WorkingCalendar:
    """A calendar whose holidays are named beforehand; of two notes on one day in `moved` the later wins."""
    by_year: dict[int, dict[date, str]] = {}
    for day, name in holidays.items():
        by_year.setdefault(day.year, {})[day] = name
    return WorkingCalendar(
        region=region,
        weekend=frozenset(weekend),
        first=first,
        last=last,
        holidays=lambda year: by_year.get(year, {}),
        holiday_source=holiday_source,
        moved={note.on: note for note in moved},
        looked_at={year.year: year for year in looked_at},
    )
