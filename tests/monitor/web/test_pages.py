"""What people see: the same as on the command line, of the organisations that are theirs to see."""

import json
import re
import sqlite3
import sys

import pytest
from sqlalchemy import update

from monitor.assembly import assemble
from monitor.storage import browsing, standing
from monitor.web.assets import ASSETS
from notifications.tables import delivery
from tests.monitor.web.conftest import BAYAN, FINANCE, LAW, Pages

KEY = "sergelen/budget.approved/2024"
EVERY_PAGE = (
    "/",
    "/organisations/sergelen",
    f"/duties/{KEY}",
    f"/duties/{KEY}/post",
    "/duties/bayan/drafts.act/e3",
    "/calendar",
    "/people",
    "/organisations/sergelen/event",
    "/events/1/amend",
    "/postings/1/withdraw",
    "/nothing",
)


def test_who_is_not_signed_in_is_led_to_do_so_and_back(pages: Pages) -> None:
    answer = pages.looker(None).get("/organisations/sergelen?year=2023")
    assert answer.status == 303
    assert answer.headers["location"] == "/sign-in?next=%2Forganisations%2Fsergelen%3Fyear%3D2023"


def test_the_overview_lists_and_counts_what_status_does(pages: Pages, capsys) -> None:
    seen = pages.looker().get("/")
    pages.iltod("status", "--format", "json")
    report = json.loads(capsys.readouterr().out)
    assert seen.keys == [each["key"] for each in report["obligations"]]
    words = {"due_soon": "due soon", "met_late": "met late"}
    for state, number in report["summary"].items():
        if number and state != "total":
            assert f"{number} {words.get(state, state)}" in seen.words
    assert "13 days late (9 working days)" in seen.words
    assert "missing: noticeboard" in seen.words


def test_an_officer_sees_the_own_office_alone(pages: Pages) -> None:
    looker = pages.looker(FINANCE)
    assert {key.partition("/")[0] for key in looker.get("/").keys} == {"sergelen"}
    assert "Баян" not in looker.get("/").html + looker.get("/people").html
    for address in ("/organisations/bayan", "/duties/bayan/budget.approved/2024", "/organisations/aimag"):
        assert looker.get(address).status == 404


def test_filters_stand_in_the_address(pages: Pages) -> None:
    looker = pages.looker()
    assert looker.get("/?state=overdue").keys == [KEY]
    assert {key.partition("/")[0] for key in looker.get("/?q=баян").keys} == {"bayan"}
    assert {key.split("/")[1] for key in looker.get("/?rule=iaac.letter-reply").keys} == {"iaac.letter-reply"}
    assert looker.get("/?under=sergelen").keys == looker.get("/?q=sergelen").keys != []
    assert looker.get("/?q=nobody").keys == []
    assert KEY not in looker.get("/?role=hr").keys


def test_what_an_address_asks_for_that_cannot_be_read_is_left_out(pages: Pages) -> None:
    looker = pages.looker()
    usual = looker.get("/").keys
    assert looker.get("/?state=nothing&year=x&page=-1&after=~~&under=nowhere").keys == usual
    assert looker.get("/?after=overdue~2024-99-99~x").keys == usual
    assert looker.get("/?rule=no.such").keys == []


@pytest.mark.parametrize("few", [200, 0], ids=["sorted", "by the index"])
def test_a_list_is_turned_page_by_page_and_shows_each_duty_once(
    pages: Pages, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    looker, overview = pages.looker(), sys.modules["monitor.web.pages.overview"]
    monkeypatch.setattr(overview, "_LINES", 1000)
    expected = {
        asked: looker.get(f"/?{asked}").keys
        for asked in ("q=сум", "", "state=upcoming", "rule=budget.performance&state=upcoming")
    }
    monkeypatch.setattr(overview, "_LINES", 2)
    monkeypatch.setattr(standing, "_FEW", few)
    for asked, keys in expected.items():
        found, address = [], f"/?{asked}"
        while address:
            seen = looker.get(address)
            found += seen.keys
            assert len(seen.keys) <= 2
            more = re.search(r'rel="next" href="([^"]*after=[^"]*)"', seen.html)
            address = "/" + more[1].replace("&amp;", "&") if more else ""
        assert found == keys
    assert len(expected["state=upcoming"]) > 10


def test_of_many_organisations_the_open_states_are_counted_up_to_a_limit(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "_FEW", 0)
    monkeypatch.setattr(browsing, "_COUNTED_EACH", 0)
    monkeypatch.setattr("monitor.listing._COUNTED", 3)
    seen = pages.looker().get("/?q=сум")
    assert "1 overdue" in seen.words
    assert "3+ upcoming" in seen.words


def test_the_table_of_the_year_shows_each_duty_by_word_and_sign(pages: Pages) -> None:
    table = pages.looker().get("/").html.partition("<tbody>")[2]
    late = re.search(rf'<a class="sq overdue" href="/duties/{KEY}" aria-label="overdue">!</a>', table)
    assert late
    assert re.search(r'aria-label="upcoming, 0/2">○ <small>0/2</small>', table)  # a plan reported on twice
    assert "Nothing falls into this year." in pages.looker().get("/?year=2030").words


def test_mails_that_did_not_arrive_are_shown_to_who_sees_whom_they_were_for(pages: Pages) -> None:
    assert "could not be delivered" not in pages.looker().get("/").words
    with pages.engine.begin() as connection:
        lost = update(delivery).where(delivery.c.recipient == BAYAN)
        connection.execute(lost.values(state="failed", reason="550 no such mailbox"))
    assert "Head of the soum office 550 no such mailbox" in pages.looker().get("/").words
    assert "550" not in pages.looker(FINANCE).get("/").words


def test_an_organisation_shows_its_year_and_how_well_it_did(pages: Pages) -> None:
    seen = pages.looker().get("/organisations/aimag")
    assert "0 % 0 of 1 in time" in seen.words
    assert "met late" in seen.words
    assert "/organisations/bayan?year=2024" in seen.links
    assert re.search(r'class="now" aria-current="date"><span class="month">Jan', seen.html)
    assert "100 % 2 of 2 in time" in pages.looker().get("/organisations/bayan").words
    assert "Nothing falls into this year." in pages.looker().get("/organisations/bayan?year=1999").words


def test_a_duty_that_was_met_shows_the_days_that_were_counted_though_one_is_decreed_off(
    pages: Pages, capsys
) -> None:
    pages.iltod("event", "add", "budget-amendment", "--organisation", "bayan", "--on", "2024-01-22")
    key = "bayan/budget.amendment/e6"
    for channel in ("website", "noticeboard"):
        pages.iltod("post", key, "--channel", channel, "--on", "2024-01-23")
    (pages.folder / "calendar.toml").write_text(
        '[[off]]\ndate = 2024-02-05\nreason = "storm"\nsource = "decree 7"\n', encoding="utf-8"
    )
    pages.iltod("run", "--once", "--at", "2024-01-24T09:00")
    pages.assembly = assemble(pages.folder / "config.toml")
    seen = pages.looker().get(f"/duties/{key}")
    capsys.readouterr()
    pages.iltod("explain", key, "--format", "json")
    for step in json.loads(capsys.readouterr().out)["steps"]:
        assert step["text"] in seen.words
    assert "Friday, February 9, 2024" in seen.words
    assert "storm" not in seen.words


def test_a_duty_shows_its_date_with_the_steps_what_was_posted_and_who_was_told(pages: Pages, capsys) -> None:
    seen = pages.looker().get(f"/duties/{KEY}")
    pages.iltod("explain", KEY, "--format", "json")
    for step in json.loads(capsys.readouterr().out)["steps"]:
        assert step["text"] in seen.words
        assert step["source"] in seen.words
    assert "Wednesday, January 10, 2024 13 days late" in seen.words
    assert "posted on Jan 8, 2024 https://sergelen.example.mn/2024 p1" in seen.words
    assert "Noticeboard ! not there" in seen.words
    assert (
        "Jan 22, 2024 Finance officer its due date passed at least 5 working days ago digest: sent"
        in seen.words
    )


def test_a_duty_shows_what_was_taken_down_and_what_was_decided(pages: Pages) -> None:
    looker = pages.looker()
    removed = looker.get("/duties/sergelen/drafts.act/e2").words
    assert "taken down on 2024-01-20, it had to stay up until 2024-02-14" in removed
    assert "taken down on Jan 20, 2024" in removed
    assert "storm" in removed
    assert (
        "it does not apply: merged · recorded 2024-01-22"
        in looker.get("/duties/bayan/iaac.asset-declaration/2024").words
    )
    assert "misread" in looker.get("/duties/aimag/iaac.letter-reply/e5").words


def test_a_duty_that_is_not_opened_yet_is_shown_and_one_that_nothing_gives_is_not(pages: Pages) -> None:
    looker = pages.looker()
    assert "upcoming" in looker.get("/duties/sergelen/budget.approved/2026").words
    unknown = looker.get("/duties/sergelen/budget.aproved/2024")
    assert unknown.status == 404
    assert "did you mean budget.approved?" in unknown.words
    assert looker.get("/duties/nowhere/budget.approved/2024").status == 404


def test_what_can_be_done_follows_rights_and_state(pages: Pages) -> None:
    for_law, for_officer = (pages.looker(each).get(f"/duties/{KEY}").links for each in (LAW, FINANCE))
    assert f"/duties/{KEY}/waive" in for_law
    assert f"/duties/{KEY}/post" in for_officer
    assert f"/duties/{KEY}/waive" not in for_officer
    assert f"/duties/{KEY}/snooze" not in for_officer  # it is too late for that


def test_the_calendar_names_days_off_and_moved_days_with_their_sources(pages: Pages) -> None:
    seen = pages.looker(language="mn").get("/calendar?year=2024")
    assert "2024.06.28 шийдвэрээр амрах өдөр" in seen.words
    assert "https://ubn.mn/p/63454" in seen.words
    assert re.search(r'<td class="off holiday" title="Шинэ жил">1<', seen.html)
    assert re.search(r'class="on today" aria-current="date">23<', seen.html)
    assert "provisional" in pages.looker().get("/calendar?year=2090").words


def test_people_are_shown_with_what_they_are_told(pages: Pages) -> None:
    seen = pages.looker().get("/people?q=sergelen").words
    assert "Finance officer finance@sergelen.example English finance, Сэргэлэн сумын ЗДТГ told of" in seen
    assert "Budget of the current year" in seen
    assert "last mail on Jan 23, 2024" in seen
    assert "Law department" not in seen


def test_a_page_speaks_the_language_that_is_asked_for_and_remembers_it(pages: Pages) -> None:
    looker = pages.looker(language="de, en;q=0.3, mn;q=0.8")
    assert '<html lang="mn">' in looker.get("/").html
    assert '<html lang="en">' in looker.get("/?lang=en").html
    assert '<html lang="en">' in looker.get("/people").html
    assert '<html lang="mn">' in pages.looker(language="").get("/").html


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_every_page_comes_from_here_alone_and_leaves_nothing_to_scripts(pages: Pages, path: str) -> None:
    seen = pages.looker().get(path)
    assert seen.status == (404 if path == "/nothing" else 200)
    assert not re.search(r"<script|\sstyle=|<style|\son[a-z]+=|javascript:", seen.html)
    loaded = re.findall(r'<(?:link|img|source|iframe)[^>]*(?:href|src)="([^"]*)"', seen.html)
    assert set(loaded) == {asset.path for asset in ASSETS.values()}
    assert "default-src 'none'" in seen.headers["content-security-policy"]


def test_the_first_view_is_light(pages: Pages) -> None:
    seen = pages.looker().get("/")
    assert seen.headers["content-encoding"] == "gzip"
    weight = int(seen.headers["content-length"]) + sum(len(each.content) for each in ASSETS.values())
    assert weight < 60_000


def test_what_is_loaded_may_be_kept_for_ever(pages: Pages) -> None:
    for asset in ASSETS.values():
        kept = pages.looker(None).get(asset.path)
        assert kept.status == 200
        assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_what_the_journal_says_of_a_channel_is_said_in_the_readers_language(pages: Pages) -> None:
    seen = pages.looker(language="mn").get(f"/duties/{KEY}")
    assert "байршуулалт бүртгэсэн: p1, цахим хуудас, 2024-01-08" in seen.words


def test_a_page_that_is_not_there_says_so_in_both_languages(pages: Pages) -> None:
    assert "There is no such page" in pages.looker().get("/nothing").words
    assert "Ийм хуудас алга" in pages.looker(language="mn").get("/nothing").words


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_database_that_cannot_be_read_is_said_plainly(pages: Pages) -> None:
    (pages.folder / "iltod.db").rename(pages.folder / "elsewhere.db")
    seen = pages.looker().get("/")
    assert seen.status == 503
    assert "Not now" in seen.words


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_fault_in_the_program_is_said_plainly_and_logged(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.listing.Listing.summary", lambda *_: 1 / 0)
    looker = pages.looker(language="mn")
    looker.client._transport.raise_server_exceptions = False
    seen = looker.get("/")
    assert seen.status == 500
    assert "Алдаа гарлаа" in seen.words
    assert "ZeroDivision" not in seen.html


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_pages_answer_while_somebody_writes(pages: Pages) -> None:
    writer = sqlite3.connect(pages.folder / "iltod.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    assert pages.looker().get("/").status == 200
    writer.close()


def test_a_name_does_nothing_but_stand_there(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = '"><script>alert(1)</script>'
    seen = pages.looker().get("/", params={"q": hostile, "rule": hostile})
    assert "<script" not in seen.html
    assert BAYAN not in seen.html


@pytest.mark.parametrize(
    "path", ["/postings/{}/evidence", "/postings/{}/withdraw", "/events/{}/amend", "/events/{}/withdraw"]
)
@pytest.mark.parametrize("number", ["999999999", "2147483648", "9" * 15, "9" * 19, "9" * 40])
def test_nothing_is_at_a_number_that_no_database_can_hold(pages: Pages, path: str, number: str) -> None:
    assert pages.looker(LAW).get(path.format(number)).status == 404
