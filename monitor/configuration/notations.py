"""How single values are written in the configuration; every reader raises ValueError for any other text."""

import os
import re
import unicodedata
from collections.abc import Collection, Mapping
from datetime import date, time
from ipaddress import IPv6Address
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from monitor.configuration.settings import Listen

_BIDI_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_WORD = re.compile(r"[^\W_][\w-]{0,63}")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_HOST_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_MAILBOX = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_DATE = re.compile(r"([0-9]{4})([-./])([0-9]{1,2})\2([0-9]{1,2})")
_LISTEN = re.compile(r"(?:\[(?P<v6>[^\]]+)\]|(?P<host>[^:]+)):(?P<port>[0-9]{1,5})")
_RULE_ID = re.compile(r"[a-z0-9][a-z0-9-]*\.[a-z0-9][a-z0-9-]*")
_SERVICE = re.compile(r"[a-z][a-z0-9+.-]*://[^\s\x00-\x1f\x7f]+", re.IGNORECASE)
_PASSWORD_IN_URL = re.compile(r"((?:[^:]*://)?[^:@]*:)(?!//).*@|(password=)[^&]*", re.DOTALL)


class NotEscaped(ValueError):  # noqa: N818 -- what it is
    """Where a name or a password with such signs ends each reader sees elsewhere, and may show the rest of it."""


def line_of_text(text: str) -> str:
    """A name or another text for people: one line, not blank, nothing that moves what is around it."""
    if not text.strip() or len(text) > 300:
        raise ValueError(text)
    if not text.isprintable() and any(map(_moves_others, text)):
        raise ValueError(text)
    return text.strip()


def organisation_id(text: str) -> str:
    """The permanent id of an organisation: a-z, 0-9 and -, up to 64 of them."""
    return _matched(_ID, text)


def rule_id(text: str) -> str:
    """The full id of a rule, such as budget.approved."""
    return _matched(_RULE_ID, text)


def word(text: str) -> str:
    """A kind or a role: one word of letters, digits, - and _, in any script."""
    return _matched(_WORD, text)


def timezone(text: str) -> str:
    """The name of a time zone in the IANA database, such as Asia/Hovd."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, OSError) as unknown:
        raise ValueError(text) from unknown
    return text


def address(text: str) -> str:
    """One e-mail address (RFC 5321), its domain in the ASCII form in which it travels (IDNA).

    One alone: a string of two would be sent to the first and called delivered. The part before the @ is
    ASCII, for few servers take another.
    """
    local, at, domain = text.rpartition("@")
    if not at or len(local) > 64 or len(text) > 254 or not _LOCAL_PART.fullmatch(local):
        raise ValueError(text)
    return f"{local}@{_host(domain)}"


def mailbox(text: str) -> str:
    """An e-mail address, alone or after a name: `iltod <iltod@example.mn>`."""
    match = _MAILBOX.fullmatch(text.strip())
    if match is None:
        return address(text)
    name = match["name"].strip()
    return f"{line_of_text(name)} <{address(match['address'])}>" if name else address(match["address"])


def web_address(text: str) -> str:
    """The address of a page, http or https, without a user's name in it."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or parts.username is not None or not parts.hostname:
        raise ValueError(text)
    if (
        not text.isprintable() or " " in text or parts.port == 0
    ):  # the port of a wrong one is itself a ValueError
        raise ValueError(text)
    host(parts.hostname)
    return text


def time_of_day(text: str) -> time:
    """A time such as 09:00."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return time(int(match[1]), int(match[2]))


def day(text: str) -> date:
    """A date as people and spreadsheets write it: 2024-02-21, 2024.02.21, 2024/2/21."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return date(int(match[1]), int(match[3]), int(match[4]))


def listen(text: str) -> Listen | None:
    """A host and a port such as 127.0.0.1:8470 or [::1]:8470; nothing for an empty text."""
    if not text:
        return None
    match = _LISTEN.fullmatch(text)
    if match is None or int(match["port"]) > 65535:
        raise ValueError(text)
    return Listen(str(IPv6Address(match["v6"])) if match["v6"] else _host(match["host"]), int(match["port"]))


def database_url(text: str, folder: Path) -> str:
    """The address of the database; the path of a file is made absolute, from `folder` on.

    It is that of the file itself, not of a link to it: the lock and SQLite's `-wal` lie beside the one file, by
    whatever name it is opened. Raises `NotEscaped` for an @ that is none between a name and a server.
    """
    if text.startswith("postgresql+psycopg:"):
        before, _, after = text.partition("://")[2].partition("@")
        if "@" in after or (after and any(each in before for each in "/?#")):
            raise NotEscaped
        parts = urlsplit(text)  # a port that is no number is itself a ValueError
        if len(parts.path) < 2 or not text.isprintable() or parts.port == 0:
            raise ValueError(text)
        return text
    start = "sqlite:///"
    if not text.startswith(start) or text == start or not text.isprintable() or "?" in text:
        raise ValueError(text)
    named = folder / unquote(text.removeprefix(start))
    path = os.path.realpath(named)  # Path.resolve() would fail on links in a circle
    return f"{start}{quote(path)}"


def without_password(url: str) -> str:
    """The address as it may be shown: a password in it is hidden."""
    return _PASSWORD_IN_URL.sub(lambda found: f"{found[1]}***@" if found[1] else f"{found[2]}***", url)


def without_unknown_values(data: Mapping[str, object], known: Collection[str]) -> dict[str, object]:
    """The data with nothing at the keys that are not known: a misspelt one may hold a secret."""
    return {key: value if key in known else None for key, value in data.items()}


def service(text: str) -> str:
    """The address of a service as Apprise writes it, such as tgram://token/chat."""
    return _matched(_SERVICE, text)


def host(text: str) -> str:
    """The name or the number of a machine, a name in its ASCII form."""
    return str(IPv6Address(text)) if ":" in text else _host(text)


def _moves_others(sign: str) -> bool:
    return unicodedata.category(sign) in {"Cc", "Zl", "Zp"} or sign in _BIDI_OVERRIDES


def _matched(pattern: re.Pattern[str], text: str) -> str:
    if pattern.fullmatch(text) is None:
        raise ValueError(text)
    return text


def _host(name: str) -> str:
    try:
        ascii_name = name if name.isascii() else name.encode("idna").decode()
    except UnicodeError as impossible:
        raise ValueError(name) from impossible
    if len(ascii_name) > 253 or not all(_HOST_LABEL.fullmatch(label) for label in ascii_name.split(".")):
        raise ValueError(name)
    return ascii_name
