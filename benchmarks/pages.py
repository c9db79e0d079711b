"""How long the pages take, for somebody who sees the whole nation, by the number of obligations.

    python benchmarks/pages.py [ORGANISATIONS]...

Each organisation has 60 yearly duties. The application is served as `iltod serve` does it; the pages are asked for over
one kept connection, the median counts. Ratios are to the column before: a page should not cost by what is stored.
"""

import http.client
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from figures import keep
from nation import RULES, make_nation

from monitor.assembly import assemble
from monitor.clock import SystemClock
from monitor.configuration.settings import Listen
from monitor.core.subjects import Register
from monitor.storage.engine import open_engine, open_reader
from monitor.web.application import make_application
from monitor.web.server import bound, serving
from monitor.web.site import Site
from monitor.web.viewing import Viewer

PROGRAM = Path(sys.executable).with_name("iltod")
SIZES = (100, 1_000, 10_000)
ROUNDS = 25
MORNING = "2024-06-03T05:00"
"""Of each organisation's duties 25 are overdue and five due soon; it is too early to remind anybody."""
PAGES = {
    "overview": "/",
    "overdue, page 2": "/?state=overdue&page=2",
    "organisation": "/organisations/org-7",
    "duty": "/duties/org-7/nation.duty-9/2024",
    "calendar": "/calendar?year=2024",
    "people": "/people",
    "subscribe": "/subscribe",
    "public": "/public",
    "public office": "/public/org-7",
    "badge": "/public/org-7/badge.svg",
    "health": "/health",
    "metrics": "/metrics",
}


def make(folder: Path, organisations: int) -> Path:
    """A nation after one cycle; gives its configuration."""
    config = make_nation(folder, organisations, "sqlite:///nation.db")
    with config.open("a", encoding="utf-8") as file:
        file.write("[web]\npublic = true\n")
    command = [PROGRAM, "--config", config, "run", "--once", "--at", MORNING]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return config


def somebody(register: Register) -> Viewer:
    """Who sees and does everything everywhere."""
    everything = frozenset(register.ids)
    person = register.recipients[0]
    return Viewer(person.address, person, everything, everything, everything)


def measure(config: Path) -> dict[str, float]:
    """The median of each page, in milliseconds."""
    assembly = assemble(config)
    url = assembly.settings.monitor.database
    engine, reader = open_engine(url), open_reader(url)
    viewer = somebody(assembly.settings.register)
    site = Site(engine, reader, lambda: assembly, SystemClock())
    taken = bound(Listen("127.0.0.1", 0))
    port = taken.getsockname()[1]
    with serving(make_application(site, lambda _request: viewer), taken):
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        found = {name: median(line, path) for name, path in PAGES.items()}
        line.close()
    engine.dispose()
    reader.dispose()
    return found


def median(line: http.client.HTTPConnection, path: str) -> float:
    """In milliseconds; the first answer is not counted."""
    return statistics.median([ask(line, path) for _ in range(ROUNDS + 1)][1:]) * 1e3


def ask(line: http.client.HTTPConnection, path: str) -> float:
    """The seconds until the whole answer was there."""
    begun = time.perf_counter()
    line.request("GET", path, headers={"Host": "127.0.0.1:8470", "Accept-Encoding": "gzip"})
    answer = line.getresponse()
    answer.read()
    if answer.status not in (200, 503):  # a monitor that stands still says so
        raise SystemExit(f"{path} answered {answer.status}")
    return time.perf_counter() - begun


def main(sizes: list[int]) -> None:
    print(f"milliseconds until the whole page is there, median of {ROUNDS}")
    print(f"{'':18}" + "".join(f"{size * RULES:>14,}{'ratio':>7}" for size in sizes))
    columns = []
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="iltod-benchmark-") as folder:
            columns.append(measure(make(Path(folder), size)))
    for name in PAGES:
        cells = []
        for place, column in enumerate(columns):
            ratio = f"{column[name] / columns[place - 1][name]:.2f}" if place else ""
            cells.append(f"{column[name]:14.1f}{ratio:>7}")
        print(f"{name:18}" + "".join(cells))


if __name__ == "__main__":
    with keep("pages"):
        main([int(size) for size in sys.argv[1:]] or list(SIZES))
