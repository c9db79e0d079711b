"""The commands that stand below another one, such as `iltod event add`: known when their group is named."""

from monitor.cli.arguments import (
    Commands,
    Parser,
    a_day,
    a_hash,
    a_path,
    a_text,
)
from monitor.speech import N_

_LIST = ("table", "json", "csv")
_TEXT = ("text", "json")


def _rules_list(listing: Parser) -> None:
    listing.calls("ruling", "list_rules")
    listing.format(*_LIST)


def _rules_show(show: Parser) -> None:
    show.calls("ruling", "show_rule")
    show.add_argument("rule", metavar="ID")
    show.format(*_TEXT)


def _rules_check(check: Parser) -> None:
    check.calls("ruling", "check_rules")
    check.add_argument("paths", metavar="PATH", nargs="*", type=a_path)


def _event_add(add: Parser) -> None:
    add.calls("recording", "event_add")
    add.add_argument("kind", metavar="KIND")
    add.option("--organisation", N_("whose event it is"), metavar="ID", required=True)
    add.option("--on", N_("the day it happened"), metavar="DATE", type=a_day, required=True)
    add.option("--due", N_("the due date that it states"), metavar="DATE", type=a_day)
    add.option("--reference", N_("its number, such as that of a decision"), metavar="TEXT", default="")
    add.option("--note", N_("anything else to remember"), metavar="TEXT", default="")


def _event_list(listing: Parser) -> None:
    listing.calls("recording", "event_list")
    listing.format(*_LIST)


def _event_amend(amend: Parser) -> None:
    amend.calls("recording", "event_amend")
    amend.add_argument("id", metavar="ID")
    amend.option("--on", N_("the day it happened"), metavar="DATE", type=a_day)
    amend.option("--due", N_("the due date that it states"), metavar="DATE", type=a_day)
    amend.reason()


def _event_withdraw(withdraw: Parser) -> None:
    withdraw.calls("recording", "event_withdraw")
    withdraw.add_argument("id", metavar="ID")
    withdraw.reason()


def _posting_list(listing: Parser) -> None:
    listing.calls("recording", "posting_list")
    listing.add_argument("key", metavar="KEY", nargs="?")
    listing.format(*_LIST)


def _posting_withdraw(withdraw: Parser) -> None:
    withdraw.calls("recording", "posting_withdraw")
    withdraw.add_argument("id", metavar="ID")
    withdraw.option("--on", N_("the day it was taken down"), metavar="DATE", type=a_day)
    withdraw.reason()


def _import_postings(postings: Parser) -> None:
    postings.calls("importing", "postings")
    _imported(postings)


def _import_events(events: Parser) -> None:
    events.calls("importing", "events")
    _imported(events)


def _imported(parser: Parser) -> None:
    parser.add_argument("file", metavar="FILE", type=a_path)
    parser.flag("--dry-run", N_("look whether it can be done, and keep nothing"))


def _mail_list(listing: Parser) -> None:
    listing.calls("mailing", "mail_list")
    states = ("queued", "sending", "sent", "failed", "cancelled", "superseded")
    listing.option("--state", N_("only those in this state"), choices=states)
    listing.format(*_LIST)


def _mail_show(show: Parser) -> None:
    show.calls("mailing", "mail_show")
    show.add_argument("id", metavar="ID")


def _mail_retry(retry: Parser) -> None:
    retry.calls("mailing", "mail_retry")
    retry.add_argument("id", metavar="ID")


def _mail_test(test: Parser) -> None:
    test.calls("mailing", "mail_test")
    test.add_argument("address", metavar="ADDRESS")


def _journal_list(listing: Parser) -> None:
    listing.calls("journalling", "journal_list")
    listing.option("--organisation", N_("only this organisation, or another chain"), metavar="ID")
    listing.option("--key", N_("only about this obligation"), metavar="KEY")
    listing.option("--since", N_("only from this day on"), metavar="DATE", type=a_day)
    listing.option("--until", N_("only until this day"), metavar="DATE", type=a_day)
    listing.format(*_LIST)


def _journal_verify(verify: Parser) -> None:
    verify.calls("journalling", "journal_verify")
    verify.option("--against", N_("the number at the end of a mail"), metavar="HASH", type=a_hash)


def _user_list(listing: Parser) -> None:
    listing.calls("users", "user_list")
    listing.format(*_LIST)


def _user_revoke(revoke: Parser) -> None:
    revoke.calls("users", "user_revoke")
    revoke.add_argument("address", metavar="ADDRESS")


def _token_add(add: Parser) -> None:
    add.calls("granting", "token_add")
    add.option("--name", N_("which program it is for"), metavar="TEXT", required=True, type=a_text)
    whose = N_("for this organisation and all below it; may be repeated")
    add.option("--organisation", whose, metavar="ID", action="append", required=True)
    add.one_of(
        ("--read-only", N_("it may look, and record nothing"), {"action": "store_true"}),
        ("--waive", N_("it may waive and extend too"), {"action": "store_true"}),
    )
    add.option("--until", N_("its last day"), metavar="DATE", type=a_day)


def _token_list(listing: Parser) -> None:
    listing.calls("granting", "token_list")
    listing.format(*_LIST)


def _token_revoke(revoke: Parser) -> None:
    revoke.calls("granting", "token_revoke")
    revoke.add_argument("id", metavar="ID")


def _feed_add(add: Parser) -> None:
    add.calls("granting", "feed_add")
    add.one_of(
        ("--person", N_("what this person is responsible for"), {"metavar": "ADDRESS"}),
        ("--organisation", N_("an organisation and all below it"), {"metavar": "ID"}),
        ("--whole", N_("everything"), {"action": "store_true"}),
        required=True,
    )


def _feed_list(listing: Parser) -> None:
    listing.calls("granting", "feed_list")
    listing.format(*_LIST)


def _feed_revoke(revoke: Parser) -> None:
    revoke.calls("granting", "feed_revoke")
    revoke.add_argument("id", metavar="ID")


_RULES: Commands = {
    "list": (N_("every rule with source and confidence"), _rules_list),
    "show": (N_("one rule, whole"), _rules_show),
    "check": (N_("check packs and run their examples"), _rules_check),
}
_EVENT: Commands = {
    "add": (N_("record an event"), _event_add),
    "list": (N_("the recorded events"), _event_list),
    "amend": (N_("correct the date of an event"), _event_amend),
    "withdraw": (N_("take an event back"), _event_withdraw),
}
_POSTING: Commands = {
    "list": (N_("the recorded postings"), _posting_list),
    "withdraw": (N_("withdraw a posting, or say when it was taken down"), _posting_withdraw),
}
_IMPORT: Commands = {
    "postings": (N_("record postings"), _import_postings),
    "events": (N_("record events"), _import_events),
}
_MAIL: Commands = {
    "list": (N_("the mails and where they are"), _mail_list),
    "show": (N_("one mail with its attempts"), _mail_show),
    "retry": (N_("send a failed mail again"), _mail_retry),
    "test": (N_("send a test mail"), _mail_test),
}
_JOURNAL: Commands = {
    "list": (N_("who changed what, when and why"), _journal_list),
    "verify": (N_("prove that nothing of it was changed afterwards"), _journal_verify),
}
_USER: Commands = {
    "list": (N_("who may sign in, and who is signed in"), _user_list),
    "revoke": (N_("sign somebody out everywhere"), _user_revoke),
}
_TOKEN: Commands = {
    "add": (N_("make a token; it is shown once"), _token_add),
    "list": (N_("the tokens, without their secrets"), _token_list),
    "revoke": (N_("end a token"), _token_revoke),
}
_FEED: Commands = {
    "add": (N_("make the addresses of a feed; they are shown once"), _feed_add),
    "list": (N_("the feeds, without their addresses"), _feed_list),
    "revoke": (N_("end a feed"), _feed_revoke),
}
GROUPS = {
    "rules": _RULES,
    "event": _EVENT,
    "posting": _POSTING,
    "import": _IMPORT,
    "mail": _MAIL,
    "journal": _JOURNAL,
    "user": _USER,
    "token": _TOKEN,
    "feed": _FEED,
}
