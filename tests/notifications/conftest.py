"""An outbox on a real SQLite file, messages for it, and an SMTP server that plays what its script says."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event
from sqlmodel import SQLModel

from notifications import mail_list, outbox, queueing
from notifications.delivering import DeliveryPass, deliver
from notifications.messages import Kind, Message
from notifications.tables import attempt, delivery, message, outage
from notifications.transports import MailSettings
from notifications.transports.outcomes import Outcome

MORNING = datetime(2024, 1, 5, 1, 0, tzinfo=UTC)
DROP, SILENCE = "<drop>", "<silence>"


class Clock:
    """A clock that stands until it is put on."""

    def __init__(self, now: datetime = MORNING) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


def open_outbox(address: str) -> Engine:
    """The database as the program opens it; on SQLite with WAL, every commit synced, every transaction for writing."""
    if not address.startswith("sqlite:"):
        engine = create_engine(address)
    else:
        engine = create_engine(address, connect_args={"timeout": 30})
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    SQLModel.metadata.create_all(engine, tables=[message, delivery, attempt, outage])
    return engine


def _set_up(raw, _record) -> None:
    raw.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        raw.execute(f"PRAGMA {pragma}")


@pytest.fixture
def engine(store) -> Iterator[Engine]:
    engine = open_outbox(store.address)
    yield engine
    engine.dispose()


@pytest.fixture
def second_engine(engine: Engine, store) -> Iterator[Engine]:
    """The same database, opened by somebody else."""
    second = open_outbox(store.address)
    yield second
    second.dispose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def make_message(recipient: str = "finance@sergelen.example", **changes) -> Message:
    values = {
        "recipient": recipient,
        "name": "Санхүүгийн алба",
        "language": "mn",
        "day": date(2024, 1, 5),
        "kind": Kind.DIGEST,
        "subject": "Сэргэлэн сум: хугацаа хэтэрсэн 1",
        "text": "Сайн байна уу.\n.\nТөсөв\n",
        "html": '<!doctype html><html lang="mn"><body><p>Сайн байна уу.</p></body></html>',
    } | changes
    return Message(**values)


@pytest.fixture(name="make_message")
def give_make_message() -> Callable[..., Message]:
    return make_message


@dataclass
class Post:
    """The outbox and its passes, each step in a transaction of its own."""

    engine: Engine
    clock: Clock

    def do(self, function, *arguments):
        """Calls a function of the outbox."""
        with self.engine.begin() as connection:
            return function(connection, *arguments)

    def queue(self, recipient: str = "finance@sergelen.example", **changes) -> int | None:
        said = make_message(recipient, **changes)
        return self.do(queueing.queue, said, "iltod <iltod@example.mn>", "", self.clock())

    def claim(self, by: str = "one", limit: int = 10) -> tuple[outbox.Claimed, ...]:
        return self.do(outbox.claim, self.clock(), by, limit, timedelta(seconds=60))

    def end(self, outcome: Outcome, by: str = "one") -> None:
        """Claims the oldest delivery that is due, and records an outcome of it."""
        (claimed,) = self.claim(by, limit=1)
        self.do(outbox.record, [outbox.Attempt(claimed, "smtp", self.clock(), self.clock(), outcome)], by)

    def show(self, delivery_id: int) -> mail_list.Shown:
        return self.do(mail_list.show, delivery_id)

    def states(self) -> list[str]:
        return [row.state.value for row in reversed(self.do(mail_list.listing))]

    def deliver(self, transport, stop=lambda: False, by: str = "one") -> DeliveryPass:
        return deliver(self.engine, transport, self.clock, stop, by)


@pytest.fixture
def post(engine: Engine, clock: Clock) -> Post:
    return Post(engine, clock)


@dataclass
class Received:
    """A message as the server took it."""

    connection: int
    sender: str
    recipient: str
    raw: bytes

    @property
    def message_id(self) -> str:
        line = next(each for each in self.raw.splitlines() if each.startswith(b"Message-ID:"))
        return line.partition(b":")[2].strip().decode()


@dataclass
class SmtpServer:
    """A server on the loopback interface that plays `script`.

    For a step of the dialogue (`banner`, `EHLO`, `STARTTLS`, `AUTH`, `MAIL`, `RCPT`, `DATA`, `.`), or for
    a step and a recipient (`RCPT a@b.example`), the script gives what is answered; a list is used up one by
    one. DROP closes the line instead; SILENCE says nothing more.
    """

    script: dict[str, str | list[str]] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    implicit_tls: bool = False
    pipelining: bool = True
    received: list[Received] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join()
        self.hang_up()
        for thread in self._threads:
            thread.join()

    def hang_up(self) -> None:
        """Breaks every line that is open."""
        with self._lock:
            for line in self._open:
                line.shutdown(socket.SHUT_RDWR)

    def settings(self, **changes) -> MailSettings:
        values = {
            "transport": "smtp",
            "path": Path("/nowhere"),
            "sender": "iltod <iltod@example.mn>",
            "host": "localhost",
            "port": self.port,
            "security": "none",
            "connections": 1,
        } | changes
        return MailSettings(**values)

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                thread = threading.Thread(target=self._serve, args=(line, self.connections))
            self._threads.append(thread)
            thread.start()

    def _serve(self, line: socket.socket, number: int) -> None:
        try:
            if self.implicit_tls:
                line = self.tls.wrap_socket(line, server_side=True)
            _Dialogue(self, line, number).hold()
        except (OSError, _LineDroppedError):
            pass
        finally:
            line.close()

    def answer(self, step: str, recipient: str, default: str) -> str:
        with self._lock:
            for key in (f"{step} {recipient}", step):
                planned = self.script.get(key)
                if isinstance(planned, str):
                    return planned
                if planned:
                    return planned.pop(0)
        return default


class _LineDroppedError(Exception):
    pass


class _Dialogue:
    def __init__(self, server: SmtpServer, line: socket.socket, number: int) -> None:
        self.server, self.line, self.number = server, line, number
        self.reader = line.makefile("rb")
        self.sender = self.recipient = ""
        self.expected = "MAIL"

    def hold(self) -> None:
        with self.server._lock:
            self.server._open.add(self.line)
        try:
            self.say("banner", "220 loopback")
            while command := self.reader.readline().decode().strip():
                self.server.commands.append(command)
                if not self.obey(command, command.partition(" ")[0].upper()):
                    return
        finally:
            self.reader.close()
            with self.server._lock:
                self.server._open.discard(self.line)
            self.line.close()

    def obey(self, command: str, verb: str) -> bool:
        match verb:
            case "EHLO":
                offers = [
                    "loopback",
                    *(["STARTTLS"] if self.server.tls else []),
                    "SIZE 1000000",
                    *(["PIPELINING"] if self.server.pipelining else []),
                    "AUTH PLAIN",
                ]
                lines = [f"250{'-' if offer != offers[-1] else ' '}{offer}" for offer in offers]
                self.say("EHLO", "\r\n".join(lines))
            case "STARTTLS":
                self.say("STARTTLS", "220 go on")
                self.reader.close()
                with self.server._lock:
                    self.server._open.discard(self.line)
                self.line = self.server.tls.wrap_socket(self.line, server_side=True)
                self.reader = self.line.makefile("rb")
            case "AUTH":
                self.say("AUTH", "235 welcome")
            case "MAIL":
                self.sender = command.partition("<")[2].partition(">")[0]
                self.expected = "RCPT" if self.say("MAIL", "250 fine").startswith("250") else "MAIL"
            case "RCPT":
                self.recipient = command.partition("<")[2].partition(">")[0]
                if self.say("RCPT", self.in_turn("RCPT", "250 fine")).startswith("250"):
                    self.expected = "DATA"
            case "DATA":
                if self.say("DATA", self.in_turn("DATA", "354 go on")).startswith("354"):
                    self.take_message()
                self.expected = "MAIL"
            case "QUIT":
                self.say("QUIT", "221 goodbye")
                return False
            case _:
                self.say(verb, "250 fine")
        return True

    def in_turn(self, verb: str, answer: str) -> str:
        return answer if self.expected == verb else f"503 {self.expected} first"

    def take_message(self) -> None:
        raw = b""
        while (line := self.reader.readline()) != b".\r\n":
            if not line:  # cut off in the middle: a server throws it away
                raise _LineDroppedError
            raw += line.removeprefix(b".")
        answer = self.server.answer(".", self.recipient, "250 taken")
        if answer.startswith("250") or answer in (DROP, SILENCE):
            taken = Received(self.number, self.sender, self.recipient, raw)
            self.server.received.append(taken)
        self.give(answer)

    def say(self, step: str, default: str) -> str:
        answer = self.server.answer(step, self.recipient, default)
        self.give(answer)
        return answer

    def give(self, answer: str) -> None:
        if answer == DROP:
            raise _LineDroppedError
        if answer == SILENCE:
            while self.line.recv(4096):
                pass
            raise _LineDroppedError
        self.line.sendall(answer.encode() + b"\r\n")
        if answer.startswith("421"):
            raise _LineDroppedError


@pytest.fixture
def serve() -> Iterator[Callable[..., SmtpServer]]:
    """Starts servers, and ends them."""
    started: list[SmtpServer] = []

    def start(**options) -> SmtpServer:
        started.append(SmtpServer(**options))
        return started[-1]

    yield start
    for server in started:
        server.close()


CERTIFICATES = Path(__file__).parent / "certificates"


def server_tls(name: str) -> ssl.SSLContext:
    """A server's side of TLS, with the certificate made out to `name`."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATES / f"{name}.pem", CERTIFICATES / f"{name}.key")
    return context


@pytest.fixture
def trusting() -> ssl.SSLContext:
    """A client's side of TLS that trusts the certificates of these tests, and no other."""
    context = ssl.create_default_context(cafile=str(CERTIFICATES / "localhost.pem"))
    context.load_verify_locations(str(CERTIFICATES / "elsewhere.pem"))
    return context


@pytest.fixture
def make_server_tls() -> Callable[[str], ssl.SSLContext]:
    return server_tls
