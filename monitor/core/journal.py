"""The journal: every change as a row that is chained to the row before by its hash.

A hash is SHA-256 over canonical JSON: keys sorted, no white space, UTF-8, whole numbers only (as RFC 8785 writes such
values). Whoever changes, swaps, drops or inserts a row would have to make every later row of its chain anew, and
the heads of all chains stand in the rows of `DAYS`, whose hashes lie in the mailboxes of those who were told.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from rules.sentences import Sentence, sentence

BEGINNING = "0" * 64
"""Stands for the hash before a chain's first entry."""

MONITOR, MAILS, DAYS = "-monitor", "-mail", "-day"
"""The chains of no organisation, whose ids do not begin with a dash: of the monitor itself, of mails, and of days."""

CYCLE = "iltod"
"""Who changes what nobody asked for."""


class What(StrEnum):
    """What an entry tells."""

    OPENED = "opened"
    TAKEN_OVER = "taken-over"  # it was opened before there was a journal
    MOVED = "moved"
    RECKONED_ANEW = "reckoned-anew"  # the same date, for other reasons
    WITHDRAWN = "withdrawn"
    STANDS_AGAIN = "stands-again"
    EXEMPTION = "exemption"
    EVENT = "event"
    EVENT_AMENDED = "event-amended"
    EVENT_WITHDRAWN = "event-withdrawn"
    POSTING = "posting"
    POSTING_WITHDRAWN = "posting-withdrawn"
    WAIVER = "waiver"
    WAIVER_LIFTED = "waiver-lifted"
    EXTENSION = "extension"
    SNOOZE = "snooze"
    JOINED = "joined"
    CHANGED = "changed"
    LEFT = "left"
    CONFIGURATION = "configuration"
    PACKS = "packs"
    CALENDAR = "calendar"
    REGISTER_ACCEPTED = "register-accepted"
    RESUMED = "resumed"
    SIGNED_OUT = "signed-out"  # from the command line, everywhere
    IMPORTED = "imported"
    MAILS = "mails"
    MAIL_RETRIED = "mail-retried"
    TOKEN = "token"  # noqa: S105 -- the word for it
    TOKEN_REVOKED = "token-revoked"  # noqa: S105 -- likewise
    FEED = "feed"
    FEED_REVOKED = "feed-revoked"
    DAY = "day"


OPENING = (What.OPENED, What.TAKEN_OVER)
"""The entries with which obligations begin."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be told of one change; `content` is plain JSON."""

    chain: str
    what: What
    content: Mapping[str, Any]
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the journal. `at` is the moment in UTC as text, `before` the hash of the entry before."""

    chain: str
    number: int
    at: str
    by: str
    what: str
    key: str | None
    content: Mapping[str, Any]
    before: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a chain."""

    number: int = 0
    hash: str = BEGINNING


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain no longer holds, and why."""

    chain: str
    number: int
    why: Sentence


def digest(content: object) -> str:
    """The same for the same JSON value, whatever the order of its keys."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def chained(change: Change, after: Head, at: str, by: str) -> Entry:
    """The entry that tells `change`, next in its chain."""
    number = after.number + 1
    row = _told(change.chain, number, at, by, str(change.what), change.key, change.content, after.hash)
    return Entry(**row, hash=digest(row))


def first_break(entries: Iterable[Entry]) -> Break | None:
    """Where the entries of one chain, in order, cease to follow from each other; None where they all do."""
    head = Head()
    for each in entries:
        if each.number != head.number + 1:
            missing = head.number + 1
            return Break(each.chain, missing, sentence("entry {number} is missing", number=missing))
        if each.before != head.hash:
            return Break(
                each.chain, each.number, sentence("it does not follow from the entry that stands before it")
            )
        if not _is_as_written(each):
            return Break(each.chain, each.number, sentence("it was changed after it was written"))
        head = Head(each.number, each.hash)
    return None


def is_digest_of(told: str, content: object) -> bool:
    """Whether `told` is the digest of that; what is no JSON of ours has none."""
    try:
        return told == digest(content)
    except (TypeError, ValueError, RecursionError):
        return False


def _is_as_written(entry: Entry) -> bool:
    row = _told(
        entry.chain,
        entry.number,
        entry.at,
        entry.by,
        entry.what,
        entry.key,
        entry.content,
        entry.before,
    )
    return is_digest_of(entry.hash, row)


def _told(
    chain: str,
    number: int,
    at: str,
    by: str,
    what: str,
    key: str | None,
    content: Mapping[str, Any],
    before: str,
) -> dict[str, Any]:
    return {
        "chain": chain,
        "number": number,
        "at": at,
        "by": by,
        "what": what,
        "key": key,
        "content": content,
        "before": before,
    }
