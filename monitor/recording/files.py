"""Files that people name in a command: read whole before a transaction begins, and never more than is of use."""

from pathlib import Path

from monitor.state import Refused
from rules.sentences import Sentence, sentence


def bytes_of(file: Path, largest: int, too_large: Sentence) -> bytes:
    """What the file holds; raises `Refused` where that is more than `largest` bytes, or cannot be had.

    A pipe may never end, and a device neither: only a file is opened.
    """
    try:
        if file.exists() and not file.is_file():
            raise Refused(sentence("{file} is a folder or a device; a file is needed", file=file))
        with file.open("rb") as opened:
            content = opened.read(largest + 1)
    except OSError as error:
        raise Refused(sentence("{file} cannot be read: {why}", file=file, why=error.strerror)) from error
    if len(content) > largest:
        raise Refused(too_large)
    return content
