"""A morning of many mails by two daemons on one PostgreSQL database, one of them killed again and again.

    python benchmarks/two_daemons.py [MAILS] [KILLS]

First one undisturbed daemon tells everybody, then two, then two of which one is killed (SIGKILL) at random moments
and started again. The mails go to a bare server on loopback, which keeps who got what. Each time every person must
have been told the same, all mails of a morning must bear the same hash of the journal, and a repeat must bear the
Message-ID, and the bytes, of the first copy. The time runs from the start of the daemons to the last answer, the
working out of the obligations and the rendering included; after a kill it includes the 60 seconds for which the
claims of a dead daemon stand.
"""

import asyncio
import hashlib
import multiprocessing
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path
from zoneinfo import ZoneInfo

from figures import keep
from nation import make_nation
from postgres import Server, server
from sqlalchemy import create_engine, text

PROGRAM = Path(sys.executable).with_name("iltod")
CONNECTIONS = 4
RULES = 3
WITNESS = re.compile(rb"\b[0-9a-f]{64}\b")


class Sink(asyncio.Protocol):
    """Says yes to everything, and notes who got what: recipient, Message-ID and the bytes."""

    def __init__(self, taken: list[tuple[str, str, bytes]]) -> None:
        self._taken, self._rest, self._in_message, self._recipient = taken, b"", False, ""

    def connection_made(self, transport):
        self._transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data):
        self._rest += data
        while True:
            line, found, rest = self._rest.partition(b"\r\n.\r\n" if self._in_message else b"\r\n")
            if not found:
                return
            self._rest = rest
            self._transport.write(self._answer(line))

    def _answer(self, line: bytes) -> bytes:
        if self._in_message:
            self._in_message = False
            self._take(line)
            return b"250 taken\r\n"
        verb = line[:4].upper()
        if verb == b"RCPT":
            self._recipient = line.partition(b"<")[2].partition(b">")[0].decode()
        if verb == b"DATA":
            self._in_message = True
            return b"354 go on\r\n"
        return b"221 goodbye\r\n" if verb == b"QUIT" else b"250 fine\r\n"

    def _take(self, raw: bytes) -> None:
        head = next(line for line in raw.split(b"\r\n") if line.startswith(b"Message-ID:"))
        self._taken.append((self._recipient, head.decode(), raw))


def _read(raw: bytes) -> tuple[str, bytes]:
    """A digest of subject and text, which do not differ from one morning to the same one, and the journal's hash at
    the end, which does.
    """
    mail = message_from_bytes(raw, policy=policy.compat32)
    part = next(each for each in mail.walk() if each.get_content_type() == "text/plain")
    said = part.get_payload(decode=True)
    (witness,) = WITNESS.findall(said)
    text = str(mail["Subject"]).encode() + said.replace(witness, b"")
    return hashlib.sha256(text).hexdigest(), witness


def run_sink(line):
    """In a process of its own: gives its port, then, whenever it is asked, what was taken since."""
    taken = []

    async def serve():
        loop = asyncio.get_running_loop()
        listening = await loop.create_server(lambda: Sink(taken), "127.0.0.1", 0)
        line.send(listening.sockets[0].getsockname()[1])
        while True:
            await loop.run_in_executor(None, line.recv)
            line.send(list(taken))
            taken.clear()

    asyncio.run(serve())


@dataclass(frozen=True)
class Morning:
    """What became of it."""

    seconds: float
    kills: int
    read: Counter
    """How many mails of each recipient and content, repeats apart."""
    mails: int
    repeats: int


def live(database: str, config: Path, sink, wanted: int, daemons: int, kills: int, spread: float) -> Morning:
    """The kills are spread over so many seconds."""
    subprocess.run([PROGRAM, "--config", config, "migrate"], check=True, stdout=subprocess.DEVNULL)
    chance = random.Random(20260105)
    begun = time.perf_counter()
    running = [start(config) for _ in range(daemons)]
    for _ in range(kills):
        time.sleep(chance.uniform(0.2, 1.8) * spread / kills)
        running[0].kill()
        running[0].wait()
        running[0] = start(config)
    wait_until_told(database, wanted)
    seconds = time.perf_counter() - begun
    for each in running:
        each.kill()
        each.wait()
    sink.send("take")
    return weigh(sink.recv(), seconds, kills)


def start(config: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [PROGRAM, "--config", config, "run"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def wait_until_told(database: str, wanted: int) -> None:
    engine = create_engine(database)
    served = text("SELECT count(*) FROM served")
    sent = text("SELECT count(*) FROM delivery WHERE state = 'sent'")
    while True:
        with engine.connect() as connection:
            if connection.scalar(served) and connection.scalar(sent) >= wanted:
                break
        time.sleep(0.25)
    engine.dispose()


def weigh(taken: list[tuple[str, str, bytes]], seconds: float, kills: int) -> Morning:
    copies: dict[str, tuple[str, bytes]] = {}
    for recipient, message_id, raw in taken:
        if copies.setdefault(message_id, (recipient, raw)) != (recipient, raw):
            raise SystemExit(f"{message_id} came in two forms")
    read, witnesses = Counter(), set()
    for recipient, raw in copies.values():
        said, witness = _read(raw)
        read[recipient, said] += 1
        witnesses.add(witness)
    if len(witnesses) != 1:
        raise SystemExit(f"the mails of one morning bear {len(witnesses)} hashes of the journal")
    return Morning(seconds, kills, read, len(copies), len(taken) - len(copies))


def make_morning(folder: Path, mails: int, database: str, port: int) -> Path:
    """Two people in each of so many organisations, a few duties in arrears, and now is the sending time."""
    since = f"{datetime.now(ZoneInfo('Asia/Ulaanbaatar')).year - 1}-01-01"
    config = make_nation(folder, mails // 2, database, since)
    head, *rules = (folder / "pack.toml").read_text(encoding="utf-8").split("[[rule]]")
    (folder / "pack.toml").write_text("[[rule]]".join([head, *rules[:RULES]]), encoding="utf-8")
    written = config.read_text(encoding="utf-8").replace(
        '[mail]\npath = "mail"',
        f'[calendar]\nregion = ""\nweekend = []\n[reminders]\nsend_at = "00:00"\nescalate = []\nall_clear = "never"\n'
        f'[mail]\ntransport = "smtp"\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\n'
        f"connections = {CONNECTIONS}",
    )
    config.write_text(written, encoding="utf-8")
    return config


@contextmanager
def sink_process():
    line, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=run_sink, args=(theirs,), daemon=True)
    process.start()
    try:
        yield line, line.recv()
    finally:
        process.terminate()
        process.join()


def compare(postgres: Server, mails: int, kills: int) -> None:
    print(f"{mails:,} mails, {CONNECTIONS} connections a daemon, {os.cpu_count()} processors")
    print(f"{'':40} {'seconds':>8} {'mails':>8} {'repeats':>8} {'told as by one':>15}")
    first, undisturbed = None, 0.0
    ways = (("one daemon", 1, 0), ("two daemons", 2, 0), (f"two, one killed {kills} times", 2, kills))
    with sink_process() as (sink, port), tempfile.TemporaryDirectory(prefix="iltod-benchmark-") as folder:
        for name, daemons, killed in ways:
            database = postgres.make("morning")
            config = make_morning(Path(folder), mails, database, port)
            found = live(database, config, sink, mails, daemons, killed, undisturbed)
            first, undisturbed = first or found, found.seconds
            same = "the same" if found.read == first.read else "NOT THE SAME"
            print(f"{name:40} {found.seconds:8.1f} {found.mails:8,} {found.repeats:8} {same:>15}", flush=True)
            if found.read != first.read or found.repeats > killed * CONNECTIONS:
                raise SystemExit("the promise was not kept")


if __name__ == "__main__":
    arguments = [int(each) for each in sys.argv[1:]]
    with keep("two_daemons"), server() as running_server:
        compare(
            running_server, arguments[0] if arguments else 20_000, arguments[1] if len(arguments) > 1 else 10
        )
