"""Mails that the server does not take: what waits, what is given up, and who is told."""

import json

import pytest

CYCLE = ("run", "--once", "--at", "2024-01-09T09:00")
FINANCE = "finance@sergelen.example"
OPERATOR, OVERSIGHT = "operator@aimag.example", "law@aimag.example"

on_sqlite = pytest.mark.parametrize("store", ["sqlite"], indirect=True)
"""What becomes of a delivery is tried on both databases in tests/notifications/test_delivering.py."""


@pytest.fixture
def office(office, post_office):
    """An office with two mails to send on 2024-01-09."""
    office.configure(_CONFIG.format(port=post_office.port))
    return office


def test_a_mail_refused_for_good_is_failed_and_seen_everywhere(office, post_office):
    post_office.refused[FINANCE] = "550 5.1.1 no such officer"
    assert "1 sent, 0 deferred, 1 failed" in office.iltod(*CYCLE).out

    status = office.iltod("status")
    assert status.status == 0
    assert status.err == "1 mail could not be delivered: iltod mail list --state failed\n"
    check = office.iltod("status", "--check")
    assert (check.status, check.err) == (2, "")
    assert check.out.startswith("ILTOD CRITICAL - 0 overdue or removed, 1 delivery failed |")
    assert check.out.endswith("failed_deliveries=1\n")

    (failed,) = json.loads(office.does("mail", "list", "--state", "failed", "--format", "json"))
    assert (failed["to"], failed["kind"], failed["state"]) == (FINANCE, "digest", "failed")
    assert "no such officer" in failed["answer"]
    shown = office.does("mail", "show", failed["id"])
    assert "refused for good 550" in shown
    assert "Budget of the current year" in shown

    post_office.refused.clear()
    office.does("mail", "retry", failed["id"])
    assert "1 sent, 0 deferred, 0 failed" in office.does(*CYCLE)
    assert [each.recipient for each in post_office.letters] == ["web@sergelen.example", FINANCE]
    assert office.iltod("status", "--check").status == 1, "due soon, and nothing worse"


@on_sqlite
def test_a_mail_refused_for_good_is_told_to_the_operator_and_within_an_escalation_to_oversight(
    office, post_office
):
    post_office.refused[FINANCE] = "550 5.1.1 no such officer"
    office.iltod(*CYCLE)
    post_office.refused.clear()
    post_office.taken()

    office.does("run", "--once", "--at", "2024-01-10T09:00")
    assert f"mail m1 (digest) to {FINANCE} could not be delivered" in told(post_office)[OPERATOR]
    office.does("run", "--once", "--at", "2024-01-12T09:00")
    escalation = told(post_office)
    assert f"no. 1, digest of Tuesday, January 9, 2024 to {FINANCE}" in escalation[OVERSIGHT]
    assert OPERATOR not in escalation, "told once"


def told(post_office):
    """What each person was told since this was asked last."""
    return {each.recipient: each.text for each in post_office.taken()}


@on_sqlite
def test_a_mail_refused_for_now_waits_and_the_run_did_what_was_asked(office, post_office):
    post_office.refused[FINANCE] = "450 4.2.1 the box is full"
    first = office.iltod(*CYCLE)
    assert first.status == 0
    assert "1 sent, 1 deferred, 0 failed" in first.out
    (waiting,) = json.loads(office.does("mail", "list", "--state", "queued", "--format", "json"))
    assert (waiting["to"], waiting["next_try"]) == (FINANCE, "2024-01-09T01:01:00+00:00")

    post_office.refused.clear()
    assert "0 sent, 0 deferred, 0 failed" in office.does("run", "--once", "--at", "2024-01-09T09:00:59")
    again = office.iltod("run", "--once", "--at", "2024-01-09T09:01")
    assert (again.status, again.err.count("mail.sent")) == (0, 1), (
        "and the log says that it arrived after all"
    )
    assert "1 sent, 0 deferred, 0 failed" in again.out
    assert len({each.message_id for each in post_office.letters}) == 2


def test_a_newer_digest_takes_over_what_one_that_waits_would_have_told(office, post_office):
    post_office.refused[FINANCE] = "450 4.2.1 the box is full"
    office.iltod(*CYCLE)
    post_office.refused.clear()
    office.does("run", "--once", "--at", "2024-01-11T09:00")
    told = [each for each in post_office.letters if each.recipient == FINANCE]
    assert len(told) == 1
    assert "overdue" in told[0].subject
    states = office.rows("SELECT state, count(*) FROM delivery GROUP BY state ORDER BY state")
    assert states == [("sent", 3), ("superseded", 1)]


@on_sqlite
def test_a_server_that_cannot_be_reached_is_said_and_nothing_is_lost(office, post_office):
    office.configure(_CONFIG.format(port=1))
    first = office.iltod(*CYCLE)
    assert first.status == 0
    assert "the mail server cannot be reached" in first.err
    assert "Traceback" not in first.err
    office.configure(_CONFIG.format(port=post_office.port))
    second = office.iltod(*CYCLE)
    assert (second.status, "2 sent" in second.out) == (0, True)
    assert "mail.up" in second.err
    assert len(post_office.letters) == 2


_CONFIG = """
[monitor]
database = "sqlite:///iltod.db"
language = "en"
operator = "operator@aimag.example"
packs = ["budget"]

[[organisations]]
id = "sergelen"
name = "Сэргэлэн сумын ЗДТГ"
kind = "soum"
since = 2024-01-01
contacts = [
    {{ role = "finance", name = "Finance officer", email = "finance@sergelen.example" }},
    {{ role = "web", name = "Web officer", email = "web@sergelen.example" }},
    {{ role = "oversight", name = "Law department", email = "law@aimag.example" }},
]

[reminders]
escalate = [{{ after = "2wd", to = "oversight" }}]

[mail]
transport = "smtp"
host = "127.0.0.1"
port = {port}
security = "none"
connections = 1
"""
