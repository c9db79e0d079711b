"""What programs look up and record at `/api/v1`: the same as on the command line."""

import hashlib
import json

import pytest
from sqlalchemy import text

from monitor.storage import standing
from notifications import names

APPROVED = "sergelen/budget.approved/2024"
PDF = b"%PDF-1.7\n" + b"x" * 100


# -- the same as on the command line


@pytest.mark.parametrize(
    ("options", "query"),
    [
        ([], {}),
        (["--overdue", "--under", "sergelen"], {"overdue": "true", "under": "sergelen"}),
        (["--organisation", "bayan", "--organisation", "aimag"], {"organisation": ["bayan", "aimag"]}),
        (["--rule", "budget.approved", "--role", "web"], {"rule": "budget.approved", "role": "web"}),
        (["--due-within", "30"], {"due_within": "30"}),
        (["--as-of", "2024-02-20"], {"as_of": "2024-02-20"}),
        (["--limit", "2"], {"limit": "2"}),
    ],
)
def test_status_is_what_the_command_says(worked_desk, program, options, query):
    assert program().gets("/status", **query) == worked_desk.report(*options)


def by_key(report):
    return report | {"obligations": sorted(report["obligations"], key=lambda each: each["key"])}


@pytest.mark.parametrize("as_of", [{}, {"as_of": "2024-02-20"}])
def test_every_obligation_is_told_in_the_order_of_the_keys(worked_desk, program, as_of):
    options = [f"--as-of={day}" for day in as_of.values()]
    said = program().gets("/status", all="true", **as_of)
    assert said == by_key(worked_desk.report("--all", *options))


def test_a_token_for_one_office_is_told_what_the_command_says_of_it(worked_desk, program):
    answer = program("--organisation", "sergelen").gets("/status", all="true")
    assert answer == by_key(worked_desk.report("--all", "--organisation", "sergelen"))
    assert {each["organisation"] for each in answer["obligations"]} == {"sergelen"}


@pytest.mark.parametrize("few", [100, 0], ids=["sorted", "by the index"])
@pytest.mark.parametrize("organisations", [["aimag"], ["sergelen", "bayan"]], ids=["all", "some"])
@pytest.mark.parametrize(
    "query",
    [
        {},
        {"all": "true"},
        {"all": "true", "as_of": "2024-02-20"},
        {"overdue": "true"},
        {"due_within": "400"},
        {"overdue": "true", "due_within": "100"},
        {"role": "web", "due_within": "400"},
        {"rule": "budget.performance", "due_within": "400"},
    ],
)
def test_the_pages_of_status_are_the_whole_list(
    worked_desk, program, query, organisations, few, monkeypatch: pytest.MonkeyPatch
):
    caller = program(*(f"--organisation={each}" for each in organisations))
    asked = [
        f"--{name.replace('_', '-')}" if value == "true" else f"--{name.replace('_', '-')}={value}"
        for name, value in query.items()
    ]
    said = worked_desk.report(
        *asked, *(f"--organisation={each}" for each in organisations if each != "aimag")
    )
    whole = (by_key(said) if "all" in query else said)["obligations"]
    monkeypatch.setattr(standing, "_FEW", few)
    monkeypatch.setattr(names, "FEW", few)
    found, path = [], f"/status?limit=2&{'&'.join(f'{name}={value}' for name, value in query.items())}"
    while path:
        answer = caller.ask("GET", path)
        found += answer.json()["obligations"]
        assert answer.json()["summary"] is None
        path = answer.links.get("next", {}).get("url", "").removeprefix("/api/v1")
    assert found == whole
    assert found


def test_one_obligation_is_the_line_of_status(worked_desk, program):
    assert program().gets(f"/obligations/{APPROVED}") == worked_desk.standing(APPROVED)


def test_an_obligation_that_no_cycle_has_opened_yet_can_be_looked_up(program):
    found = program().gets("/obligations/sergelen/budget.approved/2026")
    assert (found["state"], found["due_on"]) == ("upcoming", "2026-01-10")


def test_a_due_date_is_explained_as_the_command_explains_it(worked_desk, program):
    caller = program()
    said = json.loads(worked_desk.does("explain", APPROVED, "--format", "json"))
    assert caller.gets(f"/obligations/{APPROVED}/explanation") == said
    options = ("--on", "2024-03-01", "--format", "json")
    said = json.loads(worked_desk.does("explain", "budget.amendment", *options))
    assert caller.gets("/explanation", rule="budget.amendment", on="2024-03-01") == said


@pytest.fixture
def met_before_a_decree(worked_desk):
    """A duty in whose count a day is taken off after it was met."""
    worked_desk.does("event", "add", "budget-amendment", "--organisation", "sergelen", "--on", "2024-01-22")
    key = "sergelen/budget.amendment/e6"
    for channel in ("website", "noticeboard"):
        worked_desk.does("post", key, "--channel", channel, "--on", "2024-01-23")
    (worked_desk.folder / "calendar.toml").write_text(
        '[[off]]\ndate = 2024-02-05\nreason = "storm"\nsource = "decree 7"\n', encoding="utf-8"
    )
    worked_desk.does("run", "--once", "--at", "2024-01-24T09:00")
    return key


def test_what_was_met_is_explained_as_it_was_met(met_before_a_decree, worked_desk, program):
    said = json.loads(worked_desk.does("explain", met_before_a_decree, "--format", "json"))
    assert (said["due_on"], "storm" in str(said)) == ("2024-02-09", False)
    assert program().gets(f"/obligations/{met_before_a_decree}/explanation") == said


@pytest.mark.parametrize(
    ("command", "path"),
    [
        (["event", "list"], "/events"),
        (["posting", "list"], "/postings"),
        (["posting", "list", APPROVED], f"/postings?key={APPROVED}"),
        (["mail", "list"], "/mails"),
        (["mail", "list", "--state", "sent"], "/mails?state=sent"),
        (["calendar", "2024"], "/calendar?year=2024"),
        (["calendar"], "/calendar"),
        (["rules", "show", "budget.approved"], "/rules/budget.approved"),
    ],
)
def test_a_list_is_what_the_command_says(worked_desk, program, command, path):
    said = json.loads(worked_desk.does(*command, "--format", "json"))
    assert said
    assert program().gets(path) == said


@pytest.mark.parametrize("path", ["/events", "/postings", "/mails", "/organisations", "/journal"])
def test_the_pages_of_a_list_are_the_whole_list(program, path):
    caller = program()
    found, further = [], f"{path}?limit=2"
    while further:
        answer = caller.ask("GET", further)
        found += answer.json()
        further = answer.links.get("next", {}).get("url", "").removeprefix("/api/v1")
    assert found == caller.gets(path)
    assert len(found) > 2


def test_single_items_are_those_of_their_lists(program):
    caller = program()
    for path in ("/events", "/postings", "/organisations"):
        for item in caller.gets(path):
            assert caller.gets(f"{path}/{item['id']}") == item
    (first, *_) = caller.gets("/mails")
    shown = caller.gets(f"/mails/{first['id']}")
    assert shown.items() >= first.items()
    assert shown["attempts"][0]["outcome"]
    assert "sergelen" in shown["text"]


def test_problems_are_told_to_who_sees_every_organisation(worked_desk, program):
    found = {each["id"] for each in json.loads(worked_desk.iltod("check", "--format", "json").out)}
    assert {each["id"] for each in program().gets("/check")} <= found
    said = program("--organisation", "sergelen").is_refused(403, "GET", "/check")
    assert "every organisation" in said


def test_the_journal_is_that_of_the_command_chain_by_chain(worked_desk, program):
    said = json.loads(worked_desk.does("journal", "list", "--format", "json"))
    caller = program()
    made, *_ = [each for each in caller.gets("/journal") if each["what"] == "token"]
    assert made["content"] == {
        "token": 1,
        "name": "web",
        "organisations": ["aimag"],
        "records": True,
        "waives": True,
        "until": None,
    }
    found = [each for each in caller.gets("/journal") if each["what"] != "token"]
    assert found == sorted(said, key=lambda each: (each["organisation"], each["number"]))
    own = program("--organisation", "sergelen").gets("/journal")
    assert own == [each for each in found if each["organisation"] == "sergelen"]
    assert caller.gets("/journal", key=APPROVED) == [each for each in found if each["key"] == APPROVED]


# -- recording


def test_a_posting_is_recorded_and_its_obligation_stands_as_the_command_says(worked_desk, program):
    caller = program()
    body = {"key": APPROVED, "channel": "noticeboard", "on": "2024-01-22"}
    done = caller.records("/postings", status=201, **body)
    assert done["new"]
    assert [(each["key"], each["state"]) for each in done["obligations"]] == [(APPROVED, "met_late")]
    assert done["obligations"][0] == worked_desk.standing(APPROVED)
    (entry, *_) = reversed(caller.gets("/journal", key=APPROVED))
    assert (entry["what"], entry["by"]) == ("posting", "web (t1)")
    again = caller.records("/postings", **body)
    assert (again["id"], again["new"]) == (done["id"], False)


def test_a_file_comes_along_and_can_be_fetched(program):
    caller = program()
    values = {"key": APPROVED, "channel": "noticeboard", "on": "2024-01-22"}
    answer = caller.ask("POST", "/postings", data=values, files={"file": ("budget.pdf", PDF)})
    assert answer.status_code == 201, answer.text
    posting = caller.gets(f"/postings/{answer.json()['id']}")
    assert posting["sha256"] == hashlib.sha256(PDF).hexdigest()
    file = caller.ask("GET", f"/postings/{posting['id']}/evidence")
    assert file.content == PDF
    assert file.headers["content-disposition"] == "attachment"
    assert caller.is_refused(404, "GET", "/postings/p1/evidence")


def test_a_posting_is_withdrawn(worked_desk, program):
    done = program().records("/postings/p2/withdraw", reason="it was another document")
    assert done["obligations"][0]["missing"] == ["website"]
    assert "it was another document" in worked_desk.does("posting", "list", "--format", "csv")


def test_an_event_is_recorded_amended_and_withdrawn(program):
    caller = program()
    event = {"kind": "budget-amendment", "organisation": "sergelen", "on": "2024-01-18", "reference": "12"}
    done = caller.records("/events", status=201, **event)
    (opened,) = done["obligations"]
    assert opened["key"] == f"sergelen/budget.amendment/{done['id']}"
    assert not caller.records("/events", **event)["new"]
    changed = {"on": "2024-01-19", "reason": "the minutes say so"}
    moved = caller.records(f"/events/{done['id']}", method="PATCH", **changed)
    assert moved["obligations"][0]["due_on"] > opened["due_on"]
    caller.records(f"/events/{done['id']}/withdraw", reason="it was another office's")
    assert caller.gets(f"/obligations/{opened['key']}")["state"] == "withdrawn"


def test_a_waiver_is_recorded_and_taken_back(program):
    caller = program()
    path = f"/obligations/{APPROVED}"
    assert caller.records(f"{path}/waive", reason="merged")["obligations"][0]["state"] == "waived"
    assert not caller.records(f"{path}/waive", reason="merged")["new"]
    assert caller.records(f"{path}/unwaive", reason="split again")["obligations"][0]["state"] == "overdue"


def test_nobody_is_reminded_before_a_day(program):
    done = program().records(
        "/obligations/sergelen/budget.performance/2023/snooze", until="2024-03-01", reason="the audit is on"
    )
    assert done["new"]


def test_what_cannot_be_extended_is_refused_with_the_sentence_of_the_command(worked_desk, program):
    said = worked_desk.iltod("extend", APPROVED, "--until", "2024-03-01", "--reason", "r", "--reference", "1")
    body = {"until": "2024-03-01", "reason": "r", "reference": "1"}
    assert program().is_refused(409, "POST", f"/obligations/{APPROVED}/extend", json=body) == said.err.strip()
    both = program().is_refused(409, "POST", f"/obligations/{APPROVED}/extend", json={**body, "by": "3 days"})
    assert "either by or until" in both


def test_a_failed_mail_is_sent_again(worked_desk, program):
    with worked_desk.store.connection() as connection:
        connection.execute(text("UPDATE delivery SET state = 'failed' WHERE id = 1"))
        connection.commit()
    assert program().records("/mails/m1/retry")["state"] == "queued"
    assert "neither failed nor waiting" in program().is_refused(409, "POST", "/mails/m2/retry", json={})
