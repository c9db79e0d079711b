"""The files that make up a configuration: each read once, and all of them in one digest."""

import stat
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from rules.reading import Reading, content_of


@dataclass(slots=True)
class Files:
    """The folder that paths are relative to, and a digest of what was read from it."""

    folder: Path
    _digests: list[str] = field(default_factory=list)

    def path(self, written: str) -> Path:
        """The path that is meant, absolute."""
        return (self.folder / written).absolute()

    def read(self, path: Path, reading: Reading, largest: int) -> bytes | None:
        """What the file holds, up to `largest` bytes; None where it cannot be read, which is noted as a fault."""
        content = content_of(path, reading, largest)
        if content is not None:
            self._digests.append(f"{sha256(content).hexdigest()} {path}")
        return content

    @staticmethod
    def others_may_read(path: Path) -> bool:
        """Whether somebody else than the file's owner may: then no secret may stand in it."""
        return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))

    @property
    def fingerprint(self) -> str:
        """A digest of every file read so far; another content, another file or another program gives another one."""
        read = "\n".join([version("iltod"), *self._digests])
        return sha256(read.encode(errors="surrogateescape")).hexdigest()
