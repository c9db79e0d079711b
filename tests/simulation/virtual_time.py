"""A clock that moves when it is told to, and an event loop that sleeps by it: an hour's wait takes no time."""

import asyncio
import selectors
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

Connect = Callable[[asyncio.AbstractEventLoop, Any], asyncio.Transport]
"""Opens a line to the simulated mail server, or raises `OSError`."""


class SimulatedClock:
    """The true time, and what the machine's clock shows of it."""

    def __init__(self, start: datetime) -> None:
        self.true = self._start = start
        self.wrong_by = timedelta()
        """How far the machine's clock was set wrong."""

    def now(self) -> datetime:
        """What the machine's clock shows."""
        return self.true + self.wrong_by

    def monotonic(self) -> float:
        return (self.true - self._start).total_seconds()

    def pass_by(self, seconds: float) -> None:
        self.true += timedelta(seconds=seconds)

    def wait_until(self, moment: datetime) -> None:
        self.true = max(self.true, moment)


@contextmanager
def sleeping_by(clock: SimulatedClock, connect: Connect) -> Iterator[None]:
    """Whoever runs an event loop meanwhile sleeps by that clock, and reaches nobody but the simulated server."""
    with patch.object(asyncio.events, "new_event_loop", lambda: _Loop(clock, connect)):
        yield


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, clock: SimulatedClock, connect: Connect) -> None:
        super().__init__(_Leaping(clock))
        self._clock_resolution = 1e-6  # that of the clock: what is due in less is due
        self._clock, self._connect = clock, connect

    def time(self) -> float:
        return self._clock.monotonic()

    async def create_connection(self, factory: Any, *_: Any, **__: Any) -> Any:
        await asyncio.sleep(0)
        protocol = factory()
        transport = self._connect(self, protocol)
        protocol.connection_made(transport)
        return transport, protocol


class _Leaping(selectors.SelectSelector):
    """Where a loop would wait for the network or for a while, the while has passed at once."""

    def __init__(self, clock: SimulatedClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("the loop waits for something that never comes")
        if timeout > 0:
            self._clock.pass_by(timeout + 1e-6)  # microseconds are what the clock can show
        return []
