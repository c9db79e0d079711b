"""What commands that only look give to programs, and that they change nothing."""

import csv
import io
import json
import sqlite3
import stat
from typing import get_args

import pytest
from sqlalchemy import text

from monitor.wording import outcome_word
from notifications.transports.outcomes import Outcome

STEP_KEYS = {"date", "text", "source"}


def test_explain_gives_a_due_date_with_its_steps(worked_desk):
    explained = json.loads(worked_desk.does("explain", "bayan/drafts.act/e3", "--format", "json"))
    assert list(explained) == ["key", "due_on", "act_by", "keep_until", "provisional", "steps"]
    assert explained["key"] == "bayan/drafts.act/e3"
    assert (explained["due_on"], explained["keep_until"]) == (None, "2024-02-15")
    assert all(set(step) == STEP_KEYS for step in explained["steps"])


def test_explain_says_of_each_skipped_day_why_and_by_what_source(worked_desk):
    arguments = ["explain", "budget.amendment", "--on", "2024-06-20", "--format", "json"]
    explained = json.loads(worked_desk.does(*arguments))
    assert (explained["key"], explained["due_on"]) == (None, "2024-07-17")
    skipped = {step["date"]: step for step in explained["steps"] if "does not count" in step["text"]}
    assert list(skipped)[1:] == ["2024-06-28", "2024-07-10", "2024-07-11", "2024-07-12", "2024-07-15"]
    assert all(step["source"] for step in skipped.values())


def test_a_fixed_date_on_a_day_off_stays_and_the_last_working_day_stands_beside_it(worked_desk):
    arguments = ["explain", "budget.approved", "--period", "2027", "--organisation", "sergelen"]
    explained = json.loads(worked_desk.does(*arguments, "--format", "json"))
    assert explained["key"] == "sergelen/budget.approved/2027"
    assert (explained["due_on"], explained["act_by"]) == ("2027-01-10", "2027-01-08")


def test_simulate_lists_each_mail_with_the_stages_that_it_tells(worked_desk):
    arguments = ["simulate", "--from", "2024-01-24", "--to", "2024-01-26", "--format", "json"]
    mails = json.loads(worked_desk.does(*arguments))
    assert mails
    for mail in mails:
        assert list(mail) == ["at", "to", "kind", "subject", "items"]
        assert mail["kind"] in ("digest", "escalation", "notice", "all-clear", "warning")
        assert all(list(item) == ["key", "stage", "state"] for item in mail["items"])
    assert mails == sorted(mails, key=lambda mail: (mail["at"], mail["to"], mail["kind"]))
    told = {
        (mail["at"][:10], mail["to"], item["key"], item["stage"]) for mail in mails for item in mail["items"]
    }
    assert ("2024-01-24", "head@aimag.example", "aimag/iaac.training-proposals/2024", "-1wd") in told
    assert ("2024-01-26", "head@bayan.example", "bayan/iaac.letter-reply/e4", "-0d") in told
    assert len(told) == sum(len(mail["items"]) for mail in mails), "each stage is told once"


@pytest.mark.parametrize(
    "command",
    [
        ["status", "--all"],
        ["event", "list"],
        ["posting", "list"],
        ["mail", "list"],
        ["rules", "list"],
        ["calendar", "2024"],
    ],
    ids=" ".join,
)
def test_a_list_has_the_same_lines_in_each_form(worked_desk, command):
    listed = json.loads(worked_desk.does(*command, "--format", "json"))
    rows = listed["obligations"] if isinstance(listed, dict) else listed
    assert rows
    assert len(list(csv.DictReader(io.StringIO(worked_desk.does(*command, "--format", "csv"))))) == len(rows)
    assert len(worked_desk.does(*command).splitlines()) > len(rows), "a table has a head too"


def test_who_looks_changes_nothing(worked_desk):
    before = worked_desk.content()
    for command in (
        ["status"],
        ["status", "--check"],
        ["explain", "sergelen/budget.approved/2024"],
        ["simulate", "--from", "2024-01-24", "--to", "2024-01-31"],
        ["preview", str(worked_desk.folder / "preview")],
        ["event", "list"],
        ["mail", "show", "m1"],
        ["check"],
        ["rules", "check"],
    ):
        worked_desk.iltod(*command)
    assert worked_desk.content() == before


def test_how_an_attempt_at_a_mail_ended_is_said_in_the_readers_language(worked_desk):
    assert "(Asia/Ulaanbaatar) sent  " in worked_desk.does("--language", "en", "mail", "show", "m1")
    assert "(Asia/Ulaanbaatar) илгээсэн  " in worked_desk.does("--language", "mn", "mail", "show", "m1")


@pytest.mark.parametrize("outcome", get_args(Outcome))
def test_there_are_words_for_every_way_in_which_an_attempt_can_end(outcome):
    assert outcome_word(outcome.__name__.lower())


def test_the_preview_can_be_opened_by_a_mail_program_and_by_a_browser(worked_desk):
    folder = worked_desk.folder / "preview"
    for _ in range(2):  # also where they are written anew
        assert "nothing was sent" in worked_desk.does("preview", str(folder))
        kinds = {path.suffix for path in folder.iterdir()}
        assert kinds == {".eml", ".html"}
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        for path in folder.iterdir():
            path.chmod(0o644)


def test_check_names_each_problem_with_its_id_and_a_hint(worked_desk):
    answer = worked_desk.iltod("check", "--format", "json")
    problems = json.loads(answer.out)
    assert answer.status == 0
    for problem in problems:
        assert list(problem) == ["id", "weight", "text", "hint"]
        assert problem["weight"] == "warning"
        assert problem["text"]
        assert problem["hint"]


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("version", "warned"), [((3, 51, 2), True), ((3, 51, 3), False)])
def test_check_warns_of_an_sqlite_with_the_fault_of_two_writers(monkeypatch, worked_desk, version, warned):
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    problems = json.loads(worked_desk.does("check", "--format", "json"))
    assert ("sqlite-old" in [each["id"] for each in problems]) == warned


def test_check_fails_where_the_mail_cannot_be_handed_over(make_desk, worked_desk):
    config = (worked_desk.folder / "config.toml").read_text("utf-8")
    desk = make_desk(
        f'{config}\n[mail]\ntransport = "smtp"\nhost = "127.0.0.1"\nport = 1\nsecurity = "none"\n'
    )
    answer = desk.iltod("check")
    assert answer.status == 1
    assert "error [mail-unreachable]" in answer.out


def test_a_cell_that_a_spreadsheet_would_reckon_is_made_text(worked_desk):
    worked_desk.does(
        *("post", "sergelen/budget.approved/2024", "--channel", "noticeboard", "--on", "2024-01-22"),
        *("--note", '=HYPERLINK("http://elsewhere.example")'),
    )
    rows = list(csv.DictReader(io.StringIO(worked_desk.does("posting", "list", "--format", "csv"))))
    assert rows[-1]["note"] == '\'=HYPERLINK("http://elsewhere.example")'


def test_what_a_terminal_would_obey_is_not_printed(worked_desk):
    key = "aimag/iaac.training-proposals/2024"
    worked_desk.does("waive", key, "--reason", "none")
    with worked_desk.store.connection() as connection:  # as earlier programs let it in
        connection.execute(text("UPDATE waiver SET reason = :it"), {"it": "none\x1b[2J\x1b]0;owned\x07"})
        connection.commit()
    told = worked_desk.does("status", "--all")
    told += worked_desk.does("explain", key)
    assert "none" in told
    assert "\x1b" not in told
    assert "\x07" not in told
