"""Signing in: what is sent to whom, which link opens what to whom, and how it ends."""

import re
from datetime import timedelta

import pytest

from monitor.signing_in.links import HOLDS, MOST_FOR_AN_ADDRESS, MOST_FROM_A_CLIENT, MOST_FROM_ANYWHERE
from monitor.signing_in.sessions import IDLE, LONGEST
from tests.monitor.signing_in.office import ELSEWHERE, FINANCE, HEAD, LAW, STRANGER, Office, token_on

SECOND = timedelta(seconds=1)

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)  # test_links.py holds on both


def test_a_contact_signs_in_by_the_link_in_a_mail_and_signs_out(office: Office) -> None:
    browser = office.browser()
    assert browser.get("/people").headers["location"] == "/sign-in?next=%2Fpeople"
    sent = browser.ask(FINANCE, "/people")
    assert sent.headers["location"] == "/sign-in/sent"
    assert "Look into your mail" in browser.get("/sign-in/sent").text
    (mail,) = office.mails(FINANCE)
    assert "Dear Finance officer," in mail
    assert "within 15 minutes" in mail
    done = browser.send(office.link(FINANCE))
    assert (done.status_code, done.headers["location"]) == (303, "/people")
    assert FINANCE in browser.get("/people").text
    out = browser.send("/sign-out", on="/people")
    assert (out.status_code, out.headers["location"]) == (303, "/sign-in")
    assert not browser.is_signed_in


def test_who_is_sent_to_sign_in_reads_on_in_the_language_asked_for(office: Office) -> None:
    sent = office.browser().get("/people?lang=mn").headers["location"]
    assert sent == "/sign-in?next=%2Fpeople%3Flang%3Dmn&lang=mn"
    assert 'lang="mn"' in office.browser().get(sent).text


def test_an_address_is_known_however_it_is_written(office: Office) -> None:
    office.browser().ask(f"  {FINANCE.upper()} ")
    assert len(office.mails(FINANCE)) == 1


def test_the_mail_is_in_the_language_of_the_person(office: Office) -> None:
    office.register(lambda config: config.replace('"Head of office",', '"Дарга", language = "mn",'))
    office.browser().ask(HEAD)
    assert "15 минутын дотор" in office.mails(HEAD)[0]


@pytest.mark.parametrize(
    "address",
    [
        pytest.param(STRANGER, id="of a stranger"),
        pytest.param("web@sergelen.example", id="of one whose last day is past"),
        pytest.param("operator@aimag.example", id="of the operator"),
        pytest.param("", id="that is none"),
        pytest.param(f"{FINANCE},{STRANGER}", id="and another"),
        pytest.param(f"{FINANCE}\r\nBcc: {STRANGER}", id="with a header"),
        pytest.param("a" * 5000, id="without end"),
        pytest.param("ж\x00\ud7ff", id="that is no text"),
    ],
)
def test_an_address_that_is_no_contact_gets_the_same_answer_and_no_mail(office: Office, address: str) -> None:
    office.clock.pass_by(days=30)
    known, unknown = office.browser().ask(FINANCE), office.browser().ask(address)
    assert (unknown.status_code, unknown.content) == (known.status_code, known.content)
    assert dict(unknown.headers) == dict(known.headers)
    with office.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT recipient FROM message WHERE kind = 'sign-in'").all() == [
            (FINANCE,)
        ]


def test_an_answer_takes_an_even_time_whatever_was_done(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.web.signing_in._EVEN_SECONDS", 0.2)
    for address in (FINANCE, STRANGER):
        sent = office.browser().ask(address)
        assert sent.elapsed.total_seconds() > 0.19


def test_what_is_kept_opens_nothing_to_who_reads_it(office: Office, store) -> None:
    browser = office.browser()
    browser.ask(FINANCE)
    link = office.link(FINANCE)
    kept = " ".join(store.content()["sign_in"])
    assert link.rpartition("/")[2] not in kept
    browser.send(link)
    kept += " ".join(store.content()["session"])
    for secret in browser.client.cookies.values():
        assert secret not in kept


def test_a_link_that_is_only_looked_at_is_not_used_up(office: Office) -> None:
    browser = office.browser()
    browser.ask(FINANCE)
    link = office.link(FINANCE)
    for visitor in (office.browser(), browser):  # a mail scanner, and the browser that asked
        assert visitor.get(link).status_code == 200
        visitor.client.head(link)
        assert not visitor.is_signed_in
    assert browser.send(link).status_code == 303


def test_a_link_signs_in_once(office: Office) -> None:
    browser = office.browser()
    browser.ask(FINANCE)
    page = browser.get(office.link(FINANCE))
    assert browser.post(office.link(FINANCE), token=token_on(page.text)).status_code == 303
    browser.send("/sign-out", on="/")
    assert "This link signs nobody in here" in browser.get(office.link(FINANCE)).text


def test_a_link_opens_nothing_in_another_browser(office: Office) -> None:
    office.browser().ask(FINANCE)
    other = office.browser()
    token = token_on(other.get("/sign-in").text)
    link = office.link(FINANCE)
    assert "This link signs nobody in here" in other.get(link).text
    assert other.post(link, token=token).status_code == 400
    assert not other.is_signed_in


@pytest.mark.parametrize("later", [HOLDS - SECOND, HOLDS])
def test_a_link_holds_for_a_quarter_of_an_hour(office: Office, later: timedelta) -> None:
    browser = office.browser()
    browser.ask(FINANCE)
    token = token_on(browser.get(office.link(FINANCE)).text)
    office.clock.moment += later
    browser.post(office.link(FINANCE), token=token)
    assert browser.is_signed_in == (later < HOLDS)


def test_an_invented_link_opens_nothing(office: Office) -> None:
    browser = office.browser()
    browser.ask(FINANCE)
    token = token_on(browser.get("/sign-in").text)
    assert browser.post("/sign-in/x", token=token).status_code == 400
    browser.ask(STRANGER)
    assert not browser.is_signed_in


def test_a_newer_link_takes_the_place_of_one_that_has_not_left(office: Office, store) -> None:
    browser = office.browser()
    browser.ask(FINANCE)
    browser.ask(FINANCE)
    states = store.rows(
        "SELECT state FROM delivery WHERE message_id IN (SELECT id FROM message WHERE kind = 'sign-in')"
    )
    assert sorted(states) == [("queued",), ("superseded",)]


def test_a_link_is_no_mail_that_told_anybody_anything(office: Office) -> None:
    office.clock.pass_by(days=3)
    told = re.findall(r'last mail on <time datetime="([^"]+)', office.signed_in(FINANCE).get("/people").text)
    assert set(told) == {"2024-01-12"}, "the day of the digests"


def test_a_service_is_never_told_a_link(office: Office, store) -> None:
    office.register(
        lambda config: config.replace(
            '"Head of office",', '"Head of office", also = ["json://localhost/telling"],'
        )
    )
    office.browser().ask(HEAD)
    assert store.rows("SELECT way FROM delivery WHERE recipient LIKE '%head@%' OR way = 'service'") == [
        ("mail",)
    ]


@pytest.mark.parametrize(
    "wanted",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "/\\elsewhere.example/",
        "\\\\elsewhere.example",
        "javascript:alert(1)",
        "people",
        "",
        "/\t/elsewhere.example/",
        "/\r\nSet-Cookie: a=b",
        "/" + "a" * 5000,
    ],
)
def test_nobody_is_led_elsewhere_after_signing_in(office: Office, wanted: str) -> None:
    browser = office.browser()
    page = browser.get("/sign-in", params={"next": wanted}).text
    assert 'name="next" value="/"' in page
    browser.post("/sign-in", address=FINANCE, next=wanted, token=token_on(page))
    assert browser.send(office.link(FINANCE)).headers["location"] == "/"
    assert browser.get("/sign-in", params={"next": wanted}).headers["location"] == "/"


def test_a_session_is_never_one_that_somebody_else_chose(office: Office) -> None:
    browser = office.browser()
    browser.client.cookies.set("__Host-iltod-session", "chosen", domain="page.example")
    browser.ask(HEAD)
    browser.send(office.link(HEAD))
    assert browser.client.cookies["__Host-iltod-session"] != "chosen"


def test_who_signs_in_again_ends_the_session_before(office: Office) -> None:
    browser = office.browser()
    browser.ask(FINANCE)
    browser.ask(HEAD)
    kept = browser.client.cookies["__Host-iltod-browser"]
    browser.send(office.link(FINANCE))
    first = browser.client.cookies["__Host-iltod-session"]
    browser.client.cookies.set("__Host-iltod-browser", kept, domain="page.example")
    browser.send(office.link(HEAD))
    assert HEAD in browser.get("/").text
    other = office.browser()
    other.client.cookies.set("__Host-iltod-session", first, domain="page.example")
    assert not other.is_signed_in


def test_a_session_ends_when_its_browser_was_not_used_for_a_month(office: Office) -> None:
    browser = office.signed_in(FINANCE)
    for _ in range(2):
        office.clock.moment += IDLE - SECOND
        assert browser.is_signed_in
    office.clock.moment += IDLE
    assert not browser.is_signed_in


def test_a_session_ends_after_three_months_however_much_it_was_used(office: Office) -> None:
    browser = office.signed_in(FINANCE)
    for _ in range(LONGEST.days - 1):
        office.clock.pass_by(days=1)
        assert browser.is_signed_in
    office.clock.pass_by(days=1)
    assert not browser.is_signed_in


def test_who_leaves_the_register_is_signed_out_at_once_and_for_good(office: Office) -> None:
    browser = office.signed_in(FINANCE)
    before = office.config.read_text()
    office.register(lambda config: config.replace(FINANCE, "new@sergelen.example"))
    assert not browser.is_signed_in
    office.register(lambda _: before)
    assert not browser.is_signed_in


def test_whose_last_day_is_over_is_signed_out_that_night(office: Office) -> None:
    browser = office.signed_in("web@sergelen.example")
    office.clock.moment = office.clock.moment.replace(day=31, hour=15, minute=59)  # 23:59 in Ulaanbaatar
    assert browser.is_signed_in
    office.clock.pass_by(minutes=1)
    assert not browser.is_signed_in


def test_a_person_may_be_signed_in_in_several_browsers_and_sign_out_of_one(office: Office) -> None:
    first, second = office.signed_in(FINANCE), office.signed_in(FINANCE)
    first.send("/sign-out", on="/")
    assert (first.is_signed_in, second.is_signed_in) == (False, True)


def test_only_so_many_links_are_sent_to_an_address_in_an_hour(office: Office) -> None:
    for _ in range(MOST_FOR_AN_ADDRESS):
        assert office.browser().ask(FINANCE).status_code == 303
        office.clock.pass_by(minutes=1)
    refused = office.browser().ask(FINANCE.upper())
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "3300")
    assert "in 55 minutes" in refused.text
    assert len(office.mails(FINANCE)) == MOST_FOR_AN_ADDRESS
    assert office.browser().ask(HEAD).status_code == 303
    office.clock.pass_by(minutes=55)
    assert office.browser().ask(FINANCE).status_code == 303


def test_who_asks_from_elsewhere_shuts_nobody_out_and_fills_no_mailbox(office: Office) -> None:
    stranger = office.browser(client="192.0.2.66")
    answers = [stranger.ask(FINANCE).status_code for _ in range(MOST_FOR_AN_ADDRESS + 1)]
    assert answers == [303] * MOST_FOR_AN_ADDRESS + [429]
    assert office.browser().ask(FINANCE).status_code == 303
    others = [office.browser(client=f"192.0.2.{each}").ask(FINANCE).status_code for each in range(20)]
    assert (others[-1], len(office.mails(FINANCE))) == (429, MOST_FROM_ANYWHERE)


def test_an_address_that_is_not_known_is_limited_alike(office: Office) -> None:
    answers = [office.browser().ask(STRANGER).status_code for _ in range(MOST_FOR_AN_ADDRESS + 1)]
    assert answers == [303] * MOST_FOR_AN_ADDRESS + [429]


@pytest.mark.parametrize(
    ("client", "neighbour", "other"),
    [("192.0.2.1", "192.0.2.1", "192.0.2.2"), ("2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1")],
)
def test_only_so_many_links_are_sent_for_one_client_in_an_hour(
    office: Office, client: str, neighbour: str, other: str
) -> None:
    asking = office.browser(client=client)
    for number in range(MOST_FROM_A_CLIENT):
        assert asking.ask(f"{number}@nowhere.example").status_code == 303
    assert office.browser(client=neighbour).ask(FINANCE).status_code == 429
    assert office.browser(client=other).ask(FINANCE).status_code == 303


def test_what_was_asked_for_is_forgotten_after_a_day(office: Office, store) -> None:
    office.browser().ask(FINANCE)
    office.browser().ask(STRANGER)
    office.clock.pass_by(days=1)
    office.browser().ask(ELSEWHERE)
    assert len(store.content()["sign_in"]) == 1


def test_sessions_that_are_over_are_forgotten_when_somebody_signs_in(office: Office, store) -> None:
    office.signed_in(FINANCE)
    office.clock.moment += IDLE
    office.signed_in(LAW)
    assert len(store.content()["session"]) == 1


def test_the_cookies_are_kept_from_scripts_other_sites_and_lines_that_are_not_encrypted(
    office: Office,
) -> None:
    browser = office.browser()
    browser.ask(FINANCE)
    done = browser.send(office.link(FINANCE))
    session, forgotten = done.headers.get_list("set-cookie")
    assert re.fullmatch(
        r"__Host-iltod-session=[\w-]{43}; HttpOnly; Max-Age=7776000; Path=/; SameSite=lax; Secure", session
    )
    assert forgotten.startswith('__Host-iltod-browser=""; HttpOnly; Max-Age=0; ')


def test_without_https_the_cookies_have_plain_names_and_work(office: Office) -> None:
    office.register(lambda config: config.replace("https://page.example", "http://page.example"))
    browser = office.browser("http://page.example")
    browser.ask(FINANCE)
    link = re.findall(r"http://page.example(/sign-in/\S+)", office.mails(FINANCE)[-1])[0]
    done = browser.send(link)
    assert done.headers["set-cookie"].startswith("iltod-session=")
    assert "Secure" not in done.headers["set-cookie"]
    assert browser.is_signed_in
