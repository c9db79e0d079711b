"""`heartbeat_url`: who watches from outside is called after a good cycle, and a watcher that fails holds nothing up."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from monitor import events
from monitor.clock import SystemClock
from monitor.heartbeat import Heartbeat
from monitor.pulse import Pulse

PATIENCE = 20.0


class Watcher:
    """Answers every call with `status`, after `answer` is set."""

    def __init__(self) -> None:
        self.status = 200
        self.answer = threading.Event()
        self.answer.set()
        self.called: list[str] = []
        watcher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                watcher.called.append(self.path)
                watcher.answer.wait(PATIENCE)
                self.send_response(watcher.status)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}/ping"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self.answer.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    watcher = Watcher()
    yield watcher
    watcher.close()


@pytest.fixture
def pulse() -> Pulse:
    return Pulse(SystemClock())


def until(reached) -> None:
    deadline = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_it_is_called_once_for_each_good_cycle(watcher, pulse):
    heartbeat = Heartbeat(pulse)
    heartbeat.pay(watcher.address)
    heartbeat.owe()
    heartbeat.pay(watcher.address)
    until(lambda: watcher.called)
    time.sleep(0.1)
    heartbeat.pay(watcher.address)
    time.sleep(0.1)
    assert watcher.called == ["/ping"]


@pytest.mark.parametrize("status", [500, 404, 301])
def test_a_call_that_fails_is_told_once_made_again_and_its_end_is_told(watcher, pulse, capsys, status):
    heartbeat = Heartbeat(pulse)
    watcher.status = status
    heartbeat.owe()
    for number in (1, 2):
        heartbeat.pay(watcher.address)
        until(lambda number=number: len(watcher.called) == number and pulse.troubles)
        until(lambda: not heartbeat._calling.locked())
    (trouble,) = pulse.troubles
    assert trouble.event == events.HEARTBEAT_FAILED
    assert trouble.said.values == {"why": f"HTTP {status}"}

    watcher.status = 200
    heartbeat.pay(watcher.address)
    until(lambda: not pulse.troubles)
    assert watcher.called == ["/ping"] * 3, "and it went nowhere else"
    logged = capsys.readouterr().out
    assert (logged.count("heartbeat.failed"), logged.count("heartbeat.answered")) == (1, 1)
    assert "/ping" not in logged, "the path is a secret"


def test_a_watcher_that_is_slow_to_answer_holds_nothing_up(watcher, pulse):
    heartbeat = Heartbeat(pulse)
    watcher.answer.clear()
    heartbeat.owe()
    begun = time.monotonic()
    heartbeat.pay(watcher.address)
    until(lambda: watcher.called)
    heartbeat.owe()
    heartbeat.pay(watcher.address)
    assert time.monotonic() - begun < 5
    assert watcher.called == ["/ping"], "one call at a time"
    watcher.answer.set()
    until(lambda: not heartbeat._calling.locked())
    heartbeat.pay(watcher.address)
    until(lambda: len(watcher.called) == 2)


def test_no_proxy_of_the_environment_comes_between(watcher, pulse, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    heartbeat = Heartbeat(pulse)
    heartbeat.owe()
    heartbeat.pay(watcher.address)
    until(lambda: watcher.called and not heartbeat._calling.locked())
    assert pulse.troubles == ()


def test_nobody_is_called_where_no_address_is_set(pulse):
    heartbeat = Heartbeat(pulse)
    heartbeat.owe()
    heartbeat.pay("")
    assert not heartbeat._calling.locked()


def test_the_daemon_calls_after_its_cycle(live_office, watcher):
    config = (live_office.folder / "config.toml").read_text("utf-8")
    live_office.configure(f'{config}\n[daemon]\nheartbeat_url = "{watcher.address}"\n')
    daemon = live_office.start("run")
    daemon.until(lambda: watcher.called == ["/ping"])
