"""Letters made into messages, and the messages queued."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row

from monitor.assembly import Assembly
from monitor.core.subjects import Recipient
from monitor.invitations import Attached, Invitations
from monitor.wording import LANGUAGES, speech
from notifications.letters import Letter
from notifications.messages import Message
from notifications.queueing import Queued, queue_many
from notifications.rendering import Renderer
from notifications.transports.services import service_name

Reminders = Sequence[Row[Any]]
"""As they lie in their table."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that is about to be queued."""

    message: Message
    calendar: Attached
    told: Reminders = ()
    taken_over: Sequence[int] = ()
    """Deliveries that it makes superfluous."""


def draft_of(
    assembly: Assembly,
    person: Recipient,
    letter: Letter,
    invitations: Invitations,
    told: Reminders = (),
    taken_over: Sequence[int] = (),
) -> Draft:
    """The letter as the message that it becomes, which tells those reminders and takes over those deliveries."""
    calendar = invitations.calendar_for(person, letter)
    said = _message(person, letter, calendar.text, services_of(assembly, person))
    return Draft(said, calendar, told, taken_over)


def queue_drafts(
    connection: Connection,
    assembly: Assembly,
    drafts: Sequence[Draft],
    invitations: Invitations,
    now: datetime,
) -> list[tuple[Draft, Queued]]:
    """Queue the messages; gives those that were, with their numbers, the calendars among them kept in mind."""
    mail = assembly.settings.mail
    numbers = queue_many(connection, [draft.message for draft in drafts], mail.sender, mail.reply_to, now)
    queued = [(draft, into) for draft, into in zip(drafts, numbers, strict=True) if into is not None]
    invitations.keep([(draft.calendar, into.message_id) for draft, into in queued])
    return queued


def services_of(assembly: Assembly, person: Recipient) -> tuple[str, ...]:
    """The names of the services that tell that person too; none where nothing is sent, on a Maildir."""
    if assembly.settings.mail.transport == "maildir":
        return ()
    return tuple(service_name(address) for address in person.also)


@lru_cache(maxsize=1)
def make_renderer() -> Renderer:
    """One for all letters of the process: its templates are made ready once."""
    return Renderer({language: speech(language) for language in LANGUAGES})


def _message(person: Recipient, letter: Letter, calendar: str | None, services: tuple[str, ...]) -> Message:
    """The letter as it is sent to that person, and told by those services."""
    renderer = make_renderer()
    rendered = renderer.render(letter)
    return Message(
        recipient=person.address,
        name=person.name,
        language=person.language,
        day=letter.day,
        kind=letter.kind,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        calendar=calendar,
        services=services,
        brief=renderer.shorten(letter) if services else "",
    )
