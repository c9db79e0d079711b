"""The page of an aimag over a real database, after its first cycle and some postings."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.assembly import assemble
from monitor.storage.engine import open_engine, open_reader
from tests.monitor.signing_in.office import CONFIG, Clock, Office, begin


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers that take an even time take a short one here."""
    monkeypatch.setattr("monitor.web.signing_in._EVEN_SECONDS", 0.001)


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file of SQLite in which everything has begun; it is copied, which is quicker than to begin."""
    folder = tmp_path_factory.mktemp("begun")
    (folder / "config.toml").write_text(CONFIG.replace("{database}", "sqlite:///iltod.db"))
    begin(folder / "config.toml")
    return folder


@pytest.fixture
def office(store, tmp_path: Path, begun: Path) -> Iterator[Office]:
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.replace("{database}", store.url))
    assembly = assemble(config)
    clock = Clock()
    if store.is_sqlite:
        shutil.copy(begun / "iltod.db", tmp_path)
    else:
        begin(config)
    engine = open_engine(assembly.settings.monitor.database)
    reader = open_reader(assembly.settings.monitor.database)
    yield Office(engine, reader, clock, config, assembly)
    reader.dispose()
    engine.dispose()
