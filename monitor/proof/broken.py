"""What a proof comes upon where something is not as it was written."""

from rules.sentences import Sentence, sentence


class Broken(Exception):  # noqa: N818 -- what was found
    """The journal, or what it tells of, is not as it was written; `sentence` says where."""

    def __init__(self, said: Sentence) -> None:
        super().__init__(said.text)
        self.sentence = said


def unreadable(what: object) -> Broken:
    """What is raised for a row that was changed past the program."""
    return Broken(sentence("{what} holds what cannot be read", what=what))
