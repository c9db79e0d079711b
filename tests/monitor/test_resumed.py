"""A clock that was ahead for a while, set back and resumed: all goes on as if those days had never been."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from monitor.assembly import Assembly, assemble
from monitor.cycle import run_cycle
from monitor.resuming import take_as_present
from monitor.state import Mode, begin_cycle
from monitor.storage.engine import open_engine
from monitor.storage.schema import bring_up_to_date
from tests.conftest import Store

CONFIG = """
[monitor]
database = "{database}"
packs = ["budget"]
[reminders]
escalate = [{{ after = "3wd", to = "head" }}]
[[organisations]]
id = "soum"
name = "Soum"
kind = "soum"
since = 2023-07-01
[[organisations.contacts]]
role = "finance"
name = "Finance"
email = "finance@soum.example"
[[organisations.contacts]]
role = "head"
name = "Head"
email = "head@soum.example"
"""
FRIDAY = datetime(2023, 12, 1, 2, tzinfo=UTC)
"""Ten in the morning in Ulaanbaatar."""
RESUMED = FRIDAY + timedelta(hours=1)
LAST = datetime(2024, 2, 28, 2, tzinfo=UTC)

TOLD_LATER = """
SELECT m.day, r.recipient, r.key, r.about, r.stage, r.kind FROM reminder r JOIN message m ON m.id = r.message_id
WHERE m.day > '2023-12-01' AND m.day <= '2024-02-28' ORDER BY 1, 2, 3, 4, 5, 6
"""
STANDS = """
SELECT key, due_on, state, CASE WHEN backlog THEN 'backlog' END, keep_until FROM obligation
WHERE exists_from <= '2024-02-28' ORDER BY key
"""
IS_TO_COME = """
SELECT m.day FROM delivery d JOIN message m ON m.id = d.message_id WHERE d.state = 'queued' AND m.day > '2023-12-01'
UNION SELECT day FROM served WHERE day > '2023-12-01'
"""


@contextmanager
def monitor(folder: Path, database: str) -> Iterator[tuple[Engine, Assembly]]:
    folder.mkdir(exist_ok=True)
    (folder / "config.toml").write_text(CONFIG.format(database=database), "utf-8")
    assembly = assemble(folder / "config.toml")
    engine = open_engine(assembly.settings.monitor.database)
    bring_up_to_date(engine)
    try:
        yield engine, assembly
    finally:
        engine.dispose()


def cycle(engine: Engine, assembly: Assembly, now: datetime) -> None:
    with engine.begin() as connection:
        begin_cycle(connection, Mode.LIVE, now)
    run_cycle(engine, assembly, now)


def rows(engine: Engine, query: str) -> list[list[str]]:
    with engine.connect() as connection:
        return [[str(value) for value in row] for row in connection.execute(text(query))]


@pytest.mark.parametrize("ahead", [timedelta(hours=2), timedelta(days=101), timedelta(days=300)], ids=str)
@pytest.mark.parametrize("was_first", [False, True], ids=["later", "from its first cycle on"])
def test_what_a_clock_that_was_ahead_decided_counts_no_longer(
    tmp_path: Path, store: Store, ahead: timedelta, was_first: bool
) -> None:
    with ExitStack() as stack:
        leapt = stack.enter_context(monitor(tmp_path, store.url))
        undisturbed = stack.enter_context(monitor(tmp_path / "undisturbed", "sqlite:///iltod.db"))
        for each in (leapt, undisturbed):
            if not (each is leapt and was_first):
                cycle(*each, FRIDAY)
        cycle(*leapt, RESUMED + ahead)
        with leapt[0].begin() as connection:
            take_as_present(connection, RESUMED, "somebody", "it was ahead", "en")
        assert rows(leapt[0], IS_TO_COME) == []
        for each in (leapt, undisturbed):
            now = RESUMED
            while now <= LAST:
                cycle(*each, now)
                now += timedelta(hours=12)
        assert rows(leapt[0], TOLD_LATER) == rows(undisturbed[0], TOLD_LATER)
        assert len(rows(leapt[0], TOLD_LATER)) > 10
        assert rows(leapt[0], STANDS) == rows(undisturbed[0], STANDS)
