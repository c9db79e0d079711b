"""How long `iltod status` takes as a whole process, from a warm cache, beside the least that there is.

    python benchmarks/status.py [ORGANISATIONS]...

On SQLite the least is `python -c pass` with the same Python, and the same question through SQLModel stands beside
it; on PostgreSQL it is a bare script that sends the same statement by psycopg. Each run of ours is paired with one of
the other, right before it, and the median of the ratios counts: so it hardly matters what else the machine does.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from figures import keep
from nation import RULES, make_nation
from postgres import server

from monitor.storage.reading import NAME
from monitor.storage.standing import Asked, Query

PYTHON = sys.executable
PROGRAM = str(Path(PYTHON).with_name("iltod"))
SIZES = (17, 10_000)
ROUNDS = 30
AS_INSTALLED = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Compiled once, as it is for whoever installs it: otherwise every start would compile the program anew."""
DAY, MORNING = date(2024, 6, 3), "2024-06-03T05:00"
"""Of the 60 duties 25 are overdue and five due soon; it is too early to remind anybody."""
ONE_YEAR = "in_force = { from = 2024-01-01, until = 2024-12-31 }"
QUESTIONS = {
    "--organisation org-7": Asked(organisations=("org-7",)),
    "--check": Asked(),
    "--limit 50": Asked(limit=50),
}

SQLMODEL = """
from datetime import date
from sqlmodel import Session, create_engine, select
from monitor.storage.tables import CardRow, ObligationRow
day = date(2024, 6, 3)
wanted = select(ObligationRow, CardRow).join(CardRow).where(ObligationRow.settled == False)
wanted = wanted.where((ObligationRow.due_on < day) | (ObligationRow.soon_from <= day))
wanted = wanted.order_by(ObligationRow.due_on, ObligationRow.key).limit(50)
with Session(create_engine("sqlite:///{database}")) as session:
    for obligation, card in session.exec(wanted):
        print(obligation.due_on, obligation.key, card.content["title"]["mn"])
"""
PSYCOPG = """
import psycopg
with psycopg.connect({address!r}) as connection:
    for statement in {statements!r}:
        for row in connection.execute(statement, {values!r}).fetchall():
            print(*row)
"""


def make(folder: Path, organisations: int, database: str) -> Path:
    """A nation after one cycle; gives its configuration."""
    config = make_nation(folder, organisations, database)
    pack = folder / "pack.toml"
    pack.write_text(pack.read_text("utf-8").replace("\nconfidence", f"\n{ONE_YEAR}\nconfidence"), "utf-8")
    subprocess.run(
        [PROGRAM, "--config", config, "run", "--once", "--at", MORNING], check=True, stdout=subprocess.DEVNULL
    )
    return config


def ratio(ours: Sequence[str], least: Sequence[str]) -> float:
    """How many times as long as the least, in wall time."""
    for warming in (ours, least):
        seconds(warming)
    return statistics.median(seconds(ours) / seconds(least) for _ in range(ROUNDS))


def seconds(command: Sequence[str]) -> float:
    """The wall time of a process, what it says thrown away."""
    begun = time.perf_counter()
    process = os.posix_spawn(
        command[0], command, AS_INSTALLED, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    )
    os.waitpid(process, 0)
    return time.perf_counter() - begun


def asks(config: Path, question: str) -> list[str]:
    return [PROGRAM, "--config", str(config), "status", *question.split()]


def bare(address: str, asked: Asked, *, only_counts: bool) -> list[str]:
    """A script that sends what `status` sends for its answer."""
    query = Query({"Asia/Ulaanbaatar": DAY}, asked, None)
    sent = [query.summary()] if only_counts else list(query.lines())
    statements = [NAME.sub(r"%(\1)s", statement) for statement in sent]
    values = {name: str(each) if isinstance(each, date) else each for name, each in query.values.items()}
    script = PSYCOPG.format(
        address=address.replace("+psycopg", "", 1),
        statements=statements,
        values=values | {"limit": asked.limit},
    )
    return [PYTHON, "-c", script]


def measure_sqlite(organisations: int) -> None:
    with tempfile.TemporaryDirectory(prefix="iltod-benchmark-") as folder:
        config = make(Path(folder), organisations, "sqlite:///nation.db")
        least = [PYTHON, "-c", "pass"]
        cells = [ratio(asks(config, question), least) for question in QUESTIONS]
        cells.append(ratio([PYTHON, "-c", SQLMODEL.format(database=config.parent / "nation.db")], least))
        show("SQLite", organisations, cells)


def measure_postgresql(organisations: int) -> None:
    with server() as running, tempfile.TemporaryDirectory(prefix="iltod-benchmark-") as folder:
        address = running.make("nation")
        config = make(Path(folder), organisations, address)
        cells = [
            ratio(asks(config, question), bare(address, asked, only_counts=question == "--check"))
            for question, asked in QUESTIONS.items()
        ]
        show("PostgreSQL", organisations, cells)


def show(name: str, organisations: int, cells: Sequence[float]) -> None:
    print(
        f"{name:11} {organisations * RULES:>11,} " + " ".join(f"{cell:>21.2f}" for cell in cells), flush=True
    )


def main(sizes: Sequence[int]) -> None:
    heads = " ".join(f"{head:>21}" for head in (*QUESTIONS, "SQLModel, 50 of all"))
    print(f"{'':11} {'obligations':>11} {heads}")
    for size in sizes:
        measure_sqlite(size)
    for size in sizes:
        measure_postgresql(size)


if __name__ == "__main__":
    with keep("status"):
        main([int(size) for size in sys.argv[1:]] or SIZES)
