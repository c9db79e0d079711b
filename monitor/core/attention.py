"""Attention: the next day on which anything about an organisation can change, or be told.

A cycle works out those organisations whose day has come, so that its cost follows what is due, not what is stored.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from monitor.core.register import Register
from monitor.core.stages import Cadence
from monitor.core.standing import Standing
from monitor.core.status import State
from monitor.core.subjects import Organisation
from rules.workdays import OutsideCalendar, WorkingCalendar

_DAY = timedelta(days=1)


def next_attention(
    organisation: Organisation,
    standings: Iterable[Standing],
    coming: Iterable[date],
    register: Register,
    cadence: Cadence,
    today: date,
) -> date:
    """The first day after `today`, in the organisation's zone, on which it must be worked out again.

    `coming` are the days from which obligations that are not opened yet exist. A day too early costs a look; a day
    too late would be silence, so whatever is not certain counts as tomorrow.
    """
    days = [day for day in coming if day > today]
    if organisation.since > today:
        days.append(organisation.since)  # what became due to be told before it is told then
    days.extend(_contacts_change(organisation, register, today))
    for standing in standings:
        days.extend(day for day in _days_of(standing, cadence, today) if day > today)
    return min(days, default=date.max)


def next_morning(calendar: WorkingCalendar, today: date) -> date:
    """The next working day after `today`; beyond the calendar's range the next day."""
    try:
        return calendar.add(today, 1)
    except OutsideCalendar:
        return today + _DAY


def _days_of(standing: Standing, cadence: Cadence, today: date) -> Iterator[date]:
    obligation, assessment = standing.obligation, standing.assessment
    if assessment.keep_until is not None:
        yield assessment.keep_until + _DAY
    if standing.snoozed_until is not None:
        yield standing.snoozed_until
    if assessment.state in (State.UNKNOWN, State.REMOVED):
        yield today + timedelta(days=7 - today.weekday())  # told once a week; weeks begin on Monday
    if standing.backlog and assessment.state is State.OVERDUE:
        return  # told once, and no series follows
    awaited = assessment.state in (State.UPCOMING, State.DUE_SOON, State.OVERDUE)
    if awaited and obligation.due_on is not None and obligation.act_by is not None:
        yield obligation.due_on + _DAY
        yield from cadence.coming(obligation.due_on, obligation.act_by, today)


def _contacts_change(organisation: Organisation, register: Register, today: date) -> Iterator[date]:
    """Who comes and who goes, here and above: a new contact in mid-series gets the latest stage."""
    for each in (organisation.id, *register.ancestors(organisation.id)):
        for contact in register[each].contacts:
            if contact.start is not None and contact.start > today:
                yield contact.start
            if contact.until is not None and contact.until >= today:
                yield contact.until + _DAY
