"""The options of every command: wherever they are typed, they are taken."""

from pathlib import Path

import pytest

from monitor.cli import main

OTHER = """
[monitor]
database = "sqlite:///other.db"
language = "mn"
packs = ["budget"]

[[organisations]]
id = "other"
name = "Other"
kind = "soum"
since = 2024-01-01
"""


@pytest.fixture
def elsewhere(worked_desk, tmp_path: Path, monkeypatch) -> str:
    """The desk's configuration, typed in a folder that has one of its own."""
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "config.toml").write_text(OTHER, "utf-8")
    monkeypatch.chdir(tmp_path / "here")
    return str(worked_desk.folder / "config.toml")


@pytest.mark.parametrize(
    "typed",
    [
        "--config {path} --language en status",
        "status --config {path} --language en",
        "status --language=en --all --config={path}",
        "--conf {path} --lang en status",
        "status --conf={path} --lang en",
        "--config config.toml --language mn status --config {path} --language en",
    ],
)
def test_the_configuration_and_the_language_may_be_named_before_the_command_or_after_it(
    elsewhere, typed, capsys
):
    assert main(typed.format(path=elsewhere).split()) == 0
    assert "as of" in capsys.readouterr().out


def test_they_may_be_named_after_the_command_of_a_group(elsewhere, capsys):
    assert main(["mail", "list", "--language", "en", "--config", elsewhere]) == 0
    assert "subject" in capsys.readouterr().out


def test_what_was_read_of_another_configuration_is_not_answered_by(elsewhere, capsys):
    assert main(["--conf", elsewhere, "status"]) == 0
    meant = capsys.readouterr().out
    assert main(["--config", elsewhere, "status"]) == 0
    assert meant == capsys.readouterr().out


def test_an_option_of_every_command_that_lacks_its_value_is_named(worked_desk):
    answer = worked_desk.iltod("status", "--config")
    assert answer.status == 2
    assert "--config" in answer.err
    assert "Traceback" not in answer.err
