"""Header values made safe by our own hand.

Python 3.11.7's `email` package turns an encoded newline in a name (`=?utf-8?q?x=0D=0ABcc:_a@b?=`) into a real
header line (CVE-2024-6923), so nothing here passes through its header machinery.
"""

import re
from binascii import b2a_base64
from email.utils import parseaddr

MAX_LENGTH = 200
"""Characters of a text header; a longer one ends with an ellipsis."""

_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_UNWANTED = re.compile(f"[{_BIDI}\ufeff\ufff9-\ufffb\ud800-\udfff]")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ENCODED_WORD_START = re.compile(r"=+(?=\?)")
_SPACES = re.compile(r"\s+")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
_CHUNK = 39
"""Bytes of UTF-8 in one encoded word: 64 characters on the wire, under 76 with the longest header name
before it.
"""


def header_safe(text: str) -> str:
    """`text` on one line of at most `MAX_LENGTH` characters, without what begins an encoded word."""
    return one_line(_ENCODED_WORD_START.sub("", one_line(text, len(text))), MAX_LENGTH)


def one_line(text: str, longest: int) -> str:
    """`text` on one line of at most `longest` characters, an ellipsis at its end where it was longer.

    Dropped are control characters, marks that turn the writing direction, and lone surrogates, which no
    database takes.
    """
    clean = _SPACES.sub(" ", _UNWANTED.sub("", _CONTROLS.sub(" ", text))).strip()
    return clean if len(clean) <= longest else clean[: longest - 1].rstrip() + "…"


def text_header(text: str) -> str:
    """The value of an unstructured header (Subject): ASCII as it is, else RFC 2047 encoded words, folded."""
    clean = header_safe(text)
    return clean if clean.isascii() else _encoded_words(clean)


def mailbox_header(name: str, address: str) -> str:
    """The value of From, To or Reply-To: a display name, if there is one, and a checked address."""
    wire = wire_address(address)
    clean = header_safe(name)
    if not clean:
        return wire
    if not clean.isascii():
        return f"{_encoded_words(clean)}\r\n <{wire}>"
    if not _ATOMS.fullmatch(clean):
        clean = '"' + clean.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{clean} <{wire}>"


def wire_address(address: str) -> str:
    """The address as it goes over the wire, an international domain in its ASCII form.

    Raises `ValueError` for whatever is not exactly one plain address: a string of two would reach the first
    alone, without an error.
    """
    local, at, domain = address.rpartition("@")
    try:
        ascii_domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        ascii_domain = ""
    if not at or len(local) > 64 or not _LOCAL_PART.fullmatch(local) or not _DOMAIN.fullmatch(ascii_domain):
        raise ValueError(f"{address!r} is not one mail address")
    return f"{local}@{ascii_domain}"


def split_mailbox(mailbox: str) -> tuple[str, str]:
    """`"iltod <iltod@example.mn>"` as name and address. Raises `ValueError` where there is no single
    address.
    """
    name, address = parseaddr(mailbox)
    wire_address(address)
    return name, address


def _encoded_words(text: str) -> str:
    """RFC 2047 encoded words, one a line; no character is torn apart between two."""
    encoded = text.encode()
    words, start = [], 0
    while start < len(encoded):
        end = start + _CHUNK
        while (
            end < len(encoded) and encoded[end] & 0b1100_0000 == 0b1000_0000
        ):  # in the middle of a character
            end -= 1
        words.append(f"=?utf-8?b?{b2a_base64(encoded[start:end], newline=False).decode('ascii')}?=")
        start = end
    return "\r\n ".join(words)
