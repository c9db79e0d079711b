"""Due dates as a calendar that is fetched again and again; beside the events of mails, under the same names."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, Select, select

from monitor.assembly import Assembly
from monitor.clock import day_in
from monitor.core.outcome import AWAITED
from monitor.feeds.addresses import Feed, Scope
from monitor.feeds.following import NAME, Followed, followed_rows, is_open
from monitor.speech import Speech
from monitor.storage import tables
from notifications.invitations import DueEvent, FollowedEvent, make_followed_calendar
from rules.sentences import sentence

LOOKS_BACK = timedelta(days=92)
"""What is overdue for longer is no matter of a calendar."""
LARGEST = 2000
"""Due dates; programs give up on much larger calendars."""


def calendar_of(
    connection: Connection, assembly: Assembly, feed: Feed, followed: Followed, now: datetime, voice: Speech
) -> tuple[str, datetime | None]:
    """The whole text, and when the youngest of its due dates became what it is."""
    earliest = day_in(assembly.settings.monitor.timezone, now) - LOOKS_BACK
    found = list(islice(followed_rows(connection, followed, _awaited(followed, earliest)), LARGEST))
    shown = _shown(connection, feed, [row.key for row, _ in found])
    address = f"{assembly.settings.web.public_url}/duties/"
    events = [
        FollowedEvent(
            DueEvent(
                key=row.key,
                due_on=row.due_on,
                summary=f"{card.title.say(voice)}, {row.name}",
                description=card.words,
                sequence=_sequence(row, shown.get(row.key, ())),
            ),
            changed_at=_changed_at(row),
            address=address + quote(row.key),
        )
        for row, card in found
    ]
    name = f"iltod: {followed.name}" if followed.name else sentence("iltod: all due dates").say(voice)
    text = make_followed_calendar(events, voice.language, name)
    return text, max((each.changed_at for each in events), default=None)


def _awaited(followed: Followed, earliest: date) -> Select[Any]:
    """What is not posted yet, in the order of due dates."""
    obligation = tables.obligation
    return (
        select(
            obligation.c.key,
            obligation.c.organisation,
            obligation.c.timezone,
            obligation.c.card_id,
            obligation.c.due_on,
            obligation.c.opened_on,
            obligation.c.moved_seen_on,
            NAME,
        )
        .where(is_open(followed), obligation.c.outcome == AWAITED, obligation.c.due_on >= earliest)
        .order_by(obligation.c.due_on, obligation.c.key)
    )


def _shown(
    connection: Connection, feed: Feed, keys: Collection[str]
) -> dict[str, Sequence[tuple[date, int, bool]]]:
    """What mails showed of them: due date, sequence, and whether it was cancelled; a person's feed goes by his own."""
    table = tables.invitation
    wanted = select(table.c.key, table.c.due_on, table.c.sequence, table.c.cancelled).where(
        table.c.key.in_(keys)
    )
    if feed.scope is Scope.PERSON:
        wanted = wanted.where(table.c.recipient == feed.name)
    found: dict[str, list[tuple[date, int, bool]]] = {}
    for key, due_on, sequence, cancelled in connection.execute(wanted):
        found.setdefault(key, []).append((due_on, sequence, cancelled))
    return dict(found)


def _sequence(row: Row[Any], shown: Sequence[tuple[date, int, bool]]) -> int:
    """That of the mail which said the same, or of the one that will."""
    if not shown:
        return 0 if row.moved_seen_on is None else 1
    return max(sequence + (cancelled or due_on != row.due_on) for due_on, sequence, cancelled in shown)


def _changed_at(row: Row[Any]) -> datetime:
    """Midnight at which the day began when it was opened or moved: that day is all that is known of it."""
    changed_on = row.moved_seen_on or row.opened_on
    return datetime.combine(changed_on, time(), ZoneInfo(row.timezone))
