"""`iltod import`: all or nothing, every bad row named, and nothing twice."""

from pathlib import Path

import pytest

from monitor.cli import main

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
    assert capsys.readouterr().err == "none.csv: No such file or directory\n"
