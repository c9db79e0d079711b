"""Health: whether the monitor does what it is there for, as a value with its reasons; nothing in it is personal."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from monitor import events
from monitor.clock import moment_in
from monitor.opening import Opened
from monitor.pulse import Pulse
from monitor.verdict import STALE
from notifications.mail_list import counts_unsettled, down_since, oldest_undelivered
from notifications.messages import DeliveryState
from rules.sentences import Sentence, counted, sentence

WAITED_LONG = timedelta(hours=1)
"""A mail that is refused for now is tried four times before it has waited for so long."""
SILENT = timedelta(minutes=10)
"""A daemon touches the database every minute."""


class Level(StrEnum):
    """`down`: what should be told is not. `degraded`: it is told, and somebody should look."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why it is not well."""

    id: str
    level: Level
    said: Sentence


@dataclass(frozen=True, slots=True)
class Post:
    """How the outgoing mail stands."""

    failed: int
    oldest_waiting: datetime | None
    down_since: datetime | None


@dataclass(frozen=True, slots=True)
class Health:
    """The worst of its reasons."""

    reasons: tuple[Reason, ...]
    last_cycle_at: datetime | None = None

    @property
    def level(self) -> Level:
        """How it is."""
        levels = {each.level for each in self.reasons}
        return next((each for each in (Level.DOWN, Level.DEGRADED) if each in levels), Level.OK)


UNREADABLE = Reason("database", Level.DOWN, sentence("the database cannot be read"))


def health(opened: Opened, pulse: Pulse | None, timezone: str) -> Health:
    """The health as the database shows it and, where there is one in this process, the daemon knows it."""
    last, now = opened.state.last_cycle_at, opened.now
    reasons = (
        *_of_cycles(last, opened.state.held(now), now, timezone),
        *(_of_daemon(pulse) if pulse else ()),
        *_of_post(read_post(opened.connection), now, timezone),
    )
    return Health(reasons, last)


def read_post(connection: Connection) -> Post:
    """How the outgoing mail stands now."""
    down = down_since(connection)
    return Post(
        counts_unsettled(connection)[DeliveryState.FAILED],
        oldest_undelivered(connection),
        down[0] if down else None,
    )


def _of_cycles(
    last: datetime | None, held: Sentence | None, now: datetime, timezone: str
) -> Iterator[Reason]:
    if last is None:
        yield Reason("no-cycle", Level.DOWN, sentence("no cycle has run yet"))
    elif held is not None:
        yield Reason("held", Level.DOWN, held)
    elif now - last > STALE:
        said = sentence("the last cycle ran at {at}; is the daemon running?", at=moment_in(last, timezone))
        yield Reason("cycle-old", Level.DOWN, said)


_TROUBLES = {
    events.CYCLE_REFUSED: (Level.DOWN, sentence("no cycle may run; the log says why")),
    events.CYCLE_FAILED: (Level.DOWN, sentence("cycles fail; the log says why")),
    events.DATABASE_DOWN: (Level.DOWN, sentence("the daemon cannot use the database; the log says why")),
    events.DELIVERING_FAILED: (Level.DOWN, sentence("deliveries fail; the log says why")),
    events.CONFIGURATION_REFUSED: (
        Level.DEGRADED,
        sentence("the changed files have faults, so that those before stay in force; see: iltod check"),
    ),
    events.BACKUP_FAILED: (Level.DEGRADED, sentence("no backup could be made; the log says why")),
    events.HEARTBEAT_FAILED: (Level.DEGRADED, sentence("heartbeat_url does not answer as it should")),
}


def _of_daemon(pulse: Pulse) -> Iterator[Reason]:
    """In words of their own: those of the log may name people."""
    for event in dict.fromkeys(each.event for each in pulse.troubles):
        level, said = _TROUBLES[event]
        yield Reason(event, level, said)
    if pulse.seconds_since_beat > SILENT.total_seconds():
        minutes = int(pulse.seconds_since_beat // 60)
        said = counted(
            "for {n} minute the daemon has not touched the database",
            "for {n} minutes the daemon has not touched the database",
            minutes,
        )
        yield Reason("silent", Level.DOWN, said)


def _of_post(post: Post, now: datetime, timezone: str) -> Iterator[Reason]:
    if post.down_since is not None:
        said = sentence("mail is down since {since}", since=moment_in(post.down_since, timezone))
        yield Reason("mail-down", Level.DEGRADED, said)
    if post.failed:
        said = counted("{n} delivery failed", "{n} deliveries failed", post.failed)
        yield Reason("mail-failed", Level.DEGRADED, said)
    if post.oldest_waiting is not None and now - post.oldest_waiting > WAITED_LONG:
        said = sentence("a mail waits since {since}", since=moment_in(post.oldest_waiting, timezone))
        yield Reason("mail-waits", Level.DEGRADED, said)
