"""`iltod run`, `preview`, `resume`: the monitor at work."""

import os
import signal
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from itertools import chain
from pathlib import Path
from types import FrameType
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from monitor.cli.migrating import database_brought_up_to_date
from monitor.cli.output import plain
from monitor.cli.session import Session, begin, reading, writing
from monitor.clock import StoppedClock, day_in
from monitor.cycle import run_cycle
from monitor.journalling import journal_mails
from monitor.lock import is_alone, only_daemon, process_name
from monitor.logs import configure_logs
from monitor.present import taken_basis
from monitor.rehearsing import Leaving, copy_of, leaving, sending_moments
from monitor.reporting import report
from monitor.resuming import take_as_present
from monitor.state import Mode, Refused, begin_cycle
from monitor.storage.standing import Asked
from monitor.wording import local_moment, state_word
from notifications import outbox
from notifications.delivering import DeliveryPass, deliver
from notifications.transports import Transport, make_transports
from rules.sentences import Sentence, counted, sentence

_LOOK_AHEAD = timedelta(days=366)
_LISTED = 200
"""Organisations; to list and to rehearse more than these would keep the first mails waiting."""


def run(args: Namespace) -> int:
    """The daemon, or one pass of it."""
    session = begin(args, taken_basis(args.config, args.written))
    settings = session.assembly.settings
    configure_logs(settings.daemon.log_level)
    with only_daemon(settings.monitor.database_file):
        engine = database_brought_up_to_date(session, look_through=not args.once)
        try:
            if args.once:
                with _stops_heeded() as stop:
                    return _once(session, engine, args, stop)
            return _daemon(session, engine)
        finally:
            engine.dispose()


@contextmanager
def _stops_heeded() -> Iterator[Callable[[], bool]]:
    """Whether SIGTERM or SIGINT has come; a second one ends the process at once."""
    asked: list[int] = []

    def heed(number: int, _frame: FrameType | None) -> None:
        if asked:
            os._exit(128 + number)  # what was claimed is freed at the next start
        asked.append(number)

    before = {number: signal.signal(number, heed) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _once(session: Session, engine: Engine, args: Namespace, stop: Callable[[], bool]) -> int:
    """One cycle and one delivery pass; exits 0 also while deliveries await a retry.

    Where it is to stop, it ends after the deliveries in hand.
    """
    clock = StoppedClock(_aware(args.at, session.timezone)) if args.at is not None else session.clock
    mode = Mode.REHEARSAL if args.at is not None else Mode.LIVE
    now = clock.now()
    with engine.begin() as connection:
        begin_cycle(connection, mode, now)
        if is_alone(engine, mode):
            outbox.release_all(connection)
    done = run_cycle(engine, session.assembly, now)
    passed = DeliveryPass()
    for transport in _transports(session):
        passed += deliver(engine, transport, clock.now, stop, process_name())
    journal_mails(engine, now)
    session.tell(
        sentence(
            "cycle of {moment}: {opened}, {changed}, {queued}; {sent}, {deferred}, {failed}",
            moment=local_moment(now, session.timezone),
            opened=counted("{n} obligation opened", "{n} obligations opened", done.opened),
            changed=counted("{n} changed", "{n} changed", done.changed),
            queued=counted("{n} mail queued", "{n} mails queued", done.queued),
            sent=counted("{n} sent", "{n} sent", passed.sent),
            deferred=counted("{n} deferred", "{n} deferred", passed.deferred),
            failed=counted("{n} failed", "{n} failed", passed.failed),
        )
    )
    if passed.unreachable is not None:
        said = sentence(
            "the mail server cannot be reached: {answer}; it is tried again", answer=passed.unreachable
        )
        session.warn(said)
    if stop():
        session.tell(sentence("stopped; nothing was lost"))
    return 0


def _aware(moment: datetime, timezone: str) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))


def _daemon(session: Session, engine: Engine) -> int:
    from monitor.cli.serving import page_beside  # noqa: PLC0415 -- the page is the daemon's alone
    from monitor.daemon import Daemon  # noqa: PLC0415 -- and so is the scheduler

    daemon = Daemon(engine, session.assembly, _transports(session), session.clock)
    daemon.heed_signals()  # before the first word that invites one
    held = daemon.begin()
    with page_beside(session, engine, lambda: daemon.assembly, daemon.pulse):
        _tell_overview(session, engine, held)
        daemon.run()
    session.tell(sentence("stopped; nothing was lost"))
    return 0


def _transports(session: Session) -> tuple[Transport, ...]:
    settings = session.assembly.settings
    return make_transports(settings.mail, lambda: settings.register.services)


def _tell_overview(session: Session, engine: Engine, held: Sentence | None) -> None:
    """What a person who starts the daemon wants to see first."""
    session.tell(sentence("iltod is running; Ctrl-C stops it"))
    now, watched = session.clock.now(), len(session.assembly.settings.register)
    if held is not None:
        session.warn(held)
    elif watched > _LISTED:
        session.tell(
            sentence(
                "{n} organisations are watched; what there is to do says: iltod status --limit 50", n=watched
            )
        )
    else:
        _tell_standing(session, engine, now)
        _tell_next_mails(session, now)
    mail = session.assembly.settings.mail
    if mail.transport == "maildir":
        session.tell(sentence("mails are written to the Maildir {path}", path=mail.path))
    else:
        session.tell(sentence("mails go to {host}:{port}", host=mail.host, port=mail.port))
    sys.stdout.flush()


def _tell_standing(session: Session, engine: Engine, now: datetime) -> None:
    with engine.connect() as connection:
        found = report(connection, session.assembly, Asked(), now, now)
        if not found.lines:  # nothing to do now: what comes next says that it is watched
            found = report(connection, session.assembly, Asked(due_within=_LOOK_AHEAD.days), now, now)
    if found.summary is not None:
        counts = (
            f"{session.say(state_word(state))} {number}" for state, number in found.summary.items() if number
        )
        print(" · ".join(counts))
    for line in found.lines:
        title = line.obligation.card.title.say(session.voice)
        state = session.say(state_word(line.state))
        print(plain(f"  {state}  {line.obligation.due_on or ''}  {title}  ({line.obligation.key})"))


def _tell_next_mails(session: Session, now: datetime) -> None:
    with copy_of(session.assembly) as engine:
        coming = _next_leaving(session, engine, now)
    if coming is None:
        session.tell(sentence("no mail leaves within a year, unless something happens"))
        return
    session.tell(
        sentence(
            "the next mails leave at {moment}: {mails}",
            moment=local_moment(coming.at, session.timezone),
            mails=counted("{n} mail", "{n} mails", len(coming.mails)),
        )
    )


def preview(args: Namespace) -> int:
    """Write the mails of today's sending time into a folder; where there are none, those of the next one."""
    session = begin(args)
    with reading(session) as opened:
        now = opened.now if opened else session.clock.now()
    with copy_of(session.assembly) as engine:
        coming = _next_leaving(session, engine, now, at_once=True)
    if coming is None:
        session.tell(sentence("no mail leaves within a year, unless something happens"))
        return 0
    session.tell(
        sentence(
            "{mails} of {moment}, written to {folder}; nothing was sent",
            mails=counted("{n} mail", "{n} mails", len(coming.mails)),
            moment=local_moment(coming.at, session.timezone),
            folder=args.folder,
        )
    )
    args.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for mail in coming.mails:
        for path in _write_mail(args.folder, f"{mail.day}-{mail.kind}-{mail.recipient}", mail.raw):
            print(f"  {path}")
    return 0


def resume(args: Namespace) -> int:
    """Take the clock's present time as right, and go on."""
    session = begin(args)
    with writing(session) as opened:
        if opened.state.held(opened.now) is None:
            raise Refused(sentence("sending is not held, so there is nothing to resume"))
        language = session.assembly.settings.monitor.language
        take_as_present(opened.connection, opened.now, session.by, args.reason, language)
    session.tell(
        sentence("the monitor goes on from {moment}", moment=local_moment(opened.now, session.timezone))
    )
    return 0


def _next_leaving(
    session: Session, engine: Engine, now: datetime, *, at_once: bool = False
) -> Leaving | None:
    """The next mails after `now`; with `at_once` also those that would leave if a cycle ran now."""
    first = day_in(session.timezone, now)
    moments = (each for each in sending_moments(session.assembly, first, first + _LOOK_AHEAD) if each > now)
    return next(leaving(engine, session.assembly, chain([now] if at_once else [], moments)), None)


def _write_mail(folder: Path, name: str, raw: bytes) -> list[Path]:
    """The mail as a mail program opens it, and its HTML part as a browser does."""
    safe = "".join(character if character.isalnum() or character in "-_.@" else "_" for character in name)
    whole = folder / f"{safe}.eml"
    _write_privately(whole, raw)
    page = folder / f"{safe}.html"
    body = message_from_bytes(raw, policy=policy.default).get_body(("html",))
    _write_privately(page, body.get_content().encode() if body else b"")
    return [whole, page]


def _write_privately(path: Path, content: bytes) -> None:
    """A mail is for those whom it names, and for who runs the monitor."""
    path.unlink(missing_ok=True)  # one that was there keeps what others may do with it
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(content)
