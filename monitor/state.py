"""What the monitor knows of itself: live or rehearsal, its last cycle, and whether its sending is held."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from monitor.clock import Clock, StoppedClock, why_held
from monitor.core.journal import MONITOR, Change, What
from monitor.storage import tables
from monitor.storage.journal import append
from monitor.storage.register import RegisterChange
from rules.sentences import Sentence, sentence

_IDS_SHOWN = 5


class Mode(StrEnum):
    """A database is one or the other for good; its first cycle decides."""

    LIVE = "live"
    REHEARSAL = "rehearsal"


class Refused(Exception):  # noqa: N818 -- the word for it; nothing broke
    """What was asked is not possible; `sentence` says what, where, and what to do."""

    def __init__(self, said: Sentence) -> None:
        super().__init__(said.text)
        self.sentence = said


class Held(Refused):
    """No cycle may run until somebody has looked at the clock, or at the register."""


@dataclass(frozen=True, slots=True)
class MonitorState:
    """As the last cycle left it."""

    mode: Mode | None
    last_cycle_at: datetime | None

    def clock(self, clock: Clock) -> Clock:
        """In a rehearsal now is the moment of its last cycle; else what `clock` shows."""
        if self.mode is Mode.REHEARSAL and self.last_cycle_at is not None:
            return StoppedClock(self.last_cycle_at)
        return clock

    def held(self, now: datetime) -> Sentence | None:
        """Why a live monitor sends nothing: never mail everybody because a battery died."""
        if self.mode is not Mode.LIVE or self.last_cycle_at is None:
            return None
        held = why_held(now, self.last_cycle_at)
        return Sentence(*held) if held else None


def read_state(connection: Connection) -> MonitorState:
    """What the last cycle left."""
    row = connection.execute(_STATE).one_or_none()
    if row is None:
        return MonitorState(None, None)
    return MonitorState(Mode(row.mode) if row.mode else None, row.last_cycle_at)


_STATE = select(tables.monitor.c.mode, tables.monitor.c.last_cycle_at)


def begin_cycle(connection: Connection, mode: Mode, now: datetime) -> None:
    """Let the database take a cycle of that mode at that moment; the first one decides its mode.

    Raises `Refused` for a cycle of the other mode and one of a rehearsal that lies before its last, and `Held` for one
    of a live monitor whose sending is held.
    """
    state = read_state(connection)
    if state.mode is None:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        first = dialect.insert(tables.monitor).values(id=1, mode=str(mode)).on_conflict_do_nothing()
        connection.execute(first)
        state = read_state(connection)  # another daemon may have been the first
    if state.mode is not mode:
        raise Refused(_other_mode(mode))
    if held := state.held(now):
        raise Held(held)
    if mode is Mode.REHEARSAL and state.last_cycle_at is not None and now < state.last_cycle_at:
        raise Refused(
            sentence(
                "--at {at} lies before the last cycle of this rehearsal, {last}; go on from there, or begin with "
                "another database",
                at=f"{now:%Y-%m-%dT%H:%M:%SZ}",
                last=f"{state.last_cycle_at:%Y-%m-%dT%H:%M:%SZ}",
            )
        )


def refuse_shrunken_register(connection: Connection, change: RegisterChange, basis: str) -> None:
    """Raise `Held` for a register that would retire more than a tenth, unless somebody has looked at it."""
    if len(change.left) * 10 <= change.known:
        return
    if connection.scalar(select(tables.monitor.c.accepted_register)) == basis:
        return
    raise Held(
        sentence(
            "held: the register would retire {left} of {known} organisations ({ids}); correct it, "
            "or accept it with: iltod check --accept-register",
            left=len(change.left),
            known=change.known,
            ids=change.left[:_IDS_SHOWN],
        )
    )


def accept_register(
    connection: Connection, change: RegisterChange, basis: str, now: datetime, by: str
) -> None:
    """Somebody has looked at what a register retires: let the next cycle take it in."""
    connection.execute(update(tables.monitor).values(accepted_register=basis))
    told = {"basis": basis, "joined": change.joined, "changed": change.changed, "left": list(change.left)}
    append(connection, now, by, [Change(MONITOR, What.REGISTER_ACCEPTED, told)])


def read_basis(connection: Connection) -> str | None:
    """The digest of the configuration that the last cycle worked with."""
    basis: str | None = connection.scalar(select(tables.monitor.c.basis))
    return basis


def refuse_other_basis(connection: Connection, basis: str) -> None:
    """Raise `Refused` where another daemon has taken in another configuration than this one's."""
    if read_basis(connection) != basis:
        raise Refused(
            sentence(
                "another iltod on this database has taken in another configuration; give all of them the same files "
                "at the same paths, and start them again"
            )
        )


def record_cycle(connection: Connection, now: datetime) -> None:
    """The cycle at `now` is done; one of another daemon may have been a little later."""
    column = tables.monitor.c.last_cycle_at
    done = update(tables.monitor).where(or_(column.is_(None), column < now))
    connection.execute(done.values(last_cycle_at=now))


def touch(connection: Connection) -> None:
    """Write, and change nothing: it fails where the database is locked, full, read-only or away.

    There and back: SQLite compares before it writes, and does not write what stands there already.
    """
    column = tables.monitor.c.mode
    known = connection.scalar(select(column).with_for_update())
    if known is not None:
        for mode in ("", known):
            connection.execute(update(tables.monitor).values(mode=mode))


def _other_mode(asked: Mode) -> Sentence:
    if asked is Mode.REHEARSAL:
        return sentence(
            "--at is for rehearsals, and this database is live; name another file in monitor.database for a rehearsal"
        )
    return sentence(
        "this database is a rehearsal; go on with run --once --at, or name another file in monitor.database to go live"
    )
