"""An outbox on a real SQLite file, set up as the program sets it up, and messages to put in it."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event
from sqlmodel import SQLModel

from notifications.messages import Kind, Message
from notifications.tables import attempt, delivery, message, outage

SENDER = "iltod <iltod@example.mn>"
MORNING = datetime(2024, 1, 5, 1, 0, tzinfo=UTC)


class Clock:
    """A clock that stands until it is put on."""

    def __init__(self, now: datetime = MORNING) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


def open_database(path: Path) -> Engine:
    """The database as the program opens it: WAL, every commit synced, every transaction begun for writing."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _set_up(raw, _record) -> None:
        raw.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    SQLModel.metadata.create_all(engine, tables=[message, delivery, attempt, outage])
    return engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(tmp_path / "iltod.db")
    yield engine
    engine.dispose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_message() -> Callable[..., Message]:
    def make(recipient: str = "finance@sergelen.example", **changes) -> Message:
        values = {
            "recipient": recipient,
            "name": "Санхүүгийн албан тушаалтан",
            "language": "mn",
            "day": date(2024, 1, 5),
            "kind": Kind.DIGEST,
            "subject": "Сэргэлэн сум: хугацаа хэтэрсэн 1",
            "text": "Сайн байна уу.\n.\nТөсөв\n",
            "html": '<!doctype html><html lang="mn"><body><p>Сайн байна уу.</p></body></html>',
        } | changes
        return Message(**values)

    return make
