"""`iltod token` and `iltod feed`: what programs and calendars may fetch."""

from argparse import Namespace

from monitor.cli.output import write_list
from monitor.cli.session import begin, reading, writing
from monitor.clock import day_in
from monitor.feeds.addresses import Scope, all_feeds, make_feed, revoke_feed
from monitor.lookup import number_of
from monitor.state import Refused
from monitor.tokens import Token, all_tokens, make_token, revoke_token
from rules.sentences import sentence

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
    session = begin(args)
    with reading(session) as opened:
        tokens = all_tokens(opened.connection) if opened else ()
    listed = [
        {
            "id": f"t{each.id}",
            "name": each.name,
            "organisations": list(each.organisations),
            "rights": _rights(each),
            "made": each.made_at,
            "ends": each.until,
            "revoked": each.revoked_at,
        }
        for each in tokens
    ]
    if not listed and args.format == "table":
        session.tell(sentence("there are no tokens"))
        return 0
    write_list(listed, _TOKENS, args.format, session.heads(_TOKENS))
    return 0


def token_revoke(args: Namespace) -> int:
    """End a token."""
    session = begin(args)
    number = number_of(args.id, "t")
    with writing(session) as opened:
        ended = revoke_token(opened.connection, opened.now, session.by, number)
    said = sentence("token {id} revoked", id=f"t{number}")
    session.tell(said if ended else sentence("that was revoked already; nothing was changed"))
    return 0


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
    session = begin(args)
    with reading(session) as opened:
        feeds = all_feeds(opened.connection) if opened else ()
    listed = [
        {
            "id": f"f{each.id}",
            "scope": str(each.scope),
            "name": each.name,
            "owner": each.owner,
            "made": each.made_at,
            "revoked": each.revoked_at,
        }
        for each in feeds
    ]
    if not listed and args.format == "table":
        session.tell(sentence("there are no feeds"))
        return 0
    write_list(listed, _FEEDS, args.format, session.heads(_FEEDS))
    return 0


def feed_revoke(args: Namespace) -> int:
    """End a feed."""
    session = begin(args)
    number = number_of(args.id, "f")
    with writing(session) as opened:
        ended = revoke_feed(opened.connection, opened.now, session.by, number)
    said = sentence("feed {id} revoked", id=f"f{number}")
    session.tell(said if ended else sentence("that was revoked already; nothing was changed"))
    return 0


def _rights(token: Token) -> list[str]:
    return ["read", *(["record"] if token.records else []), *(["waive"] if token.waives else [])]
