"""A database as the program opens it: a real file, a real server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from monitor.storage.engine import open_engine
from monitor.storage.schema import bring_up_to_date


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "iltod.db"


@pytest.fixture
def engine(store) -> Iterator[Engine]:
    """An empty database with all tables."""
    engine = open_engine(store.address)
    bring_up_to_date(engine)
    yield engine
    engine.dispose()
