"""How long the pages, the interface and the feeds take, on SQLite and on PostgreSQL, by the number of obligations.

    python benchmarks/pages.py [ORGANISATIONS]...

Each organisation has 60 yearly duties. The application is served as `iltod serve` does it; everything is asked for over
one kept connection, the median counts. The first columns are of somebody who sees the whole nation, with ratios to the
column before: a page should not cost by what is stored. The next two are of the largest nation, for who sees every
second aimag of it with all below, and for who sees one office. The last is the whole nation's, in pages that Starlette
serves the same way and that say nothing.
"""

import http.client
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from figures import keep
from nation import RULES, make_nation
from postgres import Server, server
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from monitor.assembly import Assembly, assemble
from monitor.clock import SystemClock
from monitor.configuration.settings import Listen
from monitor.feeds.addresses import Scope, make_feed
from monitor.storage.engine import open_engine, open_reader
from monitor.tokens import make_token
from monitor.web.application import make_application
from monitor.web.server import bound, serving
from monitor.web.site import Site
from monitor.web.viewing import Viewer

PROGRAM = Path(sys.executable).with_name("iltod")
SIZES = (100, 1_000, 10_000)
ROUNDS = 15
MORNING = "2024-06-03T05:00"
"""Of each organisation's duties 25 are overdue and five due soon; it is too early to remind anybody."""
NAMED = "%D0%B3%D0%B0%201"
"""Part of the names of one organisation in nine."""
KEY = "org-7/nation.duty-9/2024"
PAGES = {
    "overview": "/",
    "overdue, page 2": "/?state=overdue&page=2",
    "upcoming": "/?state=upcoming",
    "further on": f"/?state=overdue&after=overdue~2024-05-04~{KEY}",
    "part of a name": f"/?q={NAMED}",
    "the same, upcoming": f"/?q={NAMED}&state=upcoming",
    "below one": "/?under=org-0",
    "one duty": "/?rule=nation.duty-40",
    "the same, of a name": f"/?rule=nation.duty-40&q={NAMED}",
    "one role": "/?role=web",
    "another year": "/?year=2025",
    "organisation": "/organisations/org-7",
    "duty": f"/duties/{KEY}",
    "form": f"/duties/{KEY}/post",
    "calendar": "/calendar?year=2024",
    "people": "/people",
    "people by a name": f"/people?q={NAMED}",
    "subscribe": "/subscribe",
    "public": "/public",
    "public office": "/public/org-7",
    "badge": "/public/org-7/badge.svg",
    "health": "/health",
    "metrics": "/metrics",
}
CALLS = {
    "status": "/status",
    "status, 50": "/status?limit=50",
    "overdue": "/status?overdue=true&limit=50",
    "within 30 days": "/status?due_within=30&limit=50",
    "of a role": "/status?role=web&limit=50",
    "of a rule": "/status?rule=nation.duty-40&limit=50",
    "all": "/status?all=true&limit=50",
    "on a day": "/status?organisation=org-7&as_of=2024-06-01",
    "obligation": f"/obligations/{KEY}",
    "explanation": f"/obligations/{KEY}/explanation",
    "events": "/events",
    "postings": "/postings",
    "journal": "/journal",
    "mails": "/mails",
    "rules": "/rules",
    "organisations": "/organisations",
}
"""Of the interface. Where there is a further page, that is asked for too."""

Look = Callable[[str, str], http.client.HTTPResponse]


@dataclass(frozen=True)
class Seeing:
    """Somebody on the page, a token, and a feed: with the same rights."""

    viewer: Viewer
    token: str
    feed: str


def make(folder: Path, organisations: int, database: str) -> Path:
    """A nation after one cycle; gives its configuration."""
    config = make_nation(folder, organisations, database)
    with config.open("a", encoding="utf-8") as file:
        file.write("[web]\npublic = true\n")
    command = [PROGRAM, "--config", config, "run", "--once", "--at", MORNING]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return config


def those_who_see(site: Site, assembly: Assembly) -> dict[str, Seeing]:
    """Who sees and does everything: everywhere, below every second aimag, in one office."""
    register, now = assembly.settings.register, site.clock.now()
    tops = [each.id for each in register if each.parent is None]
    found = {}
    for name, above in {"nation": tops, "half": tops[::2], "office": ["org-7"]}.items():
        seen = frozenset(each for top in above for each in register.under(top))
        person = register.recipients[0]
        scope, of = (Scope.WHOLE, "") if name == "nation" else (Scope.ORGANISATION, above[0])
        with site.engine.begin() as connection:
            _, token = make_token(
                connection,
                assembly,
                now,
                "",
                name=name,
                organisations=above,
                records=True,
                waives=True,
                until=None,
            )
            _, feed = make_feed(connection, assembly, now, "", scope=scope, name=of, owner=None)
        found[name] = Seeing(Viewer(person.address, person, seen, seen, seen), token, feed.calendar)
    return found


def measure(config: Path) -> dict[str, dict[str, float]]:
    """The median of each page, by who sees it, in milliseconds."""
    assembly = assemble(config)
    url = assembly.settings.monitor.database
    engine, reader = open_engine(url), open_reader(url)
    assert reader is not None
    site = Site(engine, reader, lambda: assembly, SystemClock())
    found = {}
    for name, each in those_who_see(site, assembly).items():
        with line_to(make_application(site, lambda _request, viewer=each.viewer: viewer)) as line:
            found[name] = dict(medians(line, each))
    engine.dispose()
    reader.dispose()
    return found


def medians(line: http.client.HTTPConnection, seeing: Seeing) -> Iterator[tuple[str, float]]:
    for name, path in PAGES.items():
        yield name, median(line, path)[0]
    shown = {"Authorization": f"Bearer {seeing.token}"}
    for name, path in CALLS.items():
        taken, more = median(line, f"/api/v1{path}", shown)
        yield f"/api/v1 {name}", taken
        yield f"/api/v1 {name}, next", median(line, more, shown)[0] if more else 0.0
    calendar = seeing.feed[seeing.feed.index("/feeds/") :]
    yield "due dates (.ics)", median(line, calendar)[0]
    yield "news (.atom)", median(line, calendar.replace(".ics", ".atom"))[0]


def bare() -> float:
    """The median of a page that says nothing."""

    def nothing(_request: Request) -> HTMLResponse:
        return HTMLResponse("")

    with line_to(Starlette(routes=[Route("/", nothing)])) as line:
        return median(line, "/")[0]


@contextmanager
def line_to(application: ASGIApp) -> Iterator[http.client.HTTPConnection]:
    taken = bound(Listen("127.0.0.1", 0))
    with serving(application, taken):
        line = http.client.HTTPConnection("127.0.0.1", taken.getsockname()[1], timeout=60)
        yield line
        line.close()


def median(
    line: http.client.HTTPConnection, path: str, headers: Mapping[str, str] | None = None
) -> tuple[float, str]:
    """In milliseconds, and the address of the next page, if there is one; the first answer is not counted."""
    answers = [ask(line, path, headers or {}) for _ in range(ROUNDS + 1)]
    return statistics.median([seconds for seconds, _ in answers[1:]]) * 1e3, answers[0][1]


def ask(line: http.client.HTTPConnection, path: str, headers: Mapping[str, str]) -> tuple[float, str]:
    """The seconds until the whole answer was there."""
    begun = time.perf_counter()
    line.request("GET", path, headers={"Host": "127.0.0.1:8470", "Accept-Encoding": "gzip", **headers})
    answer = line.getresponse()
    answer.read()
    if answer.status not in (200, 503):  # a monitor that stands still says so
        raise SystemExit(f"{path} answered {answer.status}")
    more = answer.getheader("Link", "").partition(">")[0].removeprefix("<")
    return time.perf_counter() - begun, more


def main(sizes: list[int], postgres: Server) -> None:
    nothing = bare()
    print(
        f"milliseconds until the whole answer is there, median of {ROUNDS}; a bare page takes {nothing:.2f}"
    )
    for database in ("SQLite", "PostgreSQL"):
        columns = []
        for size in sizes:
            with tempfile.TemporaryDirectory(prefix="iltod-benchmark-") as folder:
                url = "sqlite:///nation.db" if database == "SQLite" else postgres.make("nation")
                columns.append(measure(make(Path(folder), size, url)))
        print(f"\n{database:26}" + "".join(f"{size * RULES:>9,}{'ratio':>6}" for size in sizes), end="")
        print(f"{'half':>8}{'office':>8}{'x bare':>8}")
        for name in columns[-1]["nation"]:
            if columns[-1]["nation"][name]:
                print(f"{name:26}" + "".join(row(name, columns, nothing)))


def row(name: str, columns: list[dict[str, dict[str, float]]], nothing: float) -> Iterator[str]:
    for place, column in enumerate(columns):
        now, before = column["nation"][name], columns[place - 1]["nation"][name] if place else 0.0
        yield f"{shown(now):>9}{f'{now / before:.2f}' if now and before else '':>6}"
    last = columns[-1]
    yield f"{shown(last['half'][name]):>8}{shown(last['office'][name]):>8}{last['nation'][name] / nothing:8.0f}"


def shown(taken: float) -> str:
    return f"{taken:.1f}" if taken else ""


if __name__ == "__main__":
    with keep("pages"), server() as running:
        main([int(size) for size in sys.argv[1:]] or list(SIZES), running)
