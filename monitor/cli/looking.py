"""`iltod status`."""

import sys
from argparse import Namespace
from collections.abc import Iterator

from monitor.cli.output import plain, write_csv, write_json, write_table
from monitor.cli.parser import wanted_language
from monitor.present import Answer, stored_answer
from monitor.speech import CHANNELS, STATES, Speech, local_moment, speech
from monitor.storage.standing import Asked

TYPE_CHECKING = False
if TYPE_CHECKING:  # without the import of typing: see monitor.speech
    from typing import Any

COLUMNS = (
    "key",
    "organisation",
    "rule",
    "title",
    "period",
    "event",
    "due_on",
    "extended_from",
    "act_by",
    "keep_until",
    "provisional",
    "state",
    "reason",
    "backlog",
    "days_left",
    "working_days_left",
    "missing",
    "responsible",
    "source",
    "item",
    "words",
)
"""Of CSV."""

_COLOURS = {
    "unknown": "\x1b[35m",
    "removed": "\x1b[31m",
    "overdue": "\x1b[1;31m",
    "due_soon": "\x1b[33m",
    "met": "\x1b[32m",
    "displayed": "\x1b[32m",
}
_HEADS = ("state", "due", "days", "title", "missing", "key")
_TITLE_WIDTH = 48


def status(args: Namespace) -> int:
    """What is unknown, removed, overdue and due soon, or what was asked for instead."""
    voice = speech(args.language or wanted_language((), args.written))
    answer = _answer(args, voice)
    if answer is None:
        return _no_cycle(voice, args)
    if args.check:
        from monitor.verdict import verdict  # noqa: PLC0415 -- a list does without it

        judged, line = verdict(
            answer.report["summary"],
            answer.failed,
            answer.held,
            answer.now,
            answer.last_cycle,
            voice,
            at_present=args.as_of is None,
        )
        print(line)
        return judged
    _write(answer, voice, args.format)
    for warning in _warnings(answer, voice):
        print(plain(warning), file=sys.stderr)
    return 0


def _answer(args: Namespace, voice: Speech) -> Answer | None:
    """From the stored outcomes, or, for another day and wherever they do not say it, from the core."""
    asked = Asked(
        organisations=args.organisation or (),
        under=args.under,
        rules=args.rule or (),
        role=args.role,
        everything=args.all,
        overdue=args.overdue,
        due_within=args.due_within,
        limit=None if args.check else args.limit,
        as_of=args.as_of,
    )
    if args.as_of is None:
        stored = stored_answer(
            args.config,
            args.content,
            args.written,
            asked,
            voice,
            only_counts=args.check,
            working_days=args.format != "table",
        )
        if stored is not None:
            return stored
    from monitor.cli.judging import judged_answer  # noqa: PLC0415 -- as slow to import as it is thorough

    return judged_answer(args, asked)


def _no_cycle(voice: Speech, args: Namespace) -> int:
    said = voice.gettext("no cycle has run yet; start the daemon with: iltod run")
    if args.check:
        print(f"ILTOD UNKNOWN - {said}")
        return 3
    print(said, file=sys.stderr)
    return 1


def _write(answer: Answer, voice: Speech, form: str) -> None:
    if form == "json":
        write_json(answer.report)
    elif form == "csv":
        write_csv([_flat(line) for line in answer.report["obligations"]], COLUMNS)
    else:
        _write_table(answer, voice)


def _flat(line: "dict[str, Any]") -> "dict[str, Any]":
    """One obligation as a row of CSV."""
    event = line["event"]
    return {**line, **line["basis"], "event": event["id"] if event else None}


def _write_table(answer: Answer, voice: Speech) -> None:
    report = answer.report
    headline = voice.gettext("as of {day}; last cycle {moment}")
    print(headline.format(day=report["as_of"], moment=local_moment(answer.last_cycle, answer.timezone)))
    if report["summary"] is not None:
        total = report["summary"]["total"]
        counts = [
            f"{voice.gettext(STATES[state])} {number}"
            for state, number in report["summary"].items()
            if number and state != "total"
        ]
        print(voice.ngettext("{n} obligation", "{n} obligations", total).format(n=total), *counts, sep=" · ")
    lines = report["obligations"]
    if not lines:
        print(voice.gettext("nothing to show: nothing is unknown, removed, overdue or due soon"))
        return
    print()
    heads = [voice.gettext(each) for each in _HEADS]
    write_table(heads, [_row(line, voice) for line in lines], [_COLOURS.get(line["state"]) for line in lines])


def _row(line: "dict[str, Any]", voice: Speech) -> list[str]:
    title = line["title"]
    missing = ", ".join(voice.gettext(CHANNELS.get(each, each)) for each in line["missing"])
    return [
        voice.gettext(STATES[line["state"]]),
        f"{line['due_on'] or ''}{'?' if line['provisional'] else ''}",
        "" if line["days_left"] is None else str(line["days_left"]),
        title if len(title) <= _TITLE_WIDTH else f"{title[: _TITLE_WIDTH - 1]}…",
        line["reason"] or missing,
        line["key"],
    ]


def _warnings(answer: Answer, voice: Speech) -> Iterator[str]:
    """What people should know although they asked for something else; never into JSON or CSV."""
    if answer.held is not None:
        yield answer.held
    if answer.failed:
        yield voice.ngettext(
            "{n} mail could not be delivered: iltod mail list --state failed",
            "{n} mails could not be delivered: iltod mail list --state failed",
            answer.failed,
        ).format(n=answer.failed)
    if answer.down is not None:
        since, said = answer.down
        down = voice.gettext("mail is down since {since}: {answer}")
        yield down.format(since=local_moment(since, answer.timezone), answer=said)
    nobody = voice.gettext("nobody would be told of the duties of {role} in {id}")
    for organisation, role in answer.unheard:
        yield nobody.format(role=voice.gettext(role), id=organisation)
