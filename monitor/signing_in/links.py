"""Links by which people sign in: asked for on the page, sent to the address of a contact, used once.

Nothing that can be seen from outside tells whether an address is known: what is done for one that is not differs in
the mail alone, which is not sent.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, select, update

from monitor.assembly import Assembly
from monitor.clock import day_in
from monitor.core.register import Register
from monitor.core.rights import Rights, rights_of
from monitor.core.subjects import Recipient, address_key
from monitor.drafts import make_renderer
from monitor.signing_in.secrets import digest_of, new_secret
from monitor.storage import tables
from notifications import taking_back
from notifications.letters import Letter
from notifications.messages import Kind, Message
from notifications.queueing import queue

HOLDS = timedelta(minutes=15)
"""How long a link can be used."""
COUNTED = timedelta(hours=1)
"""For how long it counts that one was asked for."""
MOST_FOR_AN_ADDRESS = 5
"""From one client: whoever asks from elsewhere does not shut its owner out."""
MOST_FROM_ANYWHERE = 20
"""For one address; so many mails an hour are a nuisance, and no more."""
MOST_FROM_A_CLIENT = 60
"""An office, or all of an aimag, may stand behind one network address."""
_FORGOTTEN = timedelta(days=1)
_LONGEST_ADDRESS = 320

_link = tables.sign_in


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wrote and showed who asks for a link."""

    address: str
    client: str
    """The network address that it came from."""
    browser: str
    """The secret that the browser keeps until the link is used."""
    wanted: str
    """The path of the page that is wanted after it."""


@dataclass(frozen=True, slots=True)
class Used:
    """A link that was good."""

    person: str
    """The key of the address that it was sent to."""
    wanted: str


def rights_now(register: Register, person: Recipient, now: datetime) -> Rights:
    """What the person may see and do today."""
    return rights_of(register, person.address, day_in(person.timezone, now))


def ask_for_link(
    connection: Connection, assembly: Assembly, asked: Asked, now: datetime, today: datetime
) -> timedelta | None:
    """Send a link, if the address is that of a contact in office; where too many were asked for, give how long to wait.

    `today` is the moment that counts for the register and the mail: in a rehearsal that of its last cycle.
    """
    address = asked.address.strip()[:_LONGEST_ADDRESS]
    counted = {"address": digest_of(address_key(address)), "client": digest_of(asked.client)}
    connection.execute(delete(_link).where(_link.c.asked_at <= now - _FORGOTTEN))
    wait = _wait(connection, now, counted["address"], counted["client"])
    if wait is not None:
        return wait
    settings, link = assembly.settings, new_secret()
    known = settings.register.recipient(address)
    person = known if known and rights_now(settings.register, known, today).sees else None
    row = {
        "digest": digest_of(link),
        "browser": digest_of(asked.browser),
        "person": person.key if person else None,
        "wanted": asked.wanted,
        "asked_at": now,
    }
    connection.execute(insert(_link), row | counted)
    nobody = Recipient(address, "", settings.monitor.language, settings.monitor.timezone)
    said = _message(person or nobody, f"{settings.web.public_url}/sign-in/{link}", today)
    if person is not None:
        waiting = taking_back.undelivered(connection, [person.key]).get((person.key, Kind.SIGN_IN), [])
        taking_back.supersede(connection, waiting, today)
        queue(connection, said, settings.mail.sender, settings.mail.reply_to, today)
    return None


def link_stands(connection: Connection, now: datetime, link: str, browser: str) -> bool:
    """Whether that browser could use the link now."""
    return _find(connection, now, link, browser) is not None


def use_link(connection: Connection, now: datetime, link: str, browser: str) -> Used | None:
    """Use a link, which nobody can use again; None where it is not good, or not in that browser."""
    row = _find(connection, now, link, browser)
    if row is None:
        return None
    unused = update(_link).where(_link.c.id == row.id, _link.c.used_at.is_(None))
    if connection.execute(unused.values(used_at=now)).rowcount != 1:  # another process was quicker
        return None
    return Used(row.person, row.wanted)


def _find(connection: Connection, now: datetime, link: str, browser: str) -> Row[Any, Any, Any] | None:
    return connection.execute(
        select(_link.c.id, _link.c.person, _link.c.wanted).where(
            _link.c.digest == digest_of(link),
            _link.c.browser == digest_of(browser),
            _link.c.person.is_not(None),
            _link.c.used_at.is_(None),
            _link.c.asked_at > now - HOLDS,
        )
    ).one_or_none()


def _wait(connection: Connection, now: datetime, address: str, client: str) -> timedelta | None:
    """Until when the oldest of too many no longer counts."""
    for_it, from_it = _link.c.address == address, _link.c.client == client
    counts = (
        _earliest_that_counts(connection, now, and_(for_it, from_it), MOST_FOR_AN_ADDRESS),
        _earliest_that_counts(connection, now, for_it, MOST_FROM_ANYWHERE),
        _earliest_that_counts(connection, now, from_it, MOST_FROM_A_CLIENT),
    )
    waits = [each + COUNTED - now for each in counts if each is not None]
    return max(waits) if waits else None


def _earliest_that_counts(
    connection: Connection, now: datetime, mine: ColumnElement[bool], most: int
) -> datetime | None:
    """When the one was asked for that has to be forgotten before another is sent; None where there are fewer."""
    newest = select(_link.c.asked_at).where(mine, _link.c.asked_at > now - COUNTED)
    return connection.scalar(newest.order_by(_link.c.asked_at.desc()).offset(most - 1).limit(1))


def _message(person: Recipient, address: str, at: datetime) -> Message:
    letter = Letter(
        kind=Kind.SIGN_IN,
        language=person.language,
        recipient_name=person.name,
        day=day_in(person.timezone, at),
        link=address,
        link_minutes=int(HOLDS.total_seconds()) // 60,
    )
    said = make_renderer().render(letter)
    return Message(
        person.address,
        person.name,
        person.language,
        letter.day,
        Kind.SIGN_IN,
        said.subject,
        said.text,
        said.html,
    )
