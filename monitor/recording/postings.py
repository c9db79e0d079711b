"""Postings: what was put up where, and when it was taken down."""

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Connection, insert, select, update

from monitor.assembly import Assembly
from monitor.core.journal import What
from monitor.cycle import refresh
from monitor.lookup import Found, find
from monitor.recording.files import bytes_of
from monitor.recording.outcome import Recorded, refuse_future, tell, twins
from monitor.state import Refused
from monitor.storage import tables
from monitor.texts import refuse_control_characters
from rules.sentences import sentence

LARGEST_FILE = 25 * 1024 * 1024
"""Bytes of a file or photograph that backs a posting."""


@dataclass(frozen=True, slots=True)
class Backing:
    """A file or photograph that backs a posting."""

    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        """By which it is kept."""
        return sha256(self.content).hexdigest()


def backing(file: Path) -> Backing:
    """What the file holds; raises `Refused` where that cannot be had, or is too much."""
    too_large = sentence("{file} is larger than 25 MB; give a smaller copy", file=file)
    return Backing(file.name, bytes_of(file, LARGEST_FILE, too_large))


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
    file: Backing | None,
    note: str,
) -> Recorded:
    """Record that the document was put up in one channel on a day."""
    refuse_control_characters(note)
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
    same = _same_posting(connection, found, channel, on, url, file)
    if same is None:
        row = {
            "organisation": found.organisation.id,
            "key": key,
            "channel": channel,
            "posted_on": on,
            "url": url,
            "evidence": _keep(connection, file) if file else None,
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
        number = same
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
    refuse_control_characters(reason)
    table = tables.posting
    row = connection.execute(select(table).where(table.c.id == number)).one_or_none()
    if row is None:
        raise Refused(sentence("posting {id} is not known; see: iltod posting list", id=f"p{number}"))
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


def _same_posting(
    connection: Connection, found: Found, channel: str, on: date, url: str | None, file: Backing | None
) -> int | None:
    """The number of the posting that says as much: one without the file would drop it."""
    same = [
        each.id
        for each in found.facts.postings.get(found.obligation.key, ())
        if each.withdrawn is None and (each.channel, each.on, each.url) == (channel, on, url)
    ]
    if file is None:
        return same[0] if same else None
    table = tables.posting
    backed = select(table.c.id).where(table.c.id.in_(same), table.c.evidence == file.sha256)
    return connection.scalar(backed.order_by(table.c.id).limit(1))


def _keep(connection: Connection, file: Backing) -> str:
    table = tables.evidence
    if connection.scalar(select(table.c.sha256).where(table.c.sha256 == file.sha256)) is None:
        connection.execute(insert(table).values(sha256=file.sha256, name=file.name, content=file.content))
    return file.sha256
