"""What a text that people write may hold: whatever reads, keeps or copies it later must take it."""

from unicodedata import category

from monitor.state import Refused
from rules.sentences import sentence

_TAKEN_BY_NOBODY = frozenset({"Cc", "Cs"})
"""Control characters, which steer terminals and of which PostgreSQL keeps no NUL, and halves of characters."""
_LINES_AND_TABS = frozenset("\t\n\r")


def refuse_control_characters(*texts: str) -> None:
    """Raise `Refused` where one of the texts holds what is no letter and no sign, but for tabs and ends of lines."""
    for text in texts:
        for each in text:
            if category(each) in _TAKEN_BY_NOBODY and each not in _LINES_AND_TABS:
                raise Refused(
                    sentence(
                        "the text {text} holds a control character ({code}); leave it out",
                        text="".join(sign for sign in text if sign.isprintable())[:60],
                        code=f"U+{ord(each):04X}",
                    )
                )
