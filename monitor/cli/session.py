"""What every command begins with: the configuration, the database, the clock, the voice."""

import os
import pwd
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine

from monitor.assembly import Assembly, assemble
from monitor.cli.output import plain
from monitor.clock import Clock, SystemClock
from monitor.state import MonitorState, Refused, read_state
from monitor.storage.engine import open_engine, open_reader
from monitor.storage.locks import Sole, do_alone
from monitor.storage.schema import SCHEMA, bring_up_to_date, missing_migration, schema_of
from monitor.wording import Speech, column_word, speech
from rules.sentences import Sentence, Term, sentence


@dataclass(frozen=True, slots=True)
class Session:
    """One command at work."""

    assembly: Assembly
    voice: Speech
    clock: Clock

    @property
    def timezone(self) -> str:
        """The zone in which moments are shown."""
        return self.assembly.settings.monitor.timezone

    @property
    def by(self) -> str:
        """Who types the command, as the operating system knows him: the journal names him."""
        number = os.getuid()
        try:
            return pwd.getpwuid(number).pw_name
        except KeyError:  # a container may run under a number without a name
            return str(number)

    def say(self, said: Sentence | Term) -> str:
        """The sentence in the language of the output."""
        return said.say(self.voice)

    def heads(self, columns: Sequence[str]) -> list[str]:
        """What people read above those columns."""
        return [self.say(column_word(each)) for each in columns]

    def tell(self, said: Sentence) -> None:
        """Print the sentence; what people wrote into it cannot steer a terminal."""
        print(plain(self.say(said)))


@dataclass(frozen=True, slots=True)
class Opened:
    """A connection, what the monitor knows of itself, and the moment that counts as now."""

    connection: Connection
    state: MonitorState
    now: datetime


def begin(args: Namespace) -> Session:
    """Read the configuration whole; raises `Faults`."""
    assembly = assemble(Path(args.config))
    voice = speech(args.language or assembly.settings.monitor.language)
    return Session(assembly, voice, SystemClock())


@contextmanager
def writing(session: Session) -> Iterator[Opened]:
    """One transaction that may write; of those that people begin, one at a time."""
    engine = open_engine(session.assembly.settings.monitor.database)
    try:
        _make_tables(engine)
        with engine.begin() as connection:
            do_alone(connection, Sole.RECORDING)
            yield _opened(session, connection)
    finally:
        engine.dispose()


@contextmanager
def reading(session: Session) -> Iterator[Opened | None]:
    """A connection that changes nothing; None where there is no database yet."""
    engine = open_reader(session.assembly.settings.monitor.database)
    if engine is None:
        yield None
        return
    try:
        with engine.connect() as connection:
            yield _opened(session, connection) if _is_ours(connection) else None
    finally:
        engine.dispose()


def present(session: Session) -> datetime:
    """The moment that counts as now: in a rehearsal that of its last cycle."""
    with reading(session) as opened:
        return opened.now if opened else session.clock.now()


def _make_tables(engine: Engine) -> None:
    """In an empty database; one of an older program is not migrated in passing."""
    missing = missing_migration(engine)
    if missing is not None:
        _refuse_older(missing.found)
        bring_up_to_date(engine)


def _is_ours(connection: Connection) -> bool:
    version = schema_of(connection)
    if version != SCHEMA:
        _refuse_older(version)
    return version is not None


def _refuse_older(version: str | None) -> None:
    if version is not None:
        raise Refused(
            sentence(
                "the database has schema {found}, this program needs {wanted}: run iltod migrate",
                found=version,
                wanted=SCHEMA,
            )
        )


def _opened(session: Session, connection: Connection) -> Opened:
    state = read_state(connection)
    return Opened(connection, state, state.clock(session.clock).now())
