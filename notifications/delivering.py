"""One delivery pass: whatever is due goes out, and each answer is recorded as soon as it is there.

A pass may be killed anywhere. What it had claimed is tried again, so nothing is lost; of the messages that
were handed over, at most one a lane is not yet recorded, so no more than that can be repeated, each with its
own Message-ID.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeAlias, TypeVar

import structlog
from sqlalchemy import Connection, Engine

from notifications import events, outbox
from notifications.messages import DeliveryState
from notifications.outages import end_outage, note_outage
from notifications.outbox import Attempt, Claimed
from notifications.transports import HeldBackError, Lane, Transport
from notifications.transports.outcomes import Outcome, Permanent, Unreachable

LEASE = timedelta(seconds=60)
"""How long a claim stands unless it is renewed; a dead sender's messages are free after it."""
_BATCH_PER_LANE = 25
_COMMIT_DELAY_SECONDS = 0.002
"""How long an answer may wait for others to share its commit; a lane that is ready for its next message ends it."""

T = TypeVar("T")
Mark: TypeAlias = asyncio.Future[None]
log = structlog.get_logger("notifications")


@dataclass(frozen=True, slots=True)
class DeliveryPass:
    """What a pass did. `unreachable` is the answer, if something is left because nobody could be reached."""

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    unreachable: str | None = None


def deliver(
    engine: Engine,
    transport: Transport,
    now: Callable[[], datetime],
    stop: Callable[[], bool],
    by: str,
    *,
    lease: timedelta = LEASE,
) -> DeliveryPass:
    """Sends everything that is due; `stop` is asked before each new message, and what is in hand is finished.

    `by` names this sender among all that share the database. Raises what the database raises, after the
    messages in hand have been answered.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="outbox") as writer:
        return asyncio.run(
            _Pass(engine, transport, now=now, stop=stop, by=by, lease=lease, writer=writer).run()
        )


class _Pass:
    def __init__(
        self,
        engine: Engine,
        transport: Transport,
        *,
        now: Callable[[], datetime],
        stop: Callable[[], bool],
        by: str,
        lease: timedelta,
        writer: ThreadPoolExecutor,
    ) -> None:
        self.engine, self.transport, self.now, self.stop, self.by = engine, transport, now, stop, by
        self.lease = lease
        self.writer = writer  # one thread for the database: a slow disk or a lock holds up no conversation
        self.waiting: deque[Claimed] = deque()
        self.in_hand: set[int] = set()
        self.ended: list[tuple[Attempt, Mark]] = []
        self.marking: asyncio.Task[None] | None = None
        self.turned_away: dict[int, Unreachable] = {}
        self.states: Counter[DeliveryState] = Counter()
        self.fault: BaseException | None = None
        self.reached = False
        self.claiming, self.mark_wanted = asyncio.Lock(), asyncio.Event()

    async def run(self) -> DeliveryPass:
        self.connected: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        renewing = asyncio.create_task(self._renew())
        await asyncio.gather(*(self._work(first=number == 0) for number in range(self.transport.lanes)))
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)
        if self.marking is not None:
            await self.marking
        unreachable = await self._settle()
        if self.fault is not None:
            raise self.fault
        return DeliveryPass(
            sent=self.states[DeliveryState.SENT],
            deferred=self.states[DeliveryState.QUEUED],
            failed=self.states[DeliveryState.FAILED],
            unreachable=unreachable,
        )

    async def _work(self, *, first: bool) -> None:
        """One lane, from its first message to its last.

        The others wait until the first has a connection: a dead server is asked once, a wrong password tried
        once.
        """
        if not first and not await self.connected:
            return
        marked: Mark = asyncio.get_running_loop().create_future()
        marked.set_result(None)  # nothing went before
        try:
            async with self.transport.lane() as lane:
                while await self.transport.pace.turn(self._enough):
                    mark = await self._carry_one(lane, marked)
                    if mark is None:
                        break
                    marked = mark
                self.mark_wanted.set()
                await marked
        except Exception as fault:  # noqa: BLE001 -- raised at the end, when the other lanes have recorded theirs
            self.fault = self.fault or fault
        finally:
            self._tell_others(False)

    def _tell_others(self, connected: bool) -> None:
        if not self.connected.done():
            self.connected.set_result(connected)

    def _enough(self) -> bool:
        return self.fault is not None or self.stop()

    async def _carry_one(self, lane: Lane, marked: Mark) -> Mark | None:
        """Sends one message and gives the mark of its outcome; None: there is none, or this lane reaches nobody.

        `marked` is the mark of this lane's message before: it is awaited before the next is handed over.
        """
        claimed = await self._next()
        if claimed is None:
            return None
        self.in_hand.add(claimed.id)
        started_at = self.now()
        outcome: Outcome | None = await lane.reach()
        if outcome is None:
            self._tell_others(True)
            started_at = self.now()
            outcome = await self._send(lane, claimed, marked)
        if outcome is None or isinstance(outcome, Unreachable):
            if outcome is not None:
                self.turned_away[claimed.id] = outcome
            self.waiting.appendleft(claimed)  # another lane may have more luck
            return None
        return self._mark(Attempt(claimed, self.transport.name, started_at, self.now(), outcome))

    async def _send(self, lane: Lane, claimed: Claimed, marked: Mark) -> Outcome | None:
        async def cleared() -> None:
            if not marked.done():
                self.mark_wanted.set()
                await marked
            if self.fault is not None:
                raise HeldBackError

        try:
            return await lane.send(claimed.parcel, cleared)
        except HeldBackError:
            return None
        except Exception as error:  # one unfit message is set aside, the others go out
            log.exception(events.MAIL_POISONED, delivery=claimed.id)
            return Permanent(None, f"{type(error).__name__}: {error}")

    async def _next(self) -> Claimed | None:
        async with self.claiming:
            if not self.waiting:
                limit = _BATCH_PER_LANE * self.transport.lanes
                self.waiting.extend(
                    await self._write(
                        lambda connection: outbox.claim(connection, self.now(), self.by, limit, self.lease)
                    )
                )
            return self.waiting.popleft() if self.waiting else None

    def _mark(self, attempt: Attempt) -> Mark:
        """The mark is done when the attempt is on disk."""
        mark: Mark = asyncio.get_running_loop().create_future()
        self.ended.append((attempt, mark))
        if self.marking is None or self.marking.done():
            self.marking = asyncio.create_task(self._write_marks())
        return mark

    async def _write_marks(self) -> None:
        """Writes what has ended, several in one commit: it waits until a lane wants its mark, but not for long."""
        try:
            while self.ended:
                await self._mark_wanted_soon()
                await self._write_ended()
        except Exception as fault:  # noqa: BLE001 -- raised by `run`
            self.fault = self.fault or fault  # at once, so that no lane hands over another message
            for _, mark in self.ended:
                if not mark.done():
                    mark.set_result(None)

    async def _mark_wanted_soon(self) -> None:
        timer = asyncio.get_running_loop().call_later(_COMMIT_DELAY_SECONDS, self.mark_wanted.set)
        await self.mark_wanted.wait()
        timer.cancel()
        self.mark_wanted.clear()

    async def _write_ended(self) -> None:
        batch = tuple(self.ended)
        attempts = [attempt for attempt, _ in batch]

        def write(connection: Connection) -> tuple[tuple[DeliveryState, ...], datetime | None]:
            down_since = None if self.reached else end_outage(connection, self.now())
            return outbox.record(connection, attempts, self.by), down_since

        states, down_since = await self._write(write)
        del self.ended[: len(batch)]
        self.reached = True
        for attempt, mark in batch:
            self.in_hand.discard(attempt.claimed.id)
            if not mark.done():
                mark.set_result(None)
        if down_since is not None:
            log.info(events.MAIL_UP, transport=self.transport.name, down_since=down_since.isoformat())
        self.states.update(states)
        for attempt, state in zip(attempts, states, strict=True):
            _tell(attempt, state)

    async def _settle(self) -> str | None:
        """Records what is not yet recorded and gives back what was not begun."""
        try:
            if self.ended:
                await self._write_ended()
            return await self._give_back()
        except Exception as fault:  # noqa: BLE001 -- raised by `run`
            self.fault = self.fault or fault
            return None

    async def _give_back(self) -> str | None:
        now = self.now()
        away = [
            Attempt(each, self.transport.name, now, now, self.turned_away[each.id])
            for each in self.waiting
            if each.id in self.turned_away
        ]
        answer = away[-1].outcome.answer if away else None
        if not self.waiting:
            return None

        def write(connection: Connection) -> bool:
            outbox.record(connection, away, self.by)
            outbox.release(connection, [each.id for each in self.waiting], self.by)
            return answer is not None and note_outage(connection, self.transport.name, answer, now)

        if await self._write(write):
            log.error(events.MAIL_DOWN, transport=self.transport.name, answer=answer)
        return answer

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self.lease.total_seconds() / 3)
            held = self.in_hand | {each.id for each in self.waiting}
            try:
                await self._write(
                    partial(outbox.renew, ids=held, by=self.by, now=self.now(), lease=self.lease)
                )
            except Exception as fault:  # noqa: BLE001 -- raised by `run`; a claim that cannot be held ends the pass
                self.fault = self.fault or fault

    async def _write(self, work: Callable[[Connection], T]) -> T:
        """Does `work` in one transaction."""

        def transaction() -> T:
            with self.engine.begin() as connection:
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(self.writer, transaction)


def _tell(attempt: Attempt, state: DeliveryState) -> None:
    """Logs what is not as it should be; what was sent stands in the outbox."""
    if state is DeliveryState.SENT:
        return
    name = events.MAIL_FAILED if state is DeliveryState.FAILED else events.MAIL_DEFERRED
    log.warning(
        name,
        delivery=attempt.claimed.id,
        outcome=type(attempt.outcome).__name__.lower(),
        answer=attempt.outcome.answer,
    )
