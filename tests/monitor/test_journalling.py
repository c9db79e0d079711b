"""What the monitor itself journals: openings, mails and days, none left out when it is killed, none told twice."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select, text, update

from monitor.assembly import assemble
from monitor.cycle import run_cycle
from monitor.journalling import journal_mails
from monitor.proof import prove
from monitor.proof.broken import Broken
from monitor.recording.decisions import unwaive, waive
from monitor.recording.events import withdraw_event
from monitor.recording.postings import withdraw_posting
from monitor.state import Mode, begin_cycle
from monitor.storage import tables
from monitor.storage.basis import work_out_again
from monitor.storage.engine import open_engine
from monitor.storage.schema import bring_up_to_date
from notifications.delivering import deliver
from notifications.transports import make_transport

ZONE = ZoneInfo("Asia/Ulaanbaatar")
MORNING = datetime(2024, 1, 9, 9, tzinfo=ZONE)
OLD = "soum-0/budget.approved/2024"
SOUMS = 120
"""More than a batch."""


@pytest.fixture
def assembly(tmp_path, store):
    lines = [f"soum-{number},Сум {number},soum,2024-01-01" for number in range(SOUMS)]
    (tmp_path / "organisations.csv").write_text("\n".join(["id,name,kind,since", *lines]), encoding="utf-8")
    lines = [f"soum-{number},finance,Санхүү,finance@soum-{number}.example" for number in range(3)]
    (tmp_path / "contacts.csv").write_text(
        "\n".join(["organisation,role,name,email", *lines]), encoding="utf-8"
    )
    path = tmp_path / "config.toml"
    path.write_text(_CONFIG.format(database=store.url), encoding="utf-8")
    return assemble(path)


@pytest.fixture
def engine(assembly):
    engine = open_engine(assembly.settings.monitor.database)
    bring_up_to_date(engine)
    with engine.begin() as connection:
        begin_cycle(connection, Mode.REHEARSAL, MORNING)
    yield engine
    engine.dispose()


def killed(_done, _of):
    raise RuntimeError("killed")


def send(engine, assembly, now=MORNING):
    """One delivery pass, of which nothing is journalled yet."""
    transport = make_transport(assembly.settings.mail)
    return deliver(engine, transport, lambda: now, lambda: False, "test").sent


def told(store, chain):
    rows = store.rows(f"SELECT what, content FROM journal WHERE chain = '{chain}' ORDER BY number")
    return [(what, json.loads(content) if isinstance(content, str) else content) for what, content in rows]


def test_a_cycle_that_is_killed_between_batches_and_begun_again_opens_everything_once(
    engine, assembly, store
):
    with pytest.raises(RuntimeError, match="killed"):
        run_cycle(engine, assembly, MORNING, killed)
    opened = "SELECT count(*) FROM journal WHERE what = 'opened'"
    assert store.rows(opened) == [(100,)]
    run_cycle(engine, assembly, MORNING)
    assert store.rows(opened) == [(SOUMS,)]
    with engine.connect() as connection:
        proof = prove(connection)
    assert proof.obligations == store.rows("SELECT count(*) FROM obligation")[0][0] > SOUMS


def test_a_quiet_cycle_writes_nothing(engine, assembly, store):
    run_cycle(engine, assembly, MORNING)
    before = store.content()["journal"]
    run_cycle(engine, assembly, MORNING + timedelta(hours=1))
    assert store.content()["journal"] == before


def test_attempts_that_a_killed_process_did_not_journal_are_journalled_by_the_next_each_once(
    engine, assembly, store
):
    run_cycle(engine, assembly, MORNING)
    assert send(engine, assembly) == 3
    assert told(store, "-mail") == []
    journal_mails(engine, MORNING)
    journal_mails(engine, MORNING)
    run_cycle(engine, assembly, MORNING + timedelta(days=1))
    assert send(engine, assembly, MORNING + timedelta(days=1)) == 3
    run_cycle(engine, assembly, MORNING + timedelta(days=1, hours=1))
    entries = told(store, "-mail")
    assert [len(content["attempts"]) for _, content in entries] == [3, 3]
    mails = [each for _, content in entries for each in content["attempts"]]
    headers = store.rows("SELECT message_id_header FROM delivery ORDER BY id")
    assert [(each["message_id"],) for each in mails] == headers
    assert {(each["outcome"], each["state"]) for each in mails} == {("sent", "sent")}
    assert {each["to"] for each in mails} == {f"finance@soum-{number}.example" for number in range(3)}


def test_many_attempts_are_told_in_parts_and_none_is_left_out(engine, assembly, store, monkeypatch):
    monkeypatch.setattr("monitor.journalling._ATTEMPTS", 2)
    run_cycle(engine, assembly, MORNING)
    send(engine, assembly)
    journal_mails(engine, MORNING)
    assert [len(content["attempts"]) for _, content in told(store, "-mail")] == [2, 1]


def test_a_sending_time_that_is_begun_again_keeps_its_number_and_the_next_names_what_has_grown(
    engine, assembly, store
):
    for _ in range(2):
        run_cycle(engine, assembly, MORNING)
        with engine.begin() as connection:  # as if it had been killed before its end
            connection.execute(text("DELETE FROM served"))
    for days in (1, 2):
        run_cycle(engine, assembly, MORNING + timedelta(days=days))
    first, second, third = (content for _, content in told(store, "-day"))
    assert first["sending"] == {"Asia/Ulaanbaatar": "2024-01-09"}
    assert len(first["heads"]) == SOUMS + 1, "every organisation, and the monitor itself"
    assert second["heads"][0][0] == "-monitor", "the calendar was kept after the mails"
    assert third == {"sending": {"Asia/Ulaanbaatar": "2024-01-11"}, "heads": []}


def test_a_database_without_a_journal_is_taken_over_by_the_next_cycle_as_it_stands(engine, assembly, store):
    run_cycle(engine, assembly, MORNING)
    count = store.rows("SELECT count(*) FROM obligation")
    with engine.begin() as connection:  # as the migration leaves it
        for name in ("journal", "reckoning") if store.is_sqlite else ():
            connection.execute(text(f"DROP TRIGGER {name}_stays_on_delete"))
        if not store.is_sqlite:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(update(tables.obligation).values(reckoning_id=None, opening=None))
        connection.execute(update(tables.organisation).values(attention_at=None))
        for table in (tables.journal, tables.journal_head, tables.reckoning):
            connection.execute(table.delete())
        of_old = {"organisation": "soum-0", "recorded_at": MORNING}
        event = {"kind": "letter", "happened_on": MORNING.date(), "reference": "", "note": ""}
        posting = {"key": OLD, "channel": "website", "posted_on": MORNING.date(), "note": ""}
        connection.execute(insert(tables.event), of_old | event)
        connection.execute(insert(tables.posting), of_old | posting)
        connection.execute(insert(tables.waiver), of_old | {"key": OLD, "reason": "merged"})
    with engine.connect() as connection:
        assert prove(connection).entries == 0, "before that there is nothing to prove"
    run_cycle(engine, assembly, MORNING + timedelta(hours=1))
    found = store.rows("SELECT what, count(*) FROM journal WHERE chain LIKE 'soum-%' GROUP BY what")
    assert dict(found)["taken-over"] == SOUMS
    later = MORNING + timedelta(hours=2)
    with engine.begin() as connection:
        withdraw_event(connection, assembly, later, "somebody", 1, "misread")
        withdraw_posting(connection, assembly, later, "somebody", 1, "misread", None)
        unwaive(connection, assembly, later, "somebody", OLD, "no")
        waive(connection, assembly, later, "somebody", OLD, "yes")
    with engine.connect() as connection:
        proof = prove(connection)
        assert (proof.obligations, proof.records) == (count[0][0] + 1, 4)
    with engine.begin() as connection:
        connection.execute(update(tables.posting).values(withdrawn_why="x"))
    with engine.connect() as connection, pytest.raises(Broken, match=r"column\} is"):
        prove(connection)
    assert store.rows("SELECT count(*) FROM obligation WHERE reckoning_id IS NULL") == [(0,)]


def test_every_stored_date_follows_again_from_the_stored_reckoning_alone(engine, assembly):
    run_cycle(engine, assembly, MORNING)
    obligation, reckoning = tables.obligation, tables.reckoning
    joined = select(obligation.c.due_on, obligation.c.act_by, reckoning.c.content).join(
        reckoning, reckoning.c.id == obligation.c.reckoning_id
    )
    with engine.connect() as connection:
        rows = connection.execute(joined).all()
        assert len(connection.execute(select(reckoning)).all()) == len(rows) / SOUMS, "once for all of them"
    assert {work_out_again(row.content) == (row.due_on, row.act_by) for row in rows} == {True}


_CONFIG = """
[monitor]
database = "{database}"
language = "en"
packs = ["budget", "iaac"]

[register]
organisations = "organisations.csv"
contacts = "contacts.csv"

[reminders]
all_clear = "never"
"""
