"""The power fails at any moment: what was acknowledged is there when it is back, and everything holds together."""

import contextlib
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from monitor.cli import main
from tests.acceptance.power import CALLS, Call, Disk, calls_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("store", ["sqlite"], indirect=True),
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace, which sees the writes, is not there"),
]

AT = "2024-01-09T09:00"
SCRIPT = f"""
set -e
iltod run --once --at {AT}
iltod post sergelen/budget.approved/2024 --channel website --on 2024-01-08
iltod event add budget-amendment --organisation sergelen --on 2024-01-08
iltod post sergelen/budget.approved/2024 --channel noticeboard --on 2024-01-09
iltod waive sergelen/budget.draft/2025 --reason merged
iltod post sergelen/budget.amendment/e1 --channel website --on 2024-01-09
iltod posting withdraw p1 --reason storm
"""
ACKNOWLEDGED = {
    "cycle of": "SELECT count(*) FROM served",
    "posting p1 recorded": "SELECT count(*) FROM posting WHERE id = 1",
    "event e1 recorded": "SELECT count(*) FROM event WHERE id = 1",
    "posting p2 recorded": "SELECT count(*) FROM posting WHERE id = 2",
    "waived": "SELECT count(*) FROM waiver",
    "posting p3 recorded": "SELECT count(*) FROM posting WHERE id = 3",
    "posting p1 withdrawn": "SELECT count(*) FROM posting WHERE withdrawn_at IS NOT NULL",
}
"""What the program says, and what then is there for ever."""


@dataclass(frozen=True)
class Lived:
    """What an office recorded, and what its processes asked of the disk meanwhile."""

    config: Path
    database: Path
    calls: list[Call]


@pytest.fixture
def lived(office, tmp_path):
    office.configure(_CONFIG)
    trace = tmp_path / "trace"
    script = SCRIPT.replace("iltod ", f"{office.PROGRAM} --language en ")
    command = ["strace", "-f", "-y", "-xx", "-s", "100000", "-qq", "-o", trace, "-e", f"trace={CALLS}"]
    subprocess.run(
        [*command, "sh", "-c", script], cwd=office.folder, env=office.environment(), check=True, timeout=120
    )
    return Lived(office.folder / "config.toml", office.database, list(calls_of(trace.read_text("utf-8"))))


def lost_by(lived: Lived, disk: Disk, *, cuts: int, seed: int) -> list[str]:
    """What is broken or missing after cuts at many moments."""
    random, found = Random(seed), []
    moments = set(random.sample(range(len(lived.calls)), cuts))
    said: list[str] = []
    for moment, call in enumerate(lived.calls):
        disk.ask(call)
        if call.name == "append" and call.descriptor == 1 and call.data:
            said += [each for each in ACKNOWLEDGED if call.data.startswith(each.encode())]
            moments.add(moment + 1)  # whatever comes next
        if said and moment in moments:
            found += after_a_cut(lived, disk.after_a_cut(random), said, moment)
    assert said == list(ACKNOWLEDGED)
    return found


def after_a_cut(lived: Lived, files: dict[str, bytes], said: list[str], moment: int) -> list[str]:
    with tempfile.TemporaryDirectory(dir=lived.config.parent) as name:
        folder = Path(name)
        shutil.copy(lived.config, folder)
        for path, content in files.items():
            (folder / Path(path).name).write_bytes(content)
        if main(["--config", str(folder / "config.toml"), "journal", "verify"]) != 0:
            return [f"broken at {moment}"]
        with closing(sqlite3.connect(folder / "iltod.db")) as connection:
            if not is_sound(connection):
                return [f"damaged at {moment}"]
            return [f"{each} is lost at {moment}" for each in said if not is_there(connection, each)]


def is_sound(connection: sqlite3.Connection) -> bool:
    try:
        return connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    except sqlite3.DatabaseError:
        return False


def is_there(connection: sqlite3.Connection, said: str) -> bool:
    with contextlib.suppress(sqlite3.OperationalError):  # not even the table
        return connection.execute(ACKNOWLEDGED[said]).fetchone() != (0,)
    return False


def test_after_a_power_cut_at_any_moment_everything_acknowledged_is_there(lived):
    assert lost_by(lived, Disk(str(lived.database)), cuts=200, seed=1) == []


def test_a_disk_that_says_it_has_synced_and_has_not_is_found_out(lived):
    assert lost_by(lived, Disk(str(lived.database), syncs=False), cuts=20, seed=1)


_CONFIG = """
[monitor]
database = "sqlite:///iltod.db"
language = "en"
packs = ["budget"]

[[organisations]]
id = "sergelen"
name = "Сэргэлэн сумын ЗДТГ"
kind = "soum"
since = 2024-01-01
contacts = [{ role = "head", name = "Дарга", email = "head@sergelen.example" }]
"""
