"""`iltod event`, `post`, `posting`, `waive`, `unwaive`: what people record."""

from argparse import Namespace
from typing import Any

from monitor import records
from monitor.cli.output import plain, write_list
from monitor.cli.session import Session, begin, reading, writing
from monitor.lookup import number_of
from monitor.recording import decisions, events, postings
from monitor.recording.outcome import Recorded
from monitor.wording import channel_word, local_moment, state_word
from rules.sentences import Sentence, sentence


def event_add(args: Namespace) -> int:
    """Record an event and name what it opened."""
    session = begin(args)
    with writing(session) as opened:
        done = events.add_event(
            opened.connection,
            session.assembly,
            opened.now,
            session.by,
            kind=args.kind,
            organisation=args.organisation,
            on=args.on,
            due=args.due,
            reference=args.reference.strip(),
            note=args.note.strip(),
        )
    name = f"e{done.id}"
    session.tell(
        sentence("event {event} recorded", event=name)
        if done.new
        else sentence("that event is recorded already, as {event}; nothing was changed", event=name)
    )
    if not done.obligations:
        session.tell(sentence("it opened no duty: no loaded rule for this organisation begins with it"))
    _tell_obligations(session, done)
    return 0


def event_amend(args: Namespace) -> int:
    """Correct the date of an event."""
    session = begin(args)
    number = number_of(args.id, "e")
    with writing(session) as opened:
        done = events.amend_event(
            opened.connection,
            session.assembly,
            opened.now,
            session.by,
            number,
            on=args.on,
            due=args.due,
            reason=args.reason,
        )
    _tell_done(session, done, sentence("event {event} amended", event=f"e{number}"))
    return 0


def event_withdraw(args: Namespace) -> int:
    """Take an event back."""
    session = begin(args)
    number = number_of(args.id, "e")
    with writing(session) as opened:
        events.withdraw_event(
            opened.connection, session.assembly, opened.now, session.by, number, args.reason
        )
    session.tell(sentence("event {event} withdrawn", event=f"e{number}"))
    return 0


def event_list(args: Namespace) -> int:
    """The recorded events, withdrawn ones among them."""
    session = begin(args)
    with reading(session) as opened:
        listed = records.events(opened.connection) if opened else []
    _list(session, listed, records.EVENTS, args.format)
    return 0


def post(args: Namespace) -> int:
    """Record a posting and say how the obligation stands now."""
    session = begin(args)
    file = postings.backing(args.file) if args.file else None
    with writing(session) as opened:
        done = postings.post(
            opened.connection,
            session.assembly,
            opened.now,
            session.by,
            key=args.key,
            channel=args.channel,
            on=args.on,
            url=args.url,
            file=file,
            note=args.note.strip(),
        )
    session.tell(
        sentence("posting {id} recorded", id=f"p{done.id}")
        if done.new
        else sentence("that posting is recorded already, as {id}; nothing was changed", id=f"p{done.id}")
    )
    _tell_obligations(session, done)
    return 0


def posting_list(args: Namespace) -> int:
    """The recorded postings, withdrawn ones among them."""
    session = begin(args)
    with reading(session) as opened:
        listed = records.postings(opened.connection, key=args.key) if opened else []
    _list(session, listed, records.POSTINGS, args.format)
    return 0


def posting_withdraw(args: Namespace) -> int:
    """Withdraw a posting, or say when it was taken down."""
    session = begin(args)
    number = number_of(args.id, "p")
    with writing(session) as opened:
        done = postings.withdraw_posting(
            opened.connection,
            session.assembly,
            opened.now,
            session.by,
            number,
            args.reason,
            args.on,
        )
    _tell_done(session, done, sentence("posting {id} withdrawn", id=f"p{number}"))
    return 0


def waive(args: Namespace) -> int:
    """Record that an obligation does not apply."""
    session = begin(args)
    with writing(session) as opened:
        done = decisions.waive(
            opened.connection, session.assembly, opened.now, session.by, args.key, args.reason
        )
    _tell_done(session, done, sentence("waived: {key}", key=args.key))
    return 0


def unwaive(args: Namespace) -> int:
    """Take a waiver back."""
    session = begin(args)
    with writing(session) as opened:
        done = decisions.unwaive(
            opened.connection, session.assembly, opened.now, session.by, args.key, args.reason
        )
    _tell_done(session, done, sentence("no longer waived: {key}", key=args.key))
    return 0


def extend(args: Namespace) -> int:
    """Record that an obligation may be met later."""
    session = begin(args)
    with writing(session) as opened:
        done = decisions.extend(
            opened.connection,
            session.assembly,
            opened.now,
            session.by,
            key=args.key,
            limit=args.by,
            until=args.until,
            reason=args.reason,
            reference=args.reference,
        )
    _tell_done(session, done, sentence("extended: {key}", key=args.key))
    return 0


def snooze(args: Namespace) -> int:
    """Record that nobody is to be reminded before a day."""
    session = begin(args)
    with writing(session) as opened:
        done = decisions.snooze(
            opened.connection,
            session.assembly,
            opened.now,
            session.by,
            key=args.key,
            until=args.until,
            reason=args.reason,
        )
    _tell_done(
        session, done, sentence("no reminders of {key} before {until}", key=args.key, until=args.until)
    )
    return 0


def _tell_done(session: Session, done: Recorded, said: Sentence) -> None:
    session.tell(said if done.new else sentence("that is recorded already; nothing was changed"))
    _tell_obligations(session, done)


def _tell_obligations(session: Session, done: Recorded) -> None:
    for obligation, assessment in done.obligations:
        session.tell(
            sentence(
                "{key}: {state}, due {due}",
                key=obligation.key,
                state=state_word(assessment.state),
                due=obligation.due_on or sentence("(no date)"),
            )
        )
        if assessment.reason is not None:
            print(plain(f"  {session.say(assessment.reason)}"))
        if assessment.missing:
            session.tell(
                sentence("  still missing: {channels}", channels=tuple(map(channel_word, assessment.missing)))
            )


def _list(session: Session, rows: list[dict[str, Any]], columns: tuple[str, ...], form: str) -> None:
    if not rows and form == "table":
        session.tell(sentence("nothing was recorded yet"))
        return
    if form == "table":
        rows = [{**row, "recorded_at": local_moment(row["recorded_at"], session.timezone)} for row in rows]
    write_list(rows, columns, form, session.heads(columns))
