"""`iltod journal`: who changed what, when and why; and the proof that nobody changed that afterwards."""

from argparse import Namespace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, select

from monitor.cli.output import write_list
from monitor.cli.session import Session, begin, reading
from monitor.configuration.notations import without_password
from monitor.core.journal import Entry, What
from monitor.journal_words import note_of
from monitor.proof import prove
from monitor.proof.broken import Broken
from monitor.proof.chains import Sought
from monitor.records import JOURNAL, journal_entry
from monitor.storage import tables
from monitor.storage.engine import sqlite_file
from monitor.storage.journal import entries_of
from monitor.wording import local_moment, what_word
from rules.sentences import Sentence, counted, sentence

_SHOWN = ("at", "by", "what", "organisation", "key", "note")


def journal_list(args: Namespace) -> int:
    """The entries, oldest first."""
    session = begin(args)
    table = tables.journal
    wanted = select(table).order_by(table.c.at, table.c.chain, table.c.number)
    if args.organisation:
        wanted = wanted.where(table.c.chain == args.organisation)
    if args.key:
        wanted = wanted.where(table.c.key == args.key)
    if args.since:
        wanted = wanted.where(table.c.at >= _midnight(session, args.since))
    if args.until:
        wanted = wanted.where(table.c.at < _midnight(session, args.until + timedelta(days=1)))
    with reading(session) as opened:
        entries = _read(opened.connection, wanted) if opened else []
    if args.format == "table":
        if not entries:
            session.tell(sentence("nothing was recorded yet"))
            return 0
        write_list([_shown(session, each) for each in entries], _SHOWN, args.format, session.heads(_SHOWN))
        return 0
    write_list([journal_entry(each) for each in entries], JOURNAL, args.format, JOURNAL)
    return 0


def journal_verify(args: Namespace) -> int:
    """Prove the journal; with `--against` also that a mail's hash lies on it. Exits 1 where that cannot be done."""
    session = begin(args)
    sought = args.against
    try:
        with reading(session) as opened:
            if opened is None:
                session.warn(_nothing_there(session))
                return 1
            proof = prove(opened.connection, sought)
    except Broken as broken:
        session.warn(broken.sentence)
        return 1
    session.tell(
        sentence(
            "the journal is whole: {entries} in {chains}; {obligations}, {records} too",
            entries=counted("{n} entry", "{n} entries", proof.entries),
            chains=counted("{n} chain", "{n} chains", proof.chains),
            obligations=counted(
                "{n} obligation is as it tells", "{n} obligations are as it tells", proof.obligations
            ),
            records=counted(
                "{n} event, posting or decision", "{n} events, postings and decisions", proof.records
            ),
        )
    )
    if sought is None:
        return 0
    if proof.sought is None:
        session.warn(_not_found(sought))
        return 1
    session.tell(_covered(session, proof.sought))
    if proof.sought.earlier:
        session.tell(_outside(proof.sought.earlier))
    return 0


def _read(connection: Connection, wanted: Select[Any]) -> list[Entry]:
    with entries_of(connection, wanted) as entries:
        return list(entries)


def _nothing_there(session: Session) -> Sentence:
    database = session.assembly.settings.monitor.database
    file = sqlite_file(database)
    if file is not None and not file.exists():
        return sentence("there is nothing to prove: there is no database {file}", file=file)
    shown = without_password(database)
    return sentence("there is nothing to prove: the database {database} holds nothing yet", database=shown)


def _covered(session: Session, sought: Sought) -> Sentence:
    return sentence(
        "{hash} lies on it: entry {number} of chain {chain}, of {moment}; it covers {entries} of {chains}: "
        "none of them was changed since",
        hash=sought.entry.hash,
        number=sought.entry.number,
        chain=sought.entry.chain,
        moment=local_moment(datetime.fromisoformat(sought.entry.at), session.timezone),
        entries=counted("{n} entry", "{n} entries", sought.entries),
        chains=counted("{n} chain", "{n} chains", sought.chains),
    )


def _outside(earlier: int) -> Sentence:
    return counted(
        "{n} entry says that it is older, and is not among them: that it was written before that mail is not proven",
        "{n} entries say that they are older, and are not among them: that they were written before that mail is not "
        "proven",
        earlier,
    )


def _not_found(sought: str) -> Sentence:
    return sentence(
        "{hash} does not lie on it: the journal was written anew after that mail, or the mail is another monitor's",
        hash=sought,
    )


def _midnight(session: Session, day: date) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(session.timezone))


def _shown(session: Session, entry: Entry) -> dict[str, Any]:
    return {
        "at": local_moment(datetime.fromisoformat(entry.at), session.timezone),
        "by": entry.by,
        "what": session.say(what_word(What(entry.what))),
        "organisation": entry.chain,
        "key": entry.key,
        "note": note_of(entry, session.voice),
    }
