"""`iltod import`: all or nothing, every bad row named, and nothing twice."""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from monitor.cli import main
from rules.faults import MOST_FAULTS

CONFIG = """
[monitor]
database = "sqlite:///iltod.db"
packs = ["budget"]
[mail]
path = "mail"
[[organisations]]
id = "sergelen"
name = "Сэргэлэн сумын ЗДТГ"
kind = "soum"
since = 2024-01-01
"""

APPROVED = "sergelen/budget.approved/2024"


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def iltod(*arguments: str) -> int:
    return main(["--language", "en", *arguments])


def postings(capsys: pytest.CaptureFixture[str]) -> list[str]:
    iltod("posting", "list", "--format", "csv")
    return capsys.readouterr().out.splitlines()[1:]


def test_a_sheet_as_a_spreadsheet_program_saves_it_is_imported_once(
    office: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = f"\ufeffkey;channel;on;url;note\r\n{APPROVED};website;2024/01/09;https://sergelen.example.mn/1;\r\n;;;;\r\n{APPROVED};noticeboard;2024.1.10;;hall\r\n"
    (office / "p.csv").write_text(rows, encoding="utf-8")

    assert iltod("import", "postings", "p.csv") == 0
    assert capsys.readouterr().out == "2 rows are new, 0 rows were recorded already\n"
    assert iltod("import", "postings", "p.csv") == 0
    assert capsys.readouterr().out == "0 rows are new, 2 rows were recorded already\n"
    assert len(postings(capsys)) == 2


def test_a_dry_run_looks_and_keeps_nothing(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (office / "p.csv").write_text(f"key,channel,on\n{APPROVED},website,2024-01-09\n", encoding="utf-8")

    assert iltod("import", "postings", "p.csv", "--dry-run") == 0
    assert capsys.readouterr().out.startswith("1 row is new")
    assert postings(capsys) == []


def test_one_bad_row_keeps_all_out_and_every_bad_row_is_named(
    office: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = (
        f"key,channel,on\n{APPROVED},website,2024-01-09\n{APPROVED},radio,2024-01-09\n"
        f"{APPROVED},website,yesterday\n{APPROVED},website,\n"
    )
    (office / "p.csv").write_text(rows, encoding="utf-8")

    assert iltod("import", "postings", "p.csv") == 1
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "3 faults were found; nothing was changed:",
        f"  p.csv: line 3: {APPROVED} is not posted in radio; its channels are: website, noticeboard",
        "  p.csv: line 4: on must be a date such as 2024-02-21, not yesterday",
        "  p.csv: line 5: on is missing",
    ]
    assert postings(capsys) == []


def test_events_are_imported_and_open_what_they_start(
    office: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "organisation,kind,on,due,reference,note\nsergelen,budget-amendment,2024-06-20,,A/12,\n"
    (office / "e.csv").write_text(rows, encoding="utf-8")

    assert iltod("import", "events", "e.csv") == 0
    assert iltod("import", "events", "e.csv") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "0 rows are new, 1 row was recorded already"
    assert iltod("explain", "sergelen/budget.amendment/e1") == 0
    assert "Due date: 2024-07-17" in capsys.readouterr().out


def test_a_file_that_is_not_there_is_named(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert iltod("import", "postings", "none.csv") == 1
    assert capsys.readouterr().err == "none.csv cannot be read: No such file or directory\n"


@pytest.mark.parametrize("name", ["pipe.csv", "zero.csv", "."])
def test_what_is_no_file_is_refused_and_nobody_waits_for_it(
    office: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(office / "pipe.csv")
    (office / "zero.csv").symlink_to("/dev/zero")

    for command in (
        ["import", "postings", name],
        ["import", "events", name],
        ["post", APPROVED, "--channel", "website", "--on", "2024-01-09", "--file", name],
    ):
        assert iltod(*command) == 1
        assert capsys.readouterr().err == f"{name} is a folder or a device; a file is needed\n"
    assert not (office / "iltod.db").exists(), "the file is looked at before the database"


def test_a_sheet_is_read_whole_before_anybody_waits_for_the_database(office: Path) -> None:
    """While another one holds it, a sheet that cannot be read is refused at once."""
    (office / "p.csv").write_text(f"key,channel,on\n{APPROVED},website,2024-01-09\n", encoding="utf-8")
    assert iltod("import", "postings", "p.csv") == 0
    with closing(sqlite3.connect(office / "iltod.db")) as held:
        held.execute("BEGIN IMMEDIATE")
        assert iltod("import", "postings", "none.csv") == 1


def test_of_a_sheet_of_nonsense_the_first_thousand_faults_are_told(
    office: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (office / "p.csv").write_text("key,channel,on\n" + "x,y,2024-01-09\n" * 1500, encoding="utf-8")

    assert iltod("import", "postings", "p.csv") == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 + MOST_FAULTS + 1
    assert said[-1].endswith("There are 1000 faults and perhaps more; correct these first")


def test_a_known_row_costs_no_look_at_its_duty(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """90,000 took two minutes in which nobody could record anything."""
    rows = [f"{APPROVED},website,2024-01-09,https://a.example/{n}" for n in range(3)]
    (office / "p.csv").write_text("\n".join(["key,channel,on,url", *rows]), encoding="utf-8")
    assert iltod("import", "postings", "p.csv") == 0
    (office / "p.csv").write_text("\n".join(["key,channel,on,url", *rows * 3000]), encoding="utf-8")

    before = time.process_time()
    assert iltod("import", "postings", "p.csv") == 0
    assert time.process_time() - before < 4  # seconds; one by one they took ten
    assert capsys.readouterr().out.splitlines()[-1] == "0 rows are new, 9000 rows were recorded already"


def test_a_row_that_was_withdrawn_is_recorded_again(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (office / "p.csv").write_text(f"key,channel,on\n{APPROVED},website,2024-01-09\n", encoding="utf-8")
    iltod("import", "postings", "p.csv")
    iltod("posting", "withdraw", "p1", "--reason", "misread")

    assert iltod("import", "postings", "p.csv") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 row is new, 0 rows were recorded already"
