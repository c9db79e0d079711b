"""`iltod user`: who may sign in to the page, and who is signed in."""

from argparse import Namespace
from collections.abc import Iterator
from datetime import datetime

from monitor.cli.output import write_list
from monitor.cli.session import Session, begin, reading, writing
from monitor.core.journal import MONITOR, Change, What
from monitor.core.subjects import address_key
from monitor.feeds.addresses import revoke_feeds_of
from monitor.signing_in.links import rights_now
from monitor.signing_in.sessions import Sessions, end_sessions_of, sessions_by_person
from monitor.state import Refused
from monitor.storage.journal import append
from rules.sentences import counted, sentence

_COLUMNS = ("address", "name", "organisations", "waives_for", "sessions", "seen")


def user_list(args: Namespace) -> int:
    """Everybody who may sign in today, with what the register lets them do, and where they are signed in."""
    session = begin(args)
    with reading(session) as opened:
        today = opened.now if opened else session.clock.now()
        found = sessions_by_person(opened.connection, session.clock.now()) if opened else ()
    listed = list(_listed(session, today, {each.person: each for each in found}))
    if not listed and args.format == "table":
        session.tell(sentence("nobody may sign in: no contact of the register is in office today"))
        return 0
    write_list(listed, _COLUMNS, args.format, session.heads(_COLUMNS))
    return 0


def user_revoke(args: Namespace) -> int:
    """Sign a person out in every browser; links not used yet and addresses of feeds open nothing any more."""
    session = begin(args)
    key = address_key(args.address)
    with writing(session) as opened:
        ended = end_sessions_of(opened.connection, key)
        feeds = revoke_feeds_of(opened.connection, opened.now, session.by, key)
        if ended:
            told = {"person": key, "sessions": ended}
            append(opened.connection, opened.now, session.by, [Change(MONITOR, What.SIGNED_OUT, told)])
    if not ended and session.assembly.settings.register.recipient(key) is None:
        raise Refused(sentence("{address} is nobody's here; see: iltod user list", address=args.address))
    session.tell(
        sentence(
            "{address}: {sessions} and {feeds} ended; who stays in the register may sign in again",
            address=args.address,
            sessions=counted("{n} session", "{n} sessions", ended),
            feeds=counted("{n} feed", "{n} feeds", feeds),
        )
    )
    return 0


def _listed(session: Session, today: datetime, sessions: dict[str, Sessions]) -> Iterator[dict[str, object]]:
    register = session.assembly.settings.register
    for person in register.recipients:
        rights = rights_now(register, person, today)
        if rights.sees:
            theirs = sessions.get(person.key)
            yield {
                "address": person.address,
                "name": person.name,
                "organisations": len(rights.sees),
                "waives_for": len(rights.waives),
                "sessions": theirs.number if theirs else 0,
                "seen": theirs.seen_at if theirs else None,
            }
