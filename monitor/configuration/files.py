"""The files that make up a configuration: each read once, and all of them in one digest."""

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tomllib import TOMLDecodeError, loads

from rules.reading import Reading

LARGEST = 16 * 1024 * 1024
"""Bytes; a register of 10,000 organisations has some two million."""


@dataclass(slots=True)
class Files:
    """The folder that paths are relative to, and a digest of what was read from it."""

    folder: Path
    _digests: list[str] = field(default_factory=list)

    def path(self, written: str) -> Path:
        """The path that is meant, absolute."""
        return (self.folder / written).absolute()

    def read(self, path: Path, reading: Reading) -> bytes | None:
        """What the file holds; None where it cannot be read, which is noted as a fault."""
        content = content_of(path, reading, LARGEST)
        if content is not None:
            self._digests.append(f"{sha256(content).hexdigest()} {path}")
        return content

    @property
    def fingerprint(self) -> str:
        """A digest of every file read so far; another content or another file gives another one."""
        return sha256("\n".join(self._digests).encode(errors="surrogateescape")).hexdigest()


def content_of(path: Path, reading: Reading, largest: int) -> bytes | None:
    """What the file holds; None where it cannot be read or has more than so many bytes, which is noted."""
    try:
        if path.exists() and not path.is_file():
            reading.fault("", path, "A file is needed, and this is a folder or a device")
        elif path.stat().st_size > largest:
            reading.fault(
                "",
                path,
                "The file is larger than {largest} bytes; it cannot be what is meant",
                largest=largest,
            )
        else:
            return path.read_bytes()
    except FileNotFoundError:
        reading.fault("", path, "The file does not exist")
    except (OSError, ValueError) as refused:  # ValueError: a NUL in the path
        reading.fault(
            "", path, "The file cannot be read: {why}", why=getattr(refused, "strerror", None) or str(refused)
        )
    return None


def parsed_toml(content: bytes, reading: Reading) -> dict[str, object]:
    """The top table of a TOML file; an empty one where it cannot be read, which is noted."""
    try:
        return loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as not_text:
        line = content[: not_text.start].count(b"\n") + 1
        reading.fault(
            "", None, "The file is not UTF-8: line {line} has a byte that cannot stand there", line=line
        )
    except (TOMLDecodeError, RecursionError) as not_toml:
        reading.fault("", None, "The file is not TOML: {why}", why=str(not_toml))
    return {}
