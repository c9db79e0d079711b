"""`make simulate`: years of the simulated world, one from each seed."""

import argparse
import gc
import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from functools import cache, partial
from pathlib import Path

import structlog

from tests.postgres_server import PostgresServer, memory

HASH_SEED = "0"


def main() -> int:
    """Live through the years that were asked for, and say which broke."""
    parser = argparse.ArgumentParser(prog="make simulate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--years", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument(
        "--postgres", action="store_true", help="on a PostgreSQL server, which two daemons share"
    )
    parser.add_argument("--trace", action="store_true")
    parser.add_argument("--first", action="store_true", help="end with the first year that breaks")
    args = parser.parse_args()
    begun = time.monotonic()
    seeds = range(args.seed, args.seed + args.years)
    broken = held = 0
    for line, good in _results(seeds, args.jobs, trace=args.trace, on_postgres=args.postgres):
        print(line, flush=True)
        broken, held = broken + (not good), held + good
        if broken and args.first:
            break
    print(f"{held} of {args.years} years held, in {time.monotonic() - begun:.0f} s")
    return 1 if broken else 0


def _results(seeds: range, jobs: int, *, trace: bool, on_postgres: bool) -> Iterator[tuple[str, bool]]:
    with (
        tempfile.TemporaryDirectory(prefix="iltod-simulation-", dir=memory()) as name,
        _server() if on_postgres else nullcontext() as server,
    ):
        live_through = partial(one_year, folder=Path(name), trace=trace, server=server)
        if jobs == 1:
            yield from map(live_through, seeds)
            return
        with ProcessPoolExecutor(jobs) as pool:
            yield from pool.map(live_through, seeds)


@contextmanager
def _server() -> Iterator[str]:
    """The address at which databases are made."""
    server = PostgresServer()
    try:
        server.leave_statistics_alone()
        yield server.url("{database}")
    finally:
        server.end()


@cache
def _workshop(folder: Path, server: str | None):
    """One for all years of this process."""
    from tests.simulation.on_postgres import PostgresDatabase  # noqa: PLC0415 -- after the hash seed is set
    from tests.simulation.on_sqlite import SqliteFile  # noqa: PLC0415 -- as above
    from tests.simulation.workshop import Workshop  # noqa: PLC0415 -- as above

    logging.getLogger("asyncio").disabled = True  # it tells of each kill in a callback
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    mine = folder / str(os.getpid())
    mine.mkdir()
    return Workshop(mine, PostgresDatabase.made_on(server) if server else SqliteFile(mine))


def one_year(seed: int, folder: Path, *, trace: bool = False, server: str | None = None) -> tuple[str, bool]:
    """What came of a seed, in a line, and whether everything held."""
    from tests.simulation.year import live  # noqa: PLC0415 -- as above

    place = _workshop(folder, server)
    begun = time.process_time()
    lines: list[str] = []
    try:
        year = live(seed, place, print if trace else lines.append)
    except Exception as error:
        if os.environ.get("DEBUG"):
            raise
        last = "\n    ".join(lines[-12:])
        again = "python -m tests.simulation --postgres --seed " if server else "make simulate SEED="
        return (
            f"seed {seed}: BROKEN: {type(error).__name__}: {error}\n    {last}\n  again: {again}{seed}",
            False,
        )
    spent = time.process_time() - begun
    return (
        f"seed {seed}: {year.days} days lived, {year.leapt} leapt, {year.told} items told, {year.mails} mails taken,"
        f" {year.kills} kills, {year.decrees} decrees, {year.laws} laws,"
        f" clock {year.clock_ahead} ahead {year.clock_back} back, {year.trace.hexdigest()[:12]}, {spent:.1f} s"
    ), True


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != HASH_SEED:  # what a set gives first is chance too
        os.execve(
            sys.executable,
            [sys.executable, "-m", "tests.simulation", *sys.argv[1:]],
            os.environ | {"PYTHONHASHSEED": HASH_SEED},
        )
    sys.exit(main())
