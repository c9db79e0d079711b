"""A morning in which everybody has to be told something: two people in each of so many organisations.

    python benchmarks/morning.py [ORGANISATIONS]...

Each organisation owes 60 yearly duties. The cycle before the sending time has opened them; what is measured is the
process that runs at the sending time, `iltod run --once`: it decides, renders, queues and hands over one mail a person
to a server on loopback that takes everything, and records each answer. A second run right after it tells nobody.
Ratios are of processor time, to the line above.
"""

import sys
import tempfile
from pathlib import Path

from figures import keep
from first_cycle import Cost, run
from nation import RULES, make_nation
from postgres import Server, server
from sending import sink

SIZES = (100, 1_000, 10_000)
NIGHT, MORNING, AFTER = "2024-01-05T05:00", "2024-01-05T09:00", "2024-01-05T09:10"


def measure(folder: Path, organisations: int, database: str, port: int) -> tuple[Cost, Cost]:
    """The morning, and the run after it."""
    config = make_nation(folder, organisations, database)
    written = config.read_text(encoding="utf-8").replace(
        'path = "mail"',
        f'transport = "smtp"\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\nconnections = 16',
    )
    config.write_text(written, encoding="utf-8")
    run(config, NIGHT)
    return run(config, MORNING), run(config, AFTER)


def measure_all(sizes: list[int], postgres: Server, port: int) -> None:
    print(
        f"{RULES} yearly duties, two people an organisation; seconds, of them its own processor time, and MiB"
    )
    heads = ("people", "morning", "processor", "ratio", "us a mail", "MiB", "after it", "MiB")
    print(" " * 10, *(f"{head:>10}" for head in heads))
    for name in ("SQLite", "PostgreSQL"):
        before = None
        for size in sizes:
            with tempfile.TemporaryDirectory(prefix="iltod-benchmark-") as folder:
                database = "sqlite:///nation.db" if name == "SQLite" else postgres.make("nation")
                morning, after = measure(Path(folder), size, database, port)
            ratio = f"{morning.processor / before.processor:.2f}" if before else ""
            print(
                f"{name:10} {2 * size:10,} {morning.seconds:10.2f} {morning.processor:10.2f} {ratio:>10} "
                f"{morning.seconds / size / 2 * 1e6:10.0f} {morning.megabytes:10.0f} {after.seconds:10.2f} "
                f"{after.megabytes:10.0f}",
                flush=True,
            )
            before = morning


if __name__ == "__main__":
    asked = [int(size) for size in sys.argv[1:]] or list(SIZES)
    with keep("morning"), server() as running, sink() as listening:
        measure_all(asked, running, listening)
