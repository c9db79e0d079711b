"""`iltod import`: many postings or events at once."""

from argparse import Namespace
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from monitor.assembly import Assembly
from monitor.cli.session import Session, begin, writing
from monitor.importing import Imported, import_events, import_postings
from rules.sentences import counted, sentence


class _OnlyLooked(Exception):  # noqa: N818 -- not an error: it leaves a transaction that nothing is to be kept of
    def __init__(self, found: Imported) -> None:
        super().__init__()
        self.found = found


def postings(args: Namespace) -> int:
    """Record the postings of a sheet."""
    return _import(args, import_postings)


def events(args: Namespace) -> int:
    """Record the events of a sheet."""
    return _import(args, import_events)


def _import(
    args: Namespace, importer: Callable[[Connection, Assembly, datetime, str, Path], Imported]
) -> int:
    session = begin(args)
    try:
        with writing(session) as opened:
            found = importer(opened.connection, session.assembly, opened.now, session.by, args.file)
            if args.dry_run:
                raise _OnlyLooked(found)  # noqa: TRY301 -- rolls the transaction back
    except _OnlyLooked as looked:
        _tell(session, looked.found)
        session.tell(sentence("nothing was recorded: this was a dry run"))
        return 0
    _tell(session, found)
    return 0


def _tell(session: Session, found: Imported) -> None:
    session.tell(
        sentence(
            "{new}, {known}",
            new=counted("{n} row is new", "{n} rows are new", found.new),
            known=counted("{n} row was recorded already", "{n} rows were recorded already", found.known),
        )
    )
