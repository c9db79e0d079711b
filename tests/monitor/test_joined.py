"""An organisation that joins, and for which something is recorded before a cycle has come to it."""

import json
from pathlib import Path

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


def test_what_falls_due_after_it_and_before_the_first_cycle_is_not_backlog(tmp_path: Path, capsys) -> None:
    config = tmp_path / "config.toml"

    def iltod(*arguments: str) -> str:
        assert main(["--config", str(config), *arguments]) == 0
        return capsys.readouterr().out

    config.write_text(HEAD + FIRST, "utf-8")
    iltod("run", "--once", "--at", "2024-01-05T05:00")
    config.write_text(HEAD + FIRST + JOINED, "utf-8")
    iltod("post", "joined/budget.approved/2024", "--channel", "website", "--on", "2024-01-05")
    iltod("run", "--once", "--at", "2024-03-01T05:00")
    said = json.loads(iltod("status", "--organisation", "joined", "--overdue", "--format", "json"))
    backlog = {each["period"]: each["backlog"] for each in said["obligations"] if "approved" in each["rule"]}
    assert backlog == {"2023": True, "2024": False}
