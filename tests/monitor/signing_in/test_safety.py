"""What every request passes and every answer carries, whatever the page is."""

from ipaddress import ip_network

import pytest
from structlog.testing import capture_logs

from monitor.configuration.settings import Listen, WebSettings
from monitor.web.safety import LARGEST_BODY, is_our_host
from tests.monitor.signing_in.office import ADDRESS, FINANCE, HEAD, LAW, Office, token_on

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)  # no word of it touches the database


@pytest.mark.parametrize(
    ("listen", "ours", "others"),
    [
        pytest.param(
            "127.0.0.1",
            ["page.example", "PAGE.example:443", "127.0.0.1:8470", "localhost:8470", "[::1]:8470"],
            [
                "",
                "elsewhere.example",
                "page.example.elsewhere.example",
                "10.0.0.7",
                "127.0.0.1.nip.example",
                "[",
                "a b",
            ],
            id="on loopback",
        ),
        pytest.param(
            "10.0.0.7", ["page.example", "10.0.0.7:8470"], ["127.0.0.1", "10.0.0.8"], id="on one address"
        ),
        pytest.param("0.0.0.0", ["page.example", "127.0.0.1"], ["10.0.0.7", "0.0.0.1"], id="everywhere"),
        pytest.param(None, ["page.example"], ["127.0.0.1"], id="nowhere"),
    ],
)
def test_only_the_names_that_the_configuration_gives_are_ours(
    store, listen: str | None, ours: list[str], others: list[str]
) -> None:
    web = WebSettings(Listen(listen, 8470) if listen else None, ADDRESS)
    assert [host for host in [*ours, *others] if is_our_host(host, web)] == ours


def test_a_name_that_somebody_else_gave_our_address_shows_nothing(office: Office) -> None:
    answer = office.browser().get("/sign-in", headers={"host": "elsewhere.example"})
    assert answer.status_code == 421
    assert answer.text == "This page is not at elsewhere.example: set web.public_url to where it is."


def test_what_is_refused_is_refused_in_the_readers_language(office: Office) -> None:
    headers = {"host": "elsewhere.example", "accept-language": "mn"}
    assert "Энэ хуудас" in office.browser().get("/", headers=headers).text


@pytest.mark.parametrize(
    ("headers", "is_taken"),
    [
        pytest.param({}, True, id="no word of it"),
        pytest.param(
            {"sec-fetch-site": "same-origin", "origin": "https://else.example"}, True, id="the same"
        ),
        pytest.param({"sec-fetch-site": "none"}, True, id="typed"),
        pytest.param({"sec-fetch-site": "same-site"}, False, id="another host of the site"),
        pytest.param({"sec-fetch-site": "cross-site", "origin": ADDRESS}, False, id="another site"),
        pytest.param({"origin": ADDRESS}, True, id="an older browser, ours"),
        pytest.param({"origin": "http://page.example"}, True, id="an older browser, behind a proxy"),
        pytest.param({"origin": "https://elsewhere.example"}, False, id="an older browser, elsewhere"),
        pytest.param({"origin": "null"}, False, id="an older browser, in a frame"),
    ],
)
def test_what_a_page_of_another_site_sends_is_refused(
    office: Office, headers: dict[str, str], is_taken: bool
) -> None:
    browser = office.browser()
    token = token_on(browser.get("/sign-in").text)
    sent = browser.client.post(
        "/sign-in", data={"address": FINANCE, "token": token}, headers=headers, follow_redirects=False
    )
    assert sent.status_code == (303 if is_taken else 403)
    assert len(office.mails(FINANCE)) == is_taken


@pytest.mark.parametrize("token", ["", "x", "ж", "0" * 64])
def test_a_form_that_is_not_from_one_of_our_pages_is_refused(office: Office, token: str) -> None:
    browser = office.browser()
    browser.get("/sign-in")
    sent = browser.post("/sign-in", address=FINANCE, token=token)
    assert sent.status_code == 400
    assert "open its page again" in sent.text
    assert office.mails(FINANCE) == []


def test_the_token_of_a_form_is_another_one_on_each_page_and_each_is_good(office: Office) -> None:
    browser = office.browser()
    first, second = (token_on(browser.get("/sign-in").text) for _ in range(2))
    assert first[:20] != second[:20]
    for token in (first, second):
        assert browser.post("/sign-in", address=FINANCE, token=token).status_code == 303


def test_a_form_of_another_browser_is_refused(office: Office) -> None:
    browser = office.browser()
    browser.get("/sign-in")
    token = token_on(office.browser().get("/sign-in").text)
    assert browser.post("/sign-in", address=FINANCE, token=token).status_code == 400


def test_a_browser_that_keeps_no_cookie_is_told_so(office: Office) -> None:
    browser = office.browser()
    token = token_on(browser.get("/sign-in").text)
    browser.client.cookies.clear()
    assert "keeps no cookies" in browser.post("/sign-in", address=FINANCE, token=token).text


def test_nobody_is_signed_out_by_a_page_of_another_site(office: Office) -> None:
    browser = office.signed_in(FINANCE)
    assert browser.post("/sign-out").status_code == 400
    assert browser.is_signed_in


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_that_is_too_large_is_refused_before_it_is_read_to_its_end(
    office: Office, announced: bool
) -> None:
    browser = office.signed_in(FINANCE)
    taken = []

    def content():
        for _ in range(LARGEST_BODY // 2**20 * 2):
            taken.append(1)
            yield b"a" * 2**20

    headers = {"content-type": "application/x-www-form-urlencoded"}
    if announced:
        headers["content-length"] = str(LARGEST_BODY + 1)
    path = "/duties/sergelen/budget.approved/2024/post"
    sent = browser.client.post(path, content=content(), headers=headers, follow_redirects=False)
    assert sent.status_code == 413
    assert browser.is_signed_in


def test_what_strangers_may_send_is_short(office: Office) -> None:
    browser = office.browser()
    token = token_on(browser.get("/sign-in").text)
    assert browser.post("/sign-in", address="a" * 20_000, token=token).status_code == 413


def test_a_stranger_may_send_no_file(office: Office) -> None:
    browser = office.browser()
    token = token_on(browser.get("/sign-in").text)
    sent = browser.client.post("/sign-in", data={"token": token}, files={"address": ("a.png", b"a")})
    assert sent.status_code == 400


def test_every_answer_tells_browsers_how_to_keep_it_safe(office: Office) -> None:
    browser = office.signed_in(FINANCE)
    for answer in (browser.get("/"), browser.get("/nothing"), browser.post("/sign-out"), browser.post("/")):
        said = answer.headers
        assert said["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
        assert "frame-ancestors 'none'" in said["content-security-policy"]
        assert said["x-content-type-options"] == "nosniff"
        assert said["referrer-policy"] == "same-origin"
        assert said["cache-control"] == "no-store"
        assert said["strict-transport-security"] == "max-age=31536000"
        assert "server" not in said


def test_an_answer_to_a_failure_is_guarded_too(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.web.signing_in.new_secret", lambda: 1 / 0)
    answer = office.browser(raise_server_exceptions=False).get("/sign-in")
    assert answer.status_code == 500
    assert "content-security-policy" in answer.headers


def test_an_error_on_the_way_to_a_page_is_told_too(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.web.safety.is_our_host", lambda *_: 1 / 0)
    with capture_logs() as logged:
        assert office.browser(raise_server_exceptions=False).get("/sign-in").status_code == 500
    assert [(each["event"], each["why"]) for each in logged] == [
        ("page.failed", "ZeroDivisionError: division by zero")
    ]


def test_no_secret_of_an_address_stands_in_the_log(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.web.signing_in.link_stands", lambda *_: 1 / 0)
    with capture_logs() as logged:
        assert office.browser(raise_server_exceptions=False).get("/sign-in/a-secret").status_code == 500
    assert [(each["event"], each["path"]) for each in logged] == [("page.failed", "/sign-in/{link}")]


def test_nobodys_address_stands_in_the_log(office: Office) -> None:
    with capture_logs() as logged:
        office.signed_in(FINANCE).send("/sign-out", on="/")
    assert [each["event"] for each in logged] == ["sign_in.asked", "sign_in.used"]
    assert FINANCE not in repr(logged)


def test_styles_may_be_kept_for_ever(office: Office) -> None:
    browser = office.browser()
    page = browser.get("/sign-in").text
    style = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    assert "immutable" in browser.get(style).headers["cache-control"]


def test_without_https_a_browser_is_not_told_to_use_it(office: Office) -> None:
    office.register(lambda config: config.replace("https://page.example", "http://page.example"))
    assert "strict-transport-security" not in office.browser("http://page.example").get("/sign-in").headers


@pytest.mark.parametrize(
    ("trusted", "expected"),
    [
        pytest.param("[]", {"10.0.0.9"}, id="nobody is believed unless named"),
        pytest.param('["10.0.0.9"]', {"192.0.2.1", "192.0.2.2"}, id="the proxy is believed"),
        pytest.param('["10.0.0.0/8"]', {"192.0.2.1", "192.0.2.2"}, id="any of its network is believed"),
        pytest.param('["10.0.0.8"]', {"10.0.0.9"}, id="another one is not"),
    ],
)
def test_who_is_behind_a_proxy_is_told_by_one_that_is_named(
    office: Office, monkeypatch: pytest.MonkeyPatch, trusted: str, expected: set[str]
) -> None:
    office.register(lambda config: config.replace("[web]", f"[web]\ntrusted_proxies = {trusted}"))
    office.restart()
    seen = set()
    monkeypatch.setattr(
        "monitor.web.signing_in._network", lambda request: seen.add(request.client.host) or ""
    )
    for client in ("192.0.2.1", "192.0.2.2"):
        browser = office.browser(client="10.0.0.9")
        browser.client.headers["x-forwarded-for"] = (
            f"203.0.113.5, {client}"  # the first is what the client says
        )
        browser.ask(FINANCE)
    assert seen == expected


def test_the_networks_of_proxies_are_read_from_the_configuration(office: Office) -> None:
    office.register(
        lambda config: config.replace("[web]", '[web]\ntrusted_proxies = ["127.0.0.1", "fd00::/8"]')
    )
    proxies = office.assembly.settings.web.trusted_proxies
    assert proxies == (ip_network("127.0.0.1/32"), ip_network("fd00::/8"))


def test_the_answers_hold_for_whoever_acts_for_whom(office: Office) -> None:
    """The rights that a session gives are those of the register: an office sees itself, oversight all below."""
    own, above = office.signed_in(HEAD), office.signed_in(LAW)
    assert own.get("/organisations/sergelen").status_code == 200
    assert own.get("/organisations/bayan").status_code == 404
    assert above.get("/organisations/bayan").status_code == 200
