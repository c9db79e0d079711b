"""A wrong configuration is refused by every command: one readable list of faults, and nothing touched."""

import pytest

SOUND = """
[monitor]
database = "sqlite:///var/iltod.db"
language = "en"
packs = ["budget"]

[[organisations]]
id = "sergelen"
name = "Сэргэлэн сумын ЗДТГ"
kind = "soum"
since = 2024-01-01

  [[organisations.contacts]]
  role = "finance"
  name = "Finance officer"
  email = "finance@sergelen.example"

[mail]
path = "var/mail"
"""

SECOND = '[[organisations]]\nid = "sergelen"\nname = "Баян"\nkind = "soum"\nsince = 2024-01-01\n[mail]'

FAULTS = {
    "an unknown key": (
        'kind = "soum"',
        'kind = "soum"\nknd = "aimag"',
        "organisations[1].knd is not known; perhaps kind is meant",
    ),
    "an unknown section": ("[mail]", "[mial]", "mial is not known; perhaps mail is meant"),
    "a date that is none": ("2024-01-01", '"1 January"', "organisations[1].since"),
    "a day that does not exist": ("2024-01-01", "2024-02-30", "config.toml"),
    "an id given twice": (
        "[mail]",
        SECOND,
        'organisations[2].id must be another one: "sergelen" is the id of',
    ),
    "a contact without a role": ('role = "finance"', "", "organisations[1].contacts[1].role is missing"),
    "a contact without an address": (
        'email = "finance@sergelen.example"',
        "",
        "organisations[1].contacts[1].email is missing",
    ),
    "an address that is none": ("finance@sergelen.example", "finance", "organisations[1].contacts[1].email"),
    "an unknown pack": ('"budget"', '"bugdet"', "bugdet"),
    "a number of thousands of digits": (
        'kind = "soum"',
        f"kind = 0x{'f' * 6000}",
        "organisations[1].kind must be a text in quotes, not a number of very many digits",
    ),
    "a port of thousands of digits": (
        "[mail]",
        f"[mail]\nport = 0b{'1' * 20000}",
        "mail.port must be a whole number from 1 to 65535, not a number of very many digits",
    ),
    "a number too long to be read": (
        "[mail]",
        f"[mail]\nport = {'9' * 6000}",
        "Line 19 has a number of more than 4300 digits; none needs so many",
    ),
    "a region that there is not": (
        "[mail]",
        '[calendar]\nregion = "XX"\n[mail]',
        "config.toml:19: calendar.region must be a region of the holidays package",
    ),
    "a file that is no TOML": ("[monitor]", "[monitor", "config.toml"),
}

COMMANDS = (
    ["status"],
    ["run", "--once", "--at", "2024-01-09T09:00"],
    ["post", "sergelen/budget.approved/2024", "--channel", "website", "--on", "2024-01-09"],
    ["check"],
)

# What is refused is the same on a server.
pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)


@pytest.mark.parametrize(("sound", "faulty", "said"), FAULTS.values(), ids=FAULTS)
def test_the_fault_is_named_with_its_file_and_key_and_nothing_is_touched(make_desk, sound, faulty, said):
    assert SOUND.count(sound) == 1
    desk = make_desk(SOUND.replace(sound, faulty))
    for command in COMMANDS:
        refused = desk.iltod("--language", "en", *command)
        assert (refused.status, refused.out) == (1, "")
        head, *faults = refused.err.splitlines()
        assert head == "1 fault was found; nothing was changed:"
        assert len(faults) == 1
        assert str(desk.folder) in faults[0]
        assert said in faults[0]
        assert desk.files() == {"config.toml"}


def test_all_faults_are_named_at_once(make_desk):
    desk = make_desk(SOUND)
    text = SOUND
    for name in (
        "an unknown key",
        "an unknown section",
        "a date that is none",
        "a contact without an address",
    ):
        sound, faulty, _ = FAULTS[name]
        text = text.replace(sound, faulty)
    desk.configure(text)
    head, *faults = desk.iltod("run").err.splitlines()
    assert head == "4 faults were found; nothing was changed:"
    assert len(faults) == 4
    assert desk.files() == {"config.toml"}


def test_a_file_that_is_not_utf_8_is_refused(make_desk):
    desk = make_desk(SOUND.encode("utf-16"))
    refused = desk.iltod("--language", "en", "status")
    assert (refused.status, refused.out) == (1, "")
    assert "UTF-8" in refused.err
    assert desk.files() == {"config.toml"}


def test_a_file_that_cannot_be_read_is_refused(make_desk):
    desk = make_desk(SOUND)
    (desk.folder / "config.toml").unlink()
    absent = desk.iltod("--language", "en", "status")
    (desk.folder / "config.toml").mkdir()
    folder = desk.iltod("--language", "en", "status")
    for refused in (absent, folder):
        assert (refused.status, refused.out) == (1, "")
        assert str(desk.folder / "config.toml") in refused.err
        assert "Traceback" not in refused.err
    assert desk.files() == {"config.toml"}


def test_a_calendar_with_a_fault_is_named_together_with_a_faulty_pack(make_desk):
    desk = make_desk(SOUND.replace('"budget"', '"bugdet"'))
    (desk.folder / "calendar.toml").write_text("[[off]]\ndate = 2024-01-08\n", "utf-8")
    err = desk.iltod("status").err
    assert "bugdet" in err
    assert "calendar.toml" in err
    assert desk.files() == {"config.toml", "calendar.toml"}
