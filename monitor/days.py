"""Days as people write them, within the years in which anything is recorded, foretold or asked for."""

from datetime import date

TYPE_CHECKING = False
if TYPE_CHECKING:  # without the import of typing: see monitor.speech
    from typing import TypeVar

    T = TypeVar("T", bound=date)

_YEARS = range(1900, 3000)
"""At the ends of time there is no day before, or after, and no other time zone; nobody lives there either."""
YEARS = f"{_YEARS[0]}-{_YEARS[-1]}"
"""As people are told them."""


def written_day(text: str) -> date:
    """The day in `2024-01-10`; raises ValueError for any other text, and for a year in which nobody lives."""
    if len(text) != len("2024-01-10"):
        raise ValueError(text)
    return sensible(date.fromisoformat(text))


def sensible(day: "T") -> "T":
    """That day or moment; raises ValueError where its year makes no sense."""
    if day.year not in _YEARS:
        raise ValueError(day)
    return day
