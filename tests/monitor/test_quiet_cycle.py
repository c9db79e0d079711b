"""A cycle in which nothing is due: what it costs must not go by who is watched, so it never asks for the register."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from monitor.assembly import Assembly, assemble
from monitor.configuration.loading import load_settings
from monitor.core.register import Register
from monitor.cycle import CycleDone, run_cycle
from monitor.state import Mode, begin_cycle
from monitor.storage.engine import open_engine
from monitor.storage.schema import bring_up_to_date
from rules.faults import Faults

CONFIG = """
[monitor]
database = "sqlite:///quiet.db"
packs = ["budget"]
[register]
organisations = "organisations.csv"
contacts = "contacts.csv"
"""
ORGANISATIONS = "id,name,kind,since\nsoum,Soum,soum,2024-01-01\n"
CONTACTS = "organisation,role,name,email\nsoum,finance,Finance,finance@soum.example\n"
FAULTS = {
    "config.toml": "[web]\nlisten = 1\n",
    "organisations.csv": "no id,Soum,soum,2024-01-01\n",
    "contacts.csv": "nowhere,web,Web,web@soum.example\n",
}
BEFORE_SENDING = datetime(2024, 1, 4, 23, 0, tzinfo=UTC)  # seven in Ulaanbaatar
A_LITTLE_LATER = datetime(2024, 1, 4, 23, 10, tzinfo=UTC)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "organisations.csv").write_text(ORGANISATIONS, "utf-8")
    (tmp_path / "contacts.csv").write_text(CONTACTS, "utf-8")
    path = tmp_path / "config.toml"
    path.write_text(CONFIG, "utf-8")
    return path


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'quiet.db'}")
    bring_up_to_date(engine)
    yield engine
    engine.dispose()


def cycle(engine: Engine, assembly: Assembly, now: datetime) -> CycleDone:
    with engine.begin() as connection:
        begin_cycle(connection, Mode.REHEARSAL, now)
    return run_cycle(engine, assembly, now)


def without_register(assembly: Assembly) -> Assembly:
    def refuse() -> Register:
        raise AssertionError("the register was asked for")

    return replace(assembly, settings=replace(assembly.settings, read_register=refuse))


def test_a_quiet_cycle_does_without_the_register(engine: Engine, config: Path) -> None:
    first = assemble(config)
    assert cycle(engine, first, BEFORE_SENDING).organisations == 1
    quiet = without_register(assemble(config, checked=first.basis))
    assert cycle(engine, quiet, A_LITTLE_LATER) == CycleDone(0, 0, 0, 0)


def test_it_knows_the_zones_in_which_a_sending_time_is_to_come(engine: Engine, config: Path) -> None:
    cycle(engine, assemble(config), BEFORE_SENDING)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT zones FROM monitor")) == '["Asia/Ulaanbaatar"]'


def test_a_register_that_was_checked_is_read_when_it_is_asked_for(config: Path) -> None:
    first = assemble(config)
    again = assemble(config, checked=first.basis)
    assert again.basis == first.basis
    assert again.settings.register == first.settings.register


@pytest.mark.parametrize("file", FAULTS)
def test_whatever_changed_since_is_checked_whole_at_once(config: Path, file: str) -> None:
    before = load_settings(config)
    with (config.parent / file).open("a", encoding="utf-8") as changed:
        changed.write(FAULTS[file])
    with pytest.raises(Faults):
        load_settings(config, checked=before.fingerprint)
