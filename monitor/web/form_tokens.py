"""Forms of our own pages told from those of somebody else's."""

from hashlib import sha256

from itsdangerous import Signer
from starlette.datastructures import FormData
from starlette.requests import Request

from monitor.signing_in.secrets import new_secret
from monitor.state import Refused
from monitor.web.cookies import browser_secret, session_secret
from rules.sentences import sentence

_FIELD = "token"


def form_token(request: Request) -> str:
    """What the forms of a page say, which no page of somebody else can know; empty for a browser without a cookie.

    It is another one on each page, so that nobody can find it out by how small the page becomes when it is compressed.
    """
    return token_for(_secret(request))


def token_for(secret: str) -> str:
    """A token for the forms in a browser that keeps that secret."""
    return _signer(secret).sign(new_secret()).decode() if secret else ""


def refuse_forged(request: Request, sent: FormData) -> None:
    """Raise `Refused` for a form that does not come from a page that this browser was given."""
    secret, said = _secret(request), sent.get(_FIELD)
    if not secret or not isinstance(said, str) or not _signer(secret).validate(said):
        raise Refused(
            sentence(
                "the form is too old, or the browser keeps no cookies: open its page again and send it once more; "
                "nothing was changed"
            )
        )


def _secret(request: Request) -> str:
    return session_secret(request) or browser_secret(request)


def _signer(secret: str) -> Signer:
    return Signer(secret, salt="form", key_derivation="hmac", digest_method=sha256)
