"""A message as finished bytes.

Put together by hand, because the standard library's `EmailMessage` costs about 2 ms a message and, in Python
3.11.7, cannot be trusted with a name. The tests hold the result against what a mail program reads.
"""

import re
from binascii import b2a_base64, b2a_qp
from collections.abc import Iterator
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from hashlib import sha256
from secrets import token_hex

from notifications.headers import mailbox_header, split_mailbox, text_header, wire_address
from notifications.messages import Kind, Message
from notifications.moments import moment_text

# "=_" stands neither in base64 nor in quoted-printable, so no part can contain a boundary
_ALTERNATIVE = "=_iltod-alternative"
_MIXED = "=_iltod-mixed"
_NAME = re.compile(rb"^([!-9;-~]+):", re.MULTILINE)
_LONGEST_LINE = 998
"""Bytes, without the line's end (RFC 5322, 2.1.1)."""


class UnsafeHeadersError(ValueError):
    """The finished bytes do not have exactly the headers that were meant; they must not be sent."""


def make_message_id(message: Message, sender: str, queued_at: datetime) -> str:
    """The Message-ID, made once, when the message is queued; every attempt carries the same."""
    said = "\0".join((message.recipient_key, message.day.isoformat(), message.kind, moment_text(queued_at)))
    if message.kind is Kind.SIGN_IN:  # two may be asked for at once, or while the clock of a rehearsal stands
        said += f"\0{message.text}"
    elif message.kind is Kind.TEST:  # likewise, and each says the same
        said += f"\0{token_hex(8)}"
    return f"<{sha256(said.encode()).hexdigest()[:32]}@{_domain(sender)}>"


def compose(message: Message, sender: str, reply_to: str, message_id: str, at: datetime) -> bytes:
    """The finished message: text and HTML as alternatives, the calendar, if any, attached; all of it ASCII.

    `sender` and `reply_to` are mailboxes (`iltod <iltod@example.mn>`), `reply_to` may be empty; `at` is the
    moment for the Date header. Raises `ValueError` for an unfit address.
    """
    headers = {
        "From": _mailbox(sender),
        "To": mailbox_header(message.name, message.recipient),
        "Subject": text_header(message.subject),
        "Date": format_datetime(at),
        "Message-ID": message_id,
        "List-Id": _list_id(sender),
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
    }
    if reply_to:
        headers["Reply-To"] = _mailbox(reply_to)
    content_type, body = _content(message)
    headers["Content-Type"] = content_type
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    raw = head.encode("ascii") + b"\r\n" + body
    check_headers(raw, frozenset(headers))
    return raw


def check_headers(raw: bytes, expected: frozenset[str]) -> None:
    """Raises `UnsafeHeadersError` unless each expected header stands there exactly once, and no other."""
    head, end, _ = raw.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    names = sorted(found.decode("ascii") for found in _NAME.findall(head))
    folded = sum(line.startswith(b" ") and bool(line.strip()) for line in lines)
    if (
        not end
        or names != sorted(expected)
        or len(names) + folded != len(lines)
        or any(not _is_plain(line) for line in lines)
    ):
        raise UnsafeHeadersError(f"headers {names} where {sorted(expected)} were meant")


def _is_plain(line: bytes) -> bool:
    return len(line) <= _LONGEST_LINE and line.isascii() and line.decode("ascii").isprintable()


def _content(message: Message) -> tuple[str, bytes]:
    alternative = _joined(_ALTERNATIVE, _text_part("plain", message.text), _text_part("html", message.html))
    if message.calendar is None:
        return f'multipart/alternative; boundary="{_ALTERNATIVE}"', alternative
    inner = f'Content-Type: multipart/alternative; boundary="{_ALTERNATIVE}"\r\n\r\n'.encode() + alternative
    return f'multipart/mixed; boundary="{_MIXED}"', _joined(_MIXED, inner, _calendar_part(message.calendar))


def _joined(boundary: str, *parts: bytes) -> bytes:
    between = f"--{boundary}\r\n".encode()
    return b"".join(between + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()


def _text_part(subtype: str, content: str) -> bytes:
    return _part(f"Content-Type: text/{subtype}; charset=utf-8", content)


def _calendar_part(content: str) -> bytes:
    return _part(
        'Content-Type: text/calendar; charset=utf-8; method=PUBLISH; name="iltod.ics"\r\n'
        'Content-Disposition: attachment; filename="iltod.ics"',
        content,
    )


def _part(headers: str, content: str) -> bytes:
    lines = "\r\n".join(content.splitlines()) + "\r\n"
    if lines.isascii():
        encoding, body = "quoted-printable", b2a_qp(lines.encode(), istext=True).replace(b"\r\n.", b"\r\n=2E")
    else:
        encoding, body = "base64", b"\r\n".join(_base64_lines(lines.encode("utf-8", "replace")))
    return f"{headers}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + body


def _base64_lines(content: bytes) -> Iterator[bytes]:
    encoded = b2a_base64(content, newline=False)
    return (encoded[start : start + 76] for start in range(0, len(encoded), 76))


@lru_cache(maxsize=64)
def _mailbox(mailbox: str) -> str:
    return mailbox_header(*split_mailbox(mailbox))


@lru_cache(maxsize=64)
def _domain(mailbox: str) -> str:
    return wire_address(split_mailbox(mailbox)[1]).rpartition("@")[2]


@lru_cache(maxsize=64)
def _list_id(mailbox: str) -> str:
    return f"<{wire_address(split_mailbox(mailbox)[1]).replace('@', '.')}>"
