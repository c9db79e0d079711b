"""Output whose reader may go away, or read no more, while the work goes on: a pipe, a terminal, a full disk's file."""

import os
import select
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from io import TextIOBase
from pathlib import Path
from typing import TextIO, cast

_PIECE = 640
"""Characters: fewer bytes than a pipe that takes any takes at once."""
_MOMENT_MS = 1000


@contextmanager
def whether_read_or_not() -> Iterator[None]:
    """Meanwhile nothing that is said on standard output or error can fail."""
    out, err = _there(sys.stdout), _there(sys.stderr)
    with redirect_stdout(cast("TextIO", _Unread(out))), redirect_stderr(cast("TextIO", _Unread(err))):
        try:
            yield
        finally:
            _let_go(out)
            _let_go(err)


class _Unread(TextIOBase):
    """What the stream cannot take is lost, and whoever wrote it is not troubled, nor kept waiting."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._guard = threading.Lock()
        self._is_full = self._is_torn = False
        self.lost = 0
        """How many writes nobody took, for want of a reader who reads."""

    def write(self, text: str) -> int:
        """Write it, if that can be done."""
        with self._guard, suppress(OSError, ValueError):  # the latter where it is closed
            for start in range(0, len(text), _PIECE):
                if not self._takes():
                    self.lost += 1
                    self._is_torn |= start > 0
                    break
                self._stream.write("\n" * self._is_torn + text[start : start + _PIECE])
                self._stream.flush()
                self._is_torn = False
        return len(text)

    def _takes(self) -> bool:
        """Whether a piece can be written without waiting for a reader; a slow one is given a moment, but once."""
        try:
            descriptor = self._stream.fileno()
        except OSError:  # it lies in memory
            return True
        asked = select.poll()
        asked.register(descriptor, select.POLLOUT)
        self._is_full = not asked.poll(0 if self._is_full else _MOMENT_MS)
        return not self._is_full

    def isatty(self) -> bool:
        """As the stream is."""
        return self._stream.isatty()


def _there(stream: TextIO | None) -> TextIO:
    """It is None where it was closed before we began."""
    return stream or Path(os.devnull).open("w", encoding="utf-8")


def _let_go(stream: TextIO) -> None:
    """What nobody takes would be tried again when Python ends, and change the exit status."""
    try:
        stream.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
