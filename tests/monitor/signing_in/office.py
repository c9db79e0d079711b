"""The page of an aimag over a real database, browsers that look at it, and the mails that they are sent."""

import contextlib
import io
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

from sqlalchemy import Engine, select, update

from monitor.assembly import Assembly, assemble
from monitor.cli import main
from monitor.storage.engine import open_engine
from monitor.storage.tables import monitor
from monitor.web.application import make_application
from monitor.web.site import Site
from notifications.tables import message

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it would rather have another httpx
    from starlette.testclient import TestClient

ADDRESS = "https://page.example"
FINANCE, HEAD, LAW, ELSEWHERE = (
    "finance@sergelen.example",
    "head@sergelen.example",
    "law@aimag.example",
    "finance@bayan.example",
)
STRANGER = "stranger@nowhere.example"

CONFIG = """
[monitor]
database = "{database}"
language = "en"
packs = ["budget", "drafts"]
operator = "operator@aimag.example"

[web]
listen = "127.0.0.1:8470"
public_url = "https://page.example"

[[organisations]]
id = "aimag"
name = "Aimag office"
kind = "aimag"
since = 2024-01-01
contacts = [{ role = "oversight", name = "Law department", email = "law@aimag.example" }]

[[organisations]]
id = "sergelen"
name = "Sergelen office"
kind = "soum"
since = 2024-01-01
parent = "aimag"
contacts = [
    { role = "finance", name = "Finance officer", email = "finance@sergelen.example" },
    { role = "web", name = "Web officer", email = "web@sergelen.example", until = 2024-01-31 },
    { role = "head", name = "Head of office", email = "head@sergelen.example" },
]

[[organisations]]
id = "bayan"
name = "Bayan office"
kind = "soum"
since = 2024-01-01
parent = "aimag"
contacts = [{ role = "finance", name = "Officer of Bayan", email = "finance@bayan.example" }]
"""


STORY = r"""
run --once --at 2024-01-12T09:00
post sergelen/budget.approved/2024 --channel website --on 2024-01-09 \
    --url http://s.example --note Sergelen-note --file sergelen.png
post bayan/budget.approved/2024 --channel website --on 2024-01-09 \
    --url http://bayan.example --note Bayan-note --file bayan.png
event add budget-amendment --organisation sergelen --on 2024-01-11 --reference Sergelen-decision
event add budget-amendment --organisation bayan --on 2024-01-11 --reference Bayan-decision
run --once --at 2024-01-12T09:00
"""
BAYANS = (
    "Bayan office",
    "Officer of Bayan",
    ELSEWHERE,
    "bayan.example",
    "Bayan-note",
    "Bayan-decision",
    "a sight of Bayan",
)
SERGELENS = (
    "Sergelen office",
    "Finance officer",
    "Sergelen-note",
    "Sergelen-decision",
    "a sight of Sergelen",
)
"""What nobody but those who act for that office may read."""


def begin(config: Path) -> None:
    """Type the story: the first cycle has run, and something was recorded for both offices."""
    for name in ("Sergelen", "Bayan"):
        config.with_name(f"{name.lower()}.png").write_bytes(b"\x89PNG\r\n\x1a\na sight of " + name.encode())
    for line in STORY.replace("\\\n", "").strip().splitlines():
        arguments = [str(config.with_name(each)) if each.endswith(".png") else each for each in line.split()]
        with contextlib.redirect_stdout(io.StringIO()):
            assert main(["--config", str(config), *arguments]) == 0
    engine = open_engine(assemble(config).settings.monitor.database)
    with engine.begin() as connection:  # from now on it follows the clock that a test puts on
        connection.execute(update(monitor).values(mode="live"))
    engine.dispose()


@dataclass
class Clock:
    """A clock that stands until it is put on."""

    moment: datetime = datetime(2024, 1, 12, 1, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def pass_by(self, **time: float) -> None:
        self.moment += timedelta(**time)


@dataclass
class Browser:
    """Somebody who looks at the page, keeps its cookies and sends its forms."""

    client: TestClient

    def get(self, path: str, **options):
        return self.client.get(path, follow_redirects=False, **options)

    def send(self, path: str, on: str | None = None, **fields: str):
        """Send the form for `path` that stands on the page `on`."""
        token = token_on(self.get(on or path).text)
        return self.post(path, token=token, **fields)

    def post(self, path: str, **fields: str):
        """Send a form as it is."""
        return self.client.post(path, data=fields, follow_redirects=False)

    def ask(self, address: str, wanted: str = "/"):
        return self.send("/sign-in", address=address, next=wanted)

    @property
    def is_signed_in(self) -> bool:
        return self.get("/").status_code == 200


def token_on(page: str) -> str:
    """What the first form of a page says to be one of ours."""
    found = re.search(r'name="token" value="([^"]*)"', page)
    assert found, f"no form: {page}"
    return found[1]


@dataclass
class Office:
    """The page and what stands behind it."""

    engine: Engine
    reader: Engine
    clock: Clock
    config: Path
    assembly: Assembly
    application: object = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Make the page anew, as a new process does."""
        self.application = make_application(Site(self.engine, self.reader, lambda: self.assembly, self.clock))

    def browser(self, address: str = ADDRESS, client: str = "192.0.2.1", **options) -> Browser:
        made = TestClient(self.application, address, client=(client, 50000), **options)
        made.headers["accept-language"] = "en"
        return Browser(made)

    def mails(self, address: str) -> list[str]:
        """The texts of the mails with links to that address, the oldest first."""
        wanted = select(message.c.raw).where(message.c.kind == "sign-in", message.c.recipient == address)
        with self.engine.connect() as connection:
            raws = connection.scalars(wanted.order_by(message.c.id)).all()
        return [
            message_from_bytes(raw, policy=policy.default).get_body(("plain",)).get_content() for raw in raws
        ]

    def link(self, address: str) -> str:
        """The path of the newest link that was sent there."""
        return re.findall(rf"{ADDRESS}(/sign-in/\S+)", self.mails(address)[-1])[0]

    def signed_in(self, address: str, wanted: str = "/", **options) -> Browser:
        browser = self.browser(**options)
        browser.ask(address, wanted)
        done = browser.send(self.link(address))
        assert (done.status_code, done.headers["location"]) == (303, wanted)
        return browser

    def program(self, organisation: str, *more: str) -> Browser:
        """A program with a token for that organisation."""
        told = io.StringIO()
        add = ["token", "add", "--name", "any", "--organisation", organisation, *more]
        with contextlib.redirect_stdout(told):
            assert main(["--config", str(self.config), *add]) == 0
        program = self.browser()
        program.client.headers["authorization"] = f"Bearer {told.getvalue().split()[-1]}"
        return program

    def register(self, change: Callable[[str], str]) -> None:
        """Change config.toml; the daemon takes it in."""
        self.config.write_text(change(self.config.read_text()))
        self.assembly = assemble(self.config)
