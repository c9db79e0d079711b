"""`iltod explain`: a due date, step by step, as text for an official letter or as JSON."""

import re
from argparse import Namespace
from datetime import date

from monitor.cli.output import plain, write_json
from monitor.cli.session import Session, begin, reading, writing
from monitor.explanation import Explanation, explain_key, explain_reckoning, explain_rule
from monitor.formats import explanation_as_json
from rules.sentences import Sentence, sentence
from rules.steps import CountedDay

_HASH = re.compile(r"[0-9a-fA-F]{8,64}")
"""A reckoning's, or how it begins, as the journal shows it; the id of a rule has a dot."""


def explain(args: Namespace) -> int:
    """Explain an obligation by its key, a rule for a period or a day, or a reckoning by its hash."""
    session = begin(args)
    if "/" in args.key:
        found = _of_key(session, args.key)
    elif _HASH.fullmatch(args.key):
        with reading(session) as opened:
            found = explain_reckoning(opened.connection if opened else None, args.key)
    else:
        found = explain_rule(
            session.assembly,
            args.key,
            organisation=args.organisation,
            period=args.period,
            on=args.on,
            due=args.due,
        )
    if args.format == "json":
        write_json(explanation_as_json(found, session.voice))
    else:
        _write(session, found)
    return 0


def _of_key(session: Session, key: str) -> Explanation:
    with reading(session) as opened:
        if opened is not None:
            return explain_key(opened.connection, session.assembly, key, opened.now)
    with writing(
        session
    ) as opened:  # no database yet: what rules and configuration give can be explained all the same
        return explain_key(opened.connection, session.assembly, key, opened.now)


def _write(session: Session, found: Explanation) -> None:
    print(plain(found.title.say(session.voice)))
    if found.key:
        print(found.key)
    if found.reckoning:
        session.tell(sentence("reckoning {hash}", hash=found.reckoning))
    _write_date(session, sentence("Due date"), found.due_on)
    if found.act_by != found.due_on:
        _write_date(session, sentence("Last working day on which it can be done"), found.act_by)
    if found.keep_until:
        _write_date(session, sentence("Must stay up until"), found.keep_until)
    if found.provisional:
        session.tell(
            sentence(
                "Provisional: the decrees of a year that was counted through have not been looked for yet."
            )
        )
    print()
    for number, step in enumerate(found.steps, 1):
        source = f" [{step.source}]" if step.source else ""
        print(plain(f"{number}. {session.say(step.text)}{source}"))
    if found.count:
        print()
        session.tell(sentence("Day by day:"))
        for day in found.count:
            print(plain(f"  {day.on}  {_counted(session, day)}"))


def _write_date(session: Session, what: Sentence, day: date | None) -> None:
    session.tell(sentence("{what}: {day}", what=what, day=day or sentence("(no date)")))


def _counted(session: Session, day: CountedDay) -> str:
    number = "" if day.number is None else str(day.number)
    if day.note is not None:
        return f"{number:>4}  {day.note.reason} [{day.note.source}]"
    if day.weekend:
        weekend = session.say(sentence("weekend"))
        return f"{number:>4}  {weekend}"
    return f"{number:>4}"
