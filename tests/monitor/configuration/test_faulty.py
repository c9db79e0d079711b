"""Configurations that are refused: files named by their fault; each begins with what is said of it."""

from pathlib import Path

import pytest

from monitor.configuration.loading import load_settings
from rules.faults import Faults

FAULTY = Path(__file__).parent / "faulty"
CONFIGURATIONS = sorted(FAULTY.glob("*.toml"))


@pytest.mark.parametrize("path", CONFIGURATIONS, ids=lambda path: path.stem)
def test_a_faulty_configuration_is_refused_with_every_fault(path: Path) -> None:
    written = path.read_text(encoding="utf-8").splitlines()
    expected = [line.removeprefix("#: ") for line in written if line.startswith("#: ")]

    with pytest.raises(Faults) as refused:
        load_settings(path, {})

    said = [str(fault).replace(f"{FAULTY}/", "").replace(str(FAULTY), ".") for fault in refused.value.faults]
    assert expected == said


SECRET = "canary-secret"


@pytest.mark.parametrize(
    "path",
    [path for path in CONFIGURATIONS if SECRET in path.read_text(encoding="utf-8")],
    ids=lambda path: path.stem,
)
def test_a_secret_in_a_refused_file_is_not_repeated(path: Path) -> None:
    with pytest.raises(Faults) as refused:
        load_settings(path, {})

    assert SECRET not in repr(refused.value.faults)
    assert SECRET not in str(refused.value)
