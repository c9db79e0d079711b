"""Messages as files in a Maildir, which every mail program and `mutt -f` can read."""

import contextlib
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from notifications.messages import Way
from notifications.transports import Cleared, Parcel
from notifications.transports.outcomes import Outcome, Sent, Unreachable
from notifications.transports.pace import Pace


class MaildirTransport:
    """Writes each message whole and synced into `tmp/`, then renames it into `new/`, as Maildir asks.

    The file's name comes from the Message-ID, so a message written again after a crash replaces itself.
    """

    name = "maildir"
    way = Way.MAIL
    lanes = 1

    def __init__(self, path: Path, pace: Pace | None = None) -> None:
        self.path = path
        self.pace = pace or Pace(0)

    @asynccontextmanager
    async def lane(self) -> AsyncIterator["MaildirTransport"]:
        yield self

    async def reach(self) -> Unreachable | None:
        """Makes the folders, where they are not there yet."""
        try:
            for folder in (self.path, *(self.path / name for name in ("cur", "new", "tmp"))):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            return self._refused(error)
        return None

    async def send(self, parcel: Parcel, cleared: Cleared) -> Outcome:
        """Writes the parcel. What the file system refuses, it refuses to everybody."""
        await cleared()
        name = _file_name(parcel.message_id)
        try:
            _write_synced(self.path / "tmp" / name, parcel.raw)
            (self.path / "tmp" / name).rename(self.path / "new" / name)
            _sync_folder(self.path / "new")
        except OSError as error:
            return self._refused(error)
        return Sent(answer=str(self.path / "new" / name))

    def _refused(self, error: OSError) -> Unreachable:
        return Unreachable(f"{self.path}: {error.strerror or error}")


def _file_name(message_id: str) -> str:
    """A name without the marks that mean something to Maildir (`:`, `/`, a leading dot)."""
    return re.sub(r"[^A-Za-z0-9.=_-]", "_", message_id.strip("<>")).lstrip(".")


def _write_synced(path: Path, content: bytes) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()  # the rest of a write that was cut off
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
