"""What the mails of a rehearsal say about snoozing, of what was snoozed, and of more than can be shown."""

import re
from email import message_from_bytes, policy

import pytest

from monitor.cli import main

CONFIGURATION = """
[monitor]
database = "sqlite:///iltod.db"
language = "en"
packs = ["budget"]

[[organisations]]
id = "sergelen"
name = "Сэргэлэн сумын ЗДТГ"
kind = "soum"
since = 2024-01-01
contacts = [
    { role = "finance", name = "Finance officer", email = "finance@sergelen.example" },
    { role = "web", name = "Web officer", email = "web@sergelen.example" },
    { role = "head", name = "Head", email = "head@sergelen.example" },
]

[mail]
path = "mail"
"""
APPROVED = "sergelen/budget.approved/2024"


class Office:
    def __init__(self, store, configuration=CONFIGURATION):
        self.store = store
        configuration = configuration.replace("sqlite:///iltod.db", store.url)
        (store.folder / "config.toml").write_text(configuration, encoding="utf-8")

    def does(self, *arguments):
        assert main(["--config", str(self.store.folder / "config.toml"), "--language", "en", *arguments]) == 0

    def mail(self, day, to, kind):
        """The text of the mail of that kind to that person that the morning brought."""
        self.does("run", "--once", "--at", f"{day}T09:00")
        query = f"SELECT raw FROM message WHERE day = '{day}' AND recipient = '{to}' AND kind = '{kind}'"
        ((raw,),) = self.store.rows(query)
        body = message_from_bytes(bytes(raw), policy=policy.default).get_body(("plain",))
        return body.get_content().replace("\r\n", "\n")


@pytest.fixture
def office(store):
    return Office(store)


def test_a_mail_says_how_to_be_reminded_later_as_late_as_that_can_be(office):
    digest = office.mail("2024-01-03", "finance@sergelen.example", "digest")
    assert f'     iltod snooze {APPROVED} --until 2024-01-09 --reason "..."\n' in digest


def test_what_a_mail_says_to_type_is_taken(office):
    digest = office.mail("2024-01-03", "finance@sergelen.example", "digest")
    (command,) = [line.split() for line in digest.splitlines() if line.strip().startswith("iltod snooze")]
    office.does(*command[1:-1], "the khural is on holiday")


@pytest.mark.parametrize("day", ["2024-01-09", "2024-01-10", "2024-01-11"])
def test_what_can_no_longer_be_snoozed_is_not_offered(office, day):
    assert "iltod snooze" not in office.mail(day, "finance@sergelen.example", "digest")


def test_an_escalation_says_who_was_reminded_and_that_it_was_snoozed_and_why(office):
    office.does("run", "--once", "--at", "2024-01-02T09:00")
    office.does("snooze", APPROVED, "--until", "2024-01-09", "--reason", "the khural is on holiday")
    office.does("run", "--once", "--at", "2024-01-11T09:00")
    escalation = office.mail("2024-01-15", "head@sergelen.example", "escalation")
    assert "reminded on Thursday, January 11, 2024: Finance officer, Web officer\n" in escalation
    assert "reminders were put off until Tuesday, January 9, 2024: the khural is on holiday\n" in escalation


OVERSIGHT = """
[monitor]
database = "sqlite:///iltod.db"
language = "en"
packs = ["budget"]

[[organisations]]
id = "aimag"
name = "Аймаг"
kind = "office"
since = 2026-01-01
contacts = [{ role = "oversight", name = "Oversight", email = "oversight@aimag.example" }]

[mail]
""" + "".join(
    f"""
[[organisations]]
id = "s{number}"
name = "Сум {number}"
kind = "soum"
parent = "aimag"
since = 2026-01-01
"""
    for number in range(34)
)
SENT, NOT_REACHED = 'path = "mail"', 'transport = "smtp"\nhost = "127.0.0.1"\nport = 1\nsecurity = "none"'


@pytest.mark.parametrize(("transport", "left_out"), [(SENT, ["34"]), (NOT_REACHED, [])])
def test_what_is_due_today_is_named_and_what_is_left_out_has_arrived_before(store, transport, left_out):
    office = Office(store, OVERSIGHT.replace("[mail]", f"[mail]\n{transport}"))
    office.does("run", "--once", "--at", "2026-01-05T09:00")
    office.does("run", "--once", "--at", "2026-01-12T09:00")  # the first budgets are overdue, which is news
    digest = office.mail("2026-04-01", "oversight@aimag.example", "digest")
    without_headings = re.sub(r"\n.+\n=+\n", "\n", digest)
    today = [card for card in without_headings.split("\n* ") if "today is the last day" in card]
    in_full = sum("Due date:" in card for card in today)
    assert in_full + sum(len(re.findall(r"Сум \d+", card)) for card in today) == 3 * 34
    assert re.findall(r"Left out: (\d+) older duties", digest) == left_out
