"""The page alone follows the configuration that the daemon beside it works with: real processes, one database."""

import signal
import socket
import sqlite3
import time
import urllib.request
from contextlib import closing

import pytest

CONFIG = """
[monitor]
database = "sqlite:///iltod.db"
language = "en"
packs = ["budget"]

[register]
organisations = "organisations.csv"
contacts = "contacts.csv"

[mail]
path = "mail"

[web]
listen = "127.0.0.1:{port}"
public = true
"""
ORGANISATIONS = """id,name,kind,parent,timezone,website,since
sergelen,Sergelen office,soum,,,,2024-01-01
"""
CONTACTS = """organisation,role,name,email,language
sergelen,head,Head,head@sergelen.example,en
"""
BAYAN = "bayan,Bayan office,soum,,,,2024-01-01\n"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def shown(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/public", timeout=10) as answer:
        return answer.read().decode()


def working(office, port: int):
    """The page alone, and a daemon that has worked with what it shows."""
    office.configure(CONFIG.format(port=port))
    (office.folder / "organisations.csv").write_text(ORGANISATIONS)
    (office.folder / "contacts.csv").write_text(CONTACTS)
    page = office.start("serve")
    page.until(lambda: "listens on" in page.out)
    daemon = office.start("run")
    daemon.until(lambda: "cycle.done" in daemon.err)
    return page, daemon


def test_a_changed_register_is_shown_when_the_daemon_has_taken_it_in(office) -> None:
    port = free_port()
    page, daemon = working(office, port)
    (office.folder / "organisations.csv").write_text(ORGANISATIONS + BAYAN)
    page.signal(signal.SIGHUP)
    page.until(lambda: "Sergelen office" in shown(port))
    assert "Bayan office" not in shown(port), "the daemon does not know it yet"
    daemon.signal(signal.SIGHUP)
    page.until(lambda: "Bayan office" in shown(port))
    page.until(lambda: "configuration.taken" in page.err)


def test_files_that_are_wrong_change_nothing_until_they_are_mended_and_the_page_is_told(office) -> None:
    port = free_port()
    page, daemon = working(office, port)
    register = office.folder / "organisations.csv"
    register.write_text(ORGANISATIONS + BAYAN)
    page.process.send_signal(
        signal.SIGSTOP
    )  # the daemon reads the files when they are right, the page does not
    daemon.signal(signal.SIGHUP)
    daemon.until(lambda: office.rows("SELECT count(*) FROM organisation") == [(2,)])
    register.write_text("nothing of a register\n")
    page.signal(signal.SIGCONT)
    page.until(lambda: "configuration.refused" in page.err)
    assert "Bayan office" not in shown(port)
    register.write_text(ORGANISATIONS + BAYAN)
    page.signal(signal.SIGHUP)
    page.until(lambda: "Bayan office" in shown(port))
    page.signal(signal.SIGTERM)
    assert page.ended() == 0


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)  # on a server no writer holds up another
def test_it_looks_at_its_database_and_ends_while_somebody_else_writes(office) -> None:
    port = free_port()
    office.configure(CONFIG.format(port=port))
    (office.folder / "organisations.csv").write_text(ORGANISATIONS)
    (office.folder / "contacts.csv").write_text(CONTACTS)
    page = office.start("serve")
    page.until(lambda: "listens on" in page.out)
    with closing(sqlite3.connect(office.database, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        page.signal(signal.SIGHUP)  # it looks now
        time.sleep(0.5)
        page.signal(signal.SIGTERM)
        page.process.wait(10)
    assert page.ended() == 0
