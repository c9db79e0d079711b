"""Real mails, made by the program, as people see them: on a telephone and on a desk, by day and by night."""

import sqlite3
from dataclasses import dataclass
from email import message_from_bytes, policy
from itertools import pairwise
from pathlib import Path

import pytest

from monitor.cli import main
from tests.acceptance.browser import Browser, Seen

pytestmark = pytest.mark.slow

KINDS = {"digest", "escalation", "notice", "all-clear", "warning", "test"}
LANGUAGES = ("mn", "en")
SHADES = ("light", "dark")
WIDTHS = (360, 1280)
"""A small telephone and a desk, in CSS pixels."""
READABLE = 4.5
"""The contrast that WCAG 2.1 (1.4.3, level AA) asks for of small letters."""
SMALLEST = 13.0


@dataclass(frozen=True)
class Mail:
    """A mail as the program made it."""

    language: str
    kind: str
    subject: str
    page: str


def rehearse(folder: Path, language: str) -> list[Mail]:
    """Every kind of mail, from a rehearsal of January 2024 in an aimag with 25 organisations."""

    def iltod(*arguments: str) -> None:
        assert main(["--config", str(folder / "config.toml"), "--language", language, *arguments]) == 0

    def morning(day: str) -> None:
        iltod("run", "--once", "--at", f"2024-01-{day}T09:00")

    (folder / "config.toml").write_text(configuration(language), encoding="utf-8")
    morning("02")
    for event in ("budget-amendment", "letter", "draft-act"):
        iltod("event", "add", event, "--organisation", "soum-0", "--on", "2024-01-02")
    draft = "soum-0/drafts.act/e3"
    for posting, channel in enumerate(("website", "noticeboard"), start=1):
        iltod("post", draft, "--channel", channel, "--on", "2024-01-02")
        iltod("posting", "withdraw", f"p{posting}", "--on", "2024-01-02", "--reason", "...")
    reason = "Хурлын тогтоолын төсөл хянагдаж байна"
    iltod("snooze", "soum-1/budget.approved/2024", "--until", "2024-01-09", "--reason", reason)
    morning("03")
    iltod("event", "amend", "e1", "--on", "2024-01-03", "--reason", "Хурлын тогтоолд өөр өдөр бичигдсэн")
    for day in ("04", "09", "15", "24"):
        morning(day)
    iltod("mail", "test", "anybody@aimag.example")
    with sqlite3.connect(folder / "iltod.db") as connection:
        rows = connection.execute("SELECT kind, subject, raw FROM message ORDER BY id").fetchall()
    connection.close()
    return [Mail(language, kind, subject, page_in(raw)) for kind, subject, raw in rows]


def page_in(raw: bytes) -> str:
    """The HTML part of a mail."""
    body = message_from_bytes(raw, policy=policy.default).get_body(("html",))
    assert body is not None
    return str(body.get_content())


def configuration(language: str) -> str:
    """Names as long as they come; one without a place to break it."""
    organisations = [
        f"""
[[organisations]]
id = "soum-{number}"
name = "{name}"
kind = "soum"
parent = "aimag"
since = 2024-01-01
contacts = [
    {{ role = "finance", name = "Санхүү, төрийн сангийн албаны дарга", email = "finance@soums.example" }},
    {{ role = "web", name = "Цахим хуудас хариуцсан мэргэжилтэн", email = "web{number}@soums.example" }},
]
"""
        for number, name in enumerate(
            [
                "Баянжаргалан сумын Хүүхдийн хөгжлийн төв, Ерөнхий боловсролын сургууль",
                "БаянжаргалансумынХүүхдийнхөгжлийнтөвЕрөнхийболовсролынсургууль",
                *(f"Сэргэлэн сумын {number}-р сургууль" for number in range(23)),
            ]
        )
    ]
    return f"""
[monitor]
database = "sqlite:///iltod.db"
language = "{language}"
packs = ["budget", "iaac", "drafts"]
operator = "operator@aimag.example"

[mail]
path = "mail"

[[organisations]]
id = "aimag"
name = "Төв аймгийн ЗДТГ"
kind = "office"
since = 2024-01-01
contacts = [{{ role = "oversight", name = "Хуулийн хэлтэс", email = "law@aimag.example" }}]
{"".join(organisations)}"""


@pytest.fixture(scope="module")
def mails(tmp_path_factory: pytest.TempPathFactory) -> list[Mail]:
    """In both languages, of each kind the longest and the shortest."""
    found = [mail for language in LANGUAGES for mail in rehearse(tmp_path_factory.mktemp(language), language)]
    chosen = []
    for language in LANGUAGES:
        for kind in sorted(KINDS):
            alike = sorted(
                (each for each in found if (each.language, each.kind) == (language, kind)),
                key=lambda each: len(each.page),
            )
            chosen.extend(dict.fromkeys((alike[0], alike[-1])))
    return chosen


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Browser:
    return Browser(tmp_path_factory.mktemp("browser"))


@pytest.fixture(scope="module", params=SHADES)
def seen(request: pytest.FixtureRequest, browser: Browser, mails: list[Mail]) -> list[tuple[Mail, Seen]]:
    """Every mail at every width, in light or dark mode."""
    shown = browser.look([mail.page for mail in mails], WIDTHS, request.param)
    return [(mails[each.page], each) for each in shown]


def test_the_program_has_made_every_kind_of_mail_in_both_languages(mails):
    assert {(mail.language, mail.kind) for mail in mails} == {
        (language, kind) for language in LANGUAGES for kind in KINDS
    }


def test_a_table_has_as_many_columns_as_there_can_be(mails):
    """Else it would not be known whether that fits."""
    columns = {mail.page.count('scope="col"') for mail in mails if mail.kind == "escalation"}
    assert max(columns) == 4


def test_nothing_is_wider_than_the_window(seen):
    assert {each.scroll_width for _, each in seen if each.width == 360} == {360}
    assert {each.scroll_width for _, each in seen if each.width == 1280} == {1280}
    assert [each.outside for _, each in seen if each.outside] == []


def test_nothing_is_hidden_or_cut_off(seen):
    assert [each.cut for _, each in seen if each.cut] == []


def test_every_text_stands_out_from_what_is_behind_it(seen):
    faint = [
        (mail.kind, pair, contrast)
        for mail, each in seen
        for pair, contrast in each.contrasts.items()
        if contrast < READABLE
    ]
    assert faint == []


def test_dark_mode_is_dark_and_light_mode_light(browser, mails):
    for shade, ground in (("light", "on 255,255,255"), ("dark", "on 20,20,20")):
        (shown,) = browser.look([mails[0].page], [360], shade)
        assert any(ground in pair for pair in shown.contrasts), shown.contrasts


def test_no_letters_are_too_small_to_read(seen):
    assert min(each.smallest for _, each in seen) >= SMALLEST


def test_a_screen_reader_is_told_the_language_the_title_and_the_order_of_headings(seen):
    for mail, each in seen:
        assert each.language == mail.language
        assert each.title == mail.subject
        assert each.headings[0] == 1
        assert each.headings.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(each.headings))


def test_a_mail_asks_for_nothing(seen):
    assert [each.requested for _, each in seen if each.requested] == []


def test_the_browser_would_tell_if_something_were_wrong(browser):
    """What is measured above is held against a page on which all of it is wrong."""
    wrong = """<!doctype html><html lang="de"><head><title>x</title></head><body>
    <h1>one</h1><h3>three</h3><img src="https://elsewhere.example/pixel.png">
    <p style="color: #999">faint</p><p style="font-size: 9px">small</p><p style="display: none">hidden</p>
    <p style="width: 100px; overflow: hidden; white-space: nowrap">a command that is cut off somewhere here</p>
    <p style="width: 500px">wide</p></body></html>"""
    (shown,) = browser.look([wrong], [360], "light")
    assert shown.scroll_width > 360
    assert [each.split(":")[0] for each in shown.outside] == ["p "]
    assert len(shown.cut) == 2
    assert (shown.language, shown.title, shown.headings, shown.smallest) == ("de", "x", [1, 3], 9.0)
    assert min(shown.contrasts.values()) < READABLE
    assert shown.requested == ["https://elsewhere.example/pixel.png"]
