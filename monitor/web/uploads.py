"""Files that people send: of the kinds that back a posting, told by their content and never by their name."""

from starlette.datastructures import FormData, UploadFile

from monitor.recording.postings import LARGEST_FILE, Backing
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


def holds_file(sent: FormData) -> bool:
    """Whether anything was sent as a file."""
    return any(isinstance(each, UploadFile) and each.filename for each in sent.values())


def file_in(sent: FormData, *names: str) -> Backing | None:
    """The one file that was sent under any of those names, under its own.

    None where none was. Raises `Refused` for several, for one that is too large, and for one of another kind.
    """
    uploads = [each for name in names if isinstance(each := sent.get(name), UploadFile) and each.filename]
    if not uploads:
        return None
    if len(uploads) > 1:
        raise Refused(sentence("one file or photograph backs a posting: send one of the two"))
    name, content = _own_name(uploads[0].filename or ""), uploads[0].file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise Refused(sentence("{file} is larger than 25 MB; give a smaller copy", file=name))
    if type_of(content) is None:
        raise Refused(sentence("{file} is neither a picture nor a PDF; send one of these", file=name))
    return Backing(name, content)


def _own_name(sent: str) -> str:
    """The last part of the name, without what could steer a terminal or a folder."""
    last = sent.replace("\\", "/").rpartition("/")[2]
    safe = "".join(each for each in last if each.isprintable() and each not in '<>:"|?*').strip(". ")
    while len(safe.encode()) > _LONGEST_NAME:
        safe = safe[1:]  # the end tells the kind
    return safe or "file"
