"""A letter in a few lines, for services that show no more: the worst duties with their due dates."""

from notifications.letters import Letter
from notifications.phrases import Phrases

_SHOWN = 3
_LONGEST = 200
"""Characters of a line."""


def shorten(letter: Letter, phrases: Phrases) -> str:
    """What the letter tells, in a few lines; its subject, which has the counts, stands above them."""
    duties = [duty for section in letter.sections for duty in section.duties] or list(letter.next_due)
    lines = [f"{duty.organisation}: {duty.title}: {phrases.when(duty)}" for duty in duties[:_SHOWN]]
    lines.extend(letter.notes[: _SHOWN - len(lines)])
    more = len(duties) + len(letter.notes) - len(lines)
    if more:
        said = phrases.ngettext(
            "and {n} more, to be read in the mail", "and {n} more, to be read in the mail", more
        )
        lines.append(said.format(n=more))
    if letter.page_url:
        lines.append(letter.page_url)
    return "\n".join(line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…" for line in lines)
