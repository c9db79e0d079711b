"""What the tests of the rules share: the shipped calendar, a plain one, and packs written on the spot."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rules.calendars import shipped_calendar
from rules.due import RuleBook
from rules.limits import Limit
from rules.loading import load_packs
from rules.workdays import WorkingCalendar, make_calendar

MakeBook = Callable[..., RuleBook]


@pytest.fixture(scope="session")
def mongolia() -> WorkingCalendar:
    return shipped_calendar("MN")


@pytest.fixture(scope="session")
def plain() -> WorkingCalendar:
    """Saturdays and Sundays off, and nothing else."""
    return make_calendar({})


@pytest.fixture
def make_book(tmp_path: Path, mongolia: WorkingCalendar) -> MakeBook:
    """A rule book of one pack, `p`, whose rules are given as TOML: what differs from a duty that is complete."""

    def make(*rules: str, calendar: WorkingCalendar = mongolia, promptly: str = "3 working days") -> RuleBook:
        pack = tmp_path / "p.toml"
        pack.write_text(pack_of(*rules), encoding="utf-8")
        return RuleBook(load_packs([str(pack)], tmp_path), calendar, Limit.parse(promptly))

    return make


def pack_of(*rules: str) -> str:
    """The text of a pack whose rules say only what matters to a test."""
    head = 'pack = "p"\nversion = "1"\nreviewed = 2026-11-23\njurisdiction = "MN"\ntitle = { mn = "п", en = "p" }\n'
    return head + "".join(f"[[rule]]\n{rule}\n{_REST}" for rule in rules)


_REST = """
title = { mn = "журам", en = "rule" }
applies_to = ["soum"]
channels = ["website"]
responsible = ["finance"]
confidence = "primary"
basis = { source = "A law", item = "1.2", words = "within the limit" }
"""
