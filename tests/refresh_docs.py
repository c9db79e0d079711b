"""Run what the documents show, and write down what the program says now.

    python tests/refresh_docs.py [--check] [PAGE]...

A `toml` block whose first line is `# config.toml` begins a story: a new folder with that file in it. The `console`
blocks after it are typed there one line after the other, as in a terminal: `$ ` begins a command, `> ` goes on with
it, and what stands below is its answer. `--check` changes nothing, and exits 1 where a page is out of date, with the
difference.
"""

import argparse
import contextlib
import difflib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from monitor.cli import main as iltod
from monitor.cli.session import Session

PROJECT = Path(__file__).parents[1]
SHOWN_FOLDER = "/srv/iltod"
"""What stands in the documents for the folder of a story."""
SHOWN_SEAL = "5b1f0c2e" * 8
"""What stands for a hash of the journal, which every change of a pack or of a calendar changes."""
SHOWN_USER = "clerk"
"""Who types the commands."""
_SEAL = re.compile(r"^[0-9a-f]{64}$", re.MULTILINE)
_ACCIDENT = "something unforeseen happened"
_BLOCK = re.compile(r"^```(?P<kind>toml|console)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ (?P<command>.*(?:\n> .*)*)$", re.MULTILINE)


class Story:
    """A folder in which commands are typed; the exit status of the last one is remembered for `$?`."""

    def __init__(self, folder: Path) -> None:
        self._top = self._folder = folder
        self._status = 0

    def begin(self, name: str, config: str) -> None:
        """Go on in a new folder, which holds that config.toml."""
        self._folder = self._top / name
        self._folder.mkdir()
        (self._folder / "config.toml").write_text(config, encoding="utf-8")
        self._status = 0

    def answer(self, command: str) -> str:
        """What a person who types that sees; the program's own part runs in this process, for speed."""
        own, _, rest = command.partition(" | ") if command.startswith("iltod ") else ("", "", command)
        said, complained = io.StringIO(), io.StringIO()
        if own:
            self._status = _run(shlex.split(own)[1:], said, complained if rest else said, self._folder)
        if rest:
            done = subprocess.run(
                ["bash", "-c", f"(exit {self._status}); {rest}"],
                cwd=self._folder,
                input=said.getvalue(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                check=False,
                timeout=60,
            )
            self._status = done.returncode
            said = io.StringIO(done.stdout)
        text = f"{complained.getvalue()}{said.getvalue()}"
        if _ACCIDENT in text:
            raise SystemExit(f"$ {command}\n{text}")
        text = _SEAL.sub(SHOWN_SEAL, text.replace(str(self._folder), SHOWN_FOLDER))
        return "\n".join(line.rstrip() for line in text.splitlines()).rstrip("\n")


def _run(arguments: list[str], said: io.StringIO, complained: io.StringIO, folder: Path) -> int:
    sys.argv = ["iltod", *arguments]
    with (
        patch.object(Session, "by", SHOWN_USER),
        contextlib.chdir(folder),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(complained),
    ):
        try:
            return iltod()
        except SystemExit as misread:
            return int(misread.code or 0)


def replayed(page: str) -> str:
    """The page with the answers that the program gives now."""
    with TemporaryDirectory(prefix="iltod-docs-") as folder:
        return "".join(_replay(page, Story(Path(folder).resolve())))


def _replay(page: str, story: Story) -> Iterator[str]:
    end = 0
    for number, block in enumerate(_BLOCK.finditer(page)):
        yield page[end : block.start()]
        end = block.end()
        text = block["text"]
        if block["kind"] == "console":
            text = "".join(_typed(command["command"], story) for command in _COMMAND.finditer(text))
            yield f"```console\n{text}```"
        else:
            if text.startswith("# config.toml"):
                story.begin(f"story-{number}", text)
            yield block[0]
    yield page[end:]


def _typed(command: str, story: Story) -> str:
    answer = story.answer(command.replace("\n> ", "\n"))
    return f"$ {command}\n{answer}\n" if answer else f"$ {command}\n"


def main() -> int:
    parser = argparse.ArgumentParser(description="Run what the documents show, and write down the answers.")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("pages", metavar="PAGE", nargs="*", type=Path)
    args = parser.parse_args()
    os.environ.pop("ILTOD_CONFIG", None)
    outdated = 0
    for page in args.pages or [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]:
        before = page.read_text(encoding="utf-8")
        after = replayed(before)
        if after == before:
            continue
        outdated += 1
        if args.check:
            lines = difflib.unified_diff(
                before.splitlines(), after.splitlines(), page.name, "what the program says", lineterm=""
            )
            print("\n".join(lines))
        else:
            page.write_text(after, encoding="utf-8")
            print(f"{page}: refreshed")
    return 1 if args.check and outdated else 0


if __name__ == "__main__":
    sys.exit(main())
