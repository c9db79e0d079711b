"""What was told is looked up for what is still to be told of, and for nothing else: years of history cost no cycle."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from monitor.storage.facts import gather_told
from tests.conftest import Store
from tests.monitor.test_resumed import cycle, monitor, rows

APPROVED = "soum/budget.approved/2024"
FIRST = datetime(2024, 1, 8, 2, tzinfo=UTC)
"""Ten in the morning in Ulaanbaatar, two days before it is due."""
FINANCE = "finance@soum.example"


def test_only_what_was_told_of_the_named_obligations_is_read(tmp_path: Path, store: Store) -> None:
    with monitor(tmp_path, store.url) as (engine, assembly):
        cycle(engine, assembly, FIRST)
        with engine.begin() as connection:
            far_off = gather_told(connection, ["soum"], ["soum/budget.draft/2025"])["soum"]
            assert not far_off.of(FINANCE, APPROVED)
            near = gather_told(connection, ["soum"], [APPROVED])["soum"]
            assert [each.stage for each in near.of(FINANCE, APPROVED)] == ["-3wd"]


def test_what_was_settled_and_is_open_again_goes_on_where_it_was_left(tmp_path: Path, store: Store) -> None:
    with monitor(tmp_path, store.url) as (engine, assembly):
        of_finance = "recipient LIKE 'finance@%' AND key LIKE '%approved/2024'"
        told = f"SELECT key, stage FROM reminder WHERE {of_finance} ORDER BY id"
        cycle(engine, assembly, FIRST)
        before = rows(engine, told)
        assert before == [[APPROVED, "-3wd"]]
        waive(
            engine,
            "INSERT INTO waiver (organisation, key, reason, recorded_at) VALUES ('soum', :key, 'r', :at)",
        )
        cycle(engine, assembly, FIRST + timedelta(hours=1))
        assert rows(engine, "SELECT state FROM obligation WHERE key LIKE '%approved/2024'") == [["waived"]]
        waive(engine, "UPDATE waiver SET lifted_at = :at WHERE key = :key")
        for hours in (2, 24, 25):
            cycle(engine, assembly, FIRST + timedelta(hours=hours))
        assert rows(engine, told) == [*before, [APPROVED, "-1wd"]]


def waive(engine, statement: str) -> None:
    """Record it past the program, which works all out anew."""
    with engine.begin() as connection:
        connection.execute(text(statement), {"key": APPROVED, "at": "2024-01-08T02:30:00.000000Z"})
        connection.execute(text("UPDATE organisation SET attention_at = NULL"))
