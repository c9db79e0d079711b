"""Going on after the clock was wrong: what it decided on days that are still to come counts no longer.

A clock that is less than 400 days ahead is taken for right: cycles are made, mails are sent. Whoever sets it back and
resumes has the law watched from the present time again, as if those days had never been. Mails that have left and what
people recorded meanwhile stay as they are; who had a mail of some such day is told on the working day after it, since
nobody gets two of a kind on a day.
"""

from datetime import date, datetime

from sqlalchemy import Connection, delete, select, update

from monitor.clock import day_in
from monitor.core.journal import MONITOR, Change, What
from monitor.speech import speech
from monitor.state import read_state
from monitor.storage import tables
from monitor.storage.journal import append
from monitor.storage.register import work_all_out_anew
from notifications import taking_back
from notifications.moments import moment_text
from rules.sentences import sentence


def take_as_present(connection: Connection, now: datetime, by: str, reason: str, language: str) -> None:
    """Somebody says that the clock is right, and the last cycle's moment was not.

    What is cancelled says why in `language`.
    """
    last = read_state(connection).last_cycle_at
    connection.execute(update(tables.monitor).values(last_cycle_at=now))
    if last is not None and now < last:
        _forget_days_to_come(connection, now, language)
    work_all_out_anew(connection)
    told = {"last_cycle": moment_text(last) if last else None, "why": reason}
    append(connection, now, by, [Change(MONITOR, What.RESUMED, told)])


def _forget_days_to_come(connection: Connection, now: datetime, language: str) -> None:
    zones = connection.scalars(select(tables.organisation.c.timezone).distinct()).all()
    for zone in zones:
        _begin_no_later(connection, zone, day_in(zone, now))
    today = max((day_in(zone, now) for zone in zones), default=now.date())
    connection.execute(delete(tables.served).where(tables.served.c.day > today))
    ahead = taking_back.dated_after(today)
    connection.execute(delete(tables.reminder).where(tables.reminder.c.message_id.in_(ahead)))
    why = sentence("it was written while the clock was ahead").say(speech(language))
    taking_back.call_back(connection, ahead, why, now)


def _begin_no_later(connection: Connection, zone: str, today: date) -> None:
    """What began in that zone after `today` began today."""
    organisation, obligation, tally = tables.organisation, tables.obligation, tables.tally
    for column, of_zone in (
        (organisation.c.first_cycle_on, organisation.c.timezone == zone),
        (obligation.c.moved_seen_on, obligation.c.timezone == zone),
        (tally.c.worked_on, tally.c.timezone == zone),
    ):
        later = update(column.table).where(of_zone, column > today)
        connection.execute(later.values({column.name: today}))
