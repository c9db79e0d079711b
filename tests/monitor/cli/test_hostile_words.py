"""What people type is shown as what it is: it steers no terminal, no spreadsheet, no mail program; and secrets stay."""

import csv
import io
import json
import os
import shutil
import stat
import traceback
from email import message_from_bytes, policy

import pytest
from sqlalchemy import text

pytestmark = [
    pytest.mark.parametrize("store", ["sqlite"], indirect=True),
    pytest.mark.filterwarnings("ignore:'imghdr' is deprecated"),  # by a library that looks for it
]

WORDS = [
    *(
        "=?utf-8?q?x=0D=0ABcc:_a@b.example?=",
        "a\r\nBcc: a@b.example",
        "\u202egnp.exe",
        "\x1b]0;x\x07\x1b[31m",
        "\x9b31m",
    ),
    *(
        "<script>alert(1)</script>",
        "<img src=x onerror=y>",
        "{{ 7*7 }}",
        "{name} %s",
        "../../etc/passwd",
        "\ud800",
        "\u2028",
    ),
    *(
        "=cmd|' /C calc'!A0",
        "@SUM(1)",
        "＝1+1",
        "+1",
        "-1+1",
        "\t=1",
        "\r=1",
        "x" * 10_000,
        "😀" * 50,
        '"',
        "'; DROP TABLE event --",
    ),
]
TAKEN_BY_NOBODY = {"\x07", "\x1b", "\x9b", "\ud800"}
KEY = "sergelen/budget.approved/2024"
LISTS = [["status", "--all"], ["event", "list"], ["posting", "list"], ["mail", "list"], ["rules", "list"]]
CANARY = "canary-7f3a"


@pytest.fixture
def told_desk(worked_desk):
    """The aimag's desk after each of the words was put wherever people may write."""
    config = worked_desk.folder / "config.toml"
    text = config.read_text("utf-8")
    name = '"<script>=?utf-8?q?=0D=0ABcc:_a@b.example?= {{ 7*7 }}"'
    config.write_text(text.replace('"Head of the soum office"', name), encoding="utf-8")
    for number, word in enumerate(WORDS):
        day = f"2024-01-{number % 20 + 1:02}"
        for command in (
            [
                "event",
                "add",
                "letter",
                "--organisation",
                "bayan",
                "--on",
                day,
                "--reference",
                word,
                "--note",
                word,
            ],
            ["post", KEY, "--channel", "website", "--on", day, "--note", word],
            ["waive", KEY, "--reason", word],
            ["unwaive", KEY, "--reason", word],
            [word, "add"],
            ["explain", word],
            ["post", word, "--channel", word, "--on", "2024-01-09", "--url", word],
            ["status", "--organisation", word],
        ):
            answer = worked_desk.iltod(*command)
            harmless(answer.out + answer.err)
            assert answer.status in (0, 1, 2)
            assert "unforeseen" not in answer.err, (command, answer.err)
    import_words(worked_desk)
    worked_desk.does("run", "--once", "--at", "2024-01-24T09:00")
    return worked_desk


def import_words(desk) -> None:
    """As a sheet that is taken whole, then one in which each word stands where it cannot."""
    heading = ["organisation", "kind", "on", "due", "reference", "note"]
    kept = [
        ["bayan", "letter", "2024-01-10", "", word, word] for word in WORDS if not TAKEN_BY_NOBODY & {*word}
    ]
    wrong = [[word] * len(heading) for word in WORDS]
    for rows in (kept, wrong):
        written = io.StringIO()
        csv.writer(written).writerows([heading, *rows])
        (desk.folder / "events.csv").write_bytes(written.getvalue().encode("utf-8", "surrogatepass"))
        answer = desk.iltod("import", "events", str(desk.folder / "events.csv"))
        harmless(answer.out + answer.err)
        assert answer.status == (0 if rows is kept else 1), answer.err[:500]
        assert "unforeseen" not in answer.err


def harmless(said: str) -> None:
    assert all(sign.isprintable() or sign == "\n" for sign in said), ascii(said)[:400]


def test_nothing_that_people_typed_steers_a_terminal_a_spreadsheet_or_a_mail(told_desk):
    for command in LISTS:
        harmless(told_desk.does(*command))
        json.loads(told_desk.does(*command, "--format", "json"))
        written = told_desk.does(*command, "--format", "csv")
        for row in csv.reader(io.StringIO(written)):
            for cell in row:
                assert not cell.startswith(("=", "+", "@", "\t", "\r", "＝")), cell
                assert not cell.startswith("-") or cell.lstrip("-").isdecimal(), cell
    mails = [
        message_from_bytes(file.read_bytes(), policy=policy.default)
        for file in (told_desk.folder / "var/mail/new").iterdir()
    ]
    assert mails
    for mail in mails:
        assert {"bcc", "cc"}.isdisjoint(name.lower() for name in mail)
        assert [name for name in mail if name.lower() == "to"] == ["To"]
        page = mail.get_body(("html",)).get_content()
        assert "<script" not in page
        assert "<img" not in page
        assert "onerror=y>" not in page
        assert "49" not in page.partition("{{ 7")[2][:20]
        text = mail.get_body(("plain",)).get_content()
        assert all(sign.isprintable() or sign in "\n\r\t" for sign in text)


def test_what_it_keeps_is_for_its_owner_alone_whatever_the_mask(worked_desk):
    before = os.umask(0)
    try:
        worked_desk.store.forget()
        shutil.rmtree(worked_desk.folder / "var")
        worked_desk.does("run", "--once", "--at", "2024-01-09T09:00")
        worked_desk.does("backup", str(worked_desk.folder / "copy.db"))
    finally:
        os.umask(before)
    kept = [*worked_desk.folder.glob("*.db*"), *(worked_desk.folder / "var").rglob("*")]
    assert len(kept) > 4
    for each in kept:
        wanted = 0o700 if each.is_dir() else 0o600
        assert stat.S_IMODE(each.stat().st_mode) == wanted, each


def told(desk, *command) -> str:
    """All that the command says, the traceback that `--debug` shows included."""
    try:
        answer = desk.iltod(*command)
    except Exception:  # noqa: BLE001 -- with --debug whatever went wrong is shown
        return traceback.format_exc()
    return answer.out + answer.err


def test_secrets_stand_in_no_answer_and_in_no_traceback(worked_desk):
    config = worked_desk.folder / "config.toml"
    secret = worked_desk.folder / "secret"
    secret.touch(mode=0o600)
    secret.write_text(CANARY)
    text = config.read_text("utf-8").replace(
        'email = "head@bayan.example"',
        f'email = "head@bayan.example", also = ["json://u:{CANARY}@127.0.0.1:1/"]',
    )
    mail = (
        '\n[mail]\ntransport = "smtp"\nhost = "127.0.0.1"\nport = 1\nsecurity = "none"\nusername = "iltod"\n'
    )
    config.write_text(f'{text}{mail}password_file = "secret"\n', encoding="utf-8")
    said = []
    commands = [
        *LISTS,
        ["check"],
        ["run", "--once", "--at", "2024-01-24T09:00"],
        ["mail", "test", "a@b.example"],
    ]
    commands += [
        ["mail", "show", "m1"],
        ["explain", KEY],
        ["simulate", "--from", "2024-01-24", "--to", "2024-01-25"],
    ]
    for command in commands:
        said += [told(worked_desk, *command), told(worked_desk, "--debug", *command)]
    config.chmod(0o600)
    for database in (
        f"postgresql+psycopg://iltod:{CANARY}@127.0.0.1:1/iltod",
        f"postgresql+psycopg://iltod:{CANARY}@127.0.0.1:port/iltod",
        f"postgresql+psycopg://iltod:{CANARY}@{CANARY}/{CANARY}@127.0.0.1:1/iltod",
        f"postgresql+psycopg://iltod:1/{CANARY}@/iltod?host=127.0.0.1&port=1",
        f"postgresql+psycopg://iltod@127.0.0.1:1/iltod?password={CANARY}",
        f"postgresql://iltod:{CANARY}@127.0.0.1:1/iltod",
    ):
        url = worked_desk.store.url
        config.write_text(text.replace(url, database), encoding="utf-8")
        for command in (["check"], ["status"], ["run", "--once"], ["migrate", "--to", database]):
            said += [told(worked_desk, *command), told(worked_desk, "--debug", *command)]
    assert len(said) > 30
    for each in said:
        assert CANARY not in each
    assert CANARY.encode() not in b"".join(
        file.read_bytes() for file in worked_desk.folder.glob("iltod.db*")
    ), "and none is kept"


@pytest.mark.parametrize(
    "command",
    [
        ["event", "add", "letter", "--organisation", "bayan", "--on", "2024-01-22", "--note"],
        ["event", "add", "letter", "--organisation", "bayan", "--on", "2024-01-22", "--reference"],
        ["event", "amend", "e1", "--on", "2024-01-18", "--reason"],
        ["event", "withdraw", "e1", "--reason"],
        ["post", KEY, "--channel", "noticeboard", "--on", "2024-01-22", "--note"],
        ["posting", "withdraw", "p1", "--reason"],
        ["waive", KEY, "--reason"],
        ["unwaive", "bayan/iaac.asset-declaration/2024", "--reason"],
        ["extend", "bayan/letters.answer/e4", "--by", "1 day", "--reason", "why", "--reference"],
        ["extend", "bayan/letters.answer/e4", "--by", "1 day", "--reference", "3/17", "--reason"],
        ["snooze", KEY, "--until", "2024-02-01", "--reason"],
        ["token", "add", "--organisation", "bayan", "--name"],
    ],
)
def test_what_would_steer_a_terminal_is_recorded_nowhere(worked_desk, command):
    before = worked_desk.content()
    answer = worked_desk.iltod(*command, "a\tb\n\x1b[31mred")
    assert (answer.status, answer.out) == (1, "")
    assert answer.err == "the text ab[31mred holds a control character (U+001B); leave it out\n"
    assert worked_desk.content() == before


def test_a_sheet_with_what_would_steer_a_terminal_is_refused_by_its_line(worked_desk):
    file = worked_desk.folder / "events.csv"
    file.write_text(
        "organisation,kind,on,note\nbayan,letter,2024-01-10,whole\nbayan,letter,2024-01-11,a\0b\n"
    )
    answer = worked_desk.iltod("import", "events", str(file))
    assert answer.status == 1
    assert "line 3: the text ab holds a control character (U+0000); leave it out" in answer.err


def test_json_on_a_terminal_steers_it_no_more_than_a_table_and_says_the_same(worked_desk):
    note = "\u009b31m\x1b[31m\u202eabc\U000e0001 Ө\u00a0ү"  # as earlier programs let it in
    with worked_desk.store.connection() as connection:
        connection.execute(text("UPDATE event SET note = :note"), {"note": note})
        connection.commit()
    written = worked_desk.does("event", "list", "--format", "json")
    assert all(character.isprintable() or character == "\n" for character in written)
    assert json.loads(written)[-1]["note"] == note
    assert "abc" in written
    assert "Ө" in written
