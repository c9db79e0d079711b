"""The year 2024 of Sergelen soum as the law says it, on the shipped configuration and through a real mail server."""

import json
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
APPROVED = "sergelen/budget.approved/2024"
AMENDMENT = "sergelen/budget.amendment/e1"


@pytest.fixture
def office(office, post_office):
    """An office with the shipped configuration, Sergelen watched since 2024-01-01, mails sent by SMTP."""
    config = (PROJECT / "config.toml").read_text("utf-8")
    config = re.sub(
        r'(?<=id = "sergelen")(.*?^since = )\S+', r"\g<1>2024-01-01", config, flags=re.DOTALL | re.MULTILINE
    )
    for shown, wanted in (
        ('transport = "maildir"', 'transport = "smtp"'),
        ('host = "localhost"', 'host = "127.0.0.1"'),
        ("port = 25\n", f"port = {post_office.port}\n"),
        ('security = "starttls"', 'security = "none"'),
        ("var/iltod.db", "iltod.db"),
        ("  from = 2027-01-01\n", ""),
    ):
        assert config.count(shown) == 1, f"the sample no longer shows {shown}"
        config = config.replace(shown, wanted)
    office.configure(config)
    return office


@pytest.fixture
def cycle(office):
    """One cycle and delivery pass at the sending time of a day."""

    def run(day: str) -> None:
        office.does("--language", "en", "run", "--once", "--at", f"{day}T09:00")

    return run


@pytest.fixture
def standing(office):
    """An obligation as `status` gives it in JSON."""

    def read(key: str) -> dict[str, object]:
        report = json.loads(office.does("--language", "en", "status", "--all", "--format", "json"))
        return next(each for each in report["obligations"] if each["key"] == key)

    return read


def test_the_budget_of_2024_from_its_reminder_to_its_late_posting(office, post_office, cycle, standing):
    cycle("2024-01-09")
    letters = post_office.taken()
    assert sorted(each.recipient for each in letters) == ["finance@sergelen.example", "web@sergelen.example"]
    for letter in letters:
        assert letter.subject == "Сэргэлэн сумын ЗДТГ: хугацаа ойртсон 1"
        assert "Тухайн жилийн төсөв" in letter.text
        assert "2024-01-10" in letter.text
        assert APPROVED in letter.text
    assert office.rows("SELECT DISTINCT key, stage FROM reminder WHERE message_id IS NOT NULL") == [
        (APPROVED, "-1wd")
    ], "of the other duties nothing is due yet"

    said = office.does("--language", "en", "post", APPROVED, "--channel", "website", "--on", "2024-01-09")
    assert "still missing: noticeboard" in said
    half_posted = standing(APPROVED)
    assert (half_posted["state"], half_posted["missing"]) == ("due_soon", ["noticeboard"])

    cycle("2024-01-11")
    assert {each.recipient for each in post_office.taken()} == {
        "finance@sergelen.example",
        "web@sergelen.example",
    }
    overdue = standing(APPROVED)
    assert (overdue["state"], overdue["days_left"], overdue["missing"]) == ("overdue", -1, ["noticeboard"])

    cycle("2024-01-12")
    office.does("post", APPROVED, "--channel", "noticeboard", "--on", "2024-01-12")
    late = standing(APPROVED)
    assert (late["state"], late["missing"]) == ("met_late", [])
    assert [each["posted_on"] for each in late["channels"]] == ["2024-01-09", "2024-01-12"]

    post_office.taken()
    cycle("2024-01-17")
    assert post_office.taken() == [], "what was posted is reminded of no more"


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)  # days are counted alike on any
def test_the_amendment_of_june_steps_over_the_election_and_naadam(office, post_office, cycle, standing):
    cycle("2024-06-20")
    post_office.taken()
    opened = office.does(
        "--language",
        "en",
        "event",
        "add",
        "budget-amendment",
        "--organisation",
        "sergelen",
        "--on",
        "2024-06-20",
    )
    assert "event e1 recorded" in opened
    assert f"{AMENDMENT}: due soon, due 2024-07-17" in opened
    assert standing(AMENDMENT)["event"] == {
        "id": "e1",
        "kind": "budget-amendment",
        "on": "2024-06-20",
        "due": None,
        "reference": "",
    }

    explained = json.loads(office.does("explain", AMENDMENT, "--format", "json"))
    assert (explained["due_on"], explained["act_by"]) == ("2024-07-17", "2024-07-17")
    skipped = {
        each["date"]: each
        for each in explained["steps"]
        if "2024-06-20" < (each["date"] or "") < "2024-07-17"
    }
    naadam = ["2024-07-10", "2024-07-11", "2024-07-12", "2024-07-15"]
    assert list(skipped) == ["2024-06-28", *naadam]
    assert "УИХ-ын сонгуул" in skipped["2024-06-28"]["text"]
    assert "ubn.mn" in skipped["2024-06-28"]["source"]
    for day in naadam:
        assert "наадам" in skipped[day]["text"]
        assert "legalinfo.mn" in skipped[day]["source"]

    counted = office.does("explain", AMENDMENT)
    assert re.search(r"2024-06-21 +1\n", counted)
    assert re.search(r"2024-06-27 +5\n +2024-06-28 +УИХ-ын сонгуул", counted)
    assert re.search(r"2024-07-17 +14\n", counted)

    cycle("2024-06-21")
    notices = post_office.taken()
    assert {each.recipient for each in notices} == {"finance@sergelen.example", "web@sergelen.example"}
    assert all("7-р сарын 17" in each.text for each in notices)
    cycle("2024-07-17")
    assert {each.recipient for each in post_office.taken()} == {
        "finance@sergelen.example",
        "web@sergelen.example",
    }
    for channel in ("website", "noticeboard"):
        office.does("post", AMENDMENT, "--channel", channel, "--on", "2024-07-17")
    assert standing(AMENDMENT)["state"] == "met"
