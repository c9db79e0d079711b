"""Output whose reader may go away while the work goes on: a pipe, a terminal, a file on a disk that is full."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from io import TextIOBase
from pathlib import Path
from typing import TextIO, cast


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
    """What the stream cannot take is lost, and whoever wrote it is not troubled."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write it, if that can be done."""
        with suppress(OSError, ValueError):  # the latter where it is closed
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """The same for what was kept back."""
        with suppress(OSError, ValueError):
            self._stream.flush()

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
