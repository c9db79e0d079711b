"""A whole story over the network: the daemon, its page on loopback, a mail in a Maildir, and two browsers."""

import re
import socket
from email import message_from_bytes, policy
from pathlib import Path

import httpx
import pytest

from tests.monitor.signing_in.office import FINANCE, token_on

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

CONFIG = """
[monitor]
database = "sqlite:///iltod.db"
language = "en"
packs = ["budget"]

[[organisations]]
id = "sergelen"
name = "Sergelen office"
kind = "soum"
since = 2026-01-01
contacts = [{{ role = "finance", name = "Finance officer", email = "finance@sergelen.example" }}]

[mail]
path = "mail"

[web]
listen = "127.0.0.1:{port}"
public_url = "http://127.0.0.1:{port}"
"""


def free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return tried.getsockname()[1]


def links(folder: Path) -> list[str]:
    """The links to sign in that were delivered."""
    texts = [
        message_from_bytes(file.read_bytes(), policy=policy.default).get_body(("plain",)).get_content()
        for file in (folder / "mail" / "new").glob("*")
    ]
    return [link for text in texts for link in re.findall(r"http://\S+/sign-in/\S+", text)]


def test_an_officer_asks_for_a_link_reads_the_mail_looks_and_signs_out(office) -> None:
    port = free_port()
    office.configure(CONFIG.format(port=port))
    daemon = office.start("run")
    daemon.until(lambda: "listens on" in daemon.out)
    page = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=page, trust_env=False) as browser, httpx.Client(trust_env=False) as scanner:
        asking = browser.get("/people", follow_redirects=True)
        assert asking.url.path == "/sign-in"
        wanted = re.search(r'name="next" value="([^"]+)"', asking.text)[1]
        form = {"token": token_on(asking.text), "address": FINANCE, "next": wanted}
        assert browser.post("/sign-in", data=form).headers["location"] == "/sign-in/sent"
        daemon.until(lambda: links(office.folder))
        (link,) = links(office.folder)
        assert "<button" not in scanner.get(link).text
        signed_in = browser.post(link, data={"token": token_on(browser.get(link).text)})
        assert signed_in.headers["location"] == "/people"
        shown = browser.get("/people")
        assert (shown.status_code, "Finance officer" in shown.text) == (200, True)
        (listed,) = [line for line in office.does("user", "list").splitlines() if FINANCE in line]
        assert re.search(r"Finance officer +1 +0 +1 +20", listed), "one organisation, one session, seen today"
        browser.post("/sign-out", data={"token": token_on(shown.text)})
        assert browser.get("/people").status_code == 303
    assert link.rpartition("/")[2] not in daemon.out + daemon.err
    assert FINANCE not in daemon.err


def test_somebody_is_signed_out_from_the_command_line(office) -> None:
    port = free_port()
    office.configure(CONFIG.format(port=port))
    daemon = office.start("run")
    daemon.until(lambda: "listens on" in daemon.out)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as browser:
        form = {"token": token_on(browser.get("/sign-in").text), "address": FINANCE}
        browser.post("/sign-in", data=form)
        daemon.until(lambda: links(office.folder))
        link = links(office.folder)[0]
        browser.post(link, data={"token": token_on(browser.get(link).text)})
        assert browser.get("/").status_code == 200
        said = office.does("user", "revoke", FINANCE.upper())
        assert said.startswith(f"{FINANCE.upper()}: 1 session and 0 feeds ended")
        assert browser.get("/").status_code == 303
    assert "signed out everywhere" in office.does("journal", "list")
    refused = office.iltod("user", "revoke", "stranger@nowhere.example")
    assert (refused.status, refused.err) == (
        1,
        "stranger@nowhere.example is nobody's here; see: iltod user list\n",
    )


def test_where_the_page_alone_runs_the_link_waits_for_a_daemon(office) -> None:
    port = free_port()
    office.configure(CONFIG.format(port=port))
    page = office.start("serve")
    page.until(lambda: "listens on" in page.out)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as browser:
        form = {"token": token_on(browser.get("/sign-in").text), "address": FINANCE}
        assert browser.post("/sign-in", data=form).status_code == 303
        assert links(office.folder) == []
        daemon = office.start("run")  # the port is taken; its mails are its first duty
        daemon.until(lambda: links(office.folder))
        link = links(office.folder)[0]
        browser.post(link, data={"token": token_on(browser.get(link).text)})
        assert browser.get("/").status_code == 200
