"""What the first cycle costs, and a quiet one, by the number of organisations, on SQLite and on PostgreSQL.

    python benchmarks/first_cycle.py [ORGANISATIONS]...

Each organisation has 60 yearly rules and three contacts. Every figure is of a whole process, `iltod run --once`, its
start included: the wall time, the processor time, of which the ratio to the line above it is taken, and the most memory
that it held. The first cycle opens everything, before the sending
time; the quiet one is ten minutes later, when nothing is due.
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from figures import keep
from nation import RULES, make_nation
from postgres import Server, server

PROGRAM = Path(sys.executable).with_name("iltod")
SIZES = (100, 1_000, 10_000)
QUIET_ROUNDS = 5


@dataclass(frozen=True)
class Cost:
    """Of one process."""

    seconds: float
    processor: float
    """Seconds of processor time, the database server's apart: what it would take alone on the machine, at least."""
    megabytes: float


@dataclass(frozen=True)
class Measured:
    """Of one database."""

    first: Cost
    quiet: Cost


def run(config: Path, moment: str) -> Cost:
    """A cycle of that moment in a process of its own."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [PROGRAM, "--config", config, "run", "--once", "--at", moment], stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"the cycle of {moment} has failed")
    return Cost(time.perf_counter() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def measure(folder: Path, organisations: int, database: str) -> Measured:
    config = make_nation(folder, organisations, database)
    first = run(config, "2024-01-05T05:00")
    quiet = min(
        (run(config, f"2024-01-05T05:1{n}") for n in range(QUIET_ROUNDS)), key=lambda cost: cost.seconds
    )
    return Measured(first, quiet)


def measure_all(sizes: list[int], postgres: Server) -> None:
    print(
        f"{RULES} yearly rules, {os.cpu_count()} processors; seconds, of them its own processor time, and MiB"
    )
    heads = (
        "organisations",
        "first cycle",
        "processor",
        "ratio",
        "MiB",
        "quiet cycle",
        "processor",
        "ratio",
        "MiB",
    )
    print(" " * 10, *(f"{head:>{max(9, len(head))}}" for head in heads))
    for name in ("SQLite", "PostgreSQL"):
        before = None
        for size in sizes:
            with tempfile.TemporaryDirectory(prefix="iltod-benchmark-") as folder:
                database = "sqlite:///nation.db" if name == "SQLite" else postgres.make("nation")
                found = measure(Path(folder), size, database)
            row = [f"{size:13,}"]
            for cost, earlier in (
                (found.first, before.first if before else None),
                (found.quiet, before.quiet if before else None),
            ):
                ratio = f"{cost.processor / earlier.processor:.2f}" if earlier else ""
                row += [
                    f"{cost.seconds:11.2f}",
                    f"{cost.processor:9.2f}",
                    f"{ratio:>9}",
                    f"{cost.megabytes:9.0f}",
                ]
            print(f"{name:10}", *row, flush=True)
            before = found


if __name__ == "__main__":
    with keep("first_cycle"), server() as running:
        measure_all([int(size) for size in sys.argv[1:]] or list(SIZES), running)
