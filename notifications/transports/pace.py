"""Not more mails a minute than the server allows."""

import asyncio
from collections.abc import Callable

_LONGEST_WAIT = 0.5
"""Seconds; how long a wait may overlook that it should stop."""


class Pace:
    """Gives out turns, evenly spread over the minute; it remembers the last one from pass to pass."""

    def __init__(self, per_minute: int) -> None:
        """`per_minute` 0 means no limit."""
        self._seconds = 60 / per_minute if per_minute else 0.0
        self._next = 0.0

    async def turn(self, stop: Callable[[], bool]) -> bool:
        """Waits for the next turn. False: it was told to stop meanwhile, and the turn is not used."""
        if stop():
            return False
        if not self._seconds:
            return True
        clock = asyncio.get_running_loop().time
        mine = max(clock(), self._next)
        self._next = mine + self._seconds
        while (left := mine - clock()) > 0:
            if stop():
                self._next = mine
                return False
            await asyncio.sleep(min(left, _LONGEST_WAIT))
        return not stop()
