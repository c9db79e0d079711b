"""How much of a letter is shown in full: it has to be read on a telephone, by somebody with a minute."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from notifications.letters import DutyLine, Letter
from notifications.messages import Kind
from notifications.phrases import Fact, Phrases

_LATE = {"unknown", "removed", "overdue"}
_FULL = {Kind.ESCALATION: 5}
_FULL_ELSE = 20
_BRIEF = {Kind.ESCALATION: 20}
_BRIEF_ELSE = 80
_FAILED = 20
_NAMES = 10_000
"""How many organisations one mail names behind the duties that are told shortly: half a megabyte of names."""

_Placed = tuple[str, DutyLine]
"""A duty under the name of its section."""


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
    """A duty that many organisations owe, a line for each of them; or for each due date, where they are too many."""

    title: str
    when: str
    """When it is due; its state, where the lines say when."""
    late: bool
    lines: tuple[tuple[str, str], ...]
    """An organisation, and what there is to say of it; or a due date, and the organisations."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The parts of a letter, worked out once for its text and its page, with the numbers of what is left out."""

    full: tuple[FullSection, ...]
    brief: tuple[BriefDuty, ...]
    coming: tuple[BriefDuty, ...]
    """What is due next."""
    left_out: int
    """How many of the oldest that are still late, and were told before."""
    more_failed: int
    failed: int = _FAILED
    """How many of the failed deliveries are shown."""


def lay_out(letter: Letter, phrases: Phrases) -> Layout:
    """The first duties in full, the next in a line each under what they have in common, the rest by name alone.

    Only what is late and was told before is ever left out, the oldest first: what can still be done, and what is news
    to the reader, is named however much it is. An escalation with more duties than can be shown in full shows all in a
    line each: its reader looks for the pattern.
    """
    duties = [(section.organisation, duty) for section in letter.sections for duty in section.duties]
    full = _FULL.get(letter.kind, _FULL_ELSE)
    if letter.kind is Kind.ESCALATION and len(duties) > full:
        full = 0
    room = full + _BRIEF.get(letter.kind, _BRIEF_ELSE)
    named = _without_the_oldest_told_before(duties, room)
    return Layout(
        full=_sections(named[:full], phrases),
        brief=(
            *_alike([duty for _, duty in named[full:room]], phrases),
            *_by_name([duty for _, duty in named[room:]], phrases),
        ),
        coming=_alike(letter.next_due, phrases),
        left_out=len(duties) - len(named),
        more_failed=max(0, len(letter.failed) - _FAILED),
    )


def _without_the_oldest_told_before(duties: Sequence[_Placed], room: int) -> Sequence[_Placed]:
    """As many as there is room for, in their order, or more where more must be named."""
    repeated = [place for place, (_, duty) in enumerate(duties) if duty.told_before]
    repeated.sort(key=lambda place: duties[place][1].due_on or date.max)
    cut = set(repeated[: max(0, len(duties) - room)])
    return [each for place, each in enumerate(duties) if place not in cut]


def _sections(duties: Sequence[_Placed], phrases: Phrases) -> tuple[FullSection, ...]:
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


def _by_name(duties: Iterable[DutyLine], phrases: Phrases) -> tuple[BriefDuty, ...]:
    """The duties under their title, and for each due date in one line who owes them.

    What can still be done is the first to have its organisations named, if they are too many for a mail.
    """
    owing: dict[tuple[str, str, bool], dict[str, Counter[str]]] = {}
    for duty in duties:
        by_date = owing.setdefault((duty.title, duty.state_said, duty.state in _LATE), {})
        by_date.setdefault(phrases.when(duty), Counter())[duty.organisation] += 1
    room, found = _NAMES, {}
    for about in sorted(owing, key=lambda about: about[2]):
        lines = []
        for when, organisations in owing[about].items():
            lines.append((when, phrases.names(organisations, room)))
            room = max(0, room - len(organisations))
        found[about] = BriefDuty(*about, tuple(lines))
    return tuple(found[about] for about in owing)
