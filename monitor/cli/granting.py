"""`iltod token` and `iltod feed`: what programs and calendars may fetch."""

from argparse import Namespace
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection

from monitor.cli.output import write_list
from monitor.cli.session import begin, reading, writing
from monitor.clock import day_in
from monitor.feeds.addresses import Feed, Scope, all_feeds, make_feed, revoke_feed
from monitor.lookup import number_of
from monitor.state import Refused
from monitor.tokens import Token, all_tokens, make_token, revoke_token
from rules.sentences import Sentence, sentence

_Granted = TypeVar("_Granted", Token, Feed)
_TOKENS = ("id", "name", "organisations", "rights", "made", "ends", "revoked")
_FEEDS = ("id", "scope", "name", "owner", "made", "revoked")


def token_add(args: Namespace) -> int:
    """Make a token and show it, this once."""
    session = begin(args)
    with writing(session) as opened:
        today = day_in(session.timezone, opened.now)
        if args.until is not None and args.until < today:
            raise Refused(
                sentence("--until {until} is past; today is {today}", until=args.until, today=today)
            )
        number, text = make_token(
            opened.connection,
            session.assembly,
            opened.now,
            session.by,
            name=args.name,
            organisations=args.organisation,
            records=not args.read_only,
            waives=args.waive,
            until=args.until,
        )
    session.tell(sentence("token {id} made; keep it now, it is not shown again:", id=f"t{number}"))
    print(text)
    return 0


def token_list(args: Namespace) -> int:
    """The tokens, revoked ones among them."""
    return _list(args, all_tokens, _token, _TOKENS, sentence("there are no tokens"))


def token_revoke(args: Namespace) -> int:
    """End a token."""
    return _revoke(args, "t", revoke_token, lambda shown: sentence("token {id} revoked", id=shown))


def feed_add(args: Namespace) -> int:
    """Make a feed and show its addresses, this once."""
    session = begin(args)
    scope, name = Scope.WHOLE, ""
    if args.person is not None:
        scope, name = Scope.PERSON, args.person
    elif args.organisation is not None:
        scope, name = Scope.ORGANISATION, args.organisation
    with writing(session) as opened:
        number, addresses = make_feed(
            opened.connection, session.assembly, opened.now, session.by, scope=scope, name=name, owner=None
        )
    session.tell(
        sentence("feed {id} made; keep its addresses now, they are not shown again:", id=f"f{number}")
    )
    print(addresses.calendar)
    print(addresses.news)
    return 0


def feed_list(args: Namespace) -> int:
    """The feeds, revoked ones among them."""
    return _list(args, all_feeds, _feed, _FEEDS, sentence("there are no feeds"))


def feed_revoke(args: Namespace) -> int:
    """End a feed."""
    return _revoke(args, "f", revoke_feed, lambda shown: sentence("feed {id} revoked", id=shown))


def _list(
    args: Namespace,
    read: Callable[[Connection], Sequence[_Granted]],
    row: Callable[[_Granted], dict[str, Any]],
    columns: Sequence[str],
    none: Sentence,
) -> int:
    session = begin(args)
    with reading(session) as opened:
        listed = [row(each) for each in read(opened.connection)] if opened else []
    if not listed and args.format == "table":
        session.tell(none)
    else:
        write_list(listed, columns, args.format, session.heads(columns))
    return 0


def _revoke(
    args: Namespace,
    letter: str,
    revoke: Callable[[Connection, datetime, str, int], bool],
    said: Callable[[str], Sentence],
) -> int:
    session = begin(args)
    number = number_of(args.id, letter)
    with writing(session) as opened:
        ended = revoke(opened.connection, opened.now, session.by, number)
    again = sentence("that was revoked already; nothing was changed")
    session.tell(said(f"{letter}{number}") if ended else again)
    return 0


def _token(token: Token) -> dict[str, Any]:
    return {
        "id": f"t{token.id}",
        "name": token.name,
        "organisations": list(token.organisations),
        "rights": ["read", *(["record"] if token.records else []), *(["waive"] if token.waives else [])],
        "made": token.made_at,
        "ends": token.until,
        "revoked": token.revoked_at,
    }


def _feed(feed: Feed) -> dict[str, Any]:
    return {
        "id": f"f{feed.id}",
        "scope": str(feed.scope),
        "name": feed.name,
        "owner": feed.owner,
        "made": feed.made_at,
        "revoked": feed.revoked_at,
    }
