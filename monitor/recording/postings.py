"""Postings: what was put up where, and when it was taken down."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Connection, insert, select, update

from monitor.assembly import Assembly
from monitor.core.evidence import Posting
from monitor.core.journal import What
from monitor.cycle import refresh
from monitor.lookup import Found, find
from monitor.recording.outcome import Recorded, refuse_future, tell, twins
from monitor.state import Refused
from monitor.storage import tables
from rules.sentences import sentence

LARGEST_FILE = 25 * 1024 * 1024
"""Bytes of a file or photograph that backs a posting."""


def post(
    connection: Connection,
    assembly: Assembly,
    now: datetime,
    by: str,
    *,
    key: str,
    channel: str,
    on: date,
    url: str | None,
    file: Path | None,
    note: str,
) -> Recorded:
    """Record that the document was put up in one channel on a day."""
    found = find(connection, assembly, key, now)
    channels = found.obligation.card.channels
    if channel not in channels:
        raise Refused(
            sentence(
                "{key} is not posted in {channel}; its channels are: {known}",
                key=key,
                channel=channel,
                known=channels,
            )
        )
    refuse_future(on, found.today, planned=False)
    if url is not None:
        _refuse_bad_address(url)
    same = _same_posting(found, channel, on, url)
    if same is None:
        row = {
            "organisation": found.organisation.id,
            "key": key,
            "channel": channel,
            "posted_on": on,
            "url": url,
            "evidence": _keep_file(connection, file) if file else None,
            "note": note,
            "recorded_at": now,
        }
        table = tables.posting
        number = connection.execute(insert(table).returning(table.c.id), row).scalar_one()
        told = {
            "posting": f"p{number}",
            "channel": channel,
            "on": on,
            "url": url,
            "sha256": row["evidence"],
            "note": note,
        }
        tell(connection, found.organisation, now, by, What.POSTING, told, key=key)
        refresh(connection, assembly.law, found.organisation, now, by)
    else:
        number = same.id
    return Recorded(number, same is None, twins(connection, assembly, found, now))


def withdraw_posting(
    connection: Connection,
    assembly: Assembly,
    now: datetime,
    by: str,
    number: int,
    reason: str,
    on: date | None,
) -> Recorded:
    """Withdraw a posting: with `on` it was up until that day, without it it was never valid."""
    table = tables.posting
    row = connection.execute(select(table).where(table.c.id == number)).one_or_none()
    if row is None:
        raise Refused(sentence("posting {id} is not known; see: iltod posting list", id=number))
    found = find(connection, assembly, row.key, now)
    if row.withdrawn_at is not None:
        return Recorded(number, False, twins(connection, assembly, found, now))
    if on is not None:
        refuse_future(on, found.today, planned=False)
        if on < row.posted_on:
            raise Refused(
                sentence(
                    "posting {id} was put up on {posted}; it was not taken down before, on {on}",
                    id=number,
                    posted=row.posted_on,
                    on=on,
                )
            )
    values = {"withdrawn_at": now, "withdrawn_why": reason, "taken_down_on": on}
    connection.execute(update(table).where(table.c.id == number).values(values))
    told = {"posting": f"p{number}", "on": on, "why": reason}
    tell(connection, found.organisation, now, by, What.POSTING_WITHDRAWN, told, key=row.key)
    refresh(connection, assembly.law, found.organisation, now, by)
    return Recorded(number, True, twins(connection, assembly, found, now))


def _refuse_bad_address(url: str) -> None:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        good = False
    if not good or any(character.isspace() or not character.isprintable() for character in url):
        raise Refused(sentence("{url} is not an address; one begins with https:// or http://", url=url))


def _same_posting(found: Found, channel: str, on: date, url: str | None) -> Posting | None:
    postings: Sequence[Posting] = found.facts.postings.get(found.obligation.key, ())
    return next(
        (
            each
            for each in postings
            if each.withdrawn is None and (each.channel, each.on, each.url) == (channel, on, url)
        ),
        None,
    )


def _keep_file(connection: Connection, file: Path) -> str:
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise Refused(sentence("{file} is larger than 25 MB; give a smaller copy", file=file))
        content = file.read_bytes()
    except OSError as error:
        raise Refused(sentence("{file} cannot be read: {why}", file=file, why=error.strerror)) from error
    sha256 = hashlib.sha256(content).hexdigest()
    table = tables.evidence
    if connection.scalar(select(table.c.sha256).where(table.c.sha256 == sha256)) is None:
        connection.execute(insert(table).values(sha256=sha256, name=file.name, content=content))
    return sha256
