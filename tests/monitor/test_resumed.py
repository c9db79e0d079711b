"""A clock that was ahead for a while, set back and resumed: all goes on as if those days had never been."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import product
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


LEAPS = [
    *product(["sqlite"], [timedelta(hours=2), timedelta(days=101), timedelta(days=300)], [False, True]),
    pytest.param("postgresql", timedelta(days=101), False, marks=pytest.mark.slow),
    pytest.param("postgresql", timedelta(days=300), True, marks=pytest.mark.slow),
]
"""How far it was ahead, and whether it was so from the first cycle on."""
_NAMES = {False: "later", True: "from its first cycle on"}


@pytest.mark.parametrize(
    ("store", "ahead", "was_first"), LEAPS, indirect=["store"], ids=lambda each: _NAMES.get(each, str(each))
)
def test_what_a_clock_that_was_ahead_decided_counts_no_longer(
    tmp_path: Path, store: Store, ahead: timedelta, was_first: bool, undisturbed: dict[str, list[list[str]]]
) -> None:
    with monitor(tmp_path, store.url) as leapt:
        if not was_first:
            cycle(*leapt, FRIDAY)
        cycle(*leapt, RESUMED + ahead)
        with leapt[0].begin() as connection:
            take_as_present(connection, RESUMED, "somebody", "it was ahead", "en")
        assert rows(leapt[0], IS_TO_COME) == []
        go_on(*leapt)
        assert {query: rows(leapt[0], query) for query in undisturbed} == undisturbed


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[list[str]]]:
    """What a monitor whose clock was always right has told, and how it stands there."""
    with monitor(tmp_path_factory.mktemp("undisturbed"), "sqlite:///iltod.db") as never_leapt:
        cycle(*never_leapt, FRIDAY)
        go_on(*never_leapt)
        found = {query: rows(never_leapt[0], query) for query in (TOLD_LATER, STANDS)}
    assert len(found[TOLD_LATER]) > 10
    return found


def go_on(engine: Engine, assembly: Assembly) -> None:
    """Twice a day to the end."""
    now = RESUMED
    while now <= LAST:
        cycle(engine, assembly, now)
        now += timedelta(hours=12)
