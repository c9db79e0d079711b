"""An organisation that joins, and for which something is recorded before a cycle has come to it."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from monitor.cli import main

HEAD = """
[monitor]
database = "sqlite:///joined.db"
packs = ["budget"]
"""
OFFICE = """
[[organisations]]
id = "{id}"
name = "{id}"
kind = "soum"
since = 2023-01-01
[[organisations.contacts]]
role = "finance"
name = "Finance"
email = "finance@{id}.example"
"""
FIRST, JOINED = OFFICE.format(id="first"), OFFICE.format(id="joined")


Iltod = Callable[..., str]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


@pytest.fixture
def iltod(config: Path, capsys) -> Iltod:
    def work(*arguments: str) -> str:
        assert main(["--config", str(config), *arguments]) == 0
        return capsys.readouterr().out

    return work


def test_what_falls_due_after_it_and_before_the_first_cycle_is_not_backlog(
    config: Path, iltod: Iltod
) -> None:
    config.write_text(HEAD + FIRST, "utf-8")
    iltod("run", "--once", "--at", "2024-01-05T05:00")
    config.write_text(HEAD + FIRST + JOINED, "utf-8")
    iltod("post", "joined/budget.approved/2024", "--channel", "website", "--on", "2024-01-05")
    iltod("run", "--once", "--at", "2024-03-01T05:00")
    said = json.loads(iltod("status", "--organisation", "joined", "--overdue", "--format", "json"))
    backlog = {each["period"]: each["backlog"] for each in said["obligations"] if "approved" in each["rule"]}
    assert backlog == {"2023": True, "2024": False}


@pytest.mark.parametrize("before", [(FIRST, JOINED), (FIRST,)], ids=["returns", "joins"])
def test_one_that_is_there_between_two_cycles_only_owes_nothing_any_more(
    config: Path, iltod: Iltod, before: tuple[str, ...]
) -> None:
    def watching(*offices: str) -> None:
        config.write_text(HEAD + "".join(offices), "utf-8")

    def cycle(day: str) -> None:
        iltod("check", "--accept-register")
        iltod("run", "--once", "--at", f"{day}T05:00")

    watching(*before)
    cycle("2024-01-05")
    watching(FIRST)
    cycle("2024-01-08")
    watching(FIRST, JOINED)
    iltod("post", "joined/budget.approved/2024", "--channel", "website", "--on", "2024-01-08")
    watching(FIRST)
    cycle("2024-01-09")
    with closing(sqlite3.connect(config.with_name("joined.db"))) as database:
        owed = database.execute("SELECT DISTINCT state FROM obligation WHERE organisation = 'joined'")
        assert owed.fetchall() == [("withdrawn",)]
