"""`iltod migrate`: the database up to this program, or over to another server."""

from argparse import Namespace

from sqlalchemy import Engine

from monitor.cli.session import Session, begin
from monitor.configuration import notations
from monitor.configuration.sections import NOT_ESCAPED
from monitor.lock import only_daemon
from monitor.state import Refused
from monitor.storage.copying import NotTaken, NotTheSame, copy_rows, is_empty
from monitor.storage.engine import open_engine, sqlite_file
from monitor.storage.schema import (
    SCHEMA,
    Migration,
    bring_up_to_date,
    migrate_tables,
    missing_migration,
    refuse_damaged,
)
from rules.sentences import Sentence, counted, sentence


def migrate(args: Namespace) -> int:
    """Bring the database's tables up to this program; with `--to`, then copy it all to a PostgreSQL server."""
    session = begin(args)
    settings = session.assembly.settings.monitor
    with only_daemon(settings.database_file):
        engine = database_brought_up_to_date(session, look_through=True)
        try:
            if args.to is not None:
                return _move(session, engine, args.to)
        finally:
            engine.dispose()
    session.tell(sentence("the database has schema {schema}, that of this program", schema=SCHEMA))
    return 0


def database_brought_up_to_date(session: Session, *, look_through: bool) -> Engine:
    """The database, brought up to this program; what is done to existing tables is said before.

    With `look_through` one that is damaged anywhere is refused, which takes as long as it is large.
    """
    engine = open_engine(session.assembly.settings.monitor.database)
    try:
        if look_through:
            refuse_damaged(engine)
        missing = missing_migration(engine)
        if missing is not None and missing.found is not None:
            session.tell(_plan(missing))
        bring_up_to_date(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _plan(missing: Migration) -> Sentence:
    if missing.backup is None:
        return sentence(
            "the database is migrated from schema {found} to {wanted}, wholly or not at all",
            found=missing.found,
            wanted=SCHEMA,
        )
    return sentence(
        "the database is copied to {backup}, and migrated from schema {found} to {wanted}, wholly or not at all",
        backup=missing.backup,
        found=missing.found,
        wanted=SCHEMA,
    )


def _move(session: Session, source: Engine, url: str) -> int:
    """Copy everything into an empty database of a server, in one transaction, and compare each row."""
    if sqlite_file(source.url) is None:
        raise Refused(
            sentence("monitor.database is on a server already; --to copies an SQLite database there")
        )
    target = open_engine(_address(session, url))
    shown = notations.without_password(url)
    try:
        missing_migration(target)  # refuses a server that does not answer, and tables of a newer program
        with source.begin() as original, target.begin() as copied:  # nobody writes to the original meanwhile
            migrate_tables(copied)
            if not is_empty(copied):
                raise Refused(
                    sentence(
                        "{database} is in use already, there are rows in it; make another one", database=shown
                    )
                )
            session.tell(sentence("everything is being copied to {database}", database=shown))
            rows = copy_rows(original, copied)
    except NotTheSame as found:
        raise Refused(
            sentence(
                "nothing was copied: table {table} did not arrive as it is; tell who keeps the program",
                table=found.table,
            )
        ) from found
    except NotTaken as found:
        raise Refused(
            sentence(
                "nothing was copied: the server does not take row {row} of table {table} ({why}); "
                "tell who keeps the program",
                row=found.row,
                table=found.table,
                why=found.why,
            )
        ) from found
    finally:
        target.dispose()
    for name, number in rows.items():
        print(f"  {name}: {number}")
    session.tell(
        sentence(
            "{rows} copied, and each compared; now set monitor.database to that address, and keep the old file",
            rows=counted("{n} row", "{n} rows", sum(rows.values())),
        )
    )
    return 0


def _address(session: Session, url: str) -> str:
    try:
        address = notations.database_url(url, session.assembly.settings.folder)
    except notations.NotEscaped:
        raise Refused(sentence(NOT_ESCAPED, key="--to")) from None
    except ValueError:
        address = ""
    if not address or sqlite_file(address) is not None:
        raise Refused(
            sentence(
                "--to {url} is not the address of a PostgreSQL database; one looks like {example}",
                url=notations.without_password(url),
                example="postgresql+psycopg://user@host/name",
            )
        )
    return address
