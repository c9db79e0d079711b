"""Where a date moves under what was decided about it, and where the calendar begins: cycles go on, and say so."""

import pytest

# What is told is the same on a server.
pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

CONFIG = """
[monitor]
database = "sqlite:///iltod.db"
language = "en"
packs = [{packs}]
{more}
[[organisations]]
id = "soum"
name = "Soum"
kind = "soum"
since = 2024-01-01
contacts = [{{ role = "head", name = "Head", email = "head@soum.example" }}]
"""


def petitions(make_desk, until):
    """A petition of 4 March 2024 whose answer was extended from 3 April to that day."""
    desk = make_desk(CONFIG.format(packs='"petitions"', more=""))
    desk.does("run", "--once", "--at", "2024-03-04T09:00")
    desk.does("event", "add", "petition", "--organisation", "soum", "--on", "2024-03-04")
    why = ("--reason", "an expert", "--reference", "A 1")
    desk.does("extend", "soum/petitions.reply/e1", "--until", until, *why)
    return desk


@pytest.mark.parametrize(
    ("until", "on", "due", "extended_from"),
    [
        ("2024-04-22", "2024-03-25", "2024-04-24", None),  # the law gives more than the extension
        ("2024-05-03", "2024-02-05", "2024-04-05", "2024-03-06"),  # 30 days of extension and no more
    ],
)
def test_an_extension_over_an_amended_date_stays_within_the_law_and_the_journal_whole(
    make_desk, until, on, due, extended_from
):
    desk = petitions(make_desk, until)
    desk.does("run", "--once", "--at", "2024-03-26T09:00")
    desk.does("event", "amend", "e1", "--on", on, "--reason", "the stamp was misread")
    standing = desk.standing("soum/petitions.reply/e1")
    assert (standing["due_on"], standing["extended_from"]) == (due, extended_from)
    told = desk.does("explain", "soum/petitions.reply/e1")
    assert f"moved from {until} to {due}: event e1 was amended: the stamp was misread" in told
    assert ("Extended on 2024-03-04" in told) == (extended_from is not None)
    assert "the journal is whole" in desk.does("journal", "verify")


def test_a_duty_on_the_first_day_that_the_calendar_knows_is_told_and_cannot_be_snoozed(make_desk):
    desk = make_desk(CONFIG.format(packs='"budget"', more='[calendar]\nfile = "calendar.toml"'))
    (desk.folder / "calendar.toml").write_text("known = { from = 2024-01-10 }\n", "utf-8")
    assert "1 sent" in desk.does("run", "--once", "--at", "2024-01-10T09:00")
    answer = desk.iltod("snooze", "soum/budget.approved/2024", "--until", "2024-01-11", "--reason", "leave")
    assert answer.status == 1
    assert "no working day before 2024-01-10 is known; widen `known`" in answer.err
