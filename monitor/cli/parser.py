"""What the command line understands. Commands are named here and imported only when they are called."""

import os
from collections.abc import Mapping, Sequence

from monitor.cli.arguments import (
    Commands,
    Fill,
    Parser,
    a_count,
    a_day,
    a_hash,
    a_limit,
    a_moment,
    a_number,
    a_path,
    a_text,
    a_year,
)
from monitor.speech import LANGUAGES, N_, speech

_LIST = ("table", "json", "csv")
_TEXT = ("text", "json")


def named_config(arguments: Sequence[str]) -> str:
    """The configuration file: `--config`, else the environment's ILTOD_CONFIG, else ./config.toml."""
    return _option(arguments, "--config") or os.environ.get("ILTOD_CONFIG") or "config.toml"


def wanted_language(arguments: Sequence[str], written: Mapping[str, object] | None) -> str:
    """The language of the output: `--language`, else that of `[monitor]` as it is written, as far as it was read."""
    for language in (_option(arguments, "--language"), (written or {}).get("language")):
        if language in LANGUAGES:
            return str(language)
    return LANGUAGES[0]


def build_parser(language: str) -> Parser:
    """The whole command line, with its help in `language`."""
    about = N_("knows what must be published by law and by when, sees what was posted, and reminds in time")
    return Parser(speech(language), about, _iltod, prog="iltod")


def _iltod(iltod: Parser) -> None:
    iltod.option("--config", N_("the configuration file"), metavar="PATH")
    iltod.option("--language", N_("the language of the output"), choices=LANGUAGES)
    iltod.flag("--debug", N_("show the traceback of an error"))
    iltod.commands(_COMMANDS, "command_name", "COMMAND")


def _run(run: Parser) -> None:
    run.calls("running", "run")
    run.flag("--once", N_("one cycle and one delivery pass, then exit"))
    about = N_("as if it were then; makes a rehearsal (only with --once)")
    run.option("--at", about, metavar="INSTANT", type=a_moment)


def _serve(serve: Parser) -> None:
    serve.calls("serving", "serve")


def _preview(preview: Parser) -> None:
    preview.calls("running", "preview")
    preview.add_argument("folder", type=a_path)


def _migrate(migrate: Parser) -> None:
    migrate.calls("migrating", "migrate")
    migrate.option("--to", N_("copy it all into this empty PostgreSQL database"), metavar="URL")


def _backup(backup: Parser) -> None:
    backup.calls("backing_up", "backup")
    backup.add_argument("path", metavar="PATH", type=a_path)


def _simulate(simulate: Parser) -> None:
    simulate.calls("simulating", "simulate")
    needed = {"metavar": "DATE", "type": a_day, "required": True}
    simulate.option("--from", N_("the first day"), dest="first", **needed)
    simulate.option("--to", N_("the last day"), dest="last", **needed)
    simulate.format(*_TEXT)


def _check(check: Parser) -> None:
    check.calls("checking", "check")
    check.flag(
        "--accept-register", N_("take in a register that retires more than a tenth of the organisations")
    )
    check.format("table", "json")


def _resume(resume: Parser) -> None:
    resume.calls("running", "resume")
    resume.reason()


def _status(status: Parser) -> None:
    status.calls("looking", "status")
    status.flag("--all", N_("every obligation, in whatever state"))
    status.flag("--overdue", N_("what is overdue or was removed"))
    within = N_("what is not posted and due within so many days")
    status.option("--due-within", within, metavar="DAYS", type=a_count)
    status.option(
        "--organisation", N_("only this organisation; may be repeated"), metavar="ID", action="append"
    )
    status.option("--under", N_("only this organisation and all below it"), metavar="ID")
    status.option("--rule", N_("only this rule; may be repeated"), metavar="ID", action="append")
    status.option("--role", N_("only what this role is responsible for"), metavar="R")
    status.option("--as-of", N_("as it stands on this day"), metavar="DATE", type=a_day)
    status.option("--limit", N_("list at most so many"), metavar="N", type=a_number)
    status.flag("--check", N_("one line and an exit status for monitoring systems"))
    status.format(*_LIST)


def _explain(explain: Parser) -> None:
    explain.calls("explaining", "explain")
    explain.add_argument("key", metavar="KEY|RULE")
    explain.option("--organisation", N_("for this organisation"), metavar="ID")
    explain.one_of(
        ("--period", N_("for a rule: the period"), {"metavar": "P"}),
        ("--on", N_("for a rule: the day of its event"), {"metavar": "DATE", "type": a_day}),
    )
    due = N_("for a rule: the due date that its event states")
    explain.option("--due", due, metavar="DATE", type=a_day)
    explain.format(*_TEXT)


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


def _calendar(calendar: Parser) -> None:
    calendar.calls("ruling", "calendar")
    calendar.add_argument("year", metavar="YEAR", nargs="?", type=a_year)
    calendar.format(*_LIST)


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


def _post(post: Parser) -> None:
    post.calls("recording", "post")
    post.add_argument("key", metavar="KEY")
    post.option("--channel", N_("where it was put up"), metavar="C", required=True)
    post.option("--on", N_("the day it was put up"), metavar="DATE", type=a_day, required=True)
    post.option("--url", N_("its address"), metavar="URL")
    post.option("--file", N_("a file or photograph that backs it"), metavar="PATH", type=a_path)
    post.option("--note", N_("anything else to remember"), metavar="TEXT", default="")


def _posting_list(listing: Parser) -> None:
    listing.calls("recording", "posting_list")
    listing.add_argument("key", metavar="KEY", nargs="?")
    listing.format(*_LIST)


def _posting_withdraw(withdraw: Parser) -> None:
    withdraw.calls("recording", "posting_withdraw")
    withdraw.add_argument("id", metavar="ID")
    withdraw.option("--on", N_("the day it was taken down"), metavar="DATE", type=a_day)
    withdraw.reason()


def _waive(waive: Parser) -> None:
    waive.calls("recording", "waive")
    waive.add_argument("key", metavar="KEY")
    waive.reason()


def _unwaive(unwaive: Parser) -> None:
    unwaive.calls("recording", "unwaive")
    unwaive.add_argument("key", metavar="KEY")
    unwaive.reason()


def _extend(extend: Parser) -> None:
    extend.calls("recording", "extend")
    extend.add_argument("key", metavar="KEY")
    extend.one_of(
        ("--by", N_("how much later, as 30 days"), {"metavar": "LIMIT", "type": a_limit}),
        ("--until", N_("until which day"), {"metavar": "DATE", "type": a_day}),
        required=True,
    )
    extend.reason()
    extend.option("--reference", N_("the decision's number"), metavar="TEXT", required=True, type=a_text)


def _snooze(snooze: Parser) -> None:
    snooze.calls("recording", "snooze")
    snooze.add_argument("key", metavar="KEY")
    snooze.option("--until", N_("the day"), metavar="DATE", type=a_day, required=True)
    snooze.reason()


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


def _group(commands: Commands) -> Fill:
    def fill(parser: Parser) -> None:
        parser.commands(commands, "action", "ACTION")

    return fill


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
_COMMANDS: Commands = {
    "run": (N_("the daemon in the foreground; Ctrl-C or SIGTERM stops it"), _run),
    "serve": (N_("the page alone, beside daemons on the same database"), _serve),
    "preview": (N_("write today's mails into a folder; nothing is sent or kept"), _preview),
    "migrate": (N_("bring the database up to this program"), _migrate),
    "backup": (N_("copy the database into a new file, and verify the copy"), _backup),
    "simulate": (N_("every mail of some days, sent nowhere"), _simulate),
    "check": (N_("look for problems in configuration, packs, calendar, mail"), _check),
    "resume": (N_("let a monitor that holds its sending go on"), _resume),
    "status": (N_("what is unknown, overdue and due soon"), _status),
    "explain": (N_("how a due date was found, step by step"), _explain),
    "rules": (N_("the rules of the loaded packs"), _group(_RULES)),
    "calendar": (N_("a year's days off and moved days, each with its source"), _calendar),
    "event": (N_("dated facts that start a clock"), _group(_EVENT)),
    "post": (N_("record that a document was put up"), _post),
    "posting": (N_("what was put up"), _group(_POSTING)),
    "waive": (N_("record that an obligation does not apply"), _waive),
    "unwaive": (N_("take a waiver back"), _unwaive),
    "extend": (N_("record that it may be met later"), _extend),
    "snooze": (N_("no reminders of it before a day"), _snooze),
    "import": (N_("many postings or events from a CSV or XLSX file"), _group(_IMPORT)),
    "mail": (N_("the mails"), _group(_MAIL)),
    "journal": (N_("the record of every change"), _group(_JOURNAL)),
    "user": (N_("who looks at the page"), _group(_USER)),
    "token": (N_("what programs show to the interface"), _group(_TOKEN)),
    "feed": (N_("calendars and news that people subscribe to"), _group(_FEED)),
}


def _option(arguments: Sequence[str], name: str) -> str | None:
    for place, argument in enumerate(arguments):
        if argument == name and place + 1 < len(arguments):
            return arguments[place + 1]
        if argument.startswith(f"{name}="):
            return argument.removeprefix(f"{name}=")
    return None
