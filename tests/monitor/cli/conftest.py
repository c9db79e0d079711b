"""The command line called in this process, in a folder of its own; and a desk at which every state is seen."""

import contextlib
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from monitor.cli import main


@dataclass(frozen=True)
class Answer:
    """What a command said, and its exit status."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Desk:
    """A folder with a config.toml, and commands typed there; what they keep is in `store`."""

    folder: Path
    store: Any  # that of tests/conftest.py

    def configure(self, config: str | bytes) -> None:
        """Write config.toml; the database that it names is taken to the store."""
        content = config if isinstance(config, bytes) else config.encode()
        content = content.replace(b"sqlite:///iltod.db", self.store.url.encode())
        (self.folder / "config.toml").write_bytes(content)

    def iltod(self, *arguments: str) -> Answer:
        """Type a command."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = main(["--config", str(self.folder / "config.toml"), *arguments])
            except SystemExit as misread:
                status = int(misread.code or 0)
        return Answer(status, out.getvalue(), err.getvalue())

    def does(self, *arguments: str) -> str:
        """Type a command that must do what it is asked; gives what it says."""
        answer = self.iltod(*arguments)
        assert (answer.status, answer.err) == (0, ""), answer
        return answer.out

    def report(self, *arguments: str) -> dict:
        """`status` in JSON."""
        return json.loads(self.does("status", "--format", "json", *arguments))

    def keys(self, *arguments: str) -> list[str]:
        """What `status` lists."""
        return [each["key"] for each in self.report(*arguments)["obligations"]]

    def standing(self, key: str, *arguments: str) -> dict | None:
        """One obligation as `status` gives it; None where it shows none."""
        found = self.report("--all", *arguments)["obligations"]
        return next((each for each in found if each["key"] == key), None)

    def content(self) -> dict[str, list[str]]:
        """All that the database holds."""
        return self.store.content()

    def files(self) -> set[str]:
        """What lies in the folder, by name."""
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*")}


@pytest.fixture
def make_desk(tmp_path: Path, store) -> Callable[[str], Desk]:
    """A desk with that configuration, where nothing was done yet."""

    def make(config: str | bytes) -> Desk:
        desk = Desk(tmp_path, store)
        desk.configure(config)
        return desk

    return make


@pytest.fixture
def desk(make_desk) -> Desk:
    """The desk of the aimag, where nothing was done yet."""
    return make_desk(_CONFIG)


@pytest.fixture
def worked_desk(store, tmp_path: Path, worked_folder: Path, request: pytest.FixtureRequest) -> Desk:
    """The aimag's desk after three weeks of January 2024: a rehearsal whose last cycle is that of 2024-01-23, 09:00."""
    if not store.is_sqlite:
        store = request.getfixturevalue("copy_of_worked_database")(tmp_path)
    shutil.copytree(worked_folder, tmp_path, dirs_exist_ok=True)
    desk = Desk(tmp_path, store)
    desk.configure(_CONFIG)
    return desk


@pytest.fixture(scope="session")
def worked_folder(tmp_path_factory: pytest.TempPathFactory, make_store) -> Path:
    folder = tmp_path_factory.mktemp("aimag")
    desk = Desk(folder, make_store("sqlite:///iltod.db", folder))
    desk.configure(_CONFIG)
    for line in _STORY.strip().splitlines():
        desk.does(*line.split())
    return desk.folder


@pytest.fixture(scope="session")
def copy_of_worked_database(worked_folder: Path, postgres, make_store) -> Callable[[Path], Any]:
    """Makes copies on the server of what stands in the worked folder's file."""
    url = postgres.make()
    desk = Desk(worked_folder, make_store("sqlite:///iltod.db", worked_folder))
    desk.does("migrate", "--to", url)
    return lambda folder: make_store(postgres.make(template=make_url(url).database), folder)


_STORY = """
run --once --at 2024-01-08T09:00
post sergelen/budget.approved/2024 --channel website --on 2024-01-08 --url https://sergelen.example.mn/2024
post bayan/budget.approved/2024 --channel website --on 2024-01-08
post bayan/budget.approved/2024 --channel noticeboard --on 2024-01-08
run --once --at 2024-01-22T09:00
post aimag/budget.approved/2024 --channel website --on 2024-01-09
post aimag/budget.approved/2024 --channel noticeboard --on 2024-01-15
event add letter --organisation sergelen --on 2024-01-19
event add draft-act --organisation sergelen --on 2024-01-15
post sergelen/drafts.act/e2 --channel website --on 2024-01-15
post sergelen/drafts.act/e2 --channel noticeboard --on 2024-01-15
posting withdraw p6 --on 2024-01-20 --reason storm
event add draft-act --organisation bayan --on 2024-01-16
post bayan/drafts.act/e3 --channel website --on 2024-01-16
post bayan/drafts.act/e3 --channel noticeboard --on 2024-01-16
event add letter --organisation bayan --on 2024-01-18 --due 2024-01-26 --reference 3/17
event add letter --organisation aimag --on 2024-01-17 --due 2024-02-17
event withdraw e5 --reason misread
waive bayan/iaac.asset-declaration/2024 --reason merged
run --once --at 2024-01-23T09:00
"""

_CONFIG = """
[monitor]
database = "sqlite:///iltod.db"
language = "en"
packs = ["budget", "drafts", "iaac"]

[[organisations]]
id = "aimag"
name = "Төв аймгийн ЗДТГ"
kind = "aimag"
since = 2024-01-01
contacts = [
    { role = "oversight", name = "Law department", email = "law@aimag.example" },
    { role = "head", name = "Head of the aimag office", email = "head@aimag.example" },
]

[[organisations]]
id = "sergelen"
name = "Сэргэлэн сумын ЗДТГ"
kind = "soum"
since = 2024-01-01
parent = "aimag"
website = "https://sergelen.example.mn"
contacts = [
    { role = "finance", name = "Finance officer", email = "finance@sergelen.example" },
    { role = "web", name = "Web officer", email = "web@sergelen.example" },
    { role = "head", name = "Head of the soum office", email = "head@sergelen.example" },
]

[[organisations]]
id = "bayan"
name = "Баян сумын ЗДТГ"
kind = "soum"
since = 2024-01-01
parent = "aimag"
contacts = [{ role = "head", name = "Head of the soum office", email = "head@bayan.example" }]
"""
