"""The real program in processes of its own, a folder that it works in, and a real SMTP server."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from monitor.cli import main
from tests.acceptance.forked import Forked

PATIENCE = 60.0
"""Seconds after which a step of a test has failed; on an idle machine none takes more than two."""
ZONE = ZoneInfo("Asia/Ulaanbaatar")


@dataclass(frozen=True)
class Answer:
    """What a command that has ended said."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Letter:
    """A mail as the server took it."""

    recipient: str
    raw: bytes

    @cached_property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        return self.message.get_body(("plain",)).get_content()


class PostOffice:
    """An SMTP server on the loopback interface, in a thread of its own.

    While it holds, a mail that was handed over (the final dot was read) gets no answer. Who is in `refused` is
    answered with the line given there. `delay` is how many seconds it thinks about each mail.
    """

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.refused: dict[str, str] = {}
        self.delay = 0.0
        self._lines: list[SMTP] = []
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()
        self._open.set()
        self._server = self._loop.run_until_complete(self._loop.create_server(self._answer, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    # The server finds its hooks by these names and hands them all of this.
    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        (recipient,) = envelope.rcpt_tos
        self.letters.append(Letter(recipient, envelope.original_content))
        await asyncio.sleep(self.delay)
        await self._open.wait()
        return "250 taken"

    def hold(self) -> None:
        """From now on nothing is answered."""
        self._loop.call_soon_threadsafe(self._open.clear)

    def let_go(self) -> None:
        """Answer what was held, and whatever comes."""
        self._loop.call_soon_threadsafe(self._open.set)

    def taken(self) -> list[Letter]:
        """The letters since this was asked last."""
        letters, self.letters = self.letters, []
        return letters

    def close_door(self) -> None:
        """Nobody can connect any more."""
        self._loop.call_soon_threadsafe(self._server.close)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(PATIENCE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _answer(self) -> SMTP:
        self._lines.append(SMTP(self, hostname="post.example", loop=self._loop))
        return self._lines[-1]

    async def _close(self) -> None:
        self._server.close()
        await self._server.wait_closed()
        await asyncio.sleep(0.01)  # who was let in just now has a line by then
        for each in self._lines:
            if each.transport is not None:
                each.transport.abort()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


@dataclass
class Running:
    """A process that has been started; what it says is read from files, so that it never waits for a reader."""

    process: Forked | subprocess.Popen[bytes]
    folder: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def out(self) -> str:
        return (self.folder / "out").read_text("utf-8")

    @property
    def err(self) -> str:
        return (self.folder / "err").read_text("utf-8")

    def until(self, reached: Callable[[], object]) -> None:
        """Wait for something to happen while the process runs."""
        deadline = time.monotonic() + PATIENCE
        while not reached():
            assert time.monotonic() < deadline, f"in vain: {self.out}{self.err}"
            assert self.process.poll() is None, f"it has ended: {self.out}{self.err}"
            time.sleep(0.005)

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL: the process has no last word."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def ended(self) -> int:
        """Its exit status; negative, the signal that ended it."""
        return self.process.wait(PATIENCE)


@dataclass
class Office:
    """A folder with a config.toml, and the program run in it; what it keeps is in `store`."""

    PROGRAM = Path(sys.executable).with_name("iltod")

    folder: Path
    store: Any  # that of tests/conftest.py
    _started: list[Running] = field(default_factory=list)

    @property
    def database(self) -> Path:
        return self.folder / "iltod.db"

    @property
    def today(self) -> str:
        """The date on the office's calendar, with which `--on` may be given."""
        return f"{datetime.now(ZONE):%Y-%m-%d}"

    def configure(self, config: str) -> None:
        """Write config.toml; the database that it names is taken to the store."""
        config = config.replace("sqlite:///iltod.db", self.store.url)
        (self.folder / "config.toml").write_text(config, encoding="utf-8")

    def link(self, name: str) -> None:
        """A second configuration of that name, which names a symbolic link to the same database."""
        self.database.with_name("link.db").symlink_to(self.database)
        config = (self.folder / "config.toml").read_text("utf-8")
        (self.folder / name).write_text(config.replace("iltod.db", "link.db"), encoding="utf-8")

    def iltod(self, *arguments: str) -> Answer:
        """Run a command to its end."""
        running = self.start(*arguments)
        return Answer(running.ended(), running.out, running.err)

    def does(self, *arguments: str) -> str:
        """Run a command that must do what it is asked without complaint; gives its output."""
        answer = self.iltod(*arguments)
        assert (answer.status, answer.err) == (0, ""), answer
        return answer.out

    def start(self, *arguments: str, into: int | None = None) -> Running:
        """Start a command and let it run; it is ended with the test. What it says goes `into` that, if it is given."""
        folder = self.folder / f"process-{len(self._started)}"
        folder.mkdir()
        process = (
            Forked(arguments, self.folder, self.environment(), folder)
            if into is None
            else subprocess.Popen(
                [self.PROGRAM, *arguments],
                cwd=self.folder,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=into,
                stderr=into,
            )
        )
        self._started.append(Running(process, folder))
        return self._started[-1]

    @staticmethod
    def environment() -> dict[str, str]:
        """The tester's own, but for what would change the program's answers."""
        unwanted = ("ILTOD_CONFIG", "ILTOD_MAIL_PASSWORD", "NO_COLOR")
        return {name: value for name, value in os.environ.items() if name not in unwanted}

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """What stands in the database, read past the program."""
        return self.store.rows(query)

    def end(self) -> None:
        for each in self._started:
            if each.process.poll() is None:
                each.process.kill()
            each.process.wait()


@pytest.fixture
def post_office() -> Iterator[PostOffice]:
    server = PostOffice()
    yield server
    server.close()


@pytest.fixture
def office(tmp_path: Path, store) -> Iterator[Office]:
    """An office with nothing in its folder yet."""
    office = Office(tmp_path, store)
    yield office
    office.end()


@pytest.fixture
def live_office(office: Office, post_office: PostOffice) -> Office:
    """An office for which every moment is a sending time, and one event of today to be told of.

    So what the daemon does there does not depend on the day and hour of the test.
    """
    (office.folder / "drill.toml").write_text(_DRILL, encoding="utf-8")
    office.configure(_LIVE.format(port=post_office.port, year=office.today[:4]))
    event = ["event", "add", "drill", "--organisation", "sergelen", "--on", office.today]
    assert main(["--config", str(office.folder / "config.toml"), *event]) == 0
    return office


_DRILL = """
pack = "drill"
version = "1"
reviewed = 2026-11-23
jurisdiction = "MN"
title = { mn = "Сургуулилалт", en = "Drill" }

[[rule]]
id = "report"
title = { mn = "Сургуулилалтын тайлан", en = "Report on the drill" }
applies_to = ["soum"]
channels = ["website"]
responsible = ["finance", "web"]
deadline = { of = "drill", within = "5 days" }
basis = { source = "Дүрэм", item = "1", words = "5 хоногийн дотор" }
confidence = "unverified"
"""

_LIVE = """
[monitor]
database = "sqlite:///iltod.db"
language = "en"
packs = ["drill.toml"]

[calendar]
region = ""
weekend = []

[[organisations]]
id = "sergelen"
name = "Сэргэлэн сумын ЗДТГ"
kind = "soum"
since = {year}-01-01
contacts = [
    {{ role = "finance", name = "Finance officer", email = "finance@sergelen.example" }},
    {{ role = "web", name = "Web officer", email = "web@sergelen.example" }},
]

[reminders]
send_at = "00:00"
escalate = []
all_clear = "never"

[mail]
transport = "smtp"
host = "127.0.0.1"
port = {port}
security = "none"
connections = 1

[web]
listen = ""
"""
