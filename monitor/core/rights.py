"""What a person may see and do: by the register, on a day."""

from dataclasses import dataclass
from datetime import date

from monitor.core.register import Register
from monitor.core.subjects import OVERSIGHT, Organisation

_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rights:
    """The ids of the organisations that somebody may see, record for, and waive and extend for."""

    sees: frozenset[str] = _NONE
    records: frozenset[str] = _NONE
    waives: frozenset[str] = _NONE


NO_RIGHTS = Rights()


def rights_of(register: Register, address: str, day: date) -> Rights:
    """Those of the person behind an address on that day.

    A contact in office, whatever the role, sees and records for its own organisation and all below it. Who is the
    oversight of an organisation waives for all below it; for itself only where nobody stands above it.
    """
    acts: set[str] = set()
    waives: set[str] = set()
    for organisation, contact in register.posts_of(address):
        if not contact.serves_on(day):
            continue
        acts.update(register.under(organisation.id))
        if contact.role == OVERSIGHT:
            waives.update(_overseen(register, organisation))
    return Rights(frozenset(acts), frozenset(acts), frozenset(waives)) if acts else NO_RIGHTS


def _overseen(register: Register, organisation: Organisation) -> tuple[str, ...]:
    under = register.under(organisation.id)
    return under if organisation.parent is None else under[1:]
