"""Telling services besides the mail, against a real HTTP server on the loopback interface."""

import asyncio
import json
import logging
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from notifications.transports import Parcel
from notifications.transports.outcomes import Outcome, Permanent, Sent, Temporary
from notifications.transports.services import ServiceTransport, is_known, service_name

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # in the library

SECRET = "secret-word"


@dataclass
class Service:
    """A service that answers each message with the next status of its script, then with the last one again."""

    script: list[int] = field(default_factory=lambda: [200])
    received: list[dict[str, object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.received.append(json.loads(body))
                self.send_response(service.script[0] if len(service.script) == 1 else service.script.pop(0))
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"json://user:{SECRET}@127.0.0.1:{self._server.server_port}/"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    yield service
    service.close()


def send(transport: ServiceTransport, name: str) -> Outcome:
    async def go() -> Outcome:
        async def cleared() -> None:
            pass

        async with transport.lane() as lane:
            assert await lane.reach() is None
            return await lane.send(Parcel(name, "<1>", "Төсөв\nТайлан".encode(), "Хэтэрсэн 1"), cleared)

    return asyncio.run(go())


def tell(address: str) -> Outcome:
    return send(ServiceTransport([address]), service_name(address))


def test_a_service_is_told_the_subject_and_the_lines(service):
    assert tell(service.address) == Sent()
    (told,) = service.received
    assert (told["title"], told["message"]) == ("Хэтэрсэн 1", "Төсөв\nТайлан")


@pytest.mark.parametrize("status", [403, 500])
def test_a_service_that_refuses_is_tried_again(service, status):
    service.script = [status]
    assert isinstance(tell(service.address), Temporary)


def test_a_service_that_cannot_be_reached_is_tried_again(service):
    service.close()
    assert isinstance(tell(service.address), Temporary)


def test_what_is_no_address_of_a_service_fails():
    assert isinstance(tell("nothing://localhost"), Permanent)
    assert not is_known("nothing://localhost")
    assert is_known("json://localhost")


def test_a_service_that_is_no_longer_listed_fails(service):
    assert isinstance(send(ServiceTransport([]), service_name(service.address)), Permanent)
    assert service.received == []


def test_the_name_of_a_service_tells_its_kind_and_no_secret():
    one, other = service_name(f"tgram://{SECRET}/1"), service_name(f"TGRAM://{SECRET}/2")
    assert one.startswith("tgram:")
    assert other.startswith("tgram:")
    assert one != other
    assert SECRET not in one


def test_without_the_library_a_delivery_fails_and_says_what_to_install(service, monkeypatch):
    monkeypatch.setitem(sys.modules, "apprise", None)
    monkeypatch.setattr("notifications.transports.services.find_spec", lambda _name: None)
    outcome = tell(service.address)
    assert isinstance(outcome, Permanent)
    assert "pip install iltod[apprise]" in outcome.answer


def test_no_log_and_no_answer_tells_the_secret(service, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    service.script = [500]
    outcomes = [
        tell(service.address),
        tell(f"json://user:{SECRET}@127.0.0.1:1/"),
        tell(f"nothing://{SECRET}"),
    ]
    said = capsys.readouterr()
    assert SECRET not in f"{outcomes}{caplog.text}{said.out}{said.err}"
