"""What a cycle keeps so that `status` need not work it out: the years' working days, and whom nobody hears."""

from datetime import date, datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from monitor.assembly import Assembly
from monitor.checks import unheard
from monitor.clock import day_in
from monitor.core.deriving import watched_from
from monitor.storage import tables
from monitor.storage.tally import sum_up
from rules.workdays import OutsideCalendar, WorkingCalendar

_YEARS_AHEAD = 2
"""What falls due by the calendar is opened 366 days before; only a date that an event states lies farther ahead."""


def keep_what_status_needs(connection: Connection, assembly: Assembly, now: datetime) -> None:
    """Bring up to date what the last cycle kept. Only one transaction may do so at a time."""
    today = day_in(assembly.settings.monitor.timezone, now)
    sum_up(connection)
    _keep_working_years(connection, assembly, today)
    _keep_unheard(connection, assembly, today)


def forget_what_status_needs(connection: Connection) -> None:
    """Of what changes with the configuration nothing holds any longer."""
    connection.execute(delete(tables.working_year))
    connection.execute(update(tables.monitor).values(unheard_on=None))


def days_of_year(calendar: WorkingCalendar, year: int) -> str:
    """A sign for each day: `1` worked, `0` off, `-` not known."""
    first = date(year, 1, 1).toordinal()
    length = date(year, 12, 31).toordinal() - first + 1
    return "".join(_sign(calendar, date.fromordinal(first + place)) for place in range(length))


def _keep_working_years(connection: Connection, assembly: Assembly, today: date) -> None:
    """The years from the first in which anything can be due to the last in which something is."""
    last_due = connection.scalar(select(func.max(tables.tally.c.due_on))) or today
    kept = set(connection.scalars(select(tables.working_year.c.year)))
    # another register would have had all of them forgotten
    first = (
        min(kept)
        if kept
        else min((watched_from(each).year for each in assembly.settings.register), default=today.year)
    )
    wanted = range(min(first, today.year), max(last_due.year, today.year + _YEARS_AHEAD) + 1)
    rows = [
        {"year": year, "days": days_of_year(assembly.book.calendar, year)}
        for year in wanted
        if year not in kept and year <= date.max.year
    ]
    if rows:
        connection.execute(insert(tables.working_year), rows)


def _keep_unheard(connection: Connection, assembly: Assembly, today: date) -> None:
    """Contacts come and go by the day."""
    if connection.scalar(select(tables.monitor.c.unheard_on)) == today:
        return
    connection.execute(delete(tables.unheard))
    rows = [{"organisation": each, "role": role} for each, role in unheard(assembly, today)]
    if rows:
        connection.execute(insert(tables.unheard), rows)
    connection.execute(update(tables.monitor).values(unheard_on=today))


def _sign(calendar: WorkingCalendar, day: date) -> str:
    try:
        return "1" if calendar.is_working(day) else "0"
    except OutsideCalendar:
        return "-"
