"""Letters that no reminder asks for: the monthly all-clear, and warnings about the monitor itself."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, select

from monitor.assembly import Assembly
from monitor.checks import Problem, standing_problems
from monitor.core.reminders import Kind
from monitor.core.subjects import HEAD, OVERSIGHT, Recipient
from monitor.letters import LetterDesk, Told
from monitor.overviews import Overview, next_due, watched_by
from monitor.wording import kind_word, speech
from notifications.letters import Letter
from notifications.mail_list import failed
from notifications.messages import Kind as MessageKind
from notifications.tables import message
from rules.sentences import Sentence, sentence
from rules.workdays import OutsideCalendar, WorkingCalendar

_NEXT_SHOWN = 5


def all_clears(
    connection: Connection, assembly: Assembly, now: datetime, sending: Mapping[str, date]
) -> Iterable[tuple[Recipient, Letter]]:
    """On the first working day of a month, what is next for each head and oversight with nothing to worry about."""
    if assembly.settings.reminders.all_clear == "never":
        return
    register = assembly.settings.register
    overview = Overview(connection, register)
    for person in _in_charge(assembly):
        day = sending.get(person.timezone)
        if day is None or not is_first_of_month(assembly.book.calendar, day):
            continue
        watched = [each for each in watched_by(person, register, day) if register[each].since <= day]
        voice = speech(person.language)
        if overview.is_clear(watched, voice):
            rows = next_due(connection, watched, day, _NEXT_SHOWN)
            why = sentence("it falls due next")
            items = [Told(row.organisation, row.key, "next", why, Kind.ALL_CLEAR) for row in rows]
            desk = LetterDesk(
                connection, assembly, {each.key: each.organisation for each in items}, now, overview
            )
            yield person, desk.all_clear(person, day, items)


def warning(
    connection: Connection, assembly: Assembly, now: datetime, day: date, troubles: Sequence[Sentence] = ()
) -> tuple[Recipient, Letter] | None:
    """What the operator should know: the monitor's troubles, on the first working day of a week what stands as it
    should not, and what mails failed since the last time.
    """
    settings = assembly.settings
    if not settings.monitor.operator:
        return None
    operator = Recipient(settings.monitor.operator, "", settings.monitor.language, settings.monitor.timezone)
    last = connection.scalar(
        select(message.c.queued_at)
        .where(message.c.recipient == operator.key, message.c.kind == MessageKind.WARNING)
        .where(message.c.queued_at <= now)  # a clock that was wrong may have dated one in years to come
        .order_by(message.c.id.desc())
        .limit(1)
    )
    voice = speech(operator.language)
    notes = [each.say(voice) for each in troubles]
    notes += [f"{each.said.say(voice)} {each.hint.say(voice)}" for each in _weekly(assembly, day)]
    for each in failed(connection):
        if last is None or (each.finished_at is not None and each.finished_at > last):
            said = sentence(
                "mail m{id} ({kind}) to {address} could not be delivered: {answer}",
                id=each.id,
                kind=kind_word(each.kind),
                address=each.to,
                answer=each.reason or each.answer,
            )
            notes.append(said.say(voice))
    if not notes:
        return None
    letter = Letter(MessageKind.WARNING, operator.language, operator.name, day, notes=tuple(notes))
    return operator, letter


def is_first_of_month(calendar: WorkingCalendar, day: date) -> bool:
    """Whether `day` is the first working day of its month."""
    return _is_first_since(calendar, day, day.replace(day=1))


def is_first_of_week(calendar: WorkingCalendar, day: date) -> bool:
    """Whether `day` is the first working day of its week; weeks begin on Monday."""
    return _is_first_since(calendar, day, day - timedelta(days=day.weekday()))


def _is_first_since(calendar: WorkingCalendar, day: date, start: date) -> bool:
    try:
        return calendar.count(start - timedelta(days=1), day) == 1
    except OutsideCalendar:
        return day == start


def _weekly(assembly: Assembly, day: date) -> tuple[Problem, ...]:
    return standing_problems(assembly, day) if is_first_of_week(assembly.book.calendar, day) else ()


def _in_charge(assembly: Assembly) -> list[Recipient]:
    register = assembly.settings.register
    keys = dict.fromkeys(
        contact.email.casefold()
        for organisation in register
        for contact in organisation.contacts
        if contact.role in (HEAD, OVERSIGHT)
    )
    return [person for key in keys if (person := register.recipient(key))]
