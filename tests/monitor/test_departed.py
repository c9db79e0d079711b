"""Mails that wait for somebody who has left."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, select

from monitor.assembly import assemble
from monitor.cycle import run_cycle
from monitor.state import Mode, begin_cycle
from monitor.storage.engine import open_engine
from monitor.storage.schema import bring_up_to_date
from notifications.tables import delivery, message

Cycle = Callable[[str], None]

CONFIG = """
[monitor]
database = "sqlite:///departed.db"
packs = ["budget"]
language = "en"
[reminders]
all_clear = "never"
[[organisations]]
id = "soum"
name = "Soum"
kind = "soum"
since = 2024-01-01
[[organisations.contacts]]
role = "finance"
name = "Old"
email = "old@soum.example"
until = 2024-01-09
[[organisations.contacts]]
role = "finance"
name = "New"
email = "new@soum.example"
from = 2024-01-10
[[organisations.contacts]]
role = "web"
name = "Web"
email = "web@soum.example"
"""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'departed.db'}")
    bring_up_to_date(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def cycle(tmp_path: Path, engine: Engine) -> Cycle:
    """A cycle at nine o'clock; nothing is delivered."""
    path = tmp_path / "config.toml"
    path.write_text(CONFIG, "utf-8")
    assembly = assemble(path)

    def run(day: str) -> None:
        now = datetime.fromisoformat(f"{day}T09:00").replace(tzinfo=ZoneInfo("Asia/Ulaanbaatar"))
        with engine.begin() as connection:
            begin_cycle(connection, Mode.REHEARSAL, now)
        run_cycle(engine, assembly, now)

    return run


def states(engine: Engine) -> dict[str, list[str]]:
    """What became of each person's mails, in the order in which they were queued."""
    statement = select(message.c.recipient, delivery.c.state).join(delivery).order_by(message.c.id)
    found: dict[str, list[str]] = {}
    with engine.connect() as connection:
        for person, state in connection.execute(statement):
            found.setdefault(person, []).append(state)
    return found


def test_on_the_last_day_in_office_a_mail_still_waits(engine: Engine, cycle: Cycle) -> None:
    cycle("2024-01-09")
    assert states(engine) == {"old@soum.example": ["queued"], "web@soum.example": ["queued"]}


def test_the_day_after_it_is_cancelled_and_who_follows_is_told(engine: Engine, cycle: Cycle) -> None:
    cycle("2024-01-09")
    cycle("2024-01-10")
    assert states(engine) == {
        "old@soum.example": ["cancelled"],
        "new@soum.example": ["queued"],
        "web@soum.example": ["superseded", "queued"],
    }
