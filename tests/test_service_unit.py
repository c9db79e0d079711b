"""The unit for systemd: what systemd itself says of it; and the container: that it finds what it copies."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
UNIT = PROJECT / "packaging" / "iltod.service"
CONTAINER = PROJECT / "packaging" / "Containerfile"
PROGRAM = "/opt/iltod/bin/iltod"
EXPOSURE = 2.0
"""Out of 10; systemd calls up to 2 "ok", the safest that it calls a service with a network."""

with_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed here"
)


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with a program that is there."""
    text = UNIT.read_text(encoding="utf-8")
    assert text.count(PROGRAM) == 1
    copy = tmp_path / UNIT.name
    copy.write_text(text.replace(PROGRAM, "/bin/true"), encoding="utf-8")
    return copy


@with_systemd
def test_systemd_finds_no_fault_in_the_unit(unit: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@with_systemd
def test_a_fault_in_the_unit_would_be_found(unit: Path) -> None:
    unit.write_text(unit.read_text("utf-8").replace("WatchdogSec=", "WatchDogSec="), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False, timeout=60
    )
    assert "WatchDogSec" in done.stderr


@with_systemd
def test_systemd_finds_the_service_safe(unit: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=yes", f"--threshold={int(EXPOSURE * 10)}", unit]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    level = re.search(r"Overall exposure level for iltod.service: ([\d.]+)", done.stdout)
    assert level, done.stdout
    assert float(level[1]) <= EXPOSURE
    assert done.returncode == 0


def test_every_setting_of_the_unit_stands_under_a_comment_that_says_what_it_is_for() -> None:
    explained = False
    for line in UNIT.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            explained = True
        elif not line:
            explained = False
        elif not line.startswith("["):
            assert explained or line.startswith("Description="), line


def test_the_unit_calls_no_program_that_a_bare_debian_lacks() -> None:
    called = re.findall(r"^Exec\w+=(\S+)", UNIT.read_text(encoding="utf-8"), re.MULTILINE)
    assert called == [PROGRAM, "/bin/sh"]


def test_the_container_copies_what_there_is() -> None:
    text = CONTAINER.read_text(encoding="utf-8")
    copied = [
        word for line in re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.MULTILINE) for word in line.split()
    ]
    assert {"monitor", "notifications", "rules", "pyproject.toml", "packaging/*.lock"} <= set(copied)
    for each in copied:
        assert list(PROJECT.glob(each)), f"{each} is not there"
    assert re.findall(r"-r (\S+)", text) == ["packaging/requirements.lock", "packaging/build.lock"]
    assert "USER iltod" in text
