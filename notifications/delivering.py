"""One delivery pass: whatever is due goes out, and each answer is recorded as soon as it is there.

A pass may be killed anywhere. What it had claimed is tried again, so nothing is lost; of the messages that were
handed over, at most one a lane is not yet recorded, so no more than that can be repeated, each with its own
Message-ID.

The database is spoken to between the conversations, in their own thread: a commit is shorter than what handing
it to another thread would cost.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Engine

from notifications import events, outbox
from notifications.messages import DeliveryState, Kind, Way
from notifications.outages import end_outage, note_outage
from notifications.outbox import Attempt, Claimed
from notifications.transports import HeldBackError, Lane, Transport
from notifications.transports.outcomes import Outcome, Permanent, Unanswered, Unreachable

LEASE = timedelta(seconds=60)
"""How long a claim stands unless it is renewed; a dead sender's messages are free after it."""
_BATCH_PER_LANE = 25
_COMMIT_DELAY_SECONDS = 0.002
"""How long an answer may wait for others to share its commit."""

log = structlog.get_logger("notifications")


@dataclass(frozen=True, slots=True)
class DeliveryPass:
    """What a pass did. `unreachable` is the answer, if something is left because nobody could be reached."""

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    unreachable: str | None = None

    @property
    def tried(self) -> int:
        """How many were handed over, taken or not."""
        return self.sent + self.deferred + self.failed

    def __add__(self, other: "DeliveryPass") -> "DeliveryPass":
        """What both did."""
        return DeliveryPass(
            sent=self.sent + other.sent,
            deferred=self.deferred + other.deferred,
            failed=self.failed + other.failed,
            unreachable=self.unreachable or other.unreachable,
        )


def deliver(
    engine: Engine,
    transport: Transport,
    now: Callable[[], datetime],
    stop: Callable[[], bool],
    by: str,
    *,
    lease: timedelta = LEASE,
    only: Kind | None = None,
) -> DeliveryPass:
    """Sends everything that is due; `stop` is asked before each new message, and what is in hand is finished.

    `by` names this sender among all that share the database. With `only`, messages of other kinds wait. Raises
    what the database raises, after the messages in hand have been answered.
    """
    return asyncio.run(_Pass(engine, transport, now=now, stop=stop, by=by, lease=lease, only=only).run())


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
        only: Kind | None,
    ) -> None:
        self.engine, self.transport, self.now, self.stop = engine, transport, now, stop
        self.by, self.lease, self.only = by, lease, only
        self.waiting: deque[Claimed] = deque()
        self.in_hand: set[int] = set()
        self.ended: list[Attempt] = []  # and not yet recorded
        self.commit: asyncio.TimerHandle | None = None
        self.on_disk = asyncio.Event()
        self.talking = 0
        """Lanes in a conversation that is not held up by a commit."""
        self.turned_away: dict[int, Unreachable] = {}
        self.states: Counter[DeliveryState] = Counter()
        self.fault: Exception | None = None
        self.reached = transport.way is Way.SERVICE  # a service says nothing of the mail server's outage

    async def run(self) -> DeliveryPass:
        self.connected: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        renewing = asyncio.create_task(self._renew())
        await asyncio.gather(*(self._work(first=number == 0) for number in range(self.transport.lanes)))
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)
        self._record_ended()
        self._record_ended()  # what could not be recorded has a second chance
        unreachable = self._give_back()
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
        previous: Attempt | None = None
        try:
            async with self.transport.lane() as lane:
                while await self.transport.pace.turn(self._enough):
                    previous = await self._carry_one(lane, previous)
                    if previous is None:
                        break
        except Exception as fault:  # noqa: BLE001 -- raised at the end, when the other lanes have recorded theirs
            self.fault = self.fault or fault
        finally:
            self._tell_others(False)

    def _tell_others(self, connected: bool) -> None:
        if not self.connected.done():
            self.connected.set_result(connected)

    def _enough(self) -> bool:
        return self.fault is not None or self.stop()

    async def _carry_one(self, lane: Lane, previous: Attempt | None) -> Attempt | None:
        """Sends one message after `previous`; None: there is none, or this lane reaches nobody."""
        claimed = self._next()
        if claimed is None:
            return None
        self.in_hand.add(claimed.id)
        started_at = self.now()
        outcome: Outcome | None = await lane.reach()
        if outcome is None:
            self._tell_others(True)
            started_at = self.now()
            outcome = await self._send(lane, claimed, previous)
        if outcome is None or isinstance(outcome, Unreachable):
            if outcome is not None:
                self.turned_away[claimed.id] = outcome
            self.waiting.appendleft(claimed)  # another lane may have more luck
            return None
        attempt = Attempt(claimed, self.transport.name, started_at, self.now(), outcome)
        self._record_soon(attempt)
        return attempt

    async def _send(self, lane: Lane, claimed: Claimed, previous: Attempt | None) -> Outcome | None:
        async def cleared() -> None:
            if any(attempt is previous for attempt in self.ended):
                await self._recorded()
            if self.fault is not None:
                raise HeldBackError

        self.talking += 1
        try:
            return await lane.send(claimed.parcel, cleared)
        except HeldBackError:
            return None
        except Exception as error:  # one unfit message is set aside, the others go out
            said = f"{type(error).__name__}: {error}"
            if _is_shortage(error):
                return Unanswered(said)
            log.exception(events.MAIL_POISONED, delivery=claimed.id)
            return Permanent(None, said)
        finally:
            self.talking -= 1

    async def _recorded(self) -> None:
        """Returns when all that has ended is recorded: as soon as no lane is left that could add to it.

        Where it failed, no commit is on its way that would wake whoever waits, for no lane adds to it any more.
        """
        self.talking -= 1
        if self.talking and self.commit is not None:
            await self.on_disk.wait()
        else:
            self._record_ended()
        self.talking += 1

    def _next(self) -> Claimed | None:
        if not self.waiting:
            limit = _BATCH_PER_LANE * self.transport.lanes
            with self.engine.begin() as connection:
                self.waiting.extend(
                    outbox.claim(
                        connection, self.now(), self.by, limit, self.lease, self.transport.way, self.only
                    )
                )
        return self.waiting.popleft() if self.waiting else None

    def _record_soon(self, attempt: Attempt) -> None:
        self.ended.append(attempt)
        if self.commit is None:
            loop = asyncio.get_running_loop()
            self.commit = loop.call_later(_COMMIT_DELAY_SECONDS, self._record_ended)

    def _record_ended(self) -> None:
        """Records all attempts that have ended, in one commit; where that fails, no lane begins another message."""
        if self.commit is not None:
            self.commit.cancel()
            self.commit = None
        if not self.ended:
            return
        try:
            with self.engine.begin() as connection:
                down_since = None if self.reached else end_outage(connection, self.now())
                states = outbox.record(connection, self.ended, self.by)
        except Exception as fault:  # noqa: BLE001 -- raised by `run`, which tries once more before
            self.fault = self.fault or fault
            return
        finally:
            self.on_disk.set()  # wakes those who wait now, and nobody who comes later
            self.on_disk.clear()
        if down_since is not None:
            log.info(events.MAIL_UP, transport=self.transport.name, down_since=down_since.isoformat())
        for attempt, state in zip(self.ended, states, strict=True):
            self.in_hand.discard(attempt.claimed.id)
            _tell(attempt, state)
        self.states.update(states)
        self.ended.clear()
        self.reached = True

    def _give_back(self) -> str | None:
        """Frees what was claimed and not sent; gives the answer where that is because nobody can be reached."""
        if not self.waiting:
            return None
        now = self.now()
        away = [
            Attempt(each, self.transport.name, now, now, self.turned_away[each.id])
            for each in self.waiting
            if each.id in self.turned_away
        ]
        answer = away[-1].outcome.answer if away else None
        news = False
        try:
            with self.engine.begin() as connection:
                outbox.record(connection, away, self.by)
                outbox.release(connection, [each.id for each in self.waiting], self.by)
                if answer is not None:
                    news = note_outage(connection, self.transport.name, answer, now)
        except Exception as fault:  # noqa: BLE001 -- raised by `run`
            self.fault = self.fault or fault
        if news:
            log.error(events.MAIL_DOWN, transport=self.transport.name, answer=answer)
        return answer

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self.lease.total_seconds() / 3)
            held = self.in_hand | {each.id for each in self.waiting}
            try:
                with self.engine.begin() as connection:
                    outbox.renew(connection, held, self.by, self.now(), self.lease)
            except Exception as fault:  # noqa: BLE001 -- raised by `run`; a claim that cannot be held ends the pass
                self.fault = self.fault or fault


def _is_shortage(error: Exception) -> bool:
    """Whether the machine had too little of something (memory, files, threads), which says nothing of the message.

    That no thread can be started is a bare RuntimeError; those that have names of their own are faults of a program.
    """
    return isinstance(error, MemoryError | OSError) or type(error) is RuntimeError


def _tell(attempt: Attempt, state: DeliveryState) -> None:
    """Logs what is not as it should be, once when it begins and once when it ends, and the rest for debugging only:
    every attempt stands in the outbox.
    """
    claimed, was_refused = attempt.claimed, attempt.claimed.refusals > 0
    if state is DeliveryState.SENT:
        log_it = log.info if was_refused else log.debug
        log_it(events.MAIL_SENT, delivery=claimed.id, to=claimed.parcel.recipient)
        return
    name = events.MAIL_FAILED if state is DeliveryState.FAILED else events.MAIL_DEFERRED
    log_it = log.debug if name == events.MAIL_DEFERRED and was_refused else log.warning
    log_it(
        name,
        delivery=claimed.id,
        outcome=type(attempt.outcome).__name__.lower(),
        answer=attempt.outcome.answer,
    )
