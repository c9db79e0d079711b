"""A daemon whose clock is set: its jobs are made anew at once, one run each, and a clock that cannot be right sends
nothing.
"""

import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest

from monitor.assembly import assemble
from monitor.daemon import TICK, Daemon
from monitor.storage.engine import open_engine
from monitor.storage.schema import bring_up_to_date
from notifications.transports import make_transport
from tests.conftest import Store

pytestmark = pytest.mark.slow  # the daemon compares its clocks every five seconds

_PATIENCE = TICK / 2
"""Had the jobs kept their hours, nothing would come in that time."""


class SetClock:
    """The machine's clock, as somebody has set it."""

    def __init__(self) -> None:
        self.apart = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.apart


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def running(tmp_path: Path, store: Store, clock: SetClock) -> Iterator[Store]:
    """A daemon that has made its first cycle."""
    (tmp_path / "config.toml").write_text(_CONFIG.format(database=store.url), encoding="utf-8")
    assembly = assemble(tmp_path / "config.toml")
    engine = open_engine(assembly.settings.monitor.database)
    bring_up_to_date(engine)
    daemon = Daemon(engine, assembly, [make_transport(assembly.settings.mail)], clock)
    assert daemon.begin() is None
    begun = clock.now()
    thread = Thread(target=daemon.run)
    thread.start()
    try:
        assert cycle_by(store, begun)
        yield store
    finally:
        daemon._on_signal(signal.SIGTERM, None)
        thread.join()
        engine.dispose()


def last_cycle(store: Store) -> datetime | None:
    rows = store.rows("SELECT last_cycle_at FROM monitor")
    if not rows or rows[0][0] is None:
        return None
    moment = datetime.fromisoformat(str(rows[0][0]))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def cycle_by(store: Store, earliest: datetime) -> bool:
    """Whether, before patience ends, a cycle is made at that moment or later."""
    ends = time.monotonic() + _PATIENCE.total_seconds()
    while time.monotonic() < ends:
        if (last := last_cycle(store)) is not None and last >= earliest:
            return True
        time.sleep(0.1)
    return False


def test_after_a_leap_ahead_it_looks_at_once_and_runs_once(running: Store, clock: SetClock) -> None:
    clock.apart = timedelta(days=9)
    assert cycle_by(running, clock.now() - timedelta(minutes=1))
    first = last_cycle(running)
    time.sleep(2)
    assert last_cycle(running) == first


@pytest.mark.parametrize("apart", [timedelta(days=-9), timedelta(days=500)], ids=["back", "far ahead"])
def test_with_a_clock_that_cannot_be_right_no_cycle_is_made_until_it_is_right_again(
    running: Store, clock: SetClock, apart: timedelta
) -> None:
    before = last_cycle(running)
    clock.apart = apart
    time.sleep(8)
    assert last_cycle(running) == before
    clock.apart = timedelta(days=1)
    assert cycle_by(running, clock.now() - timedelta(minutes=1))


_CONFIG = """
[monitor]
database = "{database}"
packs = ["budget"]
[web]
listen = ""
[[organisations]]
id = "bayan"
name = "Баян"
kind = "soum"
since = 2024-01-01
[[organisations.contacts]]
role = "head"
name = "Н"
email = "head@bayan.example"
"""
