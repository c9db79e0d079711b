"""When a daemon runs a cycle: each asks the database itself what is to be done, so that one too many costs little."""

from datetime import datetime
from zoneinfo import ZoneInfo

from monitor.assembly import Assembly
from monitor.clock import day_in
from monitor.cycle import at_or_after, works


def is_wanted(assembly: Assembly, last: datetime | None, now: datetime) -> bool:
    """At the start, on a new day of any organisation, and when a sending time has come since the last cycle."""
    if last is None or now < last:
        return True
    register = assembly.settings.register
    if any(day_in(zone, last) != day_in(zone, now) for zone in register.watched_zones):
        return True
    return any(_came_between(assembly, zone, last, now) for zone in register.zones)


def _came_between(assembly: Assembly, zone: str, last: datetime, now: datetime) -> bool:
    send_at = assembly.settings.reminders.send_at
    local, before = now.astimezone(ZoneInfo(zone)), last.astimezone(ZoneInfo(zone))
    came = at_or_after(local, send_at) and (before.date() < local.date() or not at_or_after(before, send_at))
    return came and works(assembly.book.calendar, local.date())
