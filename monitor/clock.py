"""The one module that reads the clock."""

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.speech import N_

TYPE_CHECKING = False
if TYPE_CHECKING:  # without the import of typing: see monitor.speech
    from typing import Protocol
else:
    Protocol = object

LONGEST_SLEEP = timedelta(days=400)
"""A clock that far after the last cycle is rather wrong than late."""

CLOCKS_APART = timedelta(seconds=60)
"""As much as the clocks of two machines that share the work may differ."""


class Clock(Protocol):
    """What tells the moment: the machine's clock, or that of a rehearsal."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        return datetime.now(UTC)


class StoppedClock:
    """A clock that stands at one moment: that of `--at`, or of a rehearsal's last cycle."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment.astimezone(UTC)

    def now(self) -> datetime:
        """Always the same moment, in UTC."""
        return self._moment


def monotonic() -> float:
    """Seconds that never go back, from an arbitrary start."""
    return time.monotonic()


def day_in(zone: str, moment: datetime) -> date:
    """The civil date at `moment` in the time zone of that name."""
    return moment.astimezone(ZoneInfo(zone)).date()


def moment_in(moment: datetime, zone: str) -> str:
    """A moment in ISO form with the offset of that zone, to the second."""
    return moment.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")


def why_held(now: datetime, last_cycle: datetime) -> tuple[str, dict[str, object]] | None:
    """Why a live monitor sends nothing at `now`, as a sentence and its values: the clock seems to be wrong."""
    if now < last_cycle - CLOCKS_APART:
        said = N_(
            "sending is held: the clock shows {now}, before the last cycle at {last}; set the clock, "
            "or run: iltod resume --reason TEXT"
        )
    elif now - last_cycle > LONGEST_SLEEP:
        said = N_(
            "sending is held: the clock shows {now}, more than {days} days after the last cycle at {last}; "
            "set the clock, or run: iltod resume --reason TEXT"
        )
    else:
        return None
    return said, {
        "now": f"{now:%Y-%m-%d %H:%M} UTC",
        "days": LONGEST_SLEEP.days,
        "last": f"{last_cycle:%Y-%m-%d %H:%M} UTC",
    }
