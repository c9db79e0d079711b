"""Services that tell besides the mail: the real program, a real mail server and a real service."""

import json
import subprocess
import sys

import pytest

from monitor.cli import main
from tests.service import SECRET

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # in the library

OFFICER = "finance@sergelen.example"

on_sqlite = pytest.mark.parametrize("store", ["sqlite"], indirect=True)
"""For what services do themselves, whatever the database."""

CONFIGURATION = """
[monitor]
database = "sqlite:///iltod.db"
language = "en"
packs = ["budget"]

[[organisations]]
id = "sergelen"
name = "Сэргэлэн сумын ЗДТГ"
kind = "soum"
since = 2024-01-01
contacts = [{{ role = "head", name = "Head", email = "finance@sergelen.example", also = [{also}] }}]

[reminders]
before = ["7d", "1wd"]
after = ["1wd"]

[mail]
transport = "{transport}"
path = "mail"
host = "127.0.0.1"
port = {port}
security = "none"

[web]
listen = ""
"""


@pytest.fixture
def configure(office, post_office, service):
    """The office's configuration, with whatever is to be another one."""

    def write(also=service.address, transport="smtp"):
        listed = f'"{also}"' if also else ""
        office.configure(
            CONFIGURATION.format(
                also=listed, transport=transport, port=post_office.port, database=office.store.url
            )
        )

    return write


@pytest.fixture
def cycle(office):
    def run(moment):
        answer = office.iltod("run", "--once", "--at", moment)
        assert answer.status == 0, answer
        assert SECRET not in str(answer)

    return run


@pytest.fixture
def told(office):
    """How each delivery stands, by whom it goes to."""

    def read():
        mails = json.loads(office.does("mail", "list", "--format", "json"))
        return {(mail["to"], mail["day"]): mail["state"] for mail in mails}

    return read


@on_sqlite
def test_a_service_tells_in_a_few_lines_what_the_mail_tells(
    office, post_office, service, configure, cycle, told
):
    configure()
    cycle("2024-01-09T09:00")
    (letter,) = post_office.taken()
    (message,) = service.received
    assert message["title"] == letter.subject == "Сэргэлэн сумын ЗДТГ: due soon 1"
    assert message["message"] == (
        "Сэргэлэн сумын ЗДТГ: Budget of the current year: Wednesday, January 10, 2024, 1 day left (1 working day)"
    )
    assert told() == {(OFFICER, "2024-01-09"): "sent", (f"{OFFICER} (json)", "2024-01-09"): "sent"}
    assert "Budget of the current year" in office.does("mail", "show", "m2")


@on_sqlite
def test_a_service_that_is_down_delays_no_mail_and_is_told_when_it_is_back(
    post_office, service, configure, cycle, told
):
    service.script = [500, 200]
    configure()
    cycle("2024-01-09T09:00")
    assert told() == {(OFFICER, "2024-01-09"): "sent", (f"{OFFICER} (json)", "2024-01-09"): "queued"}
    cycle("2024-01-09T09:01")
    assert told()[f"{OFFICER} (json)", "2024-01-09"] == "sent"
    assert [message["title"] for message in service.received] == ["Сэргэлэн сумын ЗДТГ: due soon 1"] * 2
    assert len(post_office.taken()) == 1


def test_a_service_that_stays_away_is_seen_as_failed(office, service, configure, cycle, told):
    service.script = [500]
    configure()
    for moment in ("2024-01-03T09:00", "2024-01-03T10:00", "2024-01-06T08:50"):
        cycle(moment)
    assert told()[f"{OFFICER} (json)", "2024-01-03"] == "failed"
    assert office.iltod("status", "--check").status == 2
    assert f"{OFFICER} (json)" in office.does("mail", "list", "--state", "failed")


def test_what_waits_for_a_service_that_was_taken_from_the_list_is_cancelled(service, configure, cycle, told):
    service.script = [500]
    configure()
    cycle("2024-01-03T09:00")
    configure(also="")
    cycle("2024-01-04T09:00")
    assert told()[f"{OFFICER} (json)", "2024-01-03"] == "cancelled"


@on_sqlite
def test_a_maildir_sends_nothing_to_services_either(service, configure, cycle, told):
    configure(transport="maildir")
    cycle("2024-01-09T09:00")
    assert told() == {(OFFICER, "2024-01-09"): "sent"}
    assert service.received == []


def test_the_running_daemon_tells_services_too(office, live_office, post_office, service):
    configuration = (office.folder / "config.toml").read_text("utf-8")
    mail = 'email = "finance@sergelen.example"'
    office.configure(configuration.replace(mail, f'{mail}, also = ["{service.address}"]'))
    running = office.start("run")
    running.until(lambda: service.received)
    running.until(lambda: len(post_office.letters) == 2)


IMPATIENT = """
from monitor.cli import run_and_exit
from notifications.transports import services
services._ANSWER_SECONDS = 5.0
run_and_exit()
"""


@on_sqlite
def test_a_service_that_does_not_end_its_answer_keeps_nobody_from_leaving(
    office, post_office, service, configure, told
):
    service.drips = True
    configure()
    done = subprocess.run(
        [sys.executable, "-c", IMPATIENT, "run", "--once", "--at", "2024-01-09T09:00"],
        cwd=office.folder,
        env=office.environment(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done
    assert len(service.received) == len(post_office.letters) == 1
    assert told() == {(OFFICER, "2024-01-09"): "sent", (f"{OFFICER} (json)", "2024-01-09"): "queued"}


def test_no_address_of_a_service_is_in_the_database_or_told_by_any_command(office, service, configure, cycle):
    service.script = [500]
    configure()
    cycle("2024-01-03T09:00")
    said = [
        office.iltod(*command.split())
        for command in (
            "mail list",
            "mail list --format json",
            "mail show m2",
            "check",
            "status --all",
            "--debug check",
        )
    ]
    assert SECRET not in str(said)
    assert SECRET not in str(office.store.content())


@on_sqlite
def test_check_names_what_apprise_can_make_nothing_of_and_keeps_the_secret(office, configure, capsys):
    configure(also=f"nothing://{SECRET}")
    main(["--config", str(office.folder / "config.toml"), "--language", "en", "check"])
    said = capsys.readouterr().out
    assert f"warning [service-unknown] {OFFICER} lists a service, nothing://..., that Apprise" in said
    assert SECRET not in said


@on_sqlite
def test_check_says_what_to_install_where_services_are_listed_without_apprise(
    office, configure, capsys, monkeypatch
):
    monkeypatch.setattr("monitor.checks.is_installed", lambda: False)
    configure()
    assert main(["--config", str(office.folder / "config.toml"), "--language", "en", "check"]) == 1
    said = capsys.readouterr().out
    assert "error [services-need-apprise]" in said
    assert "pip install iltod[apprise]" in said
