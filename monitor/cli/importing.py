"""`iltod import`: many postings or events at once."""

from argparse import Namespace

from monitor.cli.session import Session, begin, writing
from monitor.importing import EVENTS, POSTINGS, Imported, Kind, read, record
from rules.sentences import counted, sentence


class _OnlyLooked(Exception):  # noqa: N818 -- not an error: it leaves a transaction that nothing is to be kept of
    def __init__(self, found: Imported) -> None:
        super().__init__()
        self.found = found


def postings(args: Namespace) -> int:
    """Record the postings of a sheet."""
    return _import(args, POSTINGS)


def events(args: Namespace) -> int:
    """Record the events of a sheet."""
    return _import(args, EVENTS)


def _import(args: Namespace, kind: Kind) -> int:
    session = begin(args)
    listed = read(kind, args.file)
    try:
        with writing(session) as opened:
            found = record(opened.connection, session.assembly, opened.now, session.by, listed)
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
