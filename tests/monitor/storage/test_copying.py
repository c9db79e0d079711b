"""A whole database into another: every row of every table, in both directions, or nothing."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import JSON, BigInteger, Boolean, Date, Integer, LargeBinary, insert, select
from sqlmodel import SQLModel

from monitor.storage import tables
from monitor.storage.copying import NotTaken, NotTheSame, copy_rows, is_empty
from monitor.storage.engine import open_engine
from monitor.storage.schema import bring_up_to_date
from notifications.moments import UtcMoment

MOMENT = datetime(2024, 1, 5, 1, 2, 3, 456789, tzinfo=UTC)


@pytest.fixture
def other(tmp_path, store, postgres):
    """An empty database of the other sort."""
    engine = open_engine(postgres.make() if store.is_sqlite else f"sqlite:///{tmp_path / 'other.db'}")
    bring_up_to_date(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def full(engine):
    """A database with two rows in every table that can hold two, every column filled."""
    with engine.begin() as connection:
        for table in SQLModel.metadata.sorted_tables:
            for number in range(1 if table is tables.monitor else 2):
                connection.execute(insert(table), _row(table, number))
    return engine


def _row(table, number):
    """Values that differ from row to row; what refers to another table names the row of that number there."""
    return {column.name: _value(column, number) for column in table.columns}


def _value(column, number):
    by_type = {
        UtcMoment: MOMENT,
        LargeBinary: b"\x00\xff%",
        Boolean: True,
        BigInteger: 2**40 + number,
        Integer: number + 1,
        Date: date(2024, 2, 28 + number),
        JSON: {"text": "Төсөв 'a'", "values": [1, None]},
    }
    text = f"{'' if column.foreign_keys or column.primary_key else column.name}{number}"
    return by_type.get(type(column.type), text)


def copy(source, target):
    with source.begin() as original, target.begin() as copied:
        return copy_rows(original, copied)


def everything(engine):
    with engine.begin() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in SQLModel.metadata.sorted_tables
        }


@pytest.mark.slow
def test_every_row_of_every_table_arrives_as_it_is(full, other):
    assert copy(full, other) == {
        table.name: 1 if table is tables.monitor else 2 for table in SQLModel.metadata.sorted_tables
    }
    assert everything(other) == everything(full)


@pytest.mark.slow
def test_what_is_added_later_gets_numbers_after_the_copied_ones(full, other):
    copy(full, other)
    card = {"rule": "p.new", "digest": "new", "content": {}}
    with other.begin() as connection:
        assert connection.scalar(insert(tables.card).returning(tables.card.c.id), card) == 3


@pytest.mark.slow
def test_a_row_that_does_not_arrive_as_it_is_stops_the_copy_and_nothing_is_kept(full, other):
    with other.begin() as connection:
        for statement in _GARBLE[connection.dialect.name]:
            connection.exec_driver_sql(statement)
    with pytest.raises(NotTheSame) as found:
        copy(full, other)
    assert found.value.table == "waiver"
    with other.begin() as connection:
        assert is_empty(connection)


@pytest.mark.slow
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_row_that_the_server_does_not_take_is_named_and_nothing_is_kept(full, other):
    with full.begin() as connection:
        connection.exec_driver_sql("UPDATE waiver SET reason = 'a' || char(0) || 'b' WHERE id = 2")
    with pytest.raises(NotTaken) as found:
        copy(full, other)
    assert (found.value.table, found.value.row) == ("waiver", "2")
    assert "NUL" in found.value.why
    with other.begin() as connection:
        assert is_empty(connection)


_GARBLE = {
    "sqlite": [
        (
            "CREATE TRIGGER garble AFTER INSERT ON waiver"
            " BEGIN UPDATE waiver SET reason = 'garbled' WHERE id = new.id; END"
        )
    ],
    "postgresql": [
        (
            "CREATE FUNCTION garble() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN NEW.reason := 'garbled'; RETURN NEW; END $$"
        ),
        "CREATE TRIGGER garble BEFORE INSERT ON waiver FOR EACH ROW EXECUTE FUNCTION garble()",
    ],
}


def test_a_database_is_empty_until_something_is_in_it(engine):
    with engine.begin() as connection:
        assert is_empty(connection)
        connection.execute(insert(tables.monitor).values(id=1))
        assert not is_empty(connection)
