"""`iltod status`."""

import sys
from argparse import Namespace

from monitor.checks import unheard
from monitor.cli.output import plain, write_csv, write_json, write_table
from monitor.cli.session import Opened, Session, begin, reading
from monitor.clock import day_in
from monitor.core.report import Line, Report
from monitor.core.status import State
from monitor.formats import COLUMNS, report_as_json, row_of
from monitor.reporting import Asked, report
from monitor.verdict import verdict
from monitor.wording import channel_word, local_moment, state_word
from notifications.mail_list import counts, down_since
from notifications.messages import DeliveryState
from rules.sentences import Sentence, Term, counted, sentence

_COLOURS = {
    State.UNKNOWN: "\x1b[35m",
    State.REMOVED: "\x1b[31m",
    State.OVERDUE: "\x1b[1;31m",
    State.DUE_SOON: "\x1b[33m",
    State.MET: "\x1b[32m",
    State.DISPLAYED: "\x1b[32m",
}
_HEADS = ("state", "due", "days", "title", "missing", "key")
_TITLE_WIDTH = 48


def status(args: Namespace) -> int:
    """What is unknown, removed, overdue and due soon, or what was asked for instead."""
    session = begin(args)
    with reading(session) as opened:
        if opened is None or opened.state.last_cycle_at is None:
            return _no_cycle(session, args)
        found = report(
            opened.connection, session.assembly, _asked(args), opened.now, opened.state.last_cycle_at
        )
        if args.check:
            return _check(session, opened, found, args)
        _write(session, found, args.format)
        _warn(session, opened)
    return 0


def _no_cycle(session: Session, args: Namespace) -> int:
    said = session.say(sentence("no cycle has run yet; start the daemon with: iltod run"))
    if args.check:
        print(f"ILTOD UNKNOWN - {said}")
        return 3
    print(said, file=sys.stderr)
    return 1


def _asked(args: Namespace) -> Asked:
    return Asked(
        organisations=tuple(args.organisation or ()),
        under=args.under,
        rules=tuple(args.rule or ()),
        role=args.role,
        everything=args.all,
        overdue=args.overdue,
        due_within=args.due_within,
        limit=None if args.check else args.limit,
        as_of=args.as_of,
    )


def _check(session: Session, opened: Opened, found: Report, args: Namespace) -> int:
    failed = counts(opened.connection)[DeliveryState.FAILED]
    judged = verdict(found, failed, opened.state, opened.now, at_present=args.as_of is None)
    print(f"ILTOD {judged.word} - {session.say(judged.said)} | {judged.figures}")
    return judged.status


def _write(session: Session, found: Report, form: str) -> None:
    if form == "json":
        write_json(report_as_json(found, session.voice, session.timezone))
    elif form == "csv":
        write_csv([row_of(line, session.voice) for line in found.lines], COLUMNS)
    else:
        _write_table(session, found)


def _write_table(session: Session, found: Report) -> None:
    print(session.say(_headline(found, session)))
    if found.summary is not None:
        counts = [
            f"{session.say(state_word(state))} {number}" for state, number in found.summary.items() if number
        ]
        print(session.say(counted("{n} obligation", "{n} obligations", found.total)), *counts, sep=" · ")
    if not found.lines:
        session.tell(sentence("nothing to show: nothing is unknown, removed, overdue or due soon"))
        return
    print()
    rows = [_row(session, line) for line in found.lines]
    write_table(session.heads(_HEADS), rows, [_COLOURS.get(line.state) for line in found.lines])


def _headline(found: Report, session: Session) -> Sentence:
    return sentence(
        "as of {day}; last cycle {moment}",
        day=found.as_of,
        moment=local_moment(found.last_cycle, session.timezone),
    )


def _row(session: Session, line: Line) -> list[str]:
    obligation, title = line.obligation, line.obligation.card.title.say(session.voice)
    due = str(obligation.due_on or "")
    if obligation.provisional:
        due += "?"
    missing = ", ".join(session.say(channel_word(each)) for each in line.assessment.missing)
    reason = line.assessment.reason
    return [
        session.say(state_word(line.state)),
        due,
        "" if line.days_left is None else str(line.days_left),
        title if len(title) <= _TITLE_WIDTH else f"{title[: _TITLE_WIDTH - 1]}…",
        session.say(reason) if reason else missing,
        obligation.key,
    ]


def _warn(session: Session, opened: Opened) -> None:
    """What people should know although they asked for something else; never into JSON or CSV."""
    warnings = []
    if held := opened.state.held(opened.now):
        warnings.append(held)
    if failed := counts(opened.connection)[DeliveryState.FAILED]:
        warnings.append(
            counted(
                "{n} mail could not be delivered: iltod mail list --state failed",
                "{n} mails could not be delivered: iltod mail list --state failed",
                failed,
            )
        )
    if down := down_since(opened.connection):
        since, answer = down
        warnings.append(
            sentence(
                "mail is down since {since}: {answer}",
                since=local_moment(since, session.timezone),
                answer=answer,
            )
        )
    for organisation, role in unheard(session.assembly, day_in(session.timezone, opened.now)):
        warnings.append(
            sentence("nobody would be told of the duties of {role} in {id}", role=Term(role), id=organisation)
        )
    for said in warnings:
        print(plain(session.say(said)), file=sys.stderr)
