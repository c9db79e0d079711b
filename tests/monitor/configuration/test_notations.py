"""How single values are written in the configuration."""

from collections.abc import Callable
from datetime import date, time
from pathlib import Path

import pytest

from monitor.configuration import notations
from monitor.configuration.settings import Listen

FOLDER = Path("/etc/iltod")


@pytest.mark.parametrize(
    "text",
    [
        "finance@sergelen.example",
        "First.Last+budget@sub.sergelen.example",
        "root@localhost",
        "o'neill@a-b.example",
        "a" * 64 + "@soum.example",
    ],
)
def test_a_plain_address_stays_as_it_is_written(text: str) -> None:
    assert text == notations.address(text)


def test_a_domain_in_another_script_is_kept_as_it_travels() -> None:
    assert notations.address("info@сэргэлэн.example") == "info@xn--c1aqgje6ecb.example"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "finance",
        "finance@",
        "@sergelen.example",
        "a@x.example, b@y.example",
        "a@x.example,b@y.example",
        "a b@x.example",
        "<a@x.example>",
        "Name <a@x.example>",
        "a@x.example\r\nBcc: b@y.example",
        "a@x.example\n",
        "a\x00@x.example",
        '"a b"@x.example',
        "a..b@x.example",
        ".a@x.example",
        "a@[127.0.0.1]",
        "a@x..example",
        "a@-x.example",
        "a@b@x.example",
        "санхүү@x.example",
        "a" * 65 + "@x.example",
        "a@" + "x" * 64 + ".example",
        "a@" + ".".join(["x" * 60] * 5),
    ],
)
def test_whatever_is_not_one_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"(?s).*"):
        notations.address(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("iltod <iltod@example.mn>", "iltod <iltod@example.mn>"),
        ("  Сэргэлэн сум  <a@сум.example> ", "Сэргэлэн сум <a@xn--l1ajg.example>"),
        ("<a@x.example>", "a@x.example"),
        ("a@x.example", "a@x.example"),
    ],
)
def test_a_sender_may_have_a_name(text: str, expected: str) -> None:
    assert expected == notations.mailbox(text)


@pytest.mark.parametrize(
    "text", ["", "iltod", "a <b@x.example> c", "a\nb <b@x.example>", "a <b@x.example", "a <b>"]
)
def test_a_sender_without_one_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"(?s).*"):
        notations.mailbox(text)


@pytest.mark.parametrize("text", ["Сэргэлэн сумын ЗДТГ", "ᠮᠣᠩᠭᠣᠯ", "O'Neill & Co <b>", "=cmd|x"])
def test_a_name_may_be_any_line_of_text(text: str) -> None:
    assert text == notations.line_of_text(f" {text} ")


@pytest.mark.parametrize(
    "text", ["", " \t ", "a\r\nb", "a\x1b[0mb", "a\x00b", "a\u2028b", "a\u202eb", "x" * 301]
)
def test_a_name_that_moves_what_is_around_it_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"(?s).*"):
        notations.line_of_text(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-02-21", date(2024, 2, 21)),
        ("2024.02.21", date(2024, 2, 21)),
        ("2024/02/21", date(2024, 2, 21)),
        ("2024/2/1", date(2024, 2, 1)),
    ],
)
def test_a_day_is_written_as_people_write_it(text: str, expected: date) -> None:
    assert expected == notations.day(text)


@pytest.mark.parametrize(
    "text", ["", "21.02.2024", "2024-02.21", "2024-02-30", "2024-13-01", "20240221", "0000-01-01"]
)
def test_a_day_that_is_not_there_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        notations.day(text)


@pytest.mark.parametrize("text", ["00:00", "09:00", "23:59"])
def test_a_time_of_day_is_two_numbers_of_two_digits(text: str) -> None:
    assert time.fromisoformat(text) == notations.time_of_day(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:8470", Listen("127.0.0.1", 8470)),
        ("localhost:0", Listen("localhost", 0)),
        ("[::1]:8470", Listen("::1", 8470)),
    ],
)
def test_a_place_to_listen_is_written_as_it_is_read(text: str, expected: Listen) -> None:
    assert expected == notations.listen(text)
    assert text == str(expected)


def test_an_empty_place_to_listen_is_none() -> None:
    assert notations.listen("") is None


@pytest.mark.parametrize(
    "text", ["https://sergelen.example.mn", "http://127.0.0.1:8470", "https://сум.example/a?b=c"]
)
def test_a_web_address_is_of_a_page(text: str) -> None:
    assert text == notations.web_address(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sqlite:///var/iltod.db", "sqlite:////etc/iltod/var/iltod.db"),
        ("sqlite:////srv/iltod.db", "sqlite:////srv/iltod.db"),
        ("postgresql+psycopg://iltod@db.example/iltod", "postgresql+psycopg://iltod@db.example/iltod"),
        ("postgresql+psycopg://iltod@/iltod?host=/run/pg", "postgresql+psycopg://iltod@/iltod?host=/run/pg"),
    ],
)
def test_the_path_of_a_database_is_relative_to_the_folder_of_the_configuration(
    text: str, expected: str
) -> None:
    assert expected == notations.database_url(text, FOLDER)


def test_a_password_in_an_address_is_not_shown() -> None:
    shown = notations.without_password("postgresql+psycopg://iltod:a:s/e@db.example/iltod")

    assert shown == "postgresql+psycopg://iltod:***@db.example/iltod"


@pytest.mark.parametrize("password", ["Pw@cc/QQ", "Pw@cc", "Pw/cc", "Pw?cc", "Pw#cc", "Pw@", "1/cc"])
@pytest.mark.parametrize("server", ["db.example/iltod", "/iltod?host=/run/pg"])
def test_a_password_of_which_a_part_would_be_taken_for_the_server_is_refused(
    password: str, server: str
) -> None:
    with pytest.raises(notations.NotEscaped, match=r"^$"):
        notations.database_url(f"postgresql+psycopg://iltod:{password}@{server}", FOLDER)


@pytest.mark.parametrize(
    ("read", "texts"),
    [
        (notations.organisation_id, ["", "-a", "Sergelen", "a_b", "сум", "a" * 65, "a\n"]),
        (notations.word, ["", "-a", "_a", "two words", "a:b", "a\n", "a,b"]),
        (notations.timezone, ["", "Ulaanbaatar", "Asia", "../Asia/Hovd", "/etc/localtime", "Asia/Hovd\x00"]),
        (notations.time_of_day, ["", "9:00", "24:00", "09:60", "09:00:00", "09.00"]),
        (notations.listen, ["8470", ":8470", "localhost", "localhost:65536", "::1:8470", "[a]:1", "a b:1"]),
        (
            notations.web_address,
            ["", "a.example", "ftp://a.example", "https://", "https://me@a.example", "https://a.example/ b", "https://-a",
             "https://a.example:0", "https://a.example:99999", "https://a.example/\n", "https://[::1"],
        ),
        (notations.host, ["", "a b", "a/b", "a:25", "-a"]),
    ],
)  # fmt: skip
def test_any_other_text_is_refused(read: Callable[[str], object], texts: list[str]) -> None:
    taken = []
    for text in texts:
        try:
            taken.append((text, read(text)))
        except ValueError:
            continue

    assert not taken


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sqlite://",
        "sqlite:///",
        "sqlite:///a.db?mode=ro",
        "postgresql://iltod@db.example/iltod",
        "postgresql+psycopg://iltod@db.example",
        "postgresql+psycopg://iltod@db.example:port/iltod",
        "mysql://iltod@db.example/iltod",
        "var/iltod.db",
    ],
)
def test_another_database_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        notations.database_url(text, FOLDER)
