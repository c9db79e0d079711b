"""A sending time goes through nothing that grows with the years or with the nation: each question has its index.

The database's own plan of each statement is asked for, since a plan that is wrong is merely slow, and only for many.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from monitor.assembly import assemble
from monitor.cycle import run_cycle
from monitor.state import Mode, begin_cycle
from monitor.storage.engine import open_engine
from monitor.storage.schema import bring_up_to_date

CONFIG = """
[monitor]
database = "sqlite:///morning.db"
packs = ["budget"]
[[organisations]]
id = "soum"
name = "Soum"
kind = "soum"
since = 2024-01-01
[[organisations.contacts]]
role = "finance"
name = "Finance"
email = "finance@soum.example"
[[organisations.contacts]]
role = "web"
name = "Web"
email = "web@soum.example"
"""
GROWING = ("obligation", "reminder", "message", "delivery", "attempt", "posting", "event", "journal")
MORNINGS = [datetime(2024, 1, day, 1, 0, tzinfo=UTC) for day in (8, 9, 10)]  # nine in Ulaanbaatar


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'morning.db'}")
    bring_up_to_date(engine)
    yield engine
    engine.dispose()


def test_no_question_of_a_sending_time_goes_through_a_table_that_grows(
    engine: Engine, tmp_path: Path
) -> None:
    asked: dict[str, Any] = {}

    @event.listens_for(engine, "before_cursor_execute")
    def note(_connection, _cursor, statement, parameters, _context, many) -> None:
        if re.match(r"SELECT|UPDATE|DELETE|WITH", statement):
            asked[statement] = parameters[0] if many else parameters

    config = tmp_path / "config.toml"
    config.write_text(CONFIG, "utf-8")
    assembly = assemble(config)
    queued = 0
    for now in MORNINGS:
        with engine.begin() as connection:
            begin_cycle(connection, Mode.REHEARSAL, now)
        queued += run_cycle(engine, assembly, now).queued
    assert queued >= 4, "or nothing was asked"
    slow = {}
    with engine.connect() as connection:
        for statement, parameters in list(asked.items()):
            plan = [
                row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            ]
            if gone_through := [step for step in plan if is_slow(step)]:
                slow[statement] = gone_through
    assert slow == {}


def is_slow(step: str) -> bool:
    """Whether it goes through a whole table."""
    found = re.match(r"SCAN (\w+)(.*)", step)
    return found is not None and found[1] in GROWING and "INDEX" not in found[2]
