"""The one module that reads the clock."""

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """What tells the moment: the machine's clock, or that of a rehearsal."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class StoppedClock:
    """A clock that stands at one moment: that of `--at`, or of a rehearsal's last cycle."""

    moment: datetime

    def now(self) -> datetime:
        """Always the same moment, in UTC."""
        return self.moment.astimezone(UTC)


def monotonic() -> float:
    """Seconds that never go back, from an arbitrary start."""
    return time.monotonic()


def day_in(zone: str, moment: datetime) -> date:
    """The civil date at `moment` in the time zone of that name."""
    return moment.astimezone(ZoneInfo(zone)).date()
