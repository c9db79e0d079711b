"""The pages over the desk of an aimag after three weeks of January 2024, looked at by people of its register."""

import html
import re
import shutil
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from monitor.assembly import Assembly, assemble
from monitor.cli import main
from monitor.clock import SystemClock
from monitor.core.rights import rights_of
from monitor.storage.engine import open_engine, open_reader
from monitor.web.application import make_application
from monitor.web.site import Site
from monitor.web.viewing import NOBODY, Viewer
from notifications.tables import message
from tests.monitor.cli.conftest import _CONFIG, _STORY

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it would rather have another httpx
    from starlette.testclient import TestClient


LAW, FINANCE, BAYAN = "law@aimag.example", "finance@sergelen.example", "head@bayan.example"
JANUARY = date(2024, 1, 23)
"""The day of the last cycle, by which everything is judged."""


@dataclass(frozen=True)
class Seen:
    """A page as it came."""

    status: int
    headers: dict[str, str]
    html: str

    @property
    def words(self) -> str:
        """What a reader reads, in one line."""
        body = re.sub(r"(?s)^.*<main[^>]*>|</main>.*$|<option.*?</option>", " ", self.html)
        body = re.sub(r"</?time[^>]*>", "", body)
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())

    @property
    def links(self) -> list[str]:
        """Where it leads, in order."""
        return [html.unescape(each) for each in re.findall(r'href="([^"]*)"', self.html)]

    @property
    def keys(self) -> list[str]:
        """The duties that it lists, in order."""
        return re.findall(r'class="duty-title" href="/duties/([^"]*)"', self.html)


def token_in(shown: Seen) -> str:
    """What the first form of a page says to be one of ours."""
    found = re.search(r'name="token" value="([^"]+)"', shown.html)
    assert found, shown.html
    return found[1]


@dataclass
class Looker:
    """Somebody who is signed in, and looks and records."""

    client: TestClient

    def get(self, path: str, **options) -> Seen:
        answer = self.client.get(path, follow_redirects=False, **options)
        return Seen(answer.status_code, dict(answer.headers), answer.text)

    def send(self, path: str, files=None, **fields: str) -> Seen:
        """Open the form, fill it in and send it."""
        shown = self.get(path)
        assert shown.status == 200, shown.words
        said = {"token": token_in(shown), **fields}
        answer = self.client.post(path, data=said, files=files, follow_redirects=False)
        return Seen(answer.status_code, dict(answer.headers), answer.text)

    def records(self, path: str, files=None, **fields: str) -> Seen:
        """Send the form, which must be taken; gives the page that one is led to."""
        done = self.send(path, files, **fields)
        assert done.status == 303, done.words
        return self.get(done.headers["location"])


@dataclass
class Pages:
    """The application over a desk's database."""

    folder: Path
    assembly: Assembly
    engine: Engine
    reader: Engine

    def application_for_all(self):
        """As it is run: who signs in is known, and citizens see the public view."""
        web = replace(self.assembly.settings.web, public=True)
        assembly = replace(self.assembly, settings=replace(self.assembly.settings, web=web))
        return make_application(Site(self.engine, self.reader, lambda: assembly, SystemClock()))

    def link_sent_to(self, address: str) -> str:
        """The path of the link in the mail that waits for that address."""
        wanted = select(message.c.raw).where(message.c.kind == "sign-in", message.c.recipient == address)
        with self.engine.connect() as connection:
            raw = connection.scalars(wanted).one()
        mail = message_from_bytes(raw, policy=policy.default)
        return re.search(r"(/sign-in/\S+)", mail.get_body(("plain",)).get_content())[1]

    def application(self, address: str | None):
        register = self.assembly.settings.register
        viewer = NOBODY
        if address is not None:
            rights = rights_of(register, address, JANUARY)
            viewer = Viewer(address, register.recipient(address), rights.sees, rights.records, rights.waives)
        site = Site(self.engine, self.reader, lambda: self.assembly, SystemClock())
        return make_application(site, lambda _request: viewer)

    def looker(self, address: str | None = LAW, language: str = "en") -> Looker:
        client = TestClient(self.application(address), base_url="http://127.0.0.1:8470")
        client.headers["accept-language"] = language
        client.cookies.set("iltod-browser", "a secret of this browser")
        return Looker(client)

    def iltod(self, *arguments: str) -> int:
        """Type a command at the desk."""
        return main(["--config", str(self.folder / "config.toml"), *arguments])


def configure(folder: Path, url: str, change: Callable[[str], str] = str) -> None:
    config = change(_CONFIG).replace("sqlite:///iltod.db", url)
    (folder / "config.toml").write_text(config)


@pytest.fixture(scope="session")
def worked_for_pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    configure(folder, "sqlite:///iltod.db")
    for line in _STORY.strip().splitlines():
        assert main(["--config", str(folder / "config.toml"), *line.split()]) == 0
    return folder


@pytest.fixture
def pages(store, tmp_path: Path, worked_for_pages: Path, request: pytest.FixtureRequest) -> Iterator[Pages]:
    if store.is_sqlite:
        shutil.copy(worked_for_pages / "iltod.db", tmp_path)
    else:
        source = configured_copy(worked_for_pages, tmp_path / "source")
        assert main(["--config", str(source), "migrate", "--to", store.url]) == 0
    configure(tmp_path, store.url)
    assembly = assemble(tmp_path / "config.toml")
    url = assembly.settings.monitor.database
    engine, reader = open_engine(url), open_reader(url)
    yield Pages(tmp_path, assembly, engine, reader)
    reader.dispose()
    engine.dispose()


def configured_copy(worked: Path, folder: Path) -> Path:
    shutil.copytree(worked, folder)
    return folder / "config.toml"
