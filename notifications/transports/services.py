"""Services that show a few lines (Telegram, Matrix, SMS gateways, ...), reached by the library Apprise.

It is an optional extra: `pip install iltod[apprise]`. Its addresses hold tokens and passwords, so the outbox knows a
service by a name without them, nothing that the library says is passed on, and its own log is silent.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import cached_property
from hashlib import sha256
from importlib.util import find_spec
from threading import Thread
from types import ModuleType

from notifications.messages import Way
from notifications.transports import Cleared, Parcel
from notifications.transports.outcomes import Outcome, Permanent, Sent, Temporary, Unanswered, Unreachable
from notifications.transports.pace import Pace

_DIGITS = 16
_ANSWER_SECONDS = 60.0
"""How long a service may take for all that it says: the library limits no more than the wait for each byte."""


def service_name(address: str) -> str:
    """The name under which the outbox knows the service: its scheme, and digits that tell it from others."""
    return f"{address.partition(':')[0].lower()}:{sha256(address.encode()).hexdigest()[:_DIGITS]}"


def is_installed() -> bool:
    """Whether the library is there."""
    return find_spec("apprise") is not None


def is_known(address: str) -> bool:
    """Whether the library, which must be there, can make something of the address; nobody is contacted."""
    return _silent_apprise().Apprise.instantiate(address) is not None


class ServiceTransport:
    """Tells each service in turn.

    The library says no more than whether a service took the message: where it did not, that may help to try again.
    """

    name = "apprise"
    way = Way.SERVICE
    lanes = 4

    def __init__(self, addresses: Callable[[], Iterable[str]]) -> None:
        self._known = addresses
        self.pace = Pace(0)
        self._left: dict[str, Thread] = {}
        """In which each service was told that did not end its answer in time; it may go on for ever."""

    @cached_property
    def _addresses(self) -> Mapping[str, str]:
        return {service_name(address): address for address in self._known()}

    @asynccontextmanager
    async def lane(self) -> AsyncIterator["ServiceTransport"]:
        yield self

    async def reach(self) -> Unreachable | None:
        """Each service is another neighbour; that one cannot be reached says nothing of the others."""
        return None

    async def send(self, parcel: Parcel, cleared: Cleared) -> Outcome:
        """Tells the service of that name the subject and the text."""
        await cleared()
        address = self._addresses.get(parcel.recipient)
        if address is None:
            return Permanent(None, "no contact lists this service any more")
        if not is_installed():
            return Permanent(None, "apprise is not installed: pip install iltod[apprise]")
        left = self._left.get(parcel.recipient)
        if left is not None and left.is_alive():  # or each message would leave another
            return Temporary(None, "the service has not ended its answer to an earlier message")
        return await self._told(parcel, address)

    async def _told(self, parcel: Parcel, address: str) -> Outcome:
        """Tells it in a thread for which, other than for one of the loop's own, no process waits at its end."""
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Outcome] = loop.create_future()

        def take(outcome: Outcome) -> None:
            if not answered.done():
                answered.set_result(outcome)

        def tell() -> None:
            outcome = _tell(address, parcel.subject, parcel.raw.decode())
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(take, outcome)

        thread = Thread(target=tell, daemon=True)
        thread.start()
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                return await answered
        except TimeoutError:
            self._left[parcel.recipient] = thread
            return Unanswered(f"the service did not end its answer in {_ANSWER_SECONDS:g} seconds")


def _tell(address: str, subject: str, text: str) -> Outcome:
    try:
        apprise = _silent_apprise()
        # Its own limit leaves a thread behind for which the process waits at its end: ours is the one that counts.
        service = apprise.Apprise(asset=apprise.AppriseAsset(service_timeout=0))
        if not service.add(address):
            return Permanent(None, "Apprise knows no service of such an address")
        taken = service.notify(title=subject, body=text, body_format=apprise.NotifyFormat.TEXT)
    except Exception as error:  # noqa: BLE001 -- whatever a service's plugin raises may repeat the address
        return Temporary(None, type(error).__name__)
    return Sent() if taken else Temporary(None, "the service did not take it")


def _silent_apprise() -> ModuleType:
    import apprise  # noqa: PLC0415 -- optional, and it loads slowly

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    return apprise
