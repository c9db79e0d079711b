"""The files that back postings."""

from dataclasses import dataclass

from sqlalchemy import Connection, LargeBinary, func, select
from sqlalchemy.sql.functions import Function

from monitor.storage import tables

_BEGINNING = 32
"""Bytes that tell what a file is."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file that backs a posting."""

    sha256: str
    name: str
    size: int
    beginning: bytes
    """By which its kind is told."""


def evidence_of(connection: Connection, posting: int) -> tuple[str, Evidence] | None:
    """The organisation of a posting, and the file that backs it; None where there is none."""
    table, file = tables.posting, tables.evidence
    row = connection.execute(
        select(
            table.c.organisation,
            file.c.sha256,
            file.c.name,
            func.length(file.c.content).label("size"),
            _piece(1, _BEGINNING).label("beginning"),
        )
        .join(file, file.c.sha256 == table.c.evidence)
        .where(table.c.id == posting)
    ).one_or_none()
    if row is None:
        return None
    return row.organisation, Evidence(row.sha256, row.name, row.size, row.beginning)


def piece_of(connection: Connection, sha256: str, start: int, size: int) -> bytes:
    """So many bytes of a file that backs a posting, from `start` on."""
    file = tables.evidence
    wanted = select(_piece(start + 1, size)).where(file.c.sha256 == sha256)
    return bytes(connection.execute(wanted).scalar_one())


def _piece(first: int, size: int) -> Function[bytes]:
    return func.substr(tables.evidence.c.content, first, size, type_=LargeBinary)
