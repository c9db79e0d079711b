"""Who looks, by the session that a browser shows."""

from contextlib import suppress

from sqlalchemy.exc import OperationalError
from starlette.requests import Request

from monitor.signing_in.links import rights_now
from monitor.signing_in.sessions import end_session, keep_session, session_of
from monitor.storage.engine import DatabaseUnusable
from monitor.web.cookies import session_secret
from monitor.web.site import Site
from monitor.web.viewing import NOBODY, Viewer


def identify(request: Request) -> Viewer:
    """Who is signed in in that browser, with the rights that the register gives today.

    Whoever has no office in the register today is signed out by this for good.
    """
    secret = session_secret(request)
    if not secret:
        return NOBODY
    site: Site = request.app.state.site
    register, now = site.assembly().settings.register, site.clock.now()
    with site.reading() as opened:
        session, today = session_of(opened.connection, now, secret), opened.now
    if session is None:
        return NOBODY
    person = register.recipient(session.person)
    rights = rights_now(register, person, today) if person else None
    if person is None or rights is None or not rights.sees:
        with site.writing() as opened:
            end_session(opened.connection, secret)
        return NOBODY
    if session.is_to_be_kept:
        # a full disk keeps nobody from looking
        with suppress(OperationalError, DatabaseUnusable), site.writing() as opened:
            keep_session(opened.connection, now, secret)
    return Viewer(person.address, person, rights.sees, rights.records, rights.waives)
