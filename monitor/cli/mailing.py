"""`iltod mail`: what was said to whom, and whether it arrived."""

from argparse import Namespace
from datetime import datetime
from email import message_from_bytes
from email.header import decode_header, make_header

from monitor.cli.output import plain, write_list
from monitor.cli.session import Session, begin, reading, writing
from monitor.clock import day_in
from monitor.core.journal import MAILS as MAIL_CHAIN
from monitor.core.journal import Change, What
from monitor.drafts import make_renderer
from monitor.lock import process_name
from monitor.logs import configure_logs
from monitor.lookup import number_of
from monitor.records import MAILS, mail, text_of, why
from monitor.state import Refused
from monitor.storage.engine import open_engine
from monitor.storage.journal import append
from monitor.wording import column_word, delivery_word, kind_word, local_moment, outcome_word
from notifications import taking_back
from notifications.delivering import deliver
from notifications.letters import Letter
from notifications.mail_list import Shown, listing, show
from notifications.messages import DeliveryState, Kind, Message
from notifications.queueing import queue
from notifications.transports import MailSettings, make_transport
from rules.sentences import Sentence, sentence

_SHOWN = ("id", "day", "kind", "to", "state", "subject", "answer")


def mail_list(args: Namespace) -> int:
    """The mails and where they are."""
    session = begin(args)
    state = DeliveryState(args.state) if args.state else None
    with reading(session) as opened:
        rows = listing(opened.connection, state) if opened else ()
    people_read = args.format == "table"
    listed = [mail(row) for row in rows]
    if people_read:
        for row, shown in zip(rows, listed, strict=True):
            shown["kind"] = session.say(kind_word(row.kind))
            shown["state"] = session.say(delivery_word(row.state))
    if not listed and people_read:
        session.tell(sentence("there are no mails"))
        return 0
    if people_read:
        write_list(listed, _SHOWN, args.format, session.heads(_SHOWN))
    else:
        write_list(listed, MAILS, args.format, MAILS)
    return 0


def mail_show(args: Namespace) -> int:
    """One mail as it was, is, or will be sent, and every attempt at it."""
    session = begin(args)
    with reading(session) as opened:
        shown = show(opened.connection, number_of(args.id, "m")) if opened else None
    if shown is None:
        raise Refused(sentence("mail {id} is not known; see: iltod mail list", id=args.id))
    for name, value in _heads(shown).items():
        print(plain(f"{name}: {value}"))
    state = session.say(delivery_word(shown.delivery.state))
    print(f"{session.say(column_word('state'))}: {state} {plain(shown.delivery.reason)}".rstrip())
    for tried in shown.attempts:
        moment = local_moment(tried.started_at, session.timezone)
        outcome = session.say(outcome_word(tried.outcome))
        print(plain(f"  {moment} {outcome} {tried.code or ''} {tried.answer}".rstrip()))
    print()
    print(plain(text_of(shown)))
    return 0


def _heads(shown: Shown) -> dict[str, object]:
    """What stands above the text; a service is told the subject alone."""
    if shown.delivery.service:
        return {"To": shown.delivery.to, "Subject": shown.delivery.subject}
    heads = message_from_bytes(shown.raw)  # the newer policy puts a space where a long name was folded
    names = ("From", "To", "Subject", "Date", "Message-ID")
    return {name: make_header(decode_header(heads[name])) for name in names}


def mail_retry(args: Namespace) -> int:
    """Send a failed mail again, at once."""
    session = begin(args)
    with writing(session) as opened:
        number = number_of(args.id, "m")
        again = taking_back.retry(opened.connection, number, opened.now)
        if again:
            told = {"mail": f"m{number}"}
            append(opened.connection, opened.now, session.by, [Change(MAIL_CHAIN, What.MAIL_RETRIED, told)])
    if not again:
        raise Refused(
            sentence(
                "mail {id} is neither failed nor waiting; see: iltod mail list --state failed", id=args.id
            )
        )
    session.tell(sentence("mail {id} is tried again at the next delivery pass", id=args.id))
    return 0


def mail_test(args: Namespace) -> int:
    """Send a test mail through the configured transport, now, and nothing else."""
    session = begin(args)
    settings = session.assembly.settings
    configure_logs(settings.daemon.log_level)
    engine = open_engine(settings.monitor.database)
    try:
        with writing(session) as opened:
            said = _test_message(session, args.address, opened.now)
            try:
                number = queue(
                    opened.connection, said, settings.mail.sender, settings.mail.reply_to, opened.now
                )
            except ValueError as error:
                raise Refused(
                    sentence("{address} is not an address that can be written to", address=args.address)
                ) from error
            now = opened.now
        transport = make_transport(settings.mail)
        passed = deliver(engine, transport, lambda: now, lambda: False, process_name(), only=Kind.TEST)
        with engine.begin() as connection:
            shown = show(connection, number) if number is not None else None
    finally:
        engine.dispose()
    if shown is not None and shown.delivery.state is DeliveryState.SENT:
        session.tell(_handed_over(settings.mail, args.address))
        return 0
    answer = (why(shown.delivery) if shown else "") or passed.unreachable or "-"
    raise Refused(
        sentence(
            "the test mail to {address} was not handed over: {answer}",
            address=args.address,
            answer=answer,
        )
    )


def _handed_over(mail: MailSettings, address: str) -> Sentence:
    if mail.transport == "maildir":
        return sentence(
            "the test mail to {address} was written into the Maildir {path}, and reaches nobody: "
            "mail.transport is maildir",
            address=address,
            path=mail.path,
        )
    return sentence("the test mail to {address} was handed over", address=address)


def _test_message(session: Session, address: str, now: datetime) -> Message:
    language = session.assembly.settings.monitor.language
    letter = Letter(Kind.TEST, language, recipient_name="", day=day_in(session.timezone, now))
    said = make_renderer().render(letter)
    return Message(address, "", language, letter.day, Kind.TEST, said.subject, said.text, said.html)
