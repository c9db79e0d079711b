"""The wheel, installed elsewhere: it brings its packs, templates, catalogs and migrations."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
PACKAGES = ("monitor", "notifications", "rules")

pytestmark = pytest.mark.slow

CONFIG = """
[monitor]
database = "sqlite:///iltod.db"
packs = ["budget", "integrity", "iaac", "drafts", "glass-account", "petitions"]

[[organisations]]
id = "sergelen"
name = "Сэргэлэн сумын ЗДТГ"
kind = "soum"
since = 2024-01-01
contacts = [{ role = "head", name = "Head", email = "head@sergelen.example" }]

[mail]
path = "mail"
"""


@dataclass(frozen=True)
class Installed:
    """The program in an environment of its own, typed in a folder far from the source."""

    environment: Path
    folder: Path

    def run(self, program: str, *arguments: str) -> str:
        clean = {
            name: value for name, value in os.environ.items() if name not in ("ILTOD_CONFIG", "PYTHONPATH")
        }
        done = subprocess.run(
            [self.environment / "bin" / program, *arguments],
            cwd=self.folder,
            env=clean,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder]
    subprocess.run(build, cwd=PROJECT, check=True, capture_output=True, timeout=120)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel alone is installed; what it depends on is lent by the environment of the tests."""
    environment = tmp_path_factory.mktemp("elsewhere") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True, timeout=120)
    python = environment / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "install", "--quiet", "--no-deps", "--no-index", wheel],
        check=True,
        capture_output=True,
        timeout=120,
    )
    (packages,) = environment.glob("lib/python*/site-packages")
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    folder = tmp_path_factory.mktemp("office")
    (folder / "config.toml").write_text(CONFIG, encoding="utf-8")
    return Installed(environment, folder)


def test_the_wheel_holds_every_file_of_the_packages_and_nothing_else(wheel):
    tracked = subprocess.run(
        ["git", "ls-files", *PACKAGES], cwd=PROJECT, check=True, capture_output=True, text=True, timeout=60
    )
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    present = {name for name in tracked.stdout.splitlines() if (PROJECT / name).exists()}
    assert "rules/packs/mn/budget.toml" in present
    assert present <= packed
    assert {name.partition("/")[0] for name in packed} == set(PACKAGES)


def test_it_is_the_wheel_that_runs_and_not_the_source(installed):
    where = installed.run("python", "-c", "import monitor; print(monitor.__file__)")
    assert where.startswith(str(installed.environment))


def test_its_packs_are_there_and_their_examples_hold(installed):
    told = installed.run("iltod", "--language", "en", "rules", "check")
    assert "6 packs without fault" in told
    assert "0 wrong" in told


def test_it_makes_its_database_and_writes_its_mails_in_mongolian(installed):
    installed.run("iltod", "run", "--once", "--at", "2024-01-09T09:00")
    (mail,) = (installed.folder / "mail" / "new").iterdir()
    said = message_from_bytes(mail.read_bytes(), policy=policy.default)
    assert "хугацаа ойртсон" in said["Subject"]
    for kind in ("plain", "html"):
        assert "Тухайн жилийн төсөв" in said.get_body((kind,)).get_content()
    assert "хугацаа ойртсон" in installed.run("iltod", "status")
