"""The stretches of time that a document is about: a year, half-year, quarter or month."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import total_ordering

from rules.days import civil, month_end


class PeriodKind(StrEnum):
    """How long a period is; a month, quarter and half-year always lie within one calendar year."""

    YEAR = "year"
    HALF_YEAR = "half-year"
    QUARTER = "quarter"
    MONTH = "month"

    @property
    def months(self) -> int:
        """Months in a period of this kind (Civil Code of Mongolia, 72.6: year 12, half-year 6, quarter 3)."""
        return _MONTHS[self]

    @property
    def in_a_year(self) -> int:
        """How many of them a year has."""
        return 12 // self.months


_MONTHS = {PeriodKind.YEAR: 12, PeriodKind.HALF_YEAR: 6, PeriodKind.QUARTER: 3, PeriodKind.MONTH: 1}
_WRITTEN = re.compile(
    r"(?P<year>[0-9]{4})(?:-H(?P<half>[12])|-Q(?P<quarter>[1-4])|-(?P<month>0[1-9]|1[0-2]))?"
)


@total_ordering
@dataclass(frozen=True, slots=True)
class Period:
    """One period; `number` counts from 1 within the year (always 1 for a year itself)."""

    kind: PeriodKind
    year: int
    number: int = 1

    def __post_init__(self) -> None:
        """Raise ValueError for a period that no calendar has."""
        if not (date.min.year <= self.year <= date.max.year and 1 <= self.number <= self.kind.in_a_year):
            raise ValueError(f"there is no {self.kind} {self.number} in the year {self.year}")

    @classmethod
    def parse(cls, text: str) -> "Period":
        """The period written as `2024`, `2024-H1`, `2024-Q3` or `2024-07`; raises ValueError."""
        found = _WRITTEN.fullmatch(text)
        if found is None:
            raise ValueError(f"not a period: {text!r}")
        year = int(found["year"])
        if found["half"]:
            return cls(PeriodKind.HALF_YEAR, year, int(found["half"]))
        if found["quarter"]:
            return cls(PeriodKind.QUARTER, year, int(found["quarter"]))
        if found["month"]:
            return cls(PeriodKind.MONTH, year, int(found["month"]))
        return cls(PeriodKind.YEAR, year)

    @classmethod
    def containing(cls, kind: PeriodKind, day: date) -> "Period":
        """The period of that kind in which `day` lies."""
        return cls(kind, civil(day).year, (day.month - 1) // kind.months + 1)

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, (self.number - 1) * self.kind.months + 1, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return month_end(self.year, self.number * self.kind.months)

    def next(self) -> "Period":
        """The period of the same kind that follows; ValueError after the year 9999."""
        if self.number < self.kind.in_a_year:
            return Period(self.kind, self.year, self.number + 1)
        return Period(self.kind, self.year + 1)

    def __lt__(self, other: object) -> bool:
        """Periods stand in the order of their first days, then of their last."""
        if not isinstance(other, Period):
            return NotImplemented
        return (self.first, self.last) < (other.first, other.last)

    def __str__(self) -> str:
        """As `parse` reads it."""
        match self.kind:
            case PeriodKind.YEAR:
                return f"{self.year:04}"
            case PeriodKind.HALF_YEAR:
                return f"{self.year:04}-H{self.number}"
            case PeriodKind.QUARTER:
                return f"{self.year:04}-Q{self.number}"
            case PeriodKind.MONTH:
                return f"{self.year:04}-{self.number:02}"
