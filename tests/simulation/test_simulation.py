"""Whole made-up years in which everything goes wrong that can: no promise is broken. See `make simulate`."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.mutants import MUTANTS, Mutant, edited

ROOT = Path(__file__).parents[2]


def simulate(*options: str) -> str:
    """As `make simulate` does; what came of it."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation", *options],
        cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": "0"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_made_up_year_breaks_no_promise() -> None:
    assert "1 of 1 years held" in simulate("--seed", "1")


@pytest.mark.parametrize("mutant", MUTANTS, ids=[each.name for each in MUTANTS])
def test_a_fault_that_must_be_found_can_still_be_planted(mutant: Mutant) -> None:
    for file, text in edited(mutant).items():
        compile(text, file, "exec")


@pytest.mark.slow
def test_a_seed_replays_exactly_whatever_its_process_has_lived_through_before() -> None:
    """Its first start in that year finds the database busy, if there is one already."""
    alone, after_another = simulate("--seed", "2608"), simulate("--seed", "2607", "--years", "2")
    assert _course_of(2608, alone) == _course_of(2608, after_another)


def _course_of(seed: int, said: str) -> str:
    """What is told of its year, down to the digest of all that happened; how long that took may differ."""
    (line,) = (each for each in said.splitlines() if each.startswith(f"seed {seed}:"))
    return line.rpartition(",")[0]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_made_up_years_on_postgresql_break_no_promise_though_two_daemons_share_them() -> None:
    """In these two everything strikes that can on a server."""
    after_another = simulate("--postgres", "--seed", "6", "--years", "2")
    alone = simulate("--postgres", "--seed", "7")
    assert "2 of 2 years held" in after_another
    assert _course_of(7, alone) == _course_of(7, after_another)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_thirty_made_up_years_break_no_promise_whatever_clocks_decrees_and_laws_do() -> None:
    said = simulate("--seed", "1000", "--years", "30", "--jobs", "2")
    assert "30 of 30 years held" in said
    for wanted in (r"[1-9]\d* decrees", r"[1-9]\d* laws", r"clock [1-9]\d* ahead", r"ahead [1-9]\d* back"):
        assert len(re.findall(wanted, said)) >= 5, f"{wanted} in fewer than five years"
