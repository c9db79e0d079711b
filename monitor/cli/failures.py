"""Errors as sentences: what, where, what to do."""

import sys
from argparse import Namespace

from sqlalchemy.exc import DatabaseError, OperationalError

from monitor.cli.output import plain
from monitor.cli.parser import wanted_language
from monitor.state import Refused
from monitor.storage.engine import DatabaseUnusable, why_unusable
from monitor.wording import Speech, speech
from rules.faults import Faults
from rules.sentences import counted, sentence


def tell_failure(error: Exception, args: Namespace) -> int:
    """Say `error` on standard error, and give the exit status of a command that could not do what was asked."""
    voice = speech(args.language or wanted_language((), args.written))
    lines = _lines(error, voice)
    for line in lines:
        print(plain(line), file=sys.stderr)
    if getattr(args, "check", False):
        said = " ".join(line.strip() for line in lines[:2])
        print(f"ILTOD UNKNOWN - {plain(said)}")  # monitoring systems read standard output
        return 3
    return 1


def tell_unwritten(error: OSError, args: Namespace) -> int:
    """The same where only the answer could not be written."""
    voice = speech(args.language or wanted_language((), args.written))
    said = sentence(
        "it was done, but the answer could not be written: {why}", why=error.strerror or str(error)
    )
    print(plain(said.say(voice)), file=sys.stderr)
    return 1


def _lines(error: Exception, voice: Speech) -> list[str]:
    match error:
        case Faults():
            head = counted(
                "{n} fault was found; nothing was changed:",
                "{n} faults were found; nothing was changed:",
                len(error.faults),
            )
            return [
                head.say(voice),
                *(f"  {fault.place}: {fault.sentence.say(voice)}" for fault in error.faults),
            ]
        case Refused() | DatabaseUnusable():
            return [error.sentence.say(voice)]
        case OperationalError():
            said = sentence(
                "the database cannot be used now: {why}; try again, or see: iltod check",
                why=why_unusable(error),
            )
            return [said.say(voice)]
        case DatabaseError() if (why := why_unusable(error)) is not None:
            said = sentence("the database is damaged: {why}; stop iltod, and restore a backup", why=why)
            return [said.say(voice)]
        case OSError():
            where = f"{error.filename}: " if error.filename else ""
            return [f"{where}{error.strerror or error}"]
        case _:
            said = sentence(
                "something unforeseen happened ({what}); run it again with --debug and tell who keeps the program",
                what=f"{type(error).__name__}: {error}",
            )
            return [said.say(voice)]
