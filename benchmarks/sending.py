"""How fast a morning's digests leave: rendered, queued, handed over, recorded.

    python benchmarks/sending.py [MAILS]

Personal digests of about 5 kB go to Postfix' smtp-sink over loopback (`apt-get install postfix`; without it, to a bare
server of our own): through the program (rendering, outbox and its commits included, without and with a calendar),
and, already finished, through plain smtplib over one kept connection, which is what the ratios are held against.
Bare aiosmtplib and smtp-source stand beside them. On a busy machine trust the processor time more than the clock.
"""

import asyncio
import logging
import os
import shutil
import smtplib
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from gettext import NullTranslations
from pathlib import Path

import aiosmtplib
import structlog
from figures import keep
from sqlalchemy import Engine, create_engine, event, select
from sqlmodel import SQLModel

from notifications import queueing
from notifications.delivering import deliver
from notifications.invitations import DueEvent, make_calendar
from notifications.letters import DutyLine, Letter, Section
from notifications.messages import Kind, Message
from notifications.rendering import Rendered, Renderer
from notifications.tables import attempt, delivery, message, outage
from notifications.transports import MailSettings
from notifications.transports.smtp import SmtpTransport

SENDER = "iltod <iltod@example.mn>"
ROUNDS = 3
BATCH = 25  # people a transaction, as the program does it
NOW = datetime(2024, 1, 5, 1, 0, tzinfo=UTC)


class Sink(asyncio.Protocol):
    """Says yes to everything and keeps nothing."""

    def connection_made(self, transport):
        self.transport, self.rest, self.in_message = transport, b"", False
        transport.write(b"220 sink\r\n")

    def data_received(self, data):
        self.rest += data
        while True:
            end = b"\r\n.\r\n" if self.in_message else b"\r\n"
            line, found, rest = self.rest.partition(end)
            if not found:
                return
            self.rest = rest
            self.transport.write(self.answer(line[:4].upper()))

    def answer(self, verb):
        if self.in_message:
            self.in_message = False
            return b"250 taken\r\n"
        if verb == b"DATA":
            self.in_message = True
            return b"354 go on\r\n"
        return b"221 goodbye\r\n" if verb == b"QUIT" else b"250 fine\r\n"


@contextmanager
def sink() -> Iterator[int]:
    """A server that takes everything and keeps nothing, in a process of its own; gives its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    if program := find("smtp-sink"):
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        command = [program, *user, f"127.0.0.1:{port}", "128"]
    else:
        command = [sys.executable, __file__, "--sink", str(port)]
    with subprocess.Popen(command) as process:
        try:
            while not is_open(port):
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()


def is_open(port: int) -> bool:
    with socket.socket() as knock:
        return knock.connect_ex(("127.0.0.1", port)) == 0


def find(program: str) -> str | None:
    """Debian keeps Postfix' programs where only root looks."""
    return shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")


def run_own_sink(port: int) -> None:
    async def serve():
        server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port)
        await server.serve_forever()

    asyncio.run(serve())


def open_outbox(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def _set_up(raw, _record):
        raw.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    SQLModel.metadata.create_all(engine, tables=[message, delivery, attempt, outage])
    return engine


def digest(number: int) -> Letter:
    duty = DutyLine(
        key=f"soum{number}/budget.approved/2024",
        title="Тухайн жилийн төсөв",
        organisation=f"{number}-р сумын ЗДТГ",
        state="due_soon",
        state_said="хугацаа ойртсон",
        stage="-3wd",
        why="Хугацаа дуусахад ажлын 3 өдөр үлдлээ.",
        due_on=date(2024, 1, 10),
        act_by=date(2024, 1, 10),
        days_left=5,
        working_days_left=3,
        missing=("цахим хуудас", "мэдээллийн самбар"),
        words="жил бүрийн 01-р сарын 10-ны дотор",
        basis="5/2.1.1",
        record=f"iltod post soum{number}/budget.approved/2024 --channel website --on 2024-01-05",
    )
    section = Section(duty.organisation, (duty,))
    return Letter(Kind.DIGEST, "mn", f"Санхүүч {number}", date(2024, 1, 5), (section,))


def calendar(number: int) -> str:
    due = DueEvent(f"soum{number}/budget.approved/2024", date(2024, 1, 10), "Тухайн жилийн төсөв", "5/2.1.1")
    return make_calendar([due], "mn", NOW)


def queue_all(engine: Engine, mails: int, *, with_calendar: bool) -> None:
    renderer = Renderer({"mn": NullTranslations()})
    for start in range(0, mails, BATCH):
        numbers = range(start, min(start + BATCH, mails))
        messages = [said(renderer.render(digest(number)), number, with_calendar) for number in numbers]
        with engine.begin() as connection:
            queueing.queue_many(connection, messages, SENDER, "", NOW)


def said(rendered: Rendered, number: int, with_calendar: bool) -> Message:
    return Message(
        recipient=f"finance{number}@soum.example",
        name=f"Санхүүч {number}",
        language="mn",
        day=date(2024, 1, 5),
        kind=Kind.DIGEST,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        calendar=calendar(number) if with_calendar else None,
    )


def through_the_program(
    mails: int,
    port: int,
    connections: int = 16,
    *,
    with_calendar: bool = False,
    keep: list[bytes] | None = None,
) -> None:
    """Renders, queues and delivers in an outbox of its own; `keep` gets the finished messages."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_outbox(Path(folder) / "outbox.db")
        settings = MailSettings(
            transport="smtp",
            path=Path(folder),
            sender=SENDER,
            host="127.0.0.1",
            port=port,
            security="none",
            connections=connections,
        )
        queue_all(engine, mails, with_calendar=with_calendar)
        done = deliver(engine, SmtpTransport(settings), lambda: NOW, lambda: False, "benchmark")
        if done.sent != mails:
            raise SystemExit(f"{done} instead of {mails} sent")
        if keep is not None:
            with engine.begin() as connection:
                keep.extend(connection.execute(select(message.c.raw)).scalars())
        engine.dispose()


def through_smtplib(raws: list[bytes], port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port) as server:
        for raw in raws:
            server.sendmail("iltod@example.mn", ["finance@soum.example"], raw)


def through_aiosmtplib(raws: list[bytes], port: int, connections: int) -> None:
    left = list(raws)

    async def work():
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as server:
            while left:
                await server.sendmail("iltod@example.mn", ["finance@soum.example"], left.pop())

    async def send():
        await asyncio.gather(*(work() for _ in range(connections)))

    asyncio.run(send())


def through_smtp_source(program: str, mails: int, size: int, port: int) -> None:
    subprocess.run([program, "-d", "-m", str(mails), "-l", str(size), f"127.0.0.1:{port}"], check=True)


def measured(way: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of this process' processor time."""
    begun, cpu = time.perf_counter(), time.process_time()
    way()
    return time.perf_counter() - begun, time.process_time() - cpu


def main(mails: int) -> None:
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO)
    )  # as the daemon logs
    with sink() as port:
        measure(mails, port)


def measure(mails: int, port: int) -> None:
    raws: list[bytes] = []
    through_the_program(min(mails, 500), port, with_calendar=True)  # warms up
    through_the_program(mails, port, keep=raws)
    ways = {
        "smtplib, one kept connection, finished messages": lambda: through_smtplib(raws, port),
        "the program, 16 connections": lambda: through_the_program(mails, port),
        "the program, 16, with a calendar": lambda: through_the_program(mails, port, with_calendar=True),
        "the program, 4 connections": lambda: through_the_program(mails, port, 4),
        "the program, 4, with a calendar": lambda: through_the_program(mails, port, 4, with_calendar=True),
        "aiosmtplib, one kept connection": lambda: through_aiosmtplib(raws, port, 1),
        "aiosmtplib, four kept connections": lambda: through_aiosmtplib(raws, port, 4),
    }
    if program := find("smtp-source"):
        size = round(statistics.mean(len(raw) for raw in raws))
        ways["smtp-source, one kept connection"] = lambda: through_smtp_source(program, mails, size, port)
    rounds = [{name: measured(way) for name, way in ways.items()} for _ in range(ROUNDS)]
    print(
        f"{mails} mails of {len(b''.join(raws)) // mails} bytes, {os.cpu_count()} processors, median of {ROUNDS}"
    )
    print(f"{'':50} {'us a mail':>10} {'ratio':>7} {'cpu us':>8} {'ratio':>7}")
    for name in ways:
        wall, cpu = (statistics.median(each[name][which] for each in rounds) for which in (0, 1))
        ratio, cpu_ratio = (
            statistics.median(each[name][which] / next(iter(each.values()))[which] for each in rounds)
            for which in (0, 1)
        )
        print(f"{name:50} {wall / mails * 1e6:10.0f} {ratio:7.2f} {cpu / mails * 1e6:8.0f} {cpu_ratio:7.2f}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--sink", port]:
            run_own_sink(int(port))
        case [mails]:
            main(int(mails))
        case _:
            with keep("sending"):
                main(10_000)
