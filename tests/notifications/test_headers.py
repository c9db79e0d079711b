"""What reaches a mail header is one line, says what was meant, and nothing else."""

from email.header import decode_header, make_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.headers import (
    MAX_LENGTH,
    header_safe,
    mailbox_header,
    split_mailbox,
    text_header,
    wire_address,
)

TITLES = [
    "Budget of the current year",
    "Сэргэлэн сумын ЗДТГ: хугацаа хэтэрсэн 1",
    "Тухайн жилийн төсөв " * 8,
    "mixed Төсөв 2024 / draft",
    "emoji 📅 and accents é",
]


def unfolded(header):
    return header.replace("\r\n ", " ")


def read(header):
    """The header as a mail program shows it."""
    return str(make_header(decode_header(unfolded(header))))


@pytest.mark.parametrize("title", TITLES)
def test_a_mail_program_reads_the_subject_that_was_written(title):
    assert read(text_header(title)) == title.strip()


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=150))
def test_any_visible_text_is_read_as_it_was_made_safe(text):
    safe = header_safe(text)
    assert read(text_header(text)) == safe or safe.isascii()


@pytest.mark.parametrize("title", TITLES)
def test_no_line_with_an_encoded_word_is_longer_than_76(title):
    for line in f"Message-Sub: {text_header(title)}".split("\r\n"):
        assert len(line) <= 78
        assert line.isascii()


@pytest.mark.parametrize(
    "hostile",
    [
        "Org\r\nBcc: evil@x.example",
        "Org\nBcc: evil@x.example",
        "Org\rBcc: evil@x.example",
        "Org\x0bBcc: evil@x.example",
        "Org\x85Bcc: evil@x.example",
        "Org\u2028Bcc: evil@x.example",
        "Org\u2029Bcc: evil@x.example",
        "=?utf-8?q?Org=0D=0ABcc:_evil@x.example?=",
        "==??utf-8?q?Org=0D=0ABcc:_evil@x.example?=",
        "=\u202e?utf-8?b?T3JnDQpCY2M6IGV2aWxAeC5leGFtcGxl?=",
        "=\x00?utf-8?q?Org=0D=0ABcc:_evil@x.example?=",
        "Org\x00\x1b]0;x\x07",
        "\u202eexample.evil",
        "lone \ud800 surrogate",
    ],
)
def test_hostile_names_become_harmless_lines(hostile):
    for header in (text_header(hostile), mailbox_header(hostile, "a@b.example")):
        decoded = read(header)
        assert "=?" not in header_safe(hostile)
        assert not any(ord(char) < 32 or char in "\x7f\x85\u2028\u2029\u202e\ud800" for char in decoded)
        assert all(line.startswith(" ") for line in header.split("\r\n")[1:])


def test_a_text_that_is_too_long_ends_with_an_ellipsis():
    long = header_safe("Төсөв " * 100)
    assert len(long) <= MAX_LENGTH
    assert long.endswith("…")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", "a@b.example"),
        ("Finance", "Finance <a@b.example>"),
        ("Office, Finance", '"Office, Finance" <a@b.example>'),
        ('The "Office" \\', '"The \\"Office\\" \\\\" <a@b.example>'),
        ("x@y.example", '"x@y.example" <a@b.example>'),
    ],
)
def test_a_display_name_is_quoted_where_it_has_to_be(name, expected):
    assert mailbox_header(name, "a@b.example") == expected


@pytest.mark.parametrize(
    "address", ["a@b.example", "first.last+tag@sub.b.example", "o'neil@b.example", "a@localhost"]
)
def test_plain_addresses_go_over_the_wire_as_they_are(address):
    assert wire_address(address) == address


def test_an_international_domain_goes_over_the_wire_in_its_ascii_form():
    assert wire_address("a@төсөв.мон") == "a@xn--b1a3ac28db.xn--l1acc"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "@b.example",
        "a@",
        "a@b.example, c@d.example",
        "a@b.example,c@d.example",
        "a b@c.example",
        "<a@b.example>",
        "A <a@b.example>",
        "a@b.example\r\nBcc: c@d.example",
        "a@b.example\n",
        "a\x00@b.example",
        "албан@b.example",
        "a@-b.example",
        "a@b..example",
        "a..b@c.example",
        "a@b@c.example",
        "a" * 65 + "@b.example",
        "a@" + "b" * 64 + ".example",
        "a@" + "b." * 130 + "example",
        "a@\udcff.example",
    ],
)
def test_whatever_is_not_one_plain_address_is_refused(address):
    with pytest.raises(ValueError, match="is not one mail address"):
        wire_address(address)


def test_a_mailbox_is_split_into_name_and_address():
    assert split_mailbox("iltod <iltod@example.mn>") == ("iltod", "iltod@example.mn")
    assert split_mailbox("iltod@example.mn") == ("", "iltod@example.mn")
    with pytest.raises(ValueError, match="is not one mail address"):
        split_mailbox("iltod")
