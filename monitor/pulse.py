"""What a daemon knows of its own work: what is wrong now, when it was last seen to be alive, how long a cycle took.

What lasts is logged once when it begins and once when it ends; meanwhile it stands here, for the health page, the
service manager and the operator's mail. Its threads write and read it.
"""

import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from traceback import extract_tb

import structlog

from monitor import events
from monitor.clock import Clock, monotonic
from monitor.speech import speech
from monitor.state import Refused
from monitor.storage.engine import why_unusable
from rules.sentences import Sentence, sentence

_FRAMES = 4

log = structlog.get_logger("monitor")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong, and since when."""

    event: str
    """One of those in `monitor.events.ENDS`."""
    of: str
    """Which of several; empty where there is one only."""
    said: Sentence
    since: datetime

    @property
    def key(self) -> tuple[str, str, datetime]:
        """The same for as long as it lasts, in whatever words it says so."""
        return self.event, self.of, self.since


class Pulse:
    """Of one process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._guard = threading.RLock()
        self._troubles: dict[tuple[str, str], Trouble] = {}
        self._without_database: set[tuple[str, str]] = set()
        self._beaten_at = monotonic()
        self.cycle_seconds: float | None = None
        """How long the last cycle took."""

    def beat(self) -> None:
        """The database was touched by work that went well."""
        self._beaten_at = monotonic()

    @property
    def seconds_since_beat(self) -> float:
        """How long ago that was."""
        return monotonic() - self._beaten_at

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """What is wrong now, in the order in which it began."""
        with self._guard:
            return tuple(self._troubles.values())

    @property
    def is_without_database(self) -> bool:
        """Whether some work wanted the database in vain, and has not had it since."""
        return bool(self._without_database)

    def begin(self, event: str, said: Sentence, *, of: str = "", again: bool = False) -> None:
        """Something is wrong; told where that is news, or with `again` because somebody asked."""
        with self._guard:
            known = self._troubles.get((event, of))
            since = known.since if known else self._clock.now()
            self._troubles[event, of] = Trouble(event, of, said, since)
        if known is None or again:
            log.error(event, why=said.say(speech("en")), **_which(of))

    def end(self, event: str, *, of: str = "") -> None:
        """It is right again, if it was not."""
        with self._guard:
            known = self._troubles.pop((event, of), None)
        if known is not None:
            since = known.since.isoformat(timespec="seconds")
            log.info(events.ENDS[event], since=since, **_which(of))

    def failed(self, event: str, error: Exception, *, of: str = "") -> None:
        """A piece of work ended with `error`; `event` is the word for it where that is nothing else that we know of.

        A database that cannot be used is told once, whatever work wants it, however often and in whatever words it
        says so.
        """
        match error:
            case Refused():
                self.begin(events.CYCLE_REFUSED, error.sentence)
            case _ if (why := why_unusable(error)) is not None:
                said = sentence("the database cannot be used: {why}", why=why)
                with self._guard:
                    self._without_database.add((event, of))
                    self.begin(events.DATABASE_DOWN, said)
            case _:
                said = sentence("an error of the program's own: {what}", what=_what_and_where(error))
                self.begin(event, said, of=of)

    def went_well(self, event: str, *, of: str = "") -> None:
        """The same work was done; the database is up again when all that wanted it in vain have had it."""
        self.end(event, of=of)
        with self._guard:  # or what another thread begins between the question and the end would be ended
            self._without_database.discard((event, of))
            if not self._without_database:
                self.end(events.DATABASE_DOWN)


def _which(of: str) -> dict[str, str]:
    return {"of": of} if of else {}


def _what_and_where(error: Exception) -> str:
    """The error, the line that raised it and those that led there: a log entry has to do for whoever mends it."""
    way = [f"{PurePath(each.filename).name}:{each.lineno}" for each in extract_tb(error.__traceback__)]
    return f"{type(error).__name__}: {error} ({' < '.join(way[: -_FRAMES - 1 : -1])})"
