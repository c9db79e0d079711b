"""The subject of a letter, with its counts."""

from collections import Counter

from notifications.letters import Letter
from notifications.messages import Kind
from notifications.phrases import Catalog
from notifications.summaries import STATES


def subject(letter: Letter, catalog: Catalog) -> str:
    """The subject in the language of `catalog`."""
    gettext, ngettext = catalog.gettext, catalog.ngettext
    counts = _counts(letter, catalog)
    about = _about(letter, catalog)
    match letter.kind:
        case Kind.DIGEST:
            return f"{about}: {counts}"
        case Kind.ESCALATION:
            return gettext("For the management: {about}: {counts}").format(about=about, counts=counts)
        case Kind.NOTICE:
            n = sum(len(section.duties) for section in letter.sections)
            said = ngettext("Notice: {about}: {n} duty", "Notice: {about}: {n} duties", n)
            return said.format(about=about, n=n)
        case Kind.ALL_CLEAR:
            n = len(letter.next_due)
            said = ngettext(
                "Nothing is overdue; {n} duty comes next", "Nothing is overdue; {n} duties come next", n
            )
            return said.format(n=n) if n else gettext("Nothing is overdue")
        case Kind.WARNING:
            n = len(letter.notes) + len(letter.failed)
            return ngettext(
                "iltod needs attention: {n} warning", "iltod needs attention: {n} warnings", n
            ).format(n=n)
        case _:
            asked = {
                Kind.SIGN_IN: gettext("iltod: your link to sign in"),
                Kind.TEST: gettext("iltod: a test mail"),
            }
            return asked[letter.kind]


def _about(letter: Letter, catalog: Catalog) -> str:
    """The organisation that the letter is about, or how many they are."""
    names = {section.organisation for section in letter.sections}
    names |= {row.organisation for row in letter.summary}
    if len(names) == 1:
        return names.pop()
    n = len(names)
    return catalog.ngettext("{n} organisation", "{n} organisations", n).format(n=n)


def _counts(letter: Letter, catalog: Catalog) -> str:
    """How many duties are in each state that calls for action; those of the summary, where there is one."""
    states = Counter(duty.state for section in letter.sections for duty in section.duties)
    if letter.summary:
        states = Counter({name: sum(getattr(row, name) for row in letter.summary) for name in STATES})
    said = {
        "unknown": catalog.gettext("unknown {n}"),
        "removed": catalog.gettext("taken down {n}"),
        "overdue": catalog.gettext("overdue {n}"),
        "due_soon": catalog.gettext("due soon {n}"),
    }
    parts = [text.format(n=states[state]) for state, text in said.items() if states[state]]
    if not parts:
        n = sum(states.values())
        return catalog.ngettext("{n} duty", "{n} duties", n).format(n=n)
    return ", ".join(parts)
