"""`iltod simulate`: every mail of some days, from the present state, sent nowhere."""

from argparse import Namespace
from typing import Any

from sqlalchemy import Engine

from monitor.cli.output import plain, write_json
from monitor.cli.session import Session, begin
from monitor.clock import day_in, moment_in
from monitor.rehearsing import Leaving, copy_of, leaving, sending_moments
from monitor.state import Refused, read_state
from monitor.wording import kind_word, local_moment, state_word
from notifications.messages import Kind
from rules.sentences import counted, sentence


def simulate(args: Namespace) -> int:
    """Run a cycle at every sending time of those days on a copy; assumes that nothing more is posted."""
    session = begin(args)
    if args.last < args.first:
        raise Refused(sentence("--to {last} lies before --from {first}", first=args.first, last=args.last))
    with copy_of(session.assembly) as engine:
        _refuse_past(session, engine, args)
        moments = sending_moments(session.assembly, args.first, args.last)
        found = list(leaving(engine, session.assembly, moments))
    if args.format == "json":
        write_json(_in_order([mail for each in found for mail in _as_json(session, each)]))
    else:
        for each in found:
            _write(session, each)
        mails = sum(len(each.mails) for each in found)
        session.tell(
            counted("{n} mail in all; nothing was sent", "{n} mails in all; nothing was sent", mails)
        )
    return 0


def _refuse_past(session: Session, engine: Engine, args: Namespace) -> None:
    with engine.connect() as connection:
        last_cycle = read_state(connection).last_cycle_at
    if last_cycle is not None and args.first < day_in(session.timezone, last_cycle):
        raise Refused(
            sentence(
                "--from {first} lies before the last cycle, {last}; a simulation starts from the present state",
                first=args.first,
                last=local_moment(last_cycle, session.timezone),
            )
        )


def _as_json(session: Session, at_once: Leaving) -> list[dict[str, Any]]:
    return [
        {
            "at": moment_in(at_once.at, session.timezone),
            "to": mail.recipient,
            "kind": mail.kind,
            "subject": mail.subject,
            "items": [
                {"key": row.key, "stage": row.stage, "state": at_once.states[row.key]}
                for row in at_once.items.get(mail.id, ())
            ],
        }
        for mail in at_once.mails
    ]


def _in_order(mails: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(mails, key=lambda mail: (mail["at"], mail["to"], mail["kind"]))


def _write(session: Session, at_once: Leaving) -> None:
    print(local_moment(at_once.at, session.timezone))
    for mail in at_once.mails:
        kind = session.say(kind_word(Kind(mail.kind)))
        print(plain(f"  {mail.recipient}  {kind}  {mail.subject}"))
        for row in at_once.items.get(mail.id, ()):
            state = session.say(state_word(at_once.states[row.key]))
            print(plain(f"    {row.stage:>6}  {state}  {row.key}"))
