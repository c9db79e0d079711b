"""The page of an aimag over a real database, after its first cycle."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.assembly import assemble
from monitor.cycle import run_cycle
from monitor.opening import make_tables
from monitor.state import Mode, begin_cycle
from monitor.storage.engine import open_engine, open_reader
from tests.monitor.signing_in.office import CONFIG, Clock, Office


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers that take an even time take a short one here."""
    monkeypatch.setattr("monitor.web.signing_in._EVEN_SECONDS", 0.001)


@pytest.fixture
def office(store, tmp_path: Path) -> Iterator[Office]:
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.replace("{database}", store.url))
    assembly = assemble(config)
    engine = open_engine(assembly.settings.monitor.database)
    make_tables(engine)
    clock = Clock()
    with engine.begin() as connection:
        begin_cycle(connection, Mode.LIVE, clock.now())
    run_cycle(engine, assembly, clock.now())
    reader = open_reader(assembly.settings.monitor.database)
    yield Office(engine, reader, clock, config, assembly)
    reader.dispose()
    engine.dispose()
