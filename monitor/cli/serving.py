"""`iltod serve`: the page alone, beside daemons on the same database."""

import signal
import socket
import sys
import threading
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError, OperationalError

from monitor import events
from monitor.assembly import Assembly, assemble
from monitor.cli.session import Session, begin
from monitor.logs import configure_logs
from monitor.opening import is_ours, make_tables
from monitor.pulse import Pulse
from monitor.state import Refused, read_basis
from monitor.storage.engine import (
    DatabaseUnusable,
    WalReplaced,
    looking,
    open_engine,
    open_reader,
    sqlite_file,
    write_back,
)
from monitor.web.application import make_application
from monitor.web.server import bound, place_of, serving, serving_when_free
from monitor.web.site import Site
from rules.faults import Faults
from rules.sentences import sentence

_FOLLOW_SECONDS = 10.0

log = structlog.get_logger("monitor")


def serve(args: Namespace) -> int:
    """Serve the page until a signal comes; no cycle runs and no mail leaves.

    Raises what a new start mends: whoever runs it starts it again.
    """
    session = begin(args)
    configure_logs(session.assembly.settings.daemon.log_level)
    listen = session.assembly.settings.web.listen
    if listen is None:
        raise Refused(sentence("web.listen is empty, so that nothing listens: set it to a host and a port"))
    ended, woken = _signalled()
    engine = open_engine(session.assembly.settings.monitor.database)
    try:
        make_tables(engine)
        followed = _Followed(session.assembly)
        with _site(session, engine, lambda: followed.assembly) as site:
            taken = bound(listen)
            with serving(make_application(site), taken):
                _tell_place(session, taken)
                sys.stdout.flush()
                while not ended.is_set():
                    asked = woken.wait(_FOLLOW_SECONDS)
                    woken.clear()
                    followed.look(site.reader, again=asked)
                    _refuse_to_go_on(engine)
    finally:
        engine.dispose()
    return 0


def _refuse_to_go_on(engine: Engine) -> None:
    """Raise what only a new start mends: another file in the place of ours, or tables of another program.

    One that is gone is waited for: a new start would make an empty one in its place.
    """
    try:
        with looking(engine) as connection:
            is_ours(connection)
    except DatabaseError:  # each page says so by itself
        return
    except WalReplaced:
        write_back(engine)
        raise
    except DatabaseUnusable:
        file = sqlite_file(engine.url)
        if file is None or file.exists():
            raise


class _Followed:
    """The configuration that the daemons work with: what they have taken in, the page alone takes in after them."""

    def __init__(self, assembly: Assembly) -> None:
        self.assembly = assembly
        self._looked_for = assembly.basis

    def look(self, reader: Engine, *, again: bool) -> None:
        """Read the files anew where the daemons have; where they are wrong, go on with what is known, and say so.

        They are read once for what the daemons have taken in, unless `again` is asked for: on another machine they may
        have come late, or been mended.
        """
        try:
            with reader.connect() as connection:
                basis = read_basis(connection)
        except OperationalError:  # each page says so by itself
            return
        if basis in (None, self.assembly.basis) or (basis == self._looked_for and not again):
            return
        self._looked_for = basis
        try:
            self.assembly = assemble(self.assembly.settings.path, self.assembly.basis)
        except Faults as faults:
            refused = faults.without_values
        else:
            log.info(events.CONFIGURATION_TAKEN, path=str(self.assembly.settings.path))
            return
        log.error(events.CONFIGURATION_REFUSED, why=refused)


@contextmanager
def page_beside(
    session: Session, engine: Engine, assembly: Callable[[], Assembly], pulse: Pulse
) -> Iterator[None]:
    """The page in the daemon's own process, where `web.listen` names a place for it.

    The mails are the daemon's first duty: where something else listens there, it says so and goes on without the
    page, which comes when the place is free.
    """
    listen = session.assembly.settings.web.listen
    if listen is None:
        yield
        return
    with _site(session, engine, assembly, pulse) as site:
        application = make_application(site)
        try:
            taken = bound(listen)
        except Refused as refused:
            session.warn(refused.sentence)
            with serving_when_free(application, listen):
                yield
            return
        with serving(application, taken):
            _tell_place(session, taken)
            yield


@contextmanager
def _site(
    session: Session, engine: Engine, assembly: Callable[[], Assembly], pulse: Pulse | None = None
) -> Iterator[Site]:
    reader = open_reader(session.assembly.settings.monitor.database)
    assert reader is not None  # noqa: S101 -- its tables were made
    try:
        yield Site(engine, reader, assembly, session.clock, pulse)
    finally:
        reader.dispose()


def _signalled() -> tuple[threading.Event, threading.Event]:
    """Ended is set by the first SIGTERM or SIGINT, a second one ends the process at once; woken by these and SIGHUP."""
    ended, woken = threading.Event(), threading.Event()

    def heed(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        ended.set()
        woken.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, heed)
    signal.signal(signal.SIGHUP, lambda _number, _frame: woken.set())
    return ended, woken


def _tell_place(session: Session, taken: socket.socket) -> None:
    address = session.assembly.settings.web.public_url
    session.tell(
        sentence(
            "the page is at {address}; it listens on {place}", address=address, place=str(place_of(taken))
        )
    )
