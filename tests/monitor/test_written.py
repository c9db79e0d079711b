"""The section `[monitor]` is read by eye where it is plainly written, and never otherwise than TOML reads it."""

import tomllib
from pathlib import Path

import pytest

from monitor.written import _by_eye, checksum, written_config, written_monitor

PROJECT = Path(__file__).parents[2]
PLAIN = (
    '[monitor]\ndatabase = "sqlite:///t.db"\nlanguage = "en"\n[mail]\nlanguage = "mn"\n',
    "# [monitor]\n[ monitor ] # ours\r\nlanguage = 'en' # for us\r\n\r\n[[organisations]]\r\nlanguage = \"mn\"\n",
    '[mail]\nport = 25\n\t[monitor]\n\tpacks = ["budget", \'own pack.toml\'] # two\n\tlanguage="mn"',
    '[monitor]\n[monitor.deeper]\nlanguage = "en"\n',
    '\ufeff[monitor]\noperator = "# nobody"\n',
)
UNUSUAL = (
    "",
    'monitor = { language = "en" }\n',
    'monitor.language = "en"\n',
    '["monitor"]\nlanguage = "en"\n',
    '[monitor]\n"language" = "en"\n',
    '[monitor]\nlanguage = "\\u0065n"\n',
    '[monitor]\npacks = [\n"budget",\n]\nlanguage = "en"\n',
    '[monitor]\nlanguage = """\nen"""\n',
    '[mail]\nsender = """\n[monitor]\nlanguage = "mn"\n"""\n[monitor]\nlanguage = "en"\n',
    "[monitor]\nlanguage = 1\n",
)


def texts_of(content: str) -> dict[str, object]:
    section = tomllib.loads(content.removeprefix("\ufeff")).get("monitor", {})
    return {key: value for key, value in section.items() if isinstance(value, str)}


@pytest.mark.parametrize("content", PLAIN)
def test_what_is_plainly_written_is_read_by_eye(content: str) -> None:
    assert _by_eye(content.removeprefix("\ufeff")) == texts_of(content)


@pytest.mark.parametrize("content", UNUSUAL)
def test_what_is_written_otherwise_is_left_to_toml(content: str) -> None:
    assert _by_eye(content) is None
    assert written_monitor(content.encode()) == tomllib.loads(content).get("monitor", {})


def test_the_shipped_configuration_is_read_by_eye() -> None:
    content = (PROJECT / "config.toml").read_text("utf-8")
    assert _by_eye(content) == texts_of(content)


@pytest.mark.parametrize("content", [b"[monitor\n", b"\xff\xfe", b"monitor = 1\n"])
def test_what_cannot_be_read_says_nothing(content: bytes) -> None:
    assert written_monitor(content) is None


def test_a_file_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert written_config(str(tmp_path / "config.toml")) is None
    assert written_monitor(None) is None


def test_an_edit_is_noticed() -> None:
    assert checksum(b'language = "mn"') != checksum(b'language = "en"')
