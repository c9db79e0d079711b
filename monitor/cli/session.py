"""What every command begins with: the configuration, the database, the clock, the voice."""

import os
import pwd
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from monitor.assembly import Assembly, assemble
from monitor.cli.output import plain
from monitor.clock import Clock, SystemClock
from monitor.opening import Opened, is_ours, make_tables, opened
from monitor.storage.engine import open_engine, open_reader
from monitor.storage.locks import Sole, do_alone, wait_as_people_do
from monitor.wording import Speech, column_word, speech
from rules.sentences import Sentence, Term


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

    def warn(self, said: Sentence) -> None:
        """The same on standard error: what should be known although the command does what was asked."""
        print(plain(self.say(said)), file=sys.stderr)


def begin(args: Namespace, checked: str = "") -> Session:
    """Read the configuration whole, as far as it is not `checked` (see `assemble`); raises `Faults`."""
    assembly = assemble(Path(args.config), checked)
    voice = speech(args.language or assembly.settings.monitor.language)
    return Session(assembly, voice, SystemClock())


@contextmanager
def writing(session: Session) -> Iterator[Opened]:
    """One transaction that may write; of those that people begin, one at a time."""
    engine = open_engine(session.assembly.settings.monitor.database)
    try:
        make_tables(engine)
        with engine.begin() as connection:
            wait_as_people_do(connection)
            do_alone(connection, Sole.RECORDING)
            yield opened(connection, session.clock)
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
            yield opened(connection, session.clock) if is_ours(connection) else None
    finally:
        engine.dispose()


def present(session: Session) -> datetime:
    """The moment that counts as now: in a rehearsal that of its last cycle."""
    with reading(session) as found:
        return found.now if found else session.clock.now()
