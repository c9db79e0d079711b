"""Recording by forms: as the commands do it, with the same checks and sentences."""

import json
import shutil

import pytest

from monitor.assembly import assemble
from monitor.web import large, uploads
from tests.monitor.web.conftest import BAYAN, FINANCE, LAW, Pages, configure, token_in

KEY = "sergelen/budget.approved/2024"
POST = f"/duties/{KEY}/post"
PHOTOGRAPH = b"\xff\xd8\xff\xe0 a photograph of the noticeboard"


def photograph(content: bytes = PHOTOGRAPH, name: str = "IMG_1.jpg"):
    return {"photo": (name, content, "image/jpeg")}


def state_of(pages: Pages, capsys, key: str) -> str:
    capsys.readouterr()
    pages.iltod("status", "--all", "--format", "json")
    found = json.loads(capsys.readouterr().out)["obligations"]
    return next(each["state"] for each in found if each["key"] == key)


def test_a_posting_with_a_photograph_is_recorded_and_the_state_changes(
    pages: Pages, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    looker = pages.looker(FINANCE)
    seen = looker.records(POST, photograph(), channel="noticeboard", on="2024-01-22", note="second board")
    assert "posting p10 recorded" in seen.words
    assert "met late" in seen.words
    assert "second board" in seen.words
    assert state_of(pages, capsys, KEY) == "met_late"
    journal = seen.words.partition("Journal")[2]
    assert "Finance officer posting" in journal
    monkeypatch.setattr(large, "_PIECE", 3)
    kept = looker.client.get("/postings/10/evidence")
    assert kept.content == PHOTOGRAPH
    assert kept.headers["content-type"] == "image/jpeg"
    assert kept.headers["cache-control"] == "private, no-cache"
    known = looker.client.get("/postings/10/evidence", headers={"if-none-match": kept.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    assert pages.looker(BAYAN).get("/postings/10/evidence").status == 404


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_database_that_can_be_read_and_not_written_is_said_plainly(pages: Pages) -> None:
    looker = pages.looker(FINANCE)
    database = pages.folder / "iltod.db"
    shutil.copy(database, pages.folder / "copy.db")
    (pages.folder / "copy.db").rename(database)
    seen = looker.send(POST, channel="noticeboard", on="2024-01-22")
    assert seen.status == 503
    assert "nothing was changed. Try again in a minute" in seen.words


def test_to_load_the_page_again_records_nothing(pages: Pages) -> None:
    looker = pages.looker(FINANCE)
    done = looker.send(POST, channel="noticeboard", on="2024-01-22")
    for _ in range(2):
        assert "posting p10 recorded" in looker.get(done.headers["location"]).words
    again = looker.records(POST, channel="noticeboard", on="2024-01-22")
    assert "that posting is recorded already, as p10; nothing was changed" in again.words


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"on": "2024-01-24"}, "2024-01-24 lies in the future; today is 2024-01-23"),
        ({"on": "yesterday"}, "The day it was put up: yesterday is not a day"),
        ({"on": ""}, "The day it was put up: say it, it is needed"),
        ({"url": "sergelen"}, "sergelen is not an address; one begins with https:// or http://"),
        ({"channel": "paper"}, f"{KEY} is not posted in paper; its channels are: website, noticeboard"),
        ({"note": "n" * 2001}, "Anything else to remember: at most 2000 characters"),
        ({"note": "as\x00I"}, "the text asI holds a control character (U+0000); leave it out"),
        ({"note": "\x1b[31mred"}, "the text [31mred holds a control character (U+001B); leave it out"),
    ],
)
def test_what_is_refused_is_said_and_shown_again(pages: Pages, fields, said) -> None:
    sent = {"channel": "noticeboard", "on": "2024-01-22", "note": "as I wrote it", **fields}
    seen = pages.looker(FINANCE).send(POST, **sent)
    assert seen.status == 422
    assert said in seen.words
    assert sent["note"][:2000] in seen.html
    assert "p10" not in pages.looker(FINANCE).get(f"/duties/{KEY}").words


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (photograph(b"MZ a program"), "IMG_1.jpg is neither a picture nor a PDF"),
        (photograph(b"<svg onload=alert(1)>", "../../a.svg"), "a.svg is neither a picture nor a PDF"),
        (photograph(b"\xff\xd8\xff" + b"0" * 100), "IMG_1.jpg is larger than 25 MB"),
        (photograph() | {"file": ("b.pdf", b"%PDF-1.7", "application/pdf")}, "send one of the two"),
    ],
)
def test_a_file_that_proves_nothing_is_refused(
    pages: Pages, monkeypatch: pytest.MonkeyPatch, files, said
) -> None:
    monkeypatch.setattr(uploads, "LARGEST_FILE", 99)
    seen = pages.looker(FINANCE).send(POST, files, channel="noticeboard", on="2024-01-22")
    assert (seen.status, said in seen.words) == (422, True), seen.words


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"%PDF-1.4", "application/pdf"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "image/heic"),
        (b"RIFF\0\0\0\0AVI LIST", None),
        (b"", None),
    ],
)
def test_a_file_is_what_its_content_says(content: bytes, kind: str | None) -> None:
    assert uploads.type_of(content) == kind


def test_a_posting_is_taken_back_or_taken_down(pages: Pages, capsys) -> None:
    looker = pages.looker(FINANCE)
    seen = looker.records("/postings/7/withdraw", on="2024-01-21", reason="rain")
    assert "posting p7 withdrawn" in seen.words
    assert "taken down on Jan 21, 2024" in seen.words
    seen = looker.records("/postings/1/withdraw", on="", reason="another office's document")
    assert "withdrawn: posted on Jan 8, 2024" in seen.words
    assert "another office's document" in seen.words
    assert looker.get("/postings/3/withdraw").status == 404  # Bayan's
    assert looker.send("/postings/7/withdraw", on="2023-01-01", reason="again").status == 303


def test_an_event_opens_a_duty_and_leads_to_it(pages: Pages) -> None:
    looker = pages.looker(FINANCE)
    seen = looker.records(
        "/organisations/sergelen/event", kind="budget-amendment", on="2024-01-22", reference="A/12"
    )
    assert "event e6 recorded" in seen.words
    assert "Begun by" in seen.words
    assert "A/12" in seen.words
    seen = looker.records("/events/6/amend", on="2024-01-19", due="", reason="misread")
    assert "event e6 amended" in seen.words
    seen = looker.records("/events/6/withdraw", reason="it was Bayan's")
    assert "event e6 withdrawn" in seen.words
    assert "taken back: it was Bayan's" in seen.words


def test_an_event_of_a_kind_that_no_rule_names_or_of_tomorrow_is_refused(pages: Pages) -> None:
    looker = pages.looker(FINANCE)
    assert (
        "did you mean letter?"
        in looker.send("/organisations/sergelen/event", kind="leter", on="2024-01-22").words
    )
    assert (
        "lies in the future"
        in looker.send("/organisations/sergelen/event", kind="letter", on="2024-01-24").words
    )


def test_the_due_date_that_an_event_states_can_be_added(pages: Pages, capsys) -> None:
    looker = pages.looker(FINANCE)
    assert (
        "none was recorded; add it to the event" in looker.get("/duties/sergelen/iaac.letter-reply/e1").words
    )
    looker.records("/events/1/amend", on="2024-01-19", due="2024-01-30", reason="it stands on page two")
    assert state_of(pages, capsys, "sergelen/iaac.letter-reply/e1") == "due_soon"


def test_the_oversight_waives_and_lifts(pages: Pages, capsys) -> None:
    looker = pages.looker(LAW)
    assert (
        "it is recorded that it does not apply"
        in looker.records(f"/duties/{KEY}/waive", reason="merged").words
    )
    assert state_of(pages, capsys, KEY) == "waived"
    assert "that is recorded already" in looker.records(f"/duties/{KEY}/waive", reason="merged").words
    assert "it applies after all" in looker.records(f"/duties/{KEY}/unwaive", reason="parted").words
    assert "taken back: parted" in looker.get(f"/duties/{KEY}").words
    assert "is not waived" in looker.send(f"/duties/{KEY}/unwaive", reason="again").words


@pytest.mark.parametrize("what", ["waive", "unwaive", "extend"])
def test_an_officer_cannot_waive_or_extend(pages: Pages, what: str) -> None:
    looker = pages.looker(FINANCE)
    refused = looker.get(f"/duties/{KEY}/{what}")
    assert refused.status == 403
    assert "This is not yours to do" in refused.words
    token = token_in(looker.get(POST))
    answer = looker.client.post(f"/duties/{KEY}/{what}", data={"token": token, "reason": "mine"})
    assert answer.status_code == 403


def with_a_petition(pages: Pages) -> str:
    """A petition has come in, whose answer may be put off by 30 days; gives the address of the form for that."""
    url = pages.assembly.settings.monitor.database
    configure(pages.folder, url, lambda config: config.replace('"iaac"]', '"iaac", "petitions"]'))
    pages.assembly = assemble(pages.folder / "config.toml")
    assert pages.iltod("event", "add", "petition", "--organisation", "sergelen", "--on", "2024-01-22") == 0
    return "/duties/sergelen/petitions.reply/e6/extend"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"until": "2024-03-01"}, "extended until Mar 1, 2024: a hearing (A/12)"),
        ({"by": "5 working days"}, "extended by 5 working days: a hearing (A/12)"),
    ],
)
def test_a_duty_is_extended_to_a_day_or_by_a_limit(pages: Pages, fields: dict[str, str], said: str) -> None:
    seen = pages.looker(LAW).records(with_a_petition(pages), reference="A/12", reason="a hearing", **fields)
    assert said in seen.words
    assert "It was extended; before that it was" in seen.words


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "say either how much later, or until which day"),
        ({"by": "5 days", "until": "2024-03-01"}, "say either how much later, or until which day"),
        ({"by": "soon"}, "Or how much later: soon is not a limit; one looks like 30 days, 5 working days"),
        ({"by": "99999 years"}, "99999 years"),
        ({"by": "31 days"}, "can be extended until"),
    ],
)
def test_an_extension_that_cannot_be_is_shown_again_with_why(pages: Pages, fields, said: str) -> None:
    shown = pages.looker(LAW).send(with_a_petition(pages), reference="A/12", reason="a hearing", **fields)
    assert (shown.status, said in shown.words) == (422, True), shown.words


def test_reminders_can_rest_until_the_last_working_day_before(pages: Pages) -> None:
    looker = pages.looker(FINANCE)
    form = "/duties/sergelen/iaac.asset-declaration/2024/snooze"
    assert 'min="2024-01-23" max="2024-02-14"' in looker.get(form).html
    seen = looker.records(form, until="2024-02-09", reason="on leave")
    assert "no reminders before Feb 9, 2024: on leave" in seen.words
    assert "can be snoozed to a day after" in looker.send(form, until="2024-02-15", reason="on leave").words


def test_a_page_cannot_be_made_to_say_something_by_a_link(pages: Pages) -> None:
    looker = pages.looker()
    said = looker.get(f"/duties/{KEY}", params={"done": "Call this number", "id": "1"})
    assert "Call this number" not in said.html
    assert 'role="status"' not in looker.get(f"/duties/{KEY}?done=posting&id=x").html


@pytest.mark.parametrize("sent", [b"", b"\xff\xfe", b"--x\r\nContent-Disposition: form-data; name"])
def test_what_no_form_sends_is_refused_plainly(pages: Pages, sent: bytes) -> None:
    looker = pages.looker(FINANCE)
    answer = looker.client.post(
        POST, content=sent, headers={"content-type": "multipart/form-data; boundary=x"}
    )
    assert answer.status_code in (400, 422)
