"""`iltod explain`: what a date rests on is told as it was kept, whatever rules and calendar have come to say since."""

import json
import re

import pytest
from sqlalchemy import text

CONFIG = """
[monitor]
database = "sqlite:///iltod.db"
language = "en"
packs = ["own.toml"]

[[organisations]]
id = "s"
name = "S"
kind = "soum"
since = 2024-01-01
contacts = [{ role = "head", name = "Head", email = "head@s.example" }]
"""
ANOTHER = """
[[organisations]]
id = "t"
name = "T"
kind = "soum"
since = 2024-01-01
contacts = [{ role = "head", name = "Head", email = "head@t.example" }]
"""
PACK = """
pack = "own"
version = "1"
reviewed = 2023-12-01
jurisdiction = "MN"
title = { mn = "Өөрийн", en = "Our own" }
"""
RULE = """
[[rule]]
id = "decision"
title = { mn = "Шийдвэр", en = "Decision" }
applies_to = ["soum"]
channels = ["website"]
responsible = ["head"]
deadline = { of = "council-decision", within = "LIMIT" }
extendable = "30 days"
basis = { source = "Law", item = "7", words = "within LIMIT" }
confidence = "primary"
"""
OTHER_RULE = RULE.replace('"decision"', '"other"')
KEY = "s/own.decision/e1"
OTHERWISE = (
    "By the rules and the calendar as they are now it would be worked out otherwise; this is what stands"
)


class Office:
    """A desk with a pack of its own, of which the limit can be changed."""

    def __init__(self, desk):
        self.desk, self.does = desk, desk.does

    def rules(self, *rules, limit="5 working days"):
        (self.desk.folder / "own.toml").write_text(
            PACK + "".join(rules).replace("LIMIT", limit), encoding="utf-8"
        )

    def is_off(self, day, source="decree 7"):
        (self.desk.folder / "calendar.toml").write_text(
            f'[[off]]\ndate = {day}\nreason = "storm"\nsource = "{source}"\n', encoding="utf-8"
        )

    def morning(self, day):
        self.does("run", "--once", "--at", f"{day}T09:00")

    def meets(self):
        self.does("post", KEY, "--channel", "website", "--on", "2024-01-09")

    def explained(self, of=KEY):
        return json.loads(self.does("explain", of, "--format", "json"))

    def moved(self):
        """What the journal says of each move of the due date: the reckonings before and after it."""
        listed = json.loads(self.does("journal", "list", "--key", KEY, "--format", "json"))
        return [
            (each["content"]["from"], each["content"]["to"]) for each in listed if each["what"] == "moved"
        ]


@pytest.fixture
def office(make_desk):
    """On 8 January 2024 something was decided that has to be posted within five working days: by the 15th."""
    office = Office(make_desk(CONFIG))
    office.rules(RULE, OTHER_RULE)
    office.morning("2024-01-09")
    office.does("event", "add", "council-decision", "--organisation", "s", "--on", "2024-01-08")
    return office


def test_a_date_that_was_met_is_explained_by_the_rule_under_which_it_was_met(office):
    office.meets()
    before = office.explained()
    assert before["due_on"] == "2024-01-15"
    office.rules(RULE, OTHER_RULE, limit="10 days")
    office.morning("2024-01-10")
    assert office.desk.standing(KEY)["state"] == "met"
    last = {"date": "2024-01-15", "text": OTHERWISE, "source": ""}
    assert office.explained() == {**before, "steps": [*before["steps"], last]}
    told = office.does("explain", KEY)
    assert "Due date: 2024-01-15" in told
    assert "within 5 working days" in told
    assert "2024-01-13        weekend" in told
    assert "10 days" not in told


def test_an_open_date_is_explained_as_it_stands_until_a_cycle_moves_it(office):
    before = office.explained()
    office.rules(RULE, limit="10 days")
    assert office.explained()["due_on"] == "2024-01-15"
    assert office.explained()["steps"][:-1] == before["steps"]
    office.morning("2024-01-10")
    assert office.explained()["due_on"] == "2024-01-18"
    assert OTHERWISE not in office.does("explain", KEY)


def test_a_rule_that_is_gone_leaves_its_steps(office):
    office.meets()
    before = office.explained()
    office.rules(OTHER_RULE)
    office.morning("2024-01-10")
    assert office.desk.standing(KEY)["state"] == "withdrawn"
    assert office.explained() == before


def test_a_day_that_is_decreed_off_after_a_duty_was_met_leaves_its_steps(office):
    office.meets()
    before = office.explained()
    office.is_off("2024-01-12")
    office.morning("2024-01-10")
    after = office.explained()
    assert (after["due_on"], after["steps"][:-1]) == ("2024-01-15", before["steps"])
    assert "storm" not in office.does("explain", KEY)


def test_a_day_off_that_was_counted_is_told_with_its_source_though_the_decree_is_gone(office):
    office.is_off("2024-01-12")
    office.morning("2024-01-10")
    office.does("post", KEY, "--channel", "website", "--on", "2024-01-10")
    (office.desk.folder / "calendar.toml").unlink()
    office.morning("2024-01-11")
    assert office.explained()["due_on"] == "2024-01-16"
    assert "2024-01-12        storm [decree 7]" in office.does("explain", KEY)


def test_an_office_that_has_left_leaves_its_steps(office):
    office.desk.configure(CONFIG + ANOTHER)
    office.morning("2024-01-10")
    before = office.explained()
    office.desk.configure(CONFIG.partition("[[organisations]]")[0] + ANOTHER)
    office.does("check", "--accept-register")
    office.morning("2024-01-11")
    assert office.explained() == before
    assert "organisation s is not known" in office.desk.iltod("explain", "s/own.decision/e2").err


def test_each_date_that_a_duty_had_is_worked_out_again_from_its_reckoning(office):
    first = office.explained()
    office.rules(RULE, limit="10 days")
    office.morning("2024-01-10")
    office.does("extend", KEY, "--by", "7 days", "--reason", "much to read", "--reference", "24/7")
    office.rules(OTHER_RULE)
    office.morning("2024-01-11")
    moved = office.moved()
    assert [(old["due_on"], new["due_on"]) for old, new in moved] == [
        ("2024-01-15", "2024-01-18"),
        ("2024-01-18", "2024-01-25"),
    ]
    for rest in (moved[0][0], *(new for _, new in moved)):
        found = office.explained(rest["reckoning"])
        assert (found["key"], found["due_on"]) == (None, rest["due_on"])
        assert found["steps"][-1]["date"] == rest["due_on"]
    assert office.explained(moved[0][0]["reckoning"]) == {**first, "key": None}
    extended = office.explained(moved[1][1]["reckoning"])
    assert extended["steps"][-1]["text"] == "Extended from 2024-01-18 to 2024-01-25"


def test_the_journal_shows_as_much_of_a_hash_as_explaining_it_takes(office):
    office.is_off("2024-01-12")
    office.morning("2024-01-10")
    listed = office.does("journal", "list", "--key", KEY)
    old, new = re.search(r"2024-01-15 \(([0-9a-f]{12})\) > 2024-01-16 \(([0-9a-f]{12})\); ", listed).groups()
    told = office.does("explain", old.upper())
    assert told.startswith(
        f"own.decision\nreckoning {office.moved()[0][0]['reckoning']}\nDue date: 2024-01-15\n"
    )
    assert "storm" not in told
    assert "2024-01-12        storm [decree 7]" in office.does("explain", new[:8])


@pytest.mark.parametrize("hash_", ["00000000", "0" * 64])
def test_a_hash_that_no_reckoning_has_is_said_to_have_none(office, hash_):
    answer = office.desk.iltod("explain", hash_)
    assert (answer.status, answer.out) == (1, "")
    assert answer.err == f"no reckoning has a hash that begins with {hash_}; see: iltod journal list\n"


def test_without_a_database_no_reckoning_has_any_hash(make_desk):
    desk = make_desk(CONFIG)
    Office(desk).rules(RULE)
    assert "no reckoning has a hash" in desk.iltod("explain", "0" * 64).err


def test_a_beginning_that_two_hashes_share_asks_for_more_of_its_digits(office):
    with office.desk.store.connection() as connection:
        for last in "12":
            add = "INSERT INTO reckoning (basis, digest, content) VALUES (:last, :digest, '{}')"
            connection.execute(text(add), {"last": last, "digest": "abcdef01" + last * 56})
        connection.commit()
    answer = office.desk.iltod("explain", "abcdef01")
    assert (answer.status, answer.out) == (1, "")
    assert "more than one reckoning has a hash that begins with abcdef01" in answer.err


def test_a_date_that_was_stated_later_is_explained_with_the_move_from_no_date(office):
    office.rules(
        RULE.replace('{ of = "council-decision", within = "LIMIT" }', '{ of = "letter", within = "stated" }')
    )
    office.does("event", "add", "letter", "--organisation", "s", "--on", "2024-01-09")
    office.morning("2024-01-10")
    office.does("event", "amend", "e2", "--due", "2024-01-26", "--reason", "read again")
    moved = "On 2024-01-10 the due date moved from (no date) to 2024-01-26: event e2 was amended: read again"
    assert moved in office.does("explain", "s/own.decision/e2")


def test_an_event_is_named_as_what_opens_an_occurrence_only_where_one_does(office):
    office.rules(
        RULE, OTHER_RULE.replace('{ of = "council-decision", within = "LIMIT" }', "{ on = 2030-03-31 }")
    )
    refused = office.desk.iltod("explain", "s/own.other/2024").err
    assert "none falls due from 2024-01-01 to 2025-12-31; see: iltod rules show own.other" in refused
    assert "iltod event add" not in refused


def test_a_limit_in_days_is_told_day_by_day_only_where_its_last_day_moves(office):
    office.rules(RULE, limit="8 days")
    explain = ("explain", "own.decision", "--on")
    assert "Day by day" not in office.does(*explain, "2024-03-04")  # ends on Tuesday the 12th
    assert "Day by day" in office.does(*explain, "2024-03-01")  # on Saturday the 9th
