"""What the command line understands. Commands are named here and imported only when they are called."""

import os
from collections.abc import Mapping, Sequence

from monitor.cli.arguments import (
    Commands,
    Fill,
    Parser,
    a_count,
    a_day,
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
    iltod.everywhere("--config", N_("the configuration file"), metavar="PATH")
    iltod.everywhere("--language", N_("the language of the output"), choices=LANGUAGES)
    iltod.everywhere("--debug", N_("show the traceback of an error"), action="store_true")
    iltod.commands(_COMMANDS, "command_name", "COMMAND")


def _run(run: Parser) -> None:
    run.calls("running", "run", whether_read_or_not=True)
    run.flag("--once", N_("one cycle and one delivery pass, then exit"))
    about = N_("as if it were then; makes a rehearsal (only with --once)")
    run.option("--at", about, metavar="INSTANT", type=a_moment)


def _serve(serve: Parser) -> None:
    serve.calls("serving", "serve", whether_read_or_not=True)


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
    explain.add_argument("key", metavar="KEY|RULE|HASH")
    explain.option("--organisation", N_("for this organisation"), metavar="ID")
    explain.one_of(
        ("--period", N_("for a rule: the period"), {"metavar": "P"}),
        ("--on", N_("for a rule: the day of its event"), {"metavar": "DATE", "type": a_day}),
    )
    due = N_("for a rule: the due date that its event states")
    explain.option("--due", due, metavar="DATE", type=a_day)
    explain.format(*_TEXT)


def _calendar(calendar: Parser) -> None:
    calendar.calls("ruling", "calendar")
    calendar.add_argument("year", metavar="YEAR", nargs="?", type=a_year)
    calendar.format(*_LIST)


def _post(post: Parser) -> None:
    post.calls("recording", "post")
    post.add_argument("key", metavar="KEY")
    post.option("--channel", N_("where it was put up"), metavar="C", required=True)
    post.option("--on", N_("the day it was put up"), metavar="DATE", type=a_day, required=True)
    post.option("--url", N_("its address"), metavar="URL")
    post.option("--file", N_("a file or photograph that backs it"), metavar="PATH", type=a_path)
    post.option("--note", N_("anything else to remember"), metavar="TEXT", default="")


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


def _group(name: str) -> Fill:
    def fill(parser: Parser) -> None:
        from monitor.cli.grouped import GROUPS  # noqa: PLC0415 -- most commands stand in no group

        parser.commands(GROUPS[name], "action", "ACTION")

    return fill


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
    "rules": (N_("the rules of the loaded packs"), _group("rules")),
    "calendar": (N_("a year's days off and moved days, each with its source"), _calendar),
    "event": (N_("dated facts that start a clock"), _group("event")),
    "post": (N_("record that a document was put up"), _post),
    "posting": (N_("what was put up"), _group("posting")),
    "waive": (N_("record that an obligation does not apply"), _waive),
    "unwaive": (N_("take a waiver back"), _unwaive),
    "extend": (N_("record that it may be met later"), _extend),
    "snooze": (N_("no reminders of it before a day"), _snooze),
    "import": (N_("many postings or events from a CSV or XLSX file"), _group("import")),
    "mail": (N_("the mails"), _group("mail")),
    "journal": (N_("the record of every change"), _group("journal")),
    "user": (N_("who looks at the page"), _group("user")),
    "token": (N_("what programs show to the interface"), _group("token")),
    "feed": (N_("calendars and news that people subscribe to"), _group("feed")),
}


def _option(arguments: Sequence[str], name: str) -> str | None:
    """What was given last, as argparse takes it."""
    given = None
    for place, argument in enumerate(arguments):
        if argument == name and place + 1 < len(arguments):
            given = arguments[place + 1]
        elif argument.startswith(f"{name}="):
            given = argument.removeprefix(f"{name}=")
    return given
