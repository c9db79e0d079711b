"""The heartbeat: a watcher outside is told of each good cycle, so that it can raise the alarm when none is told.

Whatever stops us cannot be relied on to tell anybody; silence is what the watcher listens for.
"""

import threading
from urllib.error import HTTPError, URLError
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    Request,
)

from monitor import events
from monitor.pulse import Pulse
from rules.sentences import sentence

_PATIENCE_SECONDS = 10


class Heartbeat:
    """Calls in a thread of its own: a watcher that is slow to answer holds nothing up."""

    def __init__(self, pulse: Pulse) -> None:
        self._pulse = pulse
        self._owed = False
        self._calling = threading.Lock()

    def owe(self) -> None:
        """A good cycle is done."""
        self._owed = True

    def pay(self, address: str) -> None:
        """Make the call that is owed; one that fails stays owed."""
        if address and self._owed and self._calling.acquire(blocking=False):
            self._owed = False
            threading.Thread(target=self._call, args=(address,), name="heartbeat", daemon=True).start()

    def _call(self, address: str) -> None:
        try:
            _get(address)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it must not stay untold
            self._owed = True
            said = sentence("heartbeat_url does not answer as it should: {why}", why=_why(error))
            self._pulse.begin(events.HEARTBEAT_FAILED, said)
        else:
            self._pulse.end(events.HEARTBEAT_FAILED)
        finally:
            self._calling.release()


def _get(address: str) -> None:
    """Go there straight: no proxy of the environment's, no redirection to another place."""
    opener = OpenerDirector()
    for handler in (HTTPHandler, HTTPSHandler, HTTPDefaultErrorHandler, HTTPErrorProcessor):
        opener.add_handler(handler())
    with opener.open(Request(address, headers={"User-Agent": "iltod"}), timeout=_PATIENCE_SECONDS):  # noqa: S310 -- the configuration takes http and https only
        pass


def _why(error: Exception) -> str:
    """Without the address: its path is a secret."""
    match error:
        case HTTPError():
            return f"HTTP {error.code}"
        case URLError():
            return str(error.reason)
        case _:
            return type(error).__name__
