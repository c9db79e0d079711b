"""`iltod check`: every problem, a hint each."""

import asyncio
import sqlite3
from argparse import Namespace
from collections.abc import Iterator

from sqlalchemy.exc import DatabaseError, OperationalError

from monitor.checks import Problem, Weight, standing_problems
from monitor.cli.output import plain, write_json
from monitor.cli.session import Session, begin, present, reading, writing
from monitor.clock import day_in
from monitor.health import WAITED_LONG, read_post
from monitor.state import Refused, accept_register, refuse_shrunken_register, touch
from monitor.storage.engine import DatabaseUnusable, open_engine, why_unusable
from monitor.storage.locks import wait_as_people_do
from monitor.storage.register import compare_register
from monitor.storage.schema import refuse_encoding
from monitor.verdict import STALE
from monitor.wording import local_moment
from notifications.transports import make_transport
from rules.sentences import counted, sentence

_SOUND_SQLITE = (3, 51, 3)
"""Earlier ones carry a rare fault with two writers in WAL mode; we have one writer."""


def check(args: Namespace) -> int:
    """Look at everything that can be looked at without sending; exits 1 where something keeps it from its work."""
    session = begin(args)
    if args.accept_register:
        return _accept_register(session)
    problems = list(_database(session))
    sound = not any(each.id == "database" for each in problems)
    now = present(session) if sound else session.clock.now()
    problems.extend(standing_problems(session.assembly, day_in(session.timezone, now)))
    problems.extend(_mail(session))
    if sound:
        problems.extend(_register(session))
        problems.extend(_past(session))
    if args.format == "json":
        write_json(
            [
                {
                    "id": each.id,
                    "weight": str(each.weight),
                    "text": session.say(each.said),
                    "hint": session.say(each.hint),
                }
                for each in problems
            ]
        )
    else:
        _write(session, problems)
    return 1 if any(each.weight is Weight.ERROR for each in problems) else 0


def _accept_register(session: Session) -> int:
    with writing(session) as opened:
        change = compare_register(opened.connection, session.assembly.settings.register.organisations)
        accept_register(opened.connection, change, session.assembly.basis, opened.now, session.by)
    session.tell(
        sentence(
            "accepted: {joined} join, {changed} change, {left} leave ({ids}); the next cycle takes it in",
            joined=change.joined,
            changed=change.changed,
            left=len(change.left),
            ids=change.left or "-",
        )
    )
    return 0


def _register(session: Session) -> Iterator[Problem]:
    """What the next cycle would refuse."""
    with reading(session) as opened:
        if opened is None:
            return
        change = compare_register(opened.connection, session.assembly.settings.register.organisations)
        try:
            refuse_shrunken_register(opened.connection, change, session.assembly.basis)
        except Refused as held:
            yield Problem(
                "register-shrunk", Weight.ERROR, held.sentence, sentence("Until then no cycle runs.")
            )


def _write(session: Session, problems: list[Problem]) -> None:
    words = {Weight.ERROR: sentence("error"), Weight.WARNING: sentence("warning")}
    for each in problems:
        said = session.say(each.said).removesuffix(
            "."
        )  # what another command would say alone ends without one
        print(plain(f"{session.say(words[each.weight])} [{each.id}] {said}. {session.say(each.hint)}"))
    settings = session.assembly.settings
    session.tell(
        sentence(
            "{path}: {organisations}, {rules}, {problems}",
            path=settings.path,
            organisations=counted("{n} organisation", "{n} organisations", len(settings.register)),
            rules=counted("{n} rule", "{n} rules", len(session.assembly.book.ids)),
            problems=counted("{n} problem", "{n} problems", len(problems)),
        )
    )


def _database(session: Session) -> Iterator[Problem]:
    try:
        with reading(session) as opened:
            held = opened.state.held(opened.now) if opened else None
            if opened is not None:
                refuse_encoding(opened.connection)
    except (DatabaseUnusable, Refused) as error:
        yield Problem("database", Weight.ERROR, error.sentence, sentence("The monitor cannot run with it."))
        return
    except DatabaseError as error:
        said = sentence("The database cannot be used: {why}.", why=why_unusable(error) or str(error))
        yield Problem("database", Weight.ERROR, said, sentence("The monitor cannot run with it."))
        return
    if held is not None:
        yield Problem("held", Weight.ERROR, held, sentence("Nothing is sent until then."))
    if opened is not None:
        yield from _writing(session)
    file = session.assembly.settings.monitor.database_file
    if file is not None and sqlite3.sqlite_version_info < _SOUND_SQLITE:
        yield Problem(
            "sqlite-old",
            Weight.WARNING,
            sentence("SQLite {version} is older than 3.51.3.", version=sqlite3.sqlite_version),
            sentence("Let no other program write to {file}, and keep backups.", file=file),
        )


def _writing(session: Session) -> Iterator[Problem]:
    """Whether the database can be written: a disk that is full can still be read."""
    engine = open_engine(session.assembly.settings.monitor.database)
    try:
        with engine.begin() as connection:
            wait_as_people_do(connection)
            touch(connection)
    except (OperationalError, DatabaseUnusable) as error:
        why = session.say(error.sentence) if isinstance(error, DatabaseUnusable) else why_unusable(error)
        yield Problem(
            "database-not-writable",
            Weight.ERROR,
            sentence("The database cannot be written: {why}.", why=why),
            sentence("Make room on its disk, or find out who keeps it locked; until then no mail leaves."),
        )
    finally:
        engine.dispose()


def _past(session: Session) -> Iterator[Problem]:
    """What the last cycles and deliveries left."""
    with reading(session) as opened:
        if opened is None:
            return
        last, now = opened.state.last_cycle_at, opened.now
        post = read_post(opened.connection)
    if last is not None and now - last > STALE and opened.state.held(now) is None:
        yield Problem(
            "cycle-old",
            Weight.WARNING,
            sentence("The last cycle ran at {at}.", at=local_moment(last, session.timezone)),
            sentence("Start the daemon: iltod run."),
        )
    if post.failed:
        yield Problem(
            "mail-failed",
            Weight.WARNING,
            counted("{n} delivery has failed.", "{n} deliveries have failed.", post.failed),
            sentence("Correct the address, then: iltod mail retry ID; see: iltod mail list --state failed"),
        )
    if post.oldest_waiting is not None and now - post.oldest_waiting > WAITED_LONG:
        yield Problem(
            "mail-waits",
            Weight.WARNING,
            sentence(
                "A mail waits since {since}.", since=local_moment(post.oldest_waiting, session.timezone)
            ),
            sentence("The answers it got shows: iltod mail list --state queued"),
        )


def _mail(session: Session) -> Iterator[Problem]:
    settings = session.assembly.settings.mail
    if settings.username and not settings.password:
        yield Problem(
            "mail-password",
            Weight.ERROR,
            sentence("mail.username is set, and there is no password."),
            sentence("Set ILTOD_MAIL_PASSWORD, or name a file in mail.password_file."),
        )
        return

    async def reach() -> str | None:
        async with make_transport(settings).lane() as lane:
            refused = await lane.reach()
            return refused.answer if refused else None

    answer = asyncio.run(reach())
    if answer is not None:
        yield Problem(
            "mail-unreachable",
            Weight.ERROR,
            sentence("The mail cannot be handed over: {answer}.", answer=answer.rstrip(".")),
            sentence("Look at the section [mail]; what is queued waits."),
        )
