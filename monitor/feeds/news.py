"""What became overdue and what was posted, as an Atom feed (RFC 4287)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from operator import attrgetter
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, TextClause, func, select

from monitor.assembly import Assembly
from monitor.clock import day_in
from monitor.core.outcome import AWAITED
from monitor.core.status import State
from monitor.feeds.addresses import Feed
from monitor.feeds.following import NAME, Followed, followed_rows, is_open
from monitor.speech import Speech
from monitor.storage import tables
from monitor.wording import channel_word
from notifications.names import among
from rules.sentences import Sentence, sentence

LARGEST = 100
"""Entries, the newest ones."""
_LOOKED_THROUGH = 2000
"""Postings, the newest ones, for what was posted late."""
_ATOM = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True, slots=True)
class _Entry:
    id: str
    """What it stays known by."""
    said: Sentence
    words: str
    key: str
    at: datetime


def news_of(
    connection: Connection, assembly: Assembly, feed: Feed, followed: Followed, now: datetime, voice: Speech
) -> tuple[str, datetime | None]:
    """The whole text, and when the youngest entry came up."""
    today = day_in(assembly.settings.monitor.timezone, now)
    entries = [
        *islice(_postings(connection, followed), LARGEST),
        *islice(_overdue(connection, followed, today), LARGEST),
        *islice(_posted_late(connection, followed, today), LARGEST),
    ]
    entries.sort(key=attrgetter("at", "id"), reverse=True)
    newest = entries[0].at if entries else None
    base = assembly.settings.web.public_url
    name = f"iltod: {followed.name}" if followed.name else "iltod"
    written = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": voice.language})
    ET.SubElement(written, "id").text = _urn(f"feed {feed.id} {feed.made_at.isoformat()}")
    ET.SubElement(written, "title").text = _readable(name)
    ET.SubElement(written, "updated").text = _moment(newest or datetime.fromtimestamp(0, UTC))
    ET.SubElement(ET.SubElement(written, "author"), "name").text = "iltod"
    ET.SubElement(written, "link", {"rel": "alternate", "href": f"{base}/"})
    for each in entries[:LARGEST]:
        _add(written, each, base, voice)
    text = ET.tostring(written, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n', newest


def _postings(connection: Connection, followed: Followed) -> Iterator[_Entry]:
    posting, obligation, organisation = tables.posting, tables.obligation, tables.organisation
    touched = func.coalesce(posting.c.withdrawn_at, posting.c.recorded_at)
    wanted = select(
        posting.c.id,
        posting.c.key,
        posting.c.channel,
        posting.c.posted_on,
        posting.c.recorded_at,
        posting.c.withdrawn_at,
        posting.c.organisation,
        obligation.c.card_id,
        organisation.c.name,
    ).join(obligation, obligation.c.key == posting.c.key)
    wanted = wanted.join(organisation, organisation.c.id == posting.c.organisation)
    newest = wanted.order_by(touched.desc(), posting.c.id.desc())
    for row, card in followed_rows(connection, followed, newest):
        if row.withdrawn_at is None:
            said = sentence(
                "posted ({channel}) on {day}: {title}, {organisation}",
                channel=channel_word(row.channel),
                day=row.posted_on,
                title=card.title,
                organisation=row.name,
            )
        else:
            said = sentence(
                "a posting was taken back ({channel}): {title}, {organisation}",
                channel=channel_word(row.channel),
                title=card.title,
                organisation=row.name,
            )
        name = f"posting {row.id} {row.key} {row.recorded_at.isoformat()}"
        yield _Entry(_urn(name), said, card.words, row.key, row.withdrawn_at or row.recorded_at)


def _overdue(connection: Connection, followed: Followed, today: date) -> Iterator[_Entry]:
    """What was not posted when its due date passed, and is not yet."""
    return _late(connection, followed, today, is_open(followed), tables.obligation.c.outcome == AWAITED)


def _posted_late(connection: Connection, followed: Followed, today: date) -> Iterator[_Entry]:
    """What was not posted when its due date passed, but is now: as far as the newest postings tell."""
    posting, obligation = tables.posting, tables.obligation
    newest = select(posting.c.key).order_by(posting.c.id.desc()).limit(_LOOKED_THROUGH)
    if followed.organisations is not None:
        newest = newest.where(among(posting.c.organisation, followed.organisations))
    late = obligation.c.outcome == str(State.MET_LATE)
    return _late(connection, followed, today, late, obligation.c.key.in_(newest))


def _late(
    connection: Connection, followed: Followed, today: date, *those: ColumnElement[bool] | TextClause
) -> Iterator[_Entry]:
    obligation = tables.obligation
    wanted = select(
        obligation.c.key,
        obligation.c.organisation,
        obligation.c.card_id,
        obligation.c.timezone,
        obligation.c.due_on,
        NAME,
    ).where(*those, obligation.c.due_on < today)
    ordered = wanted.order_by(obligation.c.due_on.desc(), obligation.c.key.desc())
    for row, card in followed_rows(connection, followed, ordered):
        said = sentence(
            "overdue, it was due on {day}: {title}, {organisation}",
            day=row.due_on,
            title=card.title,
            organisation=row.name,
        )
        since = datetime.combine(row.due_on + timedelta(days=1), time(), ZoneInfo(row.timezone))
        yield _Entry(_urn(f"overdue {row.key} {row.due_on}"), said, card.words, row.key, since)


def _add(written: ET.Element, each: _Entry, base: str, voice: Speech) -> None:
    entry = ET.SubElement(written, "entry")
    ET.SubElement(entry, "id").text = each.id
    ET.SubElement(entry, "title").text = _readable(each.said.say(voice))
    ET.SubElement(entry, "updated").text = _moment(each.at)
    ET.SubElement(entry, "link", {"rel": "alternate", "href": f"{base}/duties/{quote(each.key)}"})
    ET.SubElement(entry, "summary").text = _readable(each.words)


def _urn(name: str) -> str:
    """The same for the same name for ever, wherever the page moves to."""
    return uuid5(NAMESPACE_URL, f"iltod {name}").urn


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _readable(text: str) -> str:
    """Without what XML has no place for."""
    return "".join(each for each in text if each.isprintable() or each in "\t\n\r")
