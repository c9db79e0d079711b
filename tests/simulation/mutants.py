"""`make mutants`: known faults, each planted into a copy of the program, which the simulation or a test must then fail.

A line that a fault replaces and that is no longer there is an error: then the fault is to be written anew.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIMIT = 60
"""Seconds; each must be found within a minute."""
_COPIED = ("monitor", "notifications", "rules", "tests", "pyproject.toml", "config.toml")
_JOBS = 2


@dataclass(frozen=True)
class Edit:
    """One place in the program, as it is and as the fault has it."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    """A known fault, and what must fail of it."""

    name: str
    edits: Sequence[Edit]
    found_by: Sequence[str]
    """The arguments of `python`, in the copy."""


def simulated(seed: int, years: int = 12) -> tuple[str, ...]:
    """That the simulation finds it, from that seed on."""
    return ("-m", "tests.simulation", "--seed", str(seed), "--years", str(years), "--first")


def tested(*names: str) -> tuple[str, ...]:
    """That those tests find it."""
    return ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-x", *names)


MUTANTS = (
    Mutant(
        "record before sending",
        (
            Edit(
                "notifications/delivering.py",
                "            outcome = await self._send(lane, claimed, previous)\n",
                "            self._record_soon(Attempt(claimed, 'smtp', started_at, self.now(), Sent()))\n"
                "            self._record_ended()\n"
                "            outcome = await self._send(lane, claimed, previous)\n",
            ),
            Edit(
                "notifications/delivering.py",
                "import Outcome, Permanent, Unanswered, Unreachable",
                "import Outcome, Permanent, Sent, Unanswered, Unreachable",
            ),
        ),
        simulated(1),
    ),
    Mutant(
        "no unique key",
        (
            Edit(
                "notifications/tables.py",
                '            "kind",\n            unique=True,',
                '            "kind",\n            unique=False,',
            ),
        ),
        tested("tests/notifications/test_outbox.py", "tests/notifications/test_crashes.py"),
    ),
    Mutant(
        "clock read in the core",
        (
            Edit(
                "monitor/core/plan.py",
                "return assess(circumstances, postings_for(obligation, facts.postings), day, law.keep_until)",
                "return assess(circumstances, postings_for(obligation, facts.postings), date.today(), law.keep_until)",
            ),
        ),
        simulated(1),
    ),
    Mutant(
        "exact-day reminder query",
        (
            Edit(
                "monitor/core/stages.py",
                "leads = [stage for stage in self._leads(act_by) if stage.on <= today]",
                "leads = [stage for stage in self._leads(act_by) if stage.on == today]",
            ),
        ),
        simulated(1),
    ),
    Mutant(
        "swallowed error",
        (
            Edit(
                "monitor/daemon.py",
                "            self._last_cycle = None\n            self.",
                "            self.",
            ),
        ),
        simulated(1),
    ),
    Mutant(
        "lease never expiring",
        (
            Edit(
                "notifications/outbox.py",
                ".where(or_(delivery.c.state == DeliveryState.QUEUED, delivery.c.lease_until <= now))",
                ".where(delivery.c.state == DeliveryState.QUEUED)",
            ),
        ),
        tested("tests/notifications/test_outbox.py", "-m", "not slow", "-k", "lease"),
    ),
    Mutant(
        "retry without the same Message-ID",
        (
            Edit(
                "notifications/delivering.py",
                "return await lane.send(claimed.parcel, cleared)",
                'again = claimed.parcel.raw.replace(b"Message-ID: <", b"Message-ID: <%d." % self.now().timestamp())\n'
                "            from dataclasses import replace\n\n"
                "            return await lane.send(replace(claimed.parcel, raw=again), cleared)",
            ),
        ),
        simulated(1),
    ),
    Mutant(
        "stale outcome",
        (
            Edit(
                "monitor/storage/applying.py",
                'for name in self._changed[0] if name != "key"',
                'for name in self._changed[0] if name not in ("key", "outcome")',
            ),
        ),
        simulated(1),
    ),
    Mutant(
        "unlocked second daemon",
        (Edit("monitor/lock.py", "fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)", "pass"),),
        simulated(1),
    ),
    Mutant(
        "skipped decree",
        (Edit("monitor/cycle.py", "    work_all_out_anew(connection)\n", ""),),
        simulated(3),
    ),
)


def edited(mutant: Mutant) -> dict[str, str]:
    """The files with the fault in them; raises `ValueError` where what an edit replaces does not stand there once."""
    found: dict[str, str] = {}
    for edit in mutant.edits:
        text = found.get(edit.file) or (ROOT / edit.file).read_text("utf-8")
        if text.count(edit.old) != 1:
            raise ValueError(f"{edit.file} has not once: {edit.old}")
        found[edit.file] = text.replace(edit.old, edit.new)
    return found


@contextmanager
def planted(mutant: Mutant) -> Iterator[Path]:
    """A copy of the program with the fault in it."""
    with tempfile.TemporaryDirectory(prefix="iltod-mutant-") as name:
        folder = Path(name)
        for each in _COPIED:
            if (ROOT / each).is_dir():
                shutil.copytree(ROOT / each, folder / each, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / each, folder / each)
        for file, text in edited(mutant).items():
            (folder / file).write_text(text, "utf-8")
        yield folder


def hunt(mutant: Mutant) -> tuple[bool, str]:
    """Whether it was found in time, and a line about it."""
    begun = time.monotonic()
    with planted(mutant) as folder:
        environment = os.environ | {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            done = subprocess.run(
                [sys.executable, *mutant.found_by],
                cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=LIMIT,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return False, f"NOT FOUND  {mutant.name:<36} {LIMIT:>3} s"
    said = [line for line in done.stdout.splitlines() if "BROKEN" in line or line.startswith("FAILED")]
    found = done.returncode == 1 and bool(said)
    word = "found" if found else "NOT FOUND"
    why = said[0] if said else (done.stdout + done.stderr)[-200:]
    return found, f"{word:<10} {mutant.name:<36} {time.monotonic() - begun:>3.0f} s  {why[:150]}"


def main() -> int:
    """Hunt them all."""
    names = sys.argv[1:]
    wanted = [each for each in MUTANTS if not names or any(name in each.name for name in names)]
    missed = 0
    with ThreadPoolExecutor(_JOBS) as pool:
        for found, line in pool.map(hunt, wanted):
            print(line, flush=True)
            missed += not found
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
