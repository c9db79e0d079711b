"""What the command line understands. Commands are named here and imported only when they are called."""

import argparse
import os
import tomllib
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitor.wording import LANGUAGES, Speech, speech
from rules.limits import Limit
from rules.sentences import Sentence, sentence

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 -- has no public name

_FORMATS = ("table", "json", "csv")


def named_config(arguments: Sequence[str]) -> Path:
    """The configuration file: `--config`, else the environment's ILTOD_CONFIG, else ./config.toml."""
    named = _option(arguments, "--config") or os.environ.get("ILTOD_CONFIG") or "config.toml"
    return Path(named)


def wanted_language(arguments: Sequence[str], config: Path) -> str:
    """The language of the output: `--language`, else the configuration's, as far as it can be read."""
    asked = _option(arguments, "--language")
    if asked in LANGUAGES:
        return asked
    try:
        monitor = tomllib.loads(config.read_text("utf-8"))["monitor"]
        language = monitor["language"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return LANGUAGES[0]
    return language if language in LANGUAGES else LANGUAGES[0]


def build_parser(language: str) -> argparse.ArgumentParser:
    """The whole command line, with its help in `language`."""
    build = _Builder(speech(language))
    parser = build.top()
    commands = parser.add_subparsers(dest="command_name", required=True, metavar="COMMAND")
    _running(build, commands)
    _looking(build, commands)
    _recording(build, commands)
    _deciding(build, commands)
    _importing(build, commands)
    _mailing(build, commands)
    return parser


class _Builder:
    def __init__(self, voice: Speech) -> None:
        self._voice = voice

    def say(self, said: Sentence) -> str:
        return said.say(self._voice).replace("%", "%%")

    def top(self) -> argparse.ArgumentParser:
        parser = argparse.ArgumentParser(
            prog="iltod",
            description=self.say(
                sentence(
                    "knows what must be published by law and by when, sees what was posted, and reminds in time"
                )
            ),
        )
        parser.add_argument(
            "--config", metavar="PATH", type=Path, help=self.say(sentence("the configuration file"))
        )
        parser.add_argument(
            "--language", choices=LANGUAGES, help=self.say(sentence("the language of the output"))
        )
        parser.add_argument(
            "--debug", action="store_true", help=self.say(sentence("show the traceback of an error"))
        )
        return parser

    def command(
        self, commands: "Subparsers", name: str, module: str, function: str, about: Sentence
    ) -> argparse.ArgumentParser:
        parser = commands.add_parser(name, help=self.say(about), description=self.say(about))
        parser.set_defaults(command=(f"monitor.cli.{module}", function))
        return parser

    def group(self, commands: "Subparsers", name: str, about: Sentence) -> "Subparsers":
        parser = commands.add_parser(name, help=self.say(about), description=self.say(about))
        return parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    def option(
        self,
        parser: argparse.ArgumentParser,
        name: str,
        about: Sentence,
        **options: Any,
    ) -> None:
        parser.add_argument(name, help=self.say(about), **options)

    def format(self, parser: argparse.ArgumentParser, choices: Sequence[str] = _FORMATS) -> None:
        self.option(parser, "--format", sentence("how it is written"), choices=choices, default=choices[0])


def _running(build: _Builder, commands: "Subparsers") -> None:
    run = build.command(
        commands,
        "run",
        "running",
        "run",
        sentence("the daemon in the foreground; Ctrl-C or SIGTERM stops it"),
    )
    build.option(run, "--once", sentence("one cycle and one delivery pass, then exit"), action="store_true")
    build.option(
        run,
        "--at",
        sentence("as if it were then; makes a rehearsal (only with --once)"),
        metavar="INSTANT",
        type=_moment,
    )
    preview = build.command(
        commands,
        "preview",
        "running",
        "preview",
        sentence("write today's mails into a folder; nothing is sent or kept"),
    )
    preview.add_argument("folder", type=Path)
    build.command(
        commands, "migrate", "running", "migrate", sentence("bring the database up to this program")
    )
    simulate = build.command(
        commands, "simulate", "simulating", "simulate", sentence("every mail of some days, sent nowhere")
    )
    build.option(
        simulate, "--from", sentence("the first day"), metavar="DATE", type=_day, required=True, dest="first"
    )
    build.option(
        simulate, "--to", sentence("the last day"), metavar="DATE", type=_day, required=True, dest="last"
    )
    build.format(simulate, ("text", "json"))
    check = build.command(
        commands,
        "check",
        "checking",
        "check",
        sentence("look for problems in configuration, packs, calendar, mail"),
    )
    build.option(
        check,
        "--accept-register",
        sentence("take in a register that retires more than a tenth of the organisations"),
        action="store_true",
    )
    build.format(check, ("table", "json"))
    resume = build.command(
        commands, "resume", "running", "resume", sentence("let a monitor that holds its sending go on")
    )
    _reason(build, resume)


def _looking(build: _Builder, commands: "Subparsers") -> None:
    status = build.command(
        commands, "status", "looking", "status", sentence("what is unknown, overdue and due soon")
    )
    build.option(status, "--all", sentence("every obligation, in whatever state"), action="store_true")
    build.option(status, "--overdue", sentence("what is overdue or was removed"), action="store_true")
    build.option(
        status,
        "--due-within",
        sentence("what is not posted and due within so many days"),
        metavar="DAYS",
        type=_days,
    )
    build.option(
        status,
        "--organisation",
        sentence("only this organisation; may be repeated"),
        metavar="ID",
        action="append",
    )
    build.option(status, "--under", sentence("only this organisation and all below it"), metavar="ID")
    build.option(status, "--rule", sentence("only this rule; may be repeated"), metavar="ID", action="append")
    build.option(status, "--role", sentence("only what this role is responsible for"), metavar="R")
    build.option(status, "--as-of", sentence("as it stands on this day"), metavar="DATE", type=_day)
    build.option(status, "--limit", sentence("list at most so many"), metavar="N", type=_positive)
    build.option(
        status, "--check", sentence("one line and an exit status for monitoring systems"), action="store_true"
    )
    build.format(status)
    explain = build.command(
        commands, "explain", "explaining", "explain", sentence("how a due date was found, step by step")
    )
    explain.add_argument("key", metavar="KEY|RULE")
    build.option(explain, "--organisation", sentence("for this organisation"), metavar="ID")
    when = explain.add_mutually_exclusive_group()
    when.add_argument("--period", metavar="P", help=build.say(sentence("for a rule: the period")))
    when.add_argument(
        "--on", metavar="DATE", type=_day, help=build.say(sentence("for a rule: the day of its event"))
    )
    build.option(
        explain,
        "--due",
        sentence("for a rule: the due date that its event states"),
        metavar="DATE",
        type=_day,
    )
    build.format(explain, ("text", "json"))
    rules = build.group(commands, "rules", sentence("the rules of the loaded packs"))
    build.format(
        build.command(
            rules, "list", "ruling", "list_rules", sentence("every rule with source and confidence")
        )
    )
    show = build.command(rules, "show", "ruling", "show_rule", sentence("one rule, whole"))
    show.add_argument("rule", metavar="ID")
    build.format(show, ("text", "json"))
    check = build.command(
        rules, "check", "ruling", "check_rules", sentence("check packs and run their examples")
    )
    check.add_argument("paths", metavar="PATH", nargs="*", type=Path)
    calendar = build.command(
        commands,
        "calendar",
        "ruling",
        "calendar",
        sentence("a year's days off and moved days, each with its source"),
    )
    calendar.add_argument("year", metavar="YEAR", nargs="?", type=_year)
    build.format(calendar)


def _recording(build: _Builder, commands: "Subparsers") -> None:
    event = build.group(commands, "event", sentence("dated facts that start a clock"))
    add = build.command(event, "add", "recording", "event_add", sentence("record an event"))
    add.add_argument("kind", metavar="KIND")
    build.option(add, "--organisation", sentence("whose event it is"), metavar="ID", required=True)
    build.option(add, "--on", sentence("the day it happened"), metavar="DATE", type=_day, required=True)
    build.option(add, "--due", sentence("the due date that it states"), metavar="DATE", type=_day)
    build.option(
        add, "--reference", sentence("its number, such as that of a decision"), metavar="TEXT", default=""
    )
    build.option(add, "--note", sentence("anything else to remember"), metavar="TEXT", default="")
    build.format(build.command(event, "list", "recording", "event_list", sentence("the recorded events")))
    amend = build.command(
        event, "amend", "recording", "event_amend", sentence("correct the date of an event")
    )
    amend.add_argument("id", metavar="ID")
    build.option(amend, "--on", sentence("the day it happened"), metavar="DATE", type=_day)
    build.option(amend, "--due", sentence("the due date that it states"), metavar="DATE", type=_day)
    _reason(build, amend)
    withdraw = build.command(event, "withdraw", "recording", "event_withdraw", sentence("take an event back"))
    withdraw.add_argument("id", metavar="ID")
    _reason(build, withdraw)
    post = build.command(commands, "post", "recording", "post", sentence("record that a document was put up"))
    post.add_argument("key", metavar="KEY")
    build.option(post, "--channel", sentence("where it was put up"), metavar="C", required=True)
    build.option(post, "--on", sentence("the day it was put up"), metavar="DATE", type=_day, required=True)
    build.option(post, "--url", sentence("its address"), metavar="URL")
    build.option(post, "--file", sentence("a file or photograph that backs it"), metavar="PATH", type=Path)
    build.option(post, "--note", sentence("anything else to remember"), metavar="TEXT", default="")
    posting = build.group(commands, "posting", sentence("what was put up"))
    listing = build.command(posting, "list", "recording", "posting_list", sentence("the recorded postings"))
    listing.add_argument("key", metavar="KEY", nargs="?")
    build.format(listing)
    taken = build.command(
        posting,
        "withdraw",
        "recording",
        "posting_withdraw",
        sentence("withdraw a posting, or say when it was taken down"),
    )
    taken.add_argument("id", metavar="ID")
    build.option(taken, "--on", sentence("the day it was taken down"), metavar="DATE", type=_day)
    _reason(build, taken)
    for name, about in (
        ("waive", sentence("record that an obligation does not apply")),
        ("unwaive", sentence("take a waiver back")),
    ):
        command = build.command(commands, name, "recording", name, about)
        command.add_argument("key", metavar="KEY")
        _reason(build, command)


def _deciding(build: _Builder, commands: "Subparsers") -> None:
    extend = build.command(
        commands, "extend", "recording", "extend", sentence("record that it may be met later")
    )
    extend.add_argument("key", metavar="KEY")
    longer = extend.add_mutually_exclusive_group(required=True)
    longer.add_argument(
        "--by", metavar="LIMIT", type=_limit, help=build.say(sentence("how much later, as 30 days"))
    )
    longer.add_argument("--until", metavar="DATE", type=_day, help=build.say(sentence("until which day")))
    _reason(build, extend)
    build.option(
        extend, "--reference", sentence("the decision's number"), metavar="TEXT", required=True, type=_text
    )
    snooze = build.command(
        commands, "snooze", "recording", "snooze", sentence("no reminders of it before a day")
    )
    snooze.add_argument("key", metavar="KEY")
    build.option(snooze, "--until", sentence("the day"), metavar="DATE", type=_day, required=True)
    _reason(build, snooze)


def _importing(build: _Builder, commands: "Subparsers") -> None:
    importing = build.group(commands, "import", sentence("many postings or events from a CSV or XLSX file"))
    for name, about in (("postings", sentence("record postings")), ("events", sentence("record events"))):
        command = build.command(importing, name, "importing", name, about)
        command.add_argument("file", metavar="FILE", type=Path)
        build.option(
            command,
            "--dry-run",
            sentence("look whether it can be done, and keep nothing"),
            action="store_true",
        )


def _mailing(build: _Builder, commands: "Subparsers") -> None:
    mail = build.group(commands, "mail", sentence("the mails"))
    listing = build.command(mail, "list", "mailing", "mail_list", sentence("the mails and where they are"))
    build.option(
        listing,
        "--state",
        sentence("only those in this state"),
        choices=("queued", "sending", "sent", "failed", "cancelled", "superseded"),
    )
    build.format(listing)
    show = build.command(mail, "show", "mailing", "mail_show", sentence("one mail with its attempts"))
    show.add_argument("id", metavar="ID")
    retry = build.command(mail, "retry", "mailing", "mail_retry", sentence("send a failed mail again"))
    retry.add_argument("id", metavar="ID")
    test = build.command(mail, "test", "mailing", "mail_test", sentence("send a test mail"))
    test.add_argument("address", metavar="ADDRESS")


def _reason(build: _Builder, parser: argparse.ArgumentParser) -> None:
    build.option(parser, "--reason", sentence("why"), metavar="TEXT", required=True, type=_text)


def _option(arguments: Sequence[str], name: str) -> str | None:
    for place, argument in enumerate(arguments):
        if argument == name and place + 1 < len(arguments):
            return arguments[place + 1]
        if argument.startswith(f"{name}="):
            return argument.removeprefix(f"{name}=")
    return None


def _refusing(parse: Callable[[str], object], expected: str) -> Callable[[str], object]:
    def read(text: str) -> object:
        try:
            return parse(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r}: {expected}") from None

    return read


def _parse_day(text: str) -> date:
    if len(text) != len("2024-01-10"):
        raise ValueError(text)
    return date.fromisoformat(text)


def _parse_moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _parse_count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise ValueError(text)
    return int(text)


def _parse_positive(text: str) -> int:
    count = _parse_count(text)
    if count < 1:
        raise ValueError(text)
    return count


def _parse_text(text: str) -> str:
    if not text.strip():
        raise ValueError(text)
    return text.strip()


def _parse_year(text: str) -> int:
    year = _parse_positive(text)
    if year > 9999:
        raise ValueError(text)
    return year


_day = _refusing(_parse_day, "YYYY-MM-DD")
_moment = _refusing(_parse_moment, "YYYY-MM-DDTHH:MM")
_limit = _refusing(Limit.parse, "30 days, 5 working days, 1 month")
_days = _refusing(_parse_count, "0, 1, 2, ...")
_positive = _refusing(_parse_positive, "1, 2, 3, ...")
_year = _refusing(_parse_year, "YYYY")
_text = _refusing(_parse_text, "...")
