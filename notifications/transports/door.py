"""When to knock again at a door that was shut: a server that refused the login."""

import asyncio

from notifications.retry import WAITS
from notifications.transports.outcomes import Unreachable


class ClosedDoor:
    """Remembers a refused login, so that a wrong password is not tried every minute until the account is
    locked.

    A new transport, made when the configuration is read again, knows nothing of it and tries at once.
    """

    def __init__(self) -> None:
        self.answer: Unreachable | None = None
        self._times = 0
        self._until = 0.0

    def shut(self, answer: Unreachable) -> Unreachable:
        """Nobody is to knock for a while, longer each time."""
        wait = WAITS[min(self._times, len(WAITS) - 1)]
        self.answer, self._times = answer, self._times + 1
        self._until = asyncio.get_running_loop().time() + wait.total_seconds()
        return answer

    def knock(self) -> Unreachable | None:
        """The answer of last time, as long as it holds."""
        return self.answer if asyncio.get_running_loop().time() < self._until else None

    def open(self) -> None:
        """The login was taken."""
        self.answer, self._times, self._until = None, 0, 0.0
