"""How much of a letter is shown in full: it has to be read on a telephone, by somebody with a minute."""

from collections.abc import Iterable
from dataclasses import dataclass

from notifications.letters import DutyLine, Letter
from notifications.messages import Kind
from notifications.phrases import Fact, Phrases

_LATE = {"unknown", "removed", "overdue"}
_FULL = {Kind.ESCALATION: 5}
_FULL_ELSE = 20
_BRIEF = {Kind.ESCALATION: 20}
_BRIEF_ELSE = 80
_FAILED = 20


@dataclass(frozen=True, slots=True)
class FullDuty:
    """A duty with all its facts, in words."""

    title: str
    state_said: str
    left: str
    """How late it is, or how much time is left; empty where that is not known."""
    late: bool
    """It is not only to come: something is wrong."""
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class FullSection:
    """The duties of one organisation."""

    organisation: str
    duties: tuple[FullDuty, ...]


@dataclass(frozen=True, slots=True)
class BriefDuty:
    """A duty that many organisations owe on the same day, with a line for each of them."""

    title: str
    when: str
    late: bool
    lines: tuple[tuple[str, str], ...]
    """An organisation, and what there is to say of it."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The parts of a letter, worked out once for its text and its page, with the numbers of what is left out."""

    full: tuple[FullSection, ...]
    brief: tuple[BriefDuty, ...]
    coming: tuple[BriefDuty, ...]
    """What is due next."""
    more: int
    more_failed: int
    failed: int = _FAILED
    """How many of the failed deliveries are shown."""


def lay_out(letter: Letter, phrases: Phrases) -> Layout:
    """The first duties in full, the next in a line each under what they have in common, the rest as a number.

    An escalation with more duties than can be shown in full shows all in a line each: its reader looks for
    the pattern.
    """
    duties = [(section.organisation, duty) for section in letter.sections for duty in section.duties]
    full = _FULL.get(letter.kind, _FULL_ELSE)
    if letter.kind is Kind.ESCALATION and len(duties) > full:
        full = 0
    brief = _BRIEF.get(letter.kind, _BRIEF_ELSE)
    return Layout(
        full=_sections(duties[:full], phrases),
        brief=_alike([duty for _, duty in duties[full : full + brief]], phrases),
        coming=_alike(letter.next_due, phrases),
        more=max(0, len(duties) - full - brief),
        more_failed=max(0, len(letter.failed) - _FAILED),
    )


def _sections(duties: list[tuple[str, DutyLine]], phrases: Phrases) -> tuple[FullSection, ...]:
    by_organisation: dict[str, list[FullDuty]] = {}
    for organisation, duty in duties:
        shown = FullDuty(
            title=duty.title,
            state_said=duty.state_said,
            left=phrases.late_or_left(duty),
            late=duty.state in _LATE,
            facts=phrases.facts(duty),
        )
        by_organisation.setdefault(organisation, []).append(shown)
    return tuple(FullSection(name, tuple(shown)) for name, shown in by_organisation.items())


def _alike(duties: Iterable[DutyLine], phrases: Phrases) -> tuple[BriefDuty, ...]:
    """The duties under their title and due date: so an oversight sees at once what many have not done."""
    found: dict[tuple[str, str, bool], list[tuple[str, str]]] = {}
    for duty in duties:
        about = (duty.title, phrases.when(duty), duty.state in _LATE)
        found.setdefault(about, []).append((duty.organisation, phrases.brief(duty)))
    return tuple(BriefDuty(*about, tuple(lines)) for about, lines in found.items())
