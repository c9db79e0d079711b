"""Several daemons on one PostgreSQL database: killed or cut off from it at any moment, they tell everybody once."""

import random
import re
import time
from collections import Counter, defaultdict

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.parametrize("store", ["postgresql"], indirect=True),
]

ORGANISATIONS = 50
RECIPIENTS = 3 * ORGANISATIONS
CONNECTIONS = 2
LEASE_SECONDS = 60


@pytest.fixture
def morning(office, post_office):
    """An office of fifty organisations for whose people it is the morning of the first mail, whatever the hour."""
    (office.folder / "duties.toml").write_text(_PACK, encoding="utf-8")
    organisations = [f"soum-{number},Сум {number},soum,2024-01-01" for number in range(ORGANISATIONS)]
    contacts = [
        f"soum-{number},{role},Ажилтан,{role}-{number}@soum.example,en"
        for number in range(ORGANISATIONS)
        for role in ("finance", "web", "head")
    ]
    _write(office.folder / "organisations.csv", "id,name,kind,since", organisations)
    _write(office.folder / "contacts.csv", "organisation,role,name,email,language", contacts)
    office.configure(_CONFIG.format(port=post_office.port, connections=CONNECTIONS))
    return office


def _write(path, head, lines):
    path.write_text("\n".join([head, *lines, ""]), encoding="utf-8")


def told(letters):
    """What each person read: subject and text of each mail, once for each Message-ID, all with one journal's number."""
    mails = {each.message_id: each for each in letters}
    read, seals = defaultdict(list), set()
    for each in mails.values():
        said, _, seal = each.text.rstrip().rpartition("\n")
        assert re.fullmatch("[0-9a-f]{64}", seal)
        read[each.recipient].append((each.subject, said))
        seals.add(seal)
    assert len(seals) == 1, "whichever daemon wrote it"
    return {recipient: sorted(texts) for recipient, texts in read.items()}


def tell_everybody(office, post_office, patience=LEASE_SECONDS + 60):
    """Wait until nothing is left to be sent."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if _has_tables(office) and office.rows("SELECT 1 FROM served") and not _left(office):
            return post_office.taken()
        time.sleep(0.2)
    pytest.fail(f"{_left(office)} left; {[each.err for each in office._started]}")


def _has_tables(office):
    return office.rows("SELECT to_regclass('served')") != [(None,)]


def _left(office):
    return office.rows("SELECT count(*) FROM delivery WHERE state IN ('queued', 'sending')")[0][0]


def what_one_undisturbed_daemon_tells(office, post_office):
    daemon = office.start("run")
    letters = tell_everybody(office, post_office)
    daemon.kill()
    office.store.forget()
    assert len(letters) == RECIPIENTS
    return told(letters)


def test_one_of_two_is_killed_again_and_again_and_everybody_is_told_just_the_same(morning, post_office):
    wanted = what_one_undisturbed_daemon_tells(morning, post_office)
    chance, kills = random.Random(20260105), 0
    post_office.delay = 0.1
    mortal, _other = morning.start("run"), morning.start("run")
    while len(post_office.letters) < RECIPIENTS - 50:
        time.sleep(chance.uniform(0.2, 4))
        mortal.kill()
        kills += 1
        mortal = morning.start("run")
    post_office.delay = 0
    letters = tell_everybody(morning, post_office)
    assert told(letters) == wanted
    copies = Counter((each.recipient, each.message_id) for each in letters)
    assert len(copies) == RECIPIENTS, "a repeat bears the same Message-ID"
    assert len({each.raw for each in letters}) == RECIPIENTS, "and is the same to the last byte"
    assert RECIPIENTS <= len(letters) <= RECIPIENTS + kills * CONNECTIONS


def test_two_share_the_morning_and_nobody_is_told_twice(morning, post_office):
    wanted = what_one_undisturbed_daemon_tells(morning, post_office)
    both = [morning.start("run") for _ in range(2)]
    letters = tell_everybody(morning, post_office)
    assert told(letters) == wanted
    assert len(letters) == RECIPIENTS
    assert [each.err.count("error") for each in both] == [0, 0]


def test_the_server_restarts_in_the_middle_and_the_daemon_goes_on(morning, post_office, postgres):
    wanted = what_one_undisturbed_daemon_tells(morning, post_office)
    daemon = morning.start("run")
    daemon.until(lambda: len(post_office.letters) > RECIPIENTS / 4)
    postgres.crash()
    time.sleep(12)  # two delivery passes find it gone
    postgres.start()
    letters = tell_everybody(morning, post_office)
    assert told(letters) == wanted
    assert len({each.raw for each in letters}) == RECIPIENTS
    assert len(letters) <= RECIPIENTS + CONNECTIONS
    assert daemon.err.count('"database.down"') == 1
    assert daemon.err.count('"database.up"') == 1
    assert "Traceback" not in daemon.err
    assert daemon.process.poll() is None


_PACK = """
pack = "duties"
version = "1"
reviewed = 2026-11-23
jurisdiction = "MN"
title = { mn = "Үүрэг", en = "Duties" }

[[rule]]
id = "budget"
title = { mn = "Төсөв", en = "Budget" }
applies_to = ["soum"]
channels = ["website"]
responsible = ["finance", "web", "head"]
deadline = { yearly = "01-10" }
basis = { source = "Дүрэм", item = "1", words = "01-р сарын 10-ны дотор" }
confidence = "unverified"

[[rule]]
id = "plan"
title = { mn = "Төлөвлөгөө", en = "Plan" }
applies_to = ["soum"]
channels = ["website", "noticeboard"]
responsible = ["web"]
deadline = { yearly = "02-10" }
basis = { source = "Дүрэм", item = "2", words = "02-р сарын 10-ны дотор" }
confidence = "unverified"
"""

_CONFIG = """
[monitor]
database = "sqlite:///iltod.db"
language = "en"
packs = ["duties.toml"]

[calendar]
region = ""
weekend = []

[register]
organisations = "organisations.csv"
contacts = "contacts.csv"

[reminders]
send_at = "00:00"
escalate = []
all_clear = "never"

[mail]
transport = "smtp"
host = "127.0.0.1"
port = {port}
security = "none"
connections = {connections}

[web]
listen = ""
"""
