"""What came of recording something: its number, and the obligations that it concerns as they now are."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from monitor.assembly import Assembly
from monitor.core.journal import Change, What
from monitor.core.obligations import Obligation, key_of
from monitor.core.plan import appraise
from monitor.core.status import Assessment
from monitor.core.subjects import Organisation
from monitor.lookup import Found, find
from monitor.state import Refused
from monitor.storage.journal import append
from monitor.storage.locks import hold_organisations
from monitor.storage.register import know
from rules.sentences import sentence


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was recorded, or stood already, and the obligations that it concerns as they now are."""

    id: int
    new: bool
    obligations: tuple[tuple[Obligation, Assessment], ...]


def tell(
    connection: Connection,
    organisation: Organisation,
    now: datetime,
    by: str,
    what: What,
    content: Mapping[str, Any],
    *,
    key: str | None = None,
) -> None:
    """Put into the organisation's journal what `by` has recorded; nobody else changes it until the transaction ends."""
    know(connection, organisation, now)
    hold_organisations(connection, [organisation.id], to_change=True)
    plain = {name: str(value) if isinstance(value, date) else value for name, value in content.items()}
    append(connection, now, by, [Change(organisation.id, what, plain, key)])


def judged(
    connection: Connection, assembly: Assembly, found: Found, now: datetime
) -> tuple[tuple[Obligation, Assessment], ...]:
    """The obligation as it now is."""
    return (_appraised(find(connection, assembly, found.obligation.key, now), assembly),)


def twins(
    connection: Connection, assembly: Assembly, found: Found, now: datetime
) -> tuple[tuple[Obligation, Assessment], ...]:
    """The obligation, and those on the same document that the same posting serves."""
    found_so = list(judged(connection, assembly, found, now))
    obligation = found.obligation
    for rule_id in obligation.card.documents:
        key = key_of(found.organisation.id, rule_id, obligation.occurrence)
        if rule_id != obligation.card.id:
            with suppress(Refused):  # the other rule may not apply to this organisation
                found_so.append(_appraised(find(connection, assembly, key, now), assembly))
    return tuple(found_so)


def refuse_future(on: date, today: date, *, planned: bool) -> None:
    """Raise `Refused` for what is said to have happened on a day to come, unless it is planned."""
    if on > today and not planned:
        raise Refused(
            sentence(
                "{on} lies in the future; today is {today}: record it when it has happened",
                on=on,
                today=today,
            )
        )


def _appraised(found: Found, assembly: Assembly) -> tuple[Obligation, Assessment]:
    withdrawn = found.opened.withdrawn if found.opened else None
    return found.obligation, appraise(found.facts, assembly.law, found.obligation, found.today, withdrawn)
