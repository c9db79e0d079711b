"""Secrets that browsers keep: told once, kept here as digests."""

import secrets
from hashlib import sha256

_BYTES = 32


def new_secret() -> str:
    """One that nobody can guess, in letters that fit into an address and a cookie."""
    return secrets.token_urlsafe(_BYTES)


def digest_of(text: str) -> str:
    """What is kept of it. 256 random bits cannot be tried out, so that nothing slower than SHA-256 is called for."""
    return sha256(text.encode("utf-8", "replace")).hexdigest()
