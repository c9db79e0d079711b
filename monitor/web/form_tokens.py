"""Forms of our own pages told from those of somebody else's."""

from hashlib import sha256
from hmac import compare_digest
from hmac import new as hmac

from starlette.datastructures import FormData
from starlette.requests import Request

from monitor.state import Refused
from monitor.web.cookies import browser_secret, session_secret
from rules.sentences import sentence

_FIELD = "token"


def form_token(request: Request) -> str:
    """What the forms of a page say, which no page of somebody else can know; empty for a browser without a cookie."""
    return token_for(session_secret(request) or browser_secret(request))


def token_for(secret: str) -> str:
    """The token of the forms in a browser that keeps that secret."""
    return hmac(secret.encode(), b"form", sha256).hexdigest() if secret else ""


def refuse_forged(request: Request, sent: FormData) -> None:
    """Raise `Refused` for a form that does not come from a page that this browser was given."""
    expected, said = form_token(request), sent.get(_FIELD)
    if not expected or not isinstance(said, str) or not compare_digest(expected.encode(), said.encode()):
        raise Refused(
            sentence(
                "the form is too old, or the browser keeps no cookies: open its page again and send it once more; "
                "nothing was changed"
            )
        )
