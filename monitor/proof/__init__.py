"""Proving the journal: that no entry was changed, dropped or invented, and that the tables say what it tells.

It reads the database and nothing else: no configuration, pack or calendar. It cannot see that all chains were written
anew from some day on, by somebody who may write to the database: for that there are the mails, whose hash then lies on
no chain any more.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, inspect

from monitor.proof.broken import Broken
from monitor.proof.chains import Sought, Told, prove_chains
from monitor.proof.files import prove_files
from monitor.proof.mails import prove_mails
from monitor.proof.obligations import prove_obligations, prove_reckonings
from monitor.proof.records import prove_records
from monitor.storage import tables
from notifications import tables as outbox
from rules.sentences import sentence

_READ = (
    *(tables.journal, tables.journal_head, tables.reckoning, tables.card, tables.obligation),
    *(tables.event, tables.posting, tables.evidence, tables.waiver, tables.extension, tables.snooze),
    *(outbox.attempt, outbox.delivery),
)


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found whole."""

    entries: int
    chains: int
    obligations: int
    records: int
    """Events, postings and decisions."""
    sought: Sought | None
    """If it lies on a chain."""


def prove(connection: Connection, sought: str | None = None) -> Proof:
    """Look through the whole journal and at all that it tells of; raises `Broken` at the first fault."""
    _refuse_missing(connection)
    told = Told(sought)
    prove_chains(connection, told)
    prove_reckonings(connection)
    obligations = prove_obligations(connection, told)
    records = prove_records(connection)
    prove_files(connection)
    prove_mails(connection)
    return Proof(told.entries, len(told.heads), obligations, records, told.found())


def _refuse_missing(connection: Connection) -> None:
    database = inspect(connection)
    for table in _READ:
        if not database.has_table(table.name):
            raise Broken(sentence("the table {table} is missing from the database", table=table.name))
