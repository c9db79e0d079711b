"""What cannot be is refused: one sentence that says what would be right, exit status 1, and nothing changed."""

import errno
import os
from hashlib import sha256

import pytest

# What is refused is the same on a server.
pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

APPROVED = "sergelen/budget.approved/2024"


def posting(key=APPROVED, channel="noticeboard", on="2024-01-22", *more):
    return ["post", key, "--channel", channel, "--on", on, *more]


def event(kind="letter", organisation="sergelen", on="2024-01-22", *more):
    return ["event", "add", kind, "--organisation", organisation, "--on", on, *more]


WHY = ["--reason", "a test"]
REFUSED = {
    "an unknown organisation": (posting("sergelan/budget.approved/2024"), "did you mean sergelen?"),
    "an unknown rule": (posting("sergelen/budget.aproved/2024"), "did you mean budget.approved?"),
    "a rule of another kind of organisation": (
        posting("sergelen/iaac.training-proposals/2024"),
        "does not apply to sergelen, whose kind is soum",
    ),
    "an unknown period": (posting("sergelen/budget.approved/2023"), "there are: 2024, 2025"),
    "an unknown event's duty": (posting("sergelen/drafts.act/e9"), "there are: e2"),
    "no key at all": (posting("budget"), "a key is organisation/pack.rule/occurrence, such as"),
    "an unknown channel": (posting(channel="radio"), "its channels are: website, noticeboard"),
    "a posting of the future": (
        posting(on="2024-01-24"),
        "today is 2024-01-23: record it when it has happened",
    ),
    "an address without https": (
        posting(APPROVED, "website", "2024-01-22", "--url", "sergelen.mn"),
        "https://",
    ),
    "an address of another kind": (
        posting(APPROVED, "website", "2024-01-22", "--url", "javascript:alert(1)"),
        "one begins with https:// or http://",
    ),
    "an address with a space": (
        posting(APPROVED, "website", "2024-01-22", "--url", "https://a.mn/b c"),
        "is not an address",
    ),
    "an address without a host": (
        posting(APPROVED, "website", "2024-01-22", "--url", "https:///b"),
        "address",
    ),
    "a file that is not there": (
        posting(APPROVED, "noticeboard", "2024-01-22", "--file", "/nowhere/board.jpg"),
        "/nowhere/board.jpg cannot be read",
    ),
    "an id of more digits than there are": (
        ["event", "withdraw", "e" + "9" * 10, *WHY],
        "e9999999999 is not an id",
    ),
    "an unknown kind of event": (event("leter"), "did you mean letter?"),
    "an event of nobody": (event(organisation="nowhere"), "organisation nowhere is not known"),
    "an event of the future": (event(on="2024-01-24"), "lies in the future"),
    "an event due before itself": (
        event("letter", "sergelen", "2024-01-22", "--due", "2024-01-21"),
        "lies before the event's own day",
    ),
    "amending an unknown event": (["event", "amend", "e99", "--on", "2024-01-20", *WHY], "iltod event list"),
    "amending an event into the future": (
        ["event", "amend", "e1", "--on", "2024-01-24", *WHY],
        "in the future",
    ),
    "withdrawing an event twice": (["event", "withdraw", "e5", *WHY], "was withdrawn already: misread"),
    "an event's id that is none": (["event", "withdraw", "five", *WHY], "one looks like e17"),
    "withdrawing an unknown posting": (
        ["posting", "withdraw", "p99", *WHY],
        "posting p99 is not known; see: iltod posting list",
    ),
    "taking down before putting up": (
        ["posting", "withdraw", "p1", "--on", "2024-01-07", *WHY],
        "put up on 2024-01-08; it was not taken down before",
    ),
    "taking down in the future": (["posting", "withdraw", "p1", "--on", "2024-01-24", *WHY], "in the future"),
    "waiving nothing": (["waive", "sergelen/budget.approved/1999", *WHY], "has no occurrence 1999"),
    "taking back a waiver that is none": (["unwaive", APPROVED, *WHY], "is not waived"),
    "extending what cannot be": (
        ["extend", APPROVED, "--by", "30 days", "--reference", "7", *WHY],
        "rule budget.approved does not allow an extension",
    ),
    "snoozing too long": (
        ["snooze", "aimag/iaac.training-proposals/2024", "--until", "2024-01-25", *WHY],
        "until 2024-01-24, the last working day before 2024-01-25",
    ),
    "snoozing what is late": (
        ["snooze", APPROVED, "--until", "2024-01-31", *WHY],
        "cannot be snoozed any more; it could be until 2024-01-09",
    ),
    "resuming what is not held": (["resume", *WHY], "sending is not held"),
    "a rehearsal going back": (["run", "--once", "--at", "2024-01-22T09:00"], "go on from there"),
    "a rehearsal going live": (["run", "--once"], "go on with run --once --at"),
    "the status of nobody": (
        ["status", "--organisation", "nowhere"],
        "the known ones are: aimag, bayan, sergelen",
    ),
    "the status below nobody": (
        ["status", "--under", "nowhere"],
        "the known ones are: aimag, bayan, sergelen",
    ),
    "the status of no rule": (["status", "--rule", "budget.aproved"], "budget.approved"),
    "explaining no rule": (
        ["explain", "budget.aproved", "--period", "2024"],
        "did you mean budget.approved?",
    ),
    "explaining a rule without a period": (["explain", "budget.approved"], "--period P"),
    "explaining an event duty without a day": (["explain", "budget.amendment"], "--on DATE"),
    "explaining a period that is none": (
        ["explain", "budget.approved", "--period", "2024-Q7"],
        "no occurrence",
    ),
    "showing no rule": (["rules", "show", "budget.aproved"], "did you mean budget.approved?"),
    "showing no mail": (["mail", "show", "m99"], "iltod mail list"),
    "sending again what was sent": (["mail", "retry", "m1"], "neither failed nor waiting"),
    "a test mail to no address": (["mail", "test", "nobody"], "nobody is not an address"),
    "simulating the past": (["simulate", "--from", "2024-01-08", "--to", "2024-01-09"], "2024-01-23"),
}


@pytest.mark.parametrize(("arguments", "right"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused_with_a_sentence_that_says_what_would_be_right(worked_desk, arguments, right):
    before = worked_desk.content()
    refused = worked_desk.iltod(*arguments)
    assert (refused.status, refused.out) == (1, "")
    assert len(refused.err.splitlines()) == 1
    assert right in refused.err
    assert worked_desk.content() == before


AGAIN = {
    "a posting": (
        posting(APPROVED, "website", "2024-01-08", "--url", "https://sergelen.example.mn/2024"),
        "that posting is recorded already, as p1; nothing was changed",
    ),
    "an event": (
        event("letter", "bayan", "2024-01-18", "--due", "2024-01-26", "--reference", "3/17"),
        "that event is recorded already, as e4; nothing was changed",
    ),
    "a waiver": (
        ["waive", "bayan/iaac.asset-declaration/2024", *WHY],
        "recorded already; nothing was changed",
    ),
    "a withdrawn posting": (["posting", "withdraw", "p6", *WHY], "recorded already; nothing was changed"),
    "an amendment to what stands": (
        ["event", "amend", "e1", "--on", "2024-01-19", *WHY],
        "recorded already; nothing was changed",
    ),
}


@pytest.mark.parametrize(("arguments", "said"), AGAIN.values(), ids=AGAIN)
def test_the_same_thing_again_changes_nothing_and_says_so(worked_desk, arguments, said):
    before = worked_desk.content()
    assert said in worked_desk.does(*arguments)
    assert worked_desk.content() == before


def test_another_day_address_or_reference_is_another_thing(worked_desk):
    assert "posting p10 recorded" in worked_desk.does(*posting(APPROVED, "website", "2024-01-09"))
    assert "event e6 recorded" in worked_desk.does(
        *event("letter", "bayan", "2024-01-18", "--due", "2024-01-26", "--reference", "3/18")
    )


def test_the_years_that_make_sense_are_said(worked_desk):
    misread = worked_desk.iltod("simulate", "--from", "9999-12-30", "--to", "9999-12-31")
    assert misread.err.endswith("argument --from: '9999-12-30': YYYY-MM-DD, 1900-2999\n")


def test_a_file_for_a_posting_that_stood_without_it_is_kept_and_once_only(worked_desk):
    known = posting("bayan/budget.approved/2024", "website", "2024-01-08")
    photograph = worked_desk.folder / "board.jpg"
    photograph.write_bytes(b"\xff\xd8\xff the board")

    missing = worked_desk.iltod(*known, "--file", str(worked_desk.folder / "nope.jpg"))
    assert (missing.status, missing.out) == (1, "")
    assert "nope.jpg cannot be read: No such file or directory" in missing.err
    assert "posting p10 recorded" in worked_desk.does(*known, "--file", str(photograph))
    assert "recorded already, as p10; nothing was changed" in worked_desk.does(
        *known, "--file", str(photograph)
    )
    assert "recorded already, as p2; nothing was changed" in worked_desk.does(*known)
    listed = worked_desk.does("posting", "list", "bayan/budget.approved/2024", "--format", "csv")
    assert sha256(photograph.read_bytes()).hexdigest() in listed
    worked_desk.does("journal", "verify")


def test_a_test_mail_into_a_maildir_says_that_it_reaches_nobody(worked_desk):
    said = worked_desk.does("mail", "test", "a@b.example")
    assert said.startswith("the test mail to a@b.example was written into the Maildir ")
    assert "reaches nobody" in said


def test_a_test_mail_that_nobody_takes_says_why(worked_desk):
    config = worked_desk.folder / "config.toml"
    smtp = '[mail]\ntransport = "smtp"\nhost = "127.0.0.1"\nport = 1\nsecurity = "none"\n'
    config.write_text(f"{config.read_text('utf-8')}\n{smtp}", encoding="utf-8")
    answer = worked_desk.iltod("mail", "test", "a@b.example")
    assert answer.status == 1
    assert "the test mail to a@b.example was not handed over: Error connecting to 127.0.0.1" in answer.err


def test_a_database_that_is_a_pipe_is_not_waited_for(worked_desk):
    pipe = worked_desk.folder / "pipe"
    os.mkfifo(pipe)
    config = worked_desk.folder / "config.toml"
    config.write_text(config.read_text("utf-8").replace("iltod.db", "pipe"), encoding="utf-8")
    for command in (["status"], posting(), ["run", "--once"], ["check"]):
        answer = worked_desk.iltod(*command)
        assert "pipe is a folder or a device; a file is needed" in answer.out + answer.err
        assert answer.status == 1


MISREAD = {
    "no command": [],
    "an unknown command": ["stauts"],
    "an unknown option": ["status", "--everything"],
    "a day that is not written in full": ["status", "--as-of", "2024-1-9"],
    "a day that does not exist": posting(on="2024-02-30"),
    "a moment that is none": ["run", "--once", "--at", "nine"],
    "a moment for a daemon": ["run", "--at", "2024-01-24T09:00"],
    "a list of nothing": ["status", "--limit", "0"],
    "fewer days than none": ["status", "--due-within", "-1"],
    "a posting without its channel": ["post", APPROVED, "--on", "2024-01-22"],
    "a waiver without a reason": ["waive", APPROVED],
    "a waiver with an empty reason": ["waive", APPROVED, "--reason", " "],
    "an extension by no limit": ["extend", APPROVED, "--by", "soon", "--reference", "7", *WHY],
    "an extension in two ways": [
        *("extend", APPROVED, "--by", "3 days", "--until", "2024-02-01", "--reference", "7", *WHY)
    ],
    "a simulation at the end of time": ["simulate", "--from", "9999-12-30", "--to", "9999-12-31"],
    "a simulation at its beginning": ["simulate", "--from", "0001-01-01", "--to", "0001-01-02"],
    "a rehearsal at the end of time": ["run", "--once", "--at", "9999-12-31T09:00"],
    "a journal from the beginning of time": ["journal", "list", "--since", "0001-01-01"],
    "a journal until its end": ["journal", "list", "--until", "9999-12-31"],
    "a format that there is not": ["status", "--format", "yaml"],
    "a language that there is not": ["--language", "ru", "status"],
}


@pytest.mark.parametrize("arguments", MISREAD.values(), ids=MISREAD)
def test_a_command_line_that_cannot_be_read_exits_2_and_changes_nothing(worked_desk, arguments):
    before = worked_desk.content()
    misread = worked_desk.iltod(*arguments)
    assert (misread.status, misread.out) == (2, "")
    assert "Traceback" not in misread.err
    assert worked_desk.content() == before


def test_a_pipe_that_breaks_under_a_run_is_told_like_any_other_error(monkeypatch, worked_desk):
    def break_off(_session, **_):
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr("monitor.cli.running.database_brought_up_to_date", break_off)
    answer = worked_desk.iltod("run", "--once")
    assert (answer.status, answer.err) == (1, "Broken pipe\n")
