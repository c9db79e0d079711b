"""The journal as a table: added to in turn, by whomever, and never changed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DatabaseError

from monitor.core.journal import DAYS, MAILS, Change, What, first_break
from monitor.storage import tables
from monitor.storage.journal import append, entries_of, last_entry, unsealed_heads
from monitor.storage.schema import bring_up_to_date

NOW = datetime(2024, 1, 5, 1, 2, 3, 456789, tzinfo=UTC)


def waiver(chain="soum", why="merged"):
    return Change(chain, What.WAIVER, {"why": why}, f"{chain}/p.r/2024")


def chain(connection, name):
    table = tables.journal
    wanted = select(table).where(table.c.chain == name).order_by(table.c.number)
    with entries_of(connection, wanted) as entries:
        return list(entries)


def test_entries_are_chained_to_what_stands_there_each_in_its_own_chain(engine):
    with engine.begin() as connection:
        first = append(connection, NOW, "Ану", [waiver(), waiver("bag"), waiver(why="Ө"), waiver()])
    with engine.begin() as connection:
        append(connection, NOW, "law@aimag.example", [waiver()])
        soum, bag = chain(connection, "soum"), chain(connection, "bag")
    assert [each.number for each in soum] == [1, 2, 3, 4]
    assert soum[:3] == [first[0], *first[2:]], "as they were given, so they are read"
    assert (first_break(soum), first_break(bag), len(bag)) == (None, None, 1)
    assert soum[3].by == "law@aimag.example"


def test_what_is_rolled_back_leaves_no_gap(engine):
    with engine.begin() as connection:
        append(connection, NOW, "x", [waiver()])
    with engine.connect() as connection, connection.begin() as transaction:
        append(connection, NOW, "x", [waiver(), waiver("bag")])
        transaction.rollback()
    with engine.begin() as connection:
        append(connection, NOW, "x", [waiver()])
        assert first_break(chain(connection, "soum")) is None
        assert last_entry(connection, "soum").number == 2
        assert last_entry(connection, "bag") is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET \"by\" = 'nobody'",
        "DELETE FROM journal",
        "UPDATE reckoning SET digest = 'x'",
        "DELETE FROM reckoning",
    ],
)
def test_the_database_itself_refuses_to_change_or_delete_an_entry(engine, store, statement):
    with engine.begin() as connection:
        append(connection, NOW, "x", [waiver()])
        connection.execute(insert(tables.reckoning).values(basis="b", digest="d", content={}))
    before = store.content()
    with pytest.raises(DatabaseError, match="are only ever added"), engine.begin() as connection:
        connection.execute(text(statement))
    assert store.content() == before


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT OR REPLACE INTO journal SELECT * FROM journal",
        "UPDATE OR REPLACE journal SET number = 2",
        "REPLACE INTO reckoning SELECT id, 'x', 'x', content FROM reckoning",
        "REPLACE INTO reckoning SELECT NULL, basis, 'x', content FROM reckoning",
        "REPLACE INTO reckoning SELECT 9, 'x', digest, content FROM reckoning",
    ],
)
def test_nor_does_it_let_an_entry_be_replaced(engine, store, statement):
    with engine.begin() as connection:
        append(connection, NOW, "x", [waiver(), waiver()])
        connection.execute(insert(tables.reckoning).values(basis="b", digest="d", content={}))
    before = store.content()
    with pytest.raises(DatabaseError, match="are only ever added"), engine.begin() as connection:
        connection.execute(text(statement))
    assert store.content() == before


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
@pytest.mark.slow
def test_a_server_refuses_to_empty_it_too(engine):
    with pytest.raises(DatabaseError, match="are only ever added"), engine.begin() as connection:
        connection.execute(text("TRUNCATE journal"))


def test_heads_are_named_once_by_the_chain_of_days_and_again_when_they_have_moved(engine):
    with engine.begin() as connection:
        (soum, mail) = append(connection, NOW, "x", [waiver(), Change(MAILS, What.MAILS, {})])
        append(connection, NOW, "x", [Change(DAYS, What.DAY, {})])
        assert unsealed_heads(connection, DAYS) == [(MAILS, 1, mail.hash), ("soum", 1, soum.hash)]
        assert unsealed_heads(connection, DAYS) == []
        (soum,) = append(connection, NOW, "x", [waiver()])
        assert unsealed_heads(connection, DAYS) == [("soum", 2, soum.hash)]


@pytest.mark.parametrize("said", [0, 999])
def test_a_head_is_named_whatever_somebody_wrote_about_its_being_named(engine, said):
    with engine.begin() as connection:
        (soum,) = append(connection, NOW, "x", [waiver()])
        connection.execute(text(f"UPDATE journal_head SET sealed = {said}"))
        assert unsealed_heads(connection, DAYS) == [("soum", 1, soum.hash)]
        assert unsealed_heads(connection, DAYS) == []


def test_several_programs_add_to_one_chain_in_turn(engine):
    def add(number):
        with engine.begin() as connection:
            append(connection, NOW, f"program {number}", [waiver(), waiver("bag")])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(20)))
    with engine.begin() as connection:
        for name in ("soum", "bag"):
            entries = chain(connection, name)
            assert (len(entries), first_break(entries)) == (20, None)
            assert len({each.by for each in entries}) == 20


def test_tables_of_a_program_without_a_journal_get_one_and_everybody_is_worked_out_anew(store, monkeypatch):
    from monitor.storage.engine import open_engine  # noqa: PLC0415

    monkeypatch.setattr("monitor.storage.schema.SCHEMA", "0001")
    engine = open_engine(store.address)
    bring_up_to_date(engine)
    with engine.begin() as connection:
        row = "'soum', 'Сум', 'soum', 'Asia/Ulaanbaatar', '2024-01-01', '2030-01-01T00:00:00.000000Z'"
        connection.execute(
            text(f"INSERT INTO organisation (id, name, kind, timezone, since, attention_at) VALUES ({row})")
        )
    monkeypatch.undo()
    assert bring_up_to_date(engine).found == "0001"
    engine.dispose()
    assert store.rows("SELECT id, attention_at FROM organisation") == [("soum", None)]
    assert store.rows("SELECT count(*) FROM journal") == [(0,)]
