"""The second pass: from the reminders that nobody was told yet to one message a person, day and kind."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, Row, bindparam, delete, exists, select, update

from monitor.assembly import Assembly
from monitor.clock import day_in
from monitor.core.reminders import Kind
from monitor.core.subjects import Recipient, address_key
from monitor.drafts import Draft, Reminders, draft_of, queue_drafts, services_of
from monitor.invitations import Invitations
from monitor.letters import LetterDesk, Told
from monitor.occasions import all_clears, warning
from monitor.overviews import Overview
from monitor.storage import tables
from monitor.storage.locks import claim_people, hold_organisations
from monitor.wording import speech
from notifications import tables as outbox_tables
from notifications import taking_back
from notifications.letters import Letter
from notifications.messages import Kind as MessageKind
from notifications.queueing import Queued
from rules.sentences import Sentence, sentence

_BATCH = 25
_KINDS = (Kind.NOTICE, Kind.DIGEST, Kind.ESCALATION)
_TAKEN_OVER = {MessageKind.DIGEST, MessageKind.ESCALATION}


def queue_messages(
    engine: Engine, assembly: Assembly, now: datetime, sending: Mapping[str, date], witness: str
) -> int:
    """Queue the messages of every person whose sending time it is, each with the journal's `witness` hash in its
    footer, and say how many.

    Each person's messages are queued, and their reminders linked to them, in one transaction: killed anywhere and
    begun again, nobody is told twice and nothing is forgotten. When this returns, everybody was served, by whichever
    daemon.
    """
    with engine.begin() as connection:
        left = sentence("the contact has left").say(speech(assembly.settings.monitor.language))
        taking_back.cancel_departed(connection, partial(_is_here, assembly, now), left, now)
        untold = connection.scalars(select(_reminder.c.recipient).where(_UNTOLD).distinct()).all()
    if not untold:
        return 0
    register = assembly.settings.register
    found = (register.recipient(key) for key in untold)
    people = {person.key: person for person in found if person and person.timezone in sending}
    if not people:
        return 0
    with engine.begin() as connection:
        post = _PostRoom(assembly, now, sending, witness, Overview(connection, register))
    queued, waiting = 0, list(people)
    for wait in (False, True):  # at first whom no other daemon serves; then those of whom it did not tell all
        busy: list[str] = []
        for start in range(0, len(waiting), _BATCH):
            with engine.begin() as connection:
                some = waiting[start : start + _BATCH]
                claimed = claim_people(connection, some, wait=wait)
                queued += post.serve(connection, [people[key] for key in claimed])
            busy.extend(set(some).difference(claimed))
        waiting = busy
    return queued


def queue_occasions(
    connection: Connection, assembly: Assembly, now: datetime, sending: Mapping[str, date]
) -> int:
    """Queue the letters that no reminder asks for, and say how many."""
    letters = list(all_clears(connection, assembly, now, sending))
    day = sending.get(assembly.settings.monitor.timezone)
    if day is not None and (about_us := warning(connection, assembly, now, day)):
        letters.append(about_us)
    return _queue_letters(connection, assembly, letters, now)


def queue_warning(
    connection: Connection, assembly: Assembly, troubles: Sequence[Sentence], now: datetime
) -> bool:
    """Queue a letter to the operator about what is wrong now, whatever the hour; False where today's has gone."""
    day = day_in(assembly.settings.monitor.timezone, now)
    about_us = warning(connection, assembly, now, day, troubles)
    return about_us is not None and _queue_letters(connection, assembly, [about_us], now) == 1


_reminder = tables.reminder
_UNTOLD = _reminder.c.message_id.is_(None)


def _queue_letters(
    connection: Connection, assembly: Assembly, letters: Sequence[tuple[Recipient, Letter]], now: datetime
) -> int:
    invitations = Invitations(connection, [person.key for person, _ in letters], now)
    drafts = [draft_of(assembly, person, letter, invitations) for person, letter in letters]
    return len(queue_drafts(connection, assembly, drafts, invitations, now))


def _is_here(assembly: Assembly, now: datetime, key: str, service: str | None) -> bool:
    """Whether that person is still to be told anything, and by that service."""
    if key == address_key(assembly.settings.monitor.operator):
        return True
    register = assembly.settings.register
    person = register.recipient(key)
    if person is None or not register.remains(key, day_in(person.timezone, now)):
        return False
    return service is None or service in services_of(assembly, person)


class _PostRoom:
    def __init__(
        self,
        assembly: Assembly,
        now: datetime,
        sending: Mapping[str, date],
        witness: str,
        overview: Overview,
    ) -> None:
        self._assembly, self._now, self._sending, self._overview = assembly, now, sending, overview
        self._witness = witness

    def serve(self, connection: Connection, people: Sequence[Recipient]) -> int:
        """Queue what each of those people is to be told."""
        keys = [person.key for person in people]
        _hold_still(connection, keys)
        _forget_settled(connection, keys)
        untold = _untold(connection, keys)
        people = [person for person in people if person.key in untold]
        if not people:
            return 0
        older = _undelivered(connection, [person.key for person in people])
        carried = _carried(connection, older)
        rows = [row for each in (*untold.values(), *carried.values()) for row in each]
        desk = LetterDesk(
            connection, self._assembly, {row.key: row.organisation for row in rows}, self._now, self._overview
        )
        invitations = Invitations(
            connection, [person.key for person in people], self._now, _deliveries(older)
        )
        drafts: list[Draft] = []
        for person in people:
            for kind in _KINDS:
                fresh = [row for row in untold[person.key] if row.kind == kind]
                if fresh:
                    again = [row for row in carried[person.key] if row.kind == kind]
                    told = [*fresh, *_not_repeated(again, fresh)]
                    letter = desk.letter(
                        kind,
                        person,
                        self._sending[person.timezone],
                        [Told.of(row) for row in told],
                        {row.key for row in again},
                    )
                    taken_over = older.get((person.key, kind), ())
                    letter = replace(letter, witness=self._witness)
                    drafts.append(draft_of(self._assembly, person, letter, invitations, told, taken_over))
        queued = queue_drafts(connection, self._assembly, drafts, invitations, self._now)
        _link(connection, queued)
        if taken_over := [each for draft, _ in queued for each in draft.taken_over]:
            taking_back.supersede(connection, taken_over, self._now)
        return len(queued)


def _link(connection: Connection, queued: Iterable[tuple[Draft, Queued]]) -> None:
    """The reminders are told now, each by its message."""
    told = [{"of": row.id, "by": into.message_id} for draft, into in queued for row in draft.told]
    if told:
        statement = update(_reminder).where(_reminder.c.id == bindparam("of"))
        connection.execute(statement.values(message_id=bindparam("by")), told)


def _hold_still(connection: Connection, people: Sequence[str]) -> None:
    """Nobody works out the organisations that these people are told of until they are told."""
    of = select(_reminder.c.organisation).where(_UNTOLD, _reminder.c.recipient.in_(people)).distinct()
    hold_organisations(connection, connection.scalars(of).all(), to_change=False)


def _forget_settled(connection: Connection, people: Sequence[str]) -> None:
    """What was posted after it was decided needs no reminder."""
    obligation = tables.obligation
    settled = exists().where(obligation.c.key == _reminder.c.key, obligation.c.settled)
    mine = _reminder.c.recipient.in_(people)
    connection.execute(delete(_reminder).where(_UNTOLD, mine, settled))


def _untold(connection: Connection, people: Sequence[str]) -> dict[str, list[Row[Any]]]:
    mine = _reminder.c.recipient.in_(people)
    return _by_recipient(connection.execute(select(_reminder).where(_UNTOLD, mine).order_by(_reminder.c.id)))


def _undelivered(connection: Connection, people: Sequence[str]) -> dict[tuple[str, Kind], Sequence[int]]:
    """What a newer message of the same kind takes over; a notice tells what happened once, and stands as it is."""
    found = taking_back.undelivered(connection, people)
    return {(key, Kind(kind)): ids for (key, kind), ids in found.items() if kind in _TAKEN_OVER}


def _carried(
    connection: Connection, older: Mapping[tuple[str, Kind], Sequence[int]]
) -> dict[str, list[Row[Any]]]:
    """What the undelivered messages tell, as far as it is not settled meanwhile."""
    ids = _deliveries(older)
    if not ids:
        return defaultdict(list)
    delivery, obligation = outbox_tables.delivery, tables.obligation
    statement = (
        select(_reminder)
        .join(delivery, delivery.c.message_id == _reminder.c.message_id)
        .join(obligation, obligation.c.key == _reminder.c.key)
        .where(delivery.c.id.in_(ids), ~obligation.c.settled)
        .order_by(_reminder.c.id)
    )
    return _by_recipient(connection.execute(statement))


def _deliveries(older: Mapping[tuple[str, Kind], Sequence[int]]) -> list[int]:
    return [each for deliveries in older.values() for each in deliveries]


def _by_recipient(rows: Iterable[Row[Any]]) -> dict[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row.recipient].append(row)
    return found


def _not_repeated(older: Reminders, fresh: Reminders) -> Reminders:
    told_anew = {row.key for row in fresh}
    return [row for row in older if row.key not in told_anew]
