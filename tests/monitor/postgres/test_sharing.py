"""Several daemons on one PostgreSQL database share a cycle; none goes on before the others' part is done."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from monitor.assembly import assemble
from monitor.cycle import refresh, run_cycle
from monitor.state import Mode, Refused, begin_cycle, read_state
from monitor.storage import tables
from monitor.storage.engine import open_engine
from monitor.storage.locks import claim_people, hold_organisations
from monitor.storage.register import claim_needing_attention
from monitor.storage.schema import bring_up_to_date

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("store", ["postgresql"], indirect=True)]

MORNING = datetime(2024, 1, 9, 1, 0, tzinfo=UTC)  # 09:00 in Ulaanbaatar, a day before the budgets are due
SOUMS = 30
SOON = 0.7
"""Seconds in which something that does not wait would have happened."""


@pytest.fixture
def config(tmp_path, store):
    lines = [f"soum-{number},Сум {number},soum,2024-01-01" for number in range(SOUMS)]
    (tmp_path / "organisations.csv").write_text("\n".join(["id,name,kind,since", *lines]), encoding="utf-8")
    lines = [f"soum-{number},finance,Санхүү,finance@soum-{number}.example" for number in range(SOUMS)]
    (tmp_path / "contacts.csv").write_text(
        "\n".join(["organisation,role,name,email", *lines]), encoding="utf-8"
    )
    path = tmp_path / "config.toml"
    path.write_text(_CONFIG.format(database=store.url), encoding="utf-8")
    return path


@pytest.fixture
def assembly(config):
    return assemble(config)


@pytest.fixture
def engine(assembly):
    """The database of one daemon; that of a rehearsal, so that the day does not matter."""
    engine = open_engine(assembly.settings.monitor.database)
    bring_up_to_date(engine)
    with engine.begin() as connection:
        begin_cycle(connection, Mode.REHEARSAL, MORNING)
    yield engine
    engine.dispose()


@pytest.fixture
def cycle(engine, assembly):
    """Runs a cycle in another thread, as another daemon would."""
    with ThreadPoolExecutor(4) as pool:
        yield lambda: pool.submit(run_cycle, engine, assembly, MORNING)


@pytest.fixture
def other(assembly):
    """A connection of another daemon, which holds what it has claimed until it ends."""
    engine = open_engine(assembly.settings.monitor.database)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def assert_waits(future: Future) -> None:
    with pytest.raises(TimeoutError):
        future.result(SOON)


def mails(store):
    return store.rows("SELECT recipient, kind, day FROM message ORDER BY recipient, kind")


def test_two_cycles_at_once_work_each_organisation_out_once_and_write_each_person_once(cycle, store):
    done = [each.result(60) for each in [cycle(), cycle()]]
    assert sum(each.organisations for each in done) == SOUMS
    assert sum(each.queued for each in done) == SOUMS == len(mails(store))
    assert store.rows("SELECT count(*), count(DISTINCT key) FROM obligation") == [(5 * SOUMS, 5 * SOUMS)]
    assert store.rows("SELECT count(*) FROM card") == [(5,)]
    assert store.rows("SELECT count(*) FROM served") == [(1,)]


def test_a_batch_that_another_daemon_holds_is_waited_for_and_taken_over_when_that_one_dies(
    cycle, engine, assembly, other, store
):
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO organisation (id, name, kind, timezone, since) VALUES " + _ROWS))
    held = claim_needing_attention(other, MORNING, "", 10, wait=False)
    assert len(held) == 10
    waiting = cycle()
    assert_waits(waiting)
    worked_out = store.rows("SELECT count(DISTINCT organisation) FROM obligation")
    assert worked_out in ([(0,)], [(SOUMS - 10,)])
    assert mails(store) == [], "nobody is told before everything is worked out"
    other.rollback()  # as the server does when the process is gone
    assert waiting.result(60).organisations == SOUMS
    assert len(mails(store)) == SOUMS


def test_a_sending_time_is_not_over_while_another_daemon_still_writes_to_somebody(cycle, other, store):
    person = "finance@soum-7.example"
    assert claim_people(other, [person], wait=False) == [person]
    waiting, end = cycle(), time.monotonic() + 30
    while len(mails(store)) < SOUMS - 1 and time.monotonic() < end:
        time.sleep(0.05)
    assert_waits(waiting)
    assert len(mails(store)) == SOUMS - 1
    assert store.rows("SELECT * FROM served") == []
    other.rollback()
    waiting.result(60)
    assert len(mails(store)) == SOUMS
    assert store.rows("SELECT count(*) FROM served") == [(1,)]


def test_what_is_recorded_waits_until_its_organisation_is_worked_out(cycle, engine, assembly, other):
    cycle().result(60)
    hold_organisations(other, ["soum-3"], to_change=True)
    recorded = threading.Event()

    def record() -> None:
        with engine.begin() as connection:
            refresh(connection, assembly.law, assembly.settings.register["soum-3"], MORNING, "somebody")
        recorded.set()

    thread = threading.Thread(target=record)
    thread.start()
    assert not recorded.wait(SOON)
    other.rollback()
    assert recorded.wait(30)
    thread.join()


def test_what_a_killed_daemon_worked_out_is_told_by_the_next(cycle, engine, assembly, store):
    with pytest.raises(RuntimeError, match="killed"):
        run_cycle(engine, assembly, MORNING, _kill_after_first_batch)
    assert mails(store) == []
    assert cycle().result(60).organisations == 0
    assert len(mails(store)) == SOUMS


def _kill_after_first_batch(_done: int, _of: int) -> None:
    raise RuntimeError("killed")


def test_a_daemon_with_another_configuration_stops_before_it_works_by_an_old_one(
    engine, assembly, config, store
):
    def change_meanwhile(_done: int, _of: int) -> None:
        with engine.begin() as connection:
            connection.execute(update(tables.monitor).values(basis="that of another"))
            connection.execute(update(tables.organisation).values(attention_at=None))

    with pytest.raises(Refused, match="another configuration"):
        run_cycle(engine, assembly, MORNING, change_meanwhile)
    assert mails(store) == []


def test_two_daemons_that_start_an_empty_database_agree_on_what_it_is(assembly, store):
    engine = open_engine(assembly.settings.monitor.database)
    bring_up_to_date(engine)
    begun = threading.Barrier(2)

    def begin(mode: Mode) -> bool:
        with engine.begin() as connection:
            begun.wait(30)
            try:
                begin_cycle(connection, mode, MORNING)
            except Refused:
                return False
        return True

    with ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(begin, [Mode.LIVE, Mode.REHEARSAL]))
    with engine.begin() as connection:
        mode = read_state(connection).mode
        assert connection.scalars(select(tables.monitor.c.mode)).all() == [mode]
    engine.dispose()
    assert taken == [mode is Mode.LIVE, mode is Mode.REHEARSAL]


def test_the_cycle_of_a_clock_that_is_a_little_behind_does_not_take_the_last_one_back(engine, assembly):
    run_cycle(engine, assembly, MORNING)
    run_cycle(engine, assembly, MORNING - timedelta(seconds=30))
    with engine.begin() as connection:
        assert read_state(connection).last_cycle_at == MORNING


_ROWS = ", ".join(
    f"('soum-{number}', 'Сум', 'soum', 'Asia/Ulaanbaatar', '2024-01-01')" for number in range(SOUMS)
)

_CONFIG = """
[monitor]
database = "{database}"
packs = ["budget"]

[register]
organisations = "organisations.csv"
contacts = "contacts.csv"

[reminders]
all_clear = "never"
"""
