"""Files that people send: of the kinds that back a posting, told by their content and never by their name."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from starlette.datastructures import FormData, UploadFile

from monitor.recording.postings import LARGEST_FILE
from monitor.state import Refused
from rules.sentences import sentence

_LONGEST_NAME = 100
_STARTS = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF8": "image/gif",
    b"%PDF-": "application/pdf",
}
_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"}


def type_of(content: bytes) -> str | None:
    """What the content is: a picture or a PDF; None for anything else."""
    for start, kind in _STARTS.items():
        if content.startswith(start):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp" and content[8:12] in _BRANDS:  # as newer telephones keep photographs
        return "image/heic"
    return None


@contextmanager
def kept_aside(sent: FormData, *names: str) -> Iterator[Path | None]:
    """The one file that was sent under any of those names, under its own, for as long as it is needed.

    None where none was. Raises `Refused` for several, for one that is too large, and for one of another kind.
    """
    uploads = [each for name in names if isinstance(each := sent.get(name), UploadFile) and each.filename]
    if not uploads:
        yield None
        return
    if len(uploads) > 1:
        raise Refused(sentence("one file or photograph backs a posting: send one of the two"))
    name, content = _own_name(uploads[0].filename or ""), uploads[0].file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise Refused(sentence("{file} is larger than 25 MB; give a smaller copy", file=name))
    if type_of(content) is None:
        raise Refused(sentence("{file} is neither a picture nor a PDF; send one of these", file=name))
    with TemporaryDirectory(prefix="iltod-") as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        yield path


def _own_name(sent: str) -> str:
    """The last part of the name, without what could steer a terminal or a folder."""
    last = sent.replace("\\", "/").rpartition("/")[2]
    safe = "".join(each for each in last if each.isprintable() and each not in '<>:"|?*').strip(". ")
    while len(safe.encode()) > _LONGEST_NAME:
        safe = safe[1:]  # the end tells the kind
    return safe or "file"
