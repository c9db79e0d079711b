"""Civil dates and the sums with them that need no working-day calendar."""

from calendar import monthrange
from datetime import date, datetime


def civil(day: date) -> date:
    """`day` itself; a `datetime` is a TypeError, since the law deals in days and not in moments."""
    if isinstance(day, datetime):
        raise TypeError(f"a date is needed, not the moment {day!r}")
    return day


def month_end(year: int, month: int) -> date:
    """The last day of a month."""
    return date(year, month, monthrange(year, month)[1])


def day_in_month(year: int, month: int, number: int) -> date:
    """The day of that number, or the month's last day where there is none (Civil Code of Mongolia, 73.1)."""
    try:
        return date(year, month, number)
    except ValueError:
        return month_end(year, month)


def months_later(day: date, months: int) -> date:
    """The same day number so many months later (or earlier), or that month's last day (Civil Code 73.1).

    Years and months are added in one step and rounded once, so a year and twelve months are the same.
    Raises OverflowError outside the years 1 to 9999.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        raise OverflowError(f"{months} months from {day} lie outside the years 1 to 9999")
    return day_in_month(year, month + 1, day.day)


def days_later(day: date, days: int) -> date:
    """So many days after `day`, or before it when negative; at the ends of the years, the last day there is."""
    return date.fromordinal(min(max(day.toordinal() + days, date.min.toordinal()), date.max.toordinal()))
