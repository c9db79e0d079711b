"""Keeps the last figures of a benchmark in docs/performance.md, between the two marks that bear its name.

Only a run with nothing on its command line is kept: one of another size would not be comparable.
"""

import io
import os
import platform
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"


class _Both(io.TextIOBase):
    """Prints, and remembers what was printed."""

    def __init__(self, out: io.TextIOBase) -> None:
        self._out, self.said = out, io.StringIO()

    def write(self, text: str) -> int:
        self.said.write(text)
        return self._out.write(text)

    def flush(self) -> None:
        self._out.flush()


@contextmanager
def keep(name: str) -> Iterator[None]:
    """What is printed inside stands in the document afterwards, unless the command line asked for something else."""
    both = _Both(sys.stdout)
    with redirect_stdout(both):
        yield
    if len(sys.argv) == 1:
        written = put(PAGE.read_text("utf-8"), name, f"{_where()}\n\n{both.said.getvalue().rstrip()}")
        PAGE.write_text(written, "utf-8")


def put(page: str, name: str, figures: str) -> str:
    """The page with those figures between the marks of that name. Raises `ValueError` where it has no such marks."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, found, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    if not found or not ended:
        raise ValueError(f"docs/performance.md has no marks of {name}")
    return f"{before}{begin}```text\n{figures}\n```\n{end}{after}"


def _where() -> str:
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} processors, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}"
    )
