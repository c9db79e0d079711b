"""Finished messages, read back as a mail program reads them."""

import email
import email.policy
import re
from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notifications.composing import UnsafeHeadersError, check_headers, compose, make_message_id
from notifications.invitations import DueEvent, make_calendar
from notifications.messages import Kind, Message

AT = datetime(2024, 1, 5, 9, 0, tzinfo=timezone(timedelta(hours=8)))
SENDER = "Ил тод <iltod@example.mn>"
EXPECTED = {
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "List-Id",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
}


def finished(reply_to="", **changes):
    values = {
        "recipient": "finance@sergelen.example",
        "name": "Санхүүгийн алба",
        "language": "mn",
        "day": date(2024, 1, 5),
        "kind": Kind.DIGEST,
        "subject": "Сэргэлэн сум: хугацаа хэтэрсэн 1",
        "text": "Сайн байна уу.\n\n.\nТөсөв\n",
        "html": "<!doctype html>\n<p>Төсөв</p>\n",
    } | changes
    return compose(Message(**values), SENDER, reply_to, "<1@example.mn>", AT)


def read(raw):
    return email.message_from_bytes(raw, policy=email.policy.default)


def parts(raw):
    return {part.get_content_type(): part for part in read(raw).walk() if not part.is_multipart()}


def test_the_headers_say_who_writes_to_whom_about_what_and_when():
    message = read(finished())
    assert message["From"].addresses[0].display_name == "Ил тод"
    assert message["From"].addresses[0].addr_spec == "iltod@example.mn"
    assert [each.addr_spec for each in message["To"].addresses] == ["finance@sergelen.example"]
    assert message["To"].addresses[0].display_name == "Санхүүгийн алба"
    assert message["Subject"] == "Сэргэлэн сум: хугацаа хэтэрсэн 1"
    assert parsedate_to_datetime(message["Date"]) == AT
    assert message["Message-ID"] == "<1@example.mn>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Id"] == "<iltod.example.mn>"
    assert set(message.keys()) == EXPECTED


def test_answers_go_where_they_are_wanted():
    message = read(finished(reply_to="Хуулийн хэлтэс <law@aimag.example>"))
    assert message["Reply-To"].addresses[0].addr_spec == "law@aimag.example"
    assert set(message.keys()) == EXPECTED | {"Reply-To"}


def test_the_text_comes_before_the_html_and_both_arrive_as_written():
    message = read(finished())
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    text, html = (part.get_content().replace("\r\n", "\n") for part in message.iter_parts())
    assert text == "Сайн байна уу.\n\n.\nТөсөв\n"
    assert html == "<!doctype html>\n<p>Төсөв</p>\n"


def test_a_calendar_is_attached_beside_the_text():
    due = DueEvent("sergelen/budget.approved/2024", date(2024, 1, 10), "Төсөв", "Журам, 5/2.1.1")
    raw = finished(calendar=make_calendar([due], "mn", AT))
    found = parts(raw)
    assert read(raw).get_content_type() == "multipart/mixed"
    assert set(found) == {"text/plain", "text/html", "text/calendar"}
    calendar = found["text/calendar"]
    assert calendar.get_filename() == "iltod.ics"
    assert calendar.get_content_disposition() == "attachment"
    assert calendar["Content-Type"].params["method"] == "PUBLISH"
    assert "SUMMARY:Төсөв" in calendar.get_content()


def test_an_english_text_stays_readable_on_the_wire():
    raw = finished(text="Budget of the current year = overdue\n.\n", html="<p>x</p>")
    assert b"Budget of the current year =3D overdue" in raw
    assert b"\r\n.\r\n" not in raw


@pytest.mark.parametrize("calendar", [None, "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"])
def test_every_byte_is_ascii_every_line_ends_alike_and_none_is_too_long(calendar):
    raw = finished(text="x" * 3000 + "\nТөсөв\rтөсөв\n\n", html="plain " * 500, calendar=calendar)
    assert raw.isascii()
    assert re.search(rb"\r(?!\n)|(?<!\r)\n", raw) is None
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


texts = st.one_of(
    st.text(max_size=300),
    st.text(alphabet='=?utf-8qb?BccTo: \r\n@<>,";\\\u2028\x00\x85Өү', max_size=120),
    st.from_regex(r"=\?utf-8\?[qb]\?.{0,40}\?=", fullmatch=True),
)


@given(name=texts, subject=texts, text=texts, html=texts)
@example(
    name="=?utf-8?q?Org=0D=0ABcc:_evil@x.example?=",
    subject="=?utf-8?q?Org=0D=0ABcc:_evil@x.example?=",
    text="--=_iltod-alternative--\r\n\r\n",
    html="--=_iltod-alternative\r\nContent-Type: text/html\r\n\r\n",
)
def test_whatever_is_said_the_finished_bytes_have_exactly_the_headers_that_were_meant(
    name, subject, text, html
):
    raw = finished(name=name, subject=subject, text=text, html=html)
    head = raw.partition(b"\r\n\r\n")[0]
    names = [line.split(b":")[0].decode() for line in head.split(b"\r\n") if not line.startswith(b" ")]
    assert sorted(names) == sorted(EXPECTED)
    message = email.message_from_bytes(raw)
    assert sorted(message.keys()) == sorted(EXPECTED)
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert message.get_all("To") == [message["To"]]
    assert "finance@sergelen.example" in message["To"]


@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=400))
def test_any_text_arrives_as_it_was_written(text):
    assert parts(finished(text=text))["text/plain"].get_content().rstrip("\r\n") == text


@pytest.mark.parametrize(
    "raw",
    [
        b"Subject: x\r\nBcc: evil@x.example\r\n\r\n",
        b"Subject: x\r\nSubject: y\r\n\r\n",
        b"Subject: x\nBcc: evil@x.example\r\n\r\n",
        b"Subject: x\r\n\tBcc: folded\r\n\r\n",
        b"Subject: x\r\n \r\n\r\n",
        b"Subject: \xd0\x91\r\n\r\n",
        b"Subject: x\x00\r\n\r\n",
        b"Subject: " + b"x" * 999 + b"\r\n\r\n",
        b"Subject: x",
        b"\r\n\r\n",
    ],
)
def test_bytes_with_other_headers_than_meant_are_refused(raw):
    with pytest.raises(UnsafeHeadersError):
        check_headers(raw, frozenset({"Subject"}))


def test_bytes_with_the_headers_that_were_meant_pass():
    check_headers(b"Subject: x\r\n folded\r\n\r\n", frozenset({"Subject"}))


def test_a_message_id_is_one_for_one_queued_message():
    message = Message("A@b.example", "", "mn", date(2024, 1, 5), Kind.DIGEST, "", "", "")
    same = Message("a@B.example", "", "en", date(2024, 1, 5), Kind.DIGEST, "other", "", "")
    now = datetime(2024, 1, 5, 1, 0, tzinfo=UTC)
    assert make_message_id(message, SENDER, now) == make_message_id(same, SENDER, now)
    assert make_message_id(message, SENDER, now) != make_message_id(
        message, SENDER, now + timedelta(seconds=1)
    )
    assert re.fullmatch(r"<[0-9a-f]{32}@example\.mn>", make_message_id(message, SENDER, now))
