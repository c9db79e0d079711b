"""docs/operating.md and the officer's guide: their commands can be read, and what is to be explained is explained."""

import re
import shlex
from argparse import Namespace
from pathlib import Path

import pytest

from monitor.cli.parser import build_parser
from monitor.core.status import State
from monitor.health import _TROUBLES
from monitor.storage.standing import ORDER
from monitor.wording import speech, state_word

PROJECT = Path(__file__).parents[1]
OPERATING = (PROJECT / "docs" / "operating.md").read_text(encoding="utf-8")
GUIDE = (PROJECT / "docs" / "guide.mn.md").read_text(encoding="utf-8")


def commands(page: str) -> list[str]:
    """Every `iltod` command of its shell blocks, and those in its running text that are whole."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    lines = [line.split("   #")[0].strip() for block in blocks for line in block.splitlines()]
    spoken = re.findall(r"`(iltod [a-z][^`]*)`", page)
    return [each for each in (*lines, *spoken) if each.startswith("iltod ") and "iltod ..." not in each]


def parsed(command: str) -> Namespace:
    """As argparse reads it; what stands for something of one's own is a word, too; what the shell takes is left out."""
    command, _, _ = command.partition(" >")
    words = shlex.split(command.replace("...", "x").replace(" ID", " m1").replace("ТҮЛХҮҮР", "a/b.c/2024"))[
        1:
    ]
    return build_parser("en").parse_args(words)


@pytest.mark.parametrize("command", [*commands(OPERATING), *commands(GUIDE)])
def test_a_command_can_be_read_as_it_is_written(command: str) -> None:
    assert parsed(command).command


def rows(page: str, heading: str) -> set[str]:
    """Whatever stands in code in the first cells of the tables under a heading."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", page, re.MULTILINE | re.DOTALL)
    assert found, heading
    cells = re.findall(r"^\| (`[^|]*) \|", found[1], re.MULTILINE)
    return {word for cell in cells for word in re.findall(r"`([^`]+)`", cell)}


def in_sources(pattern: str, *names: str) -> set[str]:
    return {
        each
        for name in names
        for each in re.findall(pattern, (PROJECT / "monitor" / name).read_text(encoding="utf-8"))
    }


def test_every_reason_of_health_is_explained() -> None:
    ids = in_sources(r'Reason\(\s*"([a-z-]+)"', "health.py") | set(_TROUBLES)
    assert len(ids) > len(_TROUBLES) + 5
    assert ids <= rows(OPERATING, "Why it is not well")


def test_every_metric_is_explained_and_no_other() -> None:
    names = in_sources(r'"(iltod_[a-z_]+)"', "metrics.py")
    assert {name + ("_info" if name == "iltod_build" else "") for name in names} == rows(OPERATING, "Metrics")


def test_every_warning_is_explained() -> None:
    ids = in_sources(r'Problem\(\s*"([a-z-]+)"', "checks.py", "cli/checking.py")
    assert len(ids) > 15
    assert ids <= rows(OPERATING, "Warnings")


def test_the_officer_reads_every_state_in_the_words_of_the_program() -> None:
    told = re.findall(r"^\| ([^|`]+) \|", GUIDE.partition("## Төлөв гэж юу вэ")[2], re.MULTILINE)
    words = [state_word(State(state)).say(speech("mn")) for state in ORDER]
    assert told[1:] == words


def test_what_the_unit_and_the_page_name_is_the_same() -> None:
    unit = (PROJECT / "packaging" / "iltod.service").read_text(encoding="utf-8")
    own = "/etc/systemd/system/iltod.service.d/local.conf"
    for path in ("/opt/iltod/bin/iltod", "/var/lib/iltod/config.toml", own):
        assert path in unit
        assert path in OPERATING
