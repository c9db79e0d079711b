"""Photographs of 25 MB, many at a time: few of them are in memory."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest

from monitor.configuration.settings import Listen
from monitor.web import large, server
from monitor.web.forms import postings
from tests.monitor.web.conftest import FINANCE, Pages, token_in

POST = "/duties/sergelen/budget.approved/2024/post"
PHOTOGRAPH = b"\xff\xd8\xff\xe0" + bytes(range(250)) * 8000

# Nothing of it differs on a server, but for the pieces, which `test_forms.py` fetches there.
pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)


class Most:
    """How many were at it at a time."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self._changed = threading.Condition()

    @contextmanager
    def one(self):
        with self._changed:
            self.now += 1
            self.most = max(self.most, self.now)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.most > 1, timeout=10)  # a busy machine brings the second late
        time.sleep(0.02)
        yield
        with self._changed:
            self.now -= 1


def test_few_that_are_sent_at_once_are_in_memory(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    held, read = Most(), postings.file_in

    def counted(*sent):
        with held.one():
            return read(*sent)

    monkeypatch.setattr(postings, "file_in", counted)
    token = token_in(pages.looker(FINANCE).get(POST))
    taken = server.bound(Listen("127.0.0.1", 0))
    place = server.place_of(taken)

    def send(day: int) -> int:
        said = {"token": token, "channel": "noticeboard", "on": f"2024-01-{day:02}", "note": "", "url": ""}
        files = {"photo": ("IMG.jpg", PHOTOGRAPH, "image/jpeg")}
        cookies = {"iltod-browser": "a secret of this browser"}
        return httpx.post(f"http://{place}{POST}", data=said, files=files, cookies=cookies).status_code

    with server.serving(pages.application(FINANCE), taken), ThreadPoolExecutor(8) as officers:
        assert set(officers.map(send, range(10, 18))) == {303}
    assert held.most == large._AT_ONCE


def test_one_that_is_fetched_is_read_in_pieces(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes, read = [], large.piece_of

    def counted(*asked):
        sizes.append(len(piece := read(*asked)))
        return piece

    monkeypatch.setattr(large, "piece_of", counted)
    looker = pages.looker(FINANCE)
    looker.records(
        POST, {"photo": ("IMG.jpg", PHOTOGRAPH, "image/jpeg")}, channel="noticeboard", on="2024-01-22"
    )
    assert looker.client.get("/postings/10/evidence").content == PHOTOGRAPH
    assert sizes == [large._PIECE] * 3 + [len(PHOTOGRAPH) - 3 * large._PIECE]
