"""The documents say what the program does; where they no longer do, one of these fails."""

import argparse
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from monitor.cli.parser import build_parser
from monitor.configuration.defaults import CALENDAR_FILE, DEFAULTS
from monitor.configuration.loading import SECTIONS, load_settings
from monitor.configuration.organisations import CONTACT_KEYS, ORGANISATION_KEYS, REGISTER_KEYS
from monitor.configuration.settings import Settings
from monitor.core.status import State
from monitor.core.told import TOLD_ONCE
from notifications.messages import DeliveryState, Kind
from rules.calendars import CALENDAR_KEYS, read_calendar_file
from rules.faults import Faults
from rules.loading import load_packs, shipped_packs

PROJECT = Path(__file__).parents[1]
DOCS = PROJECT / "docs"
PAGES = [PROJECT / "README.md", PROJECT / "CHANGELOG.md", *sorted(DOCS.glob("*.md"))]
REFRESH = PROJECT / "tests" / "refresh_docs.py"
NEEDED = "*needed*"


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def without_code(page: str) -> str:
    return re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)


def part_under(page: str, heading: str) -> str:
    """What stands under a heading, up to the next one of whatever depth."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", page, re.MULTILINE | re.DOTALL)
    assert found, f"no heading says {heading}"
    return found[1]


def rows_of(text: str) -> dict[str, list[str]]:
    """The rows of a table by the word in code that each begins with."""
    rows = re.findall(r"^\| `([^`]+)`[^|]*\|(.*)\|$", text, re.MULTILINE)
    return {word: [cell.strip() for cell in re.split(r"(?<!\\)\|", rest)] for word, rest in rows}


def blocks(page: str, first_line: str) -> list[str]:
    return [
        block
        for block in re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
        if first_line in block
    ]


# -- what is shown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_shows_is_what_the_program_answers(page: Path) -> None:
    done = subprocess.run(
        [sys.executable, REFRESH, "--check", page], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, (
        f"run `make snapshots`, and look at what it changes:\n{done.stdout}{done.stderr}"
    )


def test_an_answer_that_is_out_of_date_is_found_and_can_be_refreshed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "```toml\n# config.toml\n```\n\n```console\n$ iltod --language en rules check\nas it was\n```\n",
        encoding="utf-8",
    )
    command = [sys.executable, str(REFRESH), "--check", str(page)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1
    assert "as it was" in text_of(page)
    command.remove("--check")
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    assert "as it was" not in text_of(page)
    assert "packs without fault" in text_of(page)


@pytest.mark.parametrize("page", [PROJECT / "README.md", DOCS / "commands.md"], ids=lambda page: page.name)
def test_the_sample_configuration_on_a_page_loads(page: Path, tmp_path: Path) -> None:
    (sample,) = blocks(text_of(page), "# config.toml")
    (tmp_path / "config.toml").write_text(sample, encoding="utf-8")
    assert load_settings(tmp_path / "config.toml", {}).register.organisations


def test_the_sample_rule_in_readme_loads_in_a_pack(tmp_path: Path) -> None:
    (rule,) = blocks(text_of(PROJECT / "README.md"), "[[rule]]")
    (whole,) = blocks(text_of(DOCS / "rules.md"), 'pack = "zuunmod"')
    (tmp_path / "office.toml").write_text(whole.split("[[rule]]")[0] + rule, encoding="utf-8")
    (pack,) = load_packs(["office.toml"], tmp_path)
    assert [each.id for each in pack.rules] == ["zuunmod.decision"]


def test_the_sample_calendar_loads(tmp_path: Path) -> None:
    (sample,) = blocks(text_of(DOCS / "configuration.md"), "# calendar.toml")
    (tmp_path / "calendar.toml").write_text(sample, encoding="utf-8")
    assert read_calendar_file(tmp_path / "calendar.toml").looked_at


# -- links


def slug(heading: str) -> str:
    """The anchor that a heading gets: lower case, no punctuation, hyphens for spaces."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def links_of(page: Path) -> Iterator[tuple[str, str]]:
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(text_of(page))):
        if "://" not in target:
            path, _, anchor = target.partition("#")
            yield path, anchor


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_on_a_page_leads_somewhere(page: Path) -> None:
    for path, anchor in links_of(page):
        target = page.parent / path if path else page
        assert target.exists(), f"{page.name}: {path} is not there"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", without_code(text_of(target)), re.MULTILINE)
            assert anchor in map(slug, headings), f"{page.name}: {path} has no #{anchor}"


# -- commands


def leaves(parser: argparse.ArgumentParser, path: tuple[str, ...] = ()) -> dict[str, argparse.ArgumentParser]:
    """Every command by its whole name."""
    found: dict[str, argparse.ArgumentParser] = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                found |= leaves(below, (*path, name))
    return found or {" ".join(path): parser}


def options_of(parser: argparse.ArgumentParser) -> set[str]:
    return {option for action in parser._actions for option in action.option_strings} - {"-h", "--help"}


COMMANDS = leaves(build_parser("en"))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_explained_with_just_the_options_that_it_has(command: str) -> None:
    part = part_under(text_of(DOCS / "commands.md"), f"iltod {command}")
    told = set(rows_of(part)) | ({"--format"} if "`--format`" in part else set())
    assert told == options_of(COMMANDS[command]) - options_of(build_parser("en"))
    assert re.search(rf"^\$ iltod (--config \S+ )?{command}\b", part, re.MULTILINE), "no example"


def test_no_command_is_explained_that_does_not_exist() -> None:
    told = re.findall(r"^### iltod (.*)$", text_of(DOCS / "commands.md"), re.MULTILINE)
    assert sorted(told) == sorted(COMMANDS)


def test_the_options_of_every_command_are_explained() -> None:
    part = part_under(text_of(DOCS / "commands.md"), "Commands")
    assert set(rows_of(part)) == options_of(build_parser("en"))


# -- configuration


def defaults_of(section: str) -> dict[str, object]:
    extra = {"file": CALENDAR_FILE} if section == "calendar" else {}
    return {**DEFAULTS[section], **extra}


def told_settings(heading: str) -> dict[str, str]:
    rows = rows_of(part_under(without_code(text_of(DOCS / "configuration.md")), heading))
    return {key: cells[0].strip("`") for key, cells in rows.items()}


@pytest.mark.parametrize("section", DEFAULTS)
def test_every_setting_is_explained_with_the_default_that_the_program_takes(section: str) -> None:
    told = told_settings(f"`[{section}]`")
    assert {key: tomllib.loads(f"x = {value}")["x"] for key, value in told.items()} == defaults_of(section)


@pytest.mark.parametrize(
    ("heading", "keys"),
    [
        ("`[[organisations]]`", ORGANISATION_KEYS),
        ("`[[organisations.contacts]]`", CONTACT_KEYS),
        ("`[register]`", REGISTER_KEYS),
        ("calendar.toml", CALENDAR_KEYS),
    ],
)
def test_every_key_of_the_register_and_the_calendar_is_explained(heading: str, keys: tuple[str, ...]) -> None:
    assert sorted(told_settings(heading)) == sorted(keys)


def test_every_section_of_the_configuration_has_its_heading() -> None:
    told = re.findall(
        r"`\[+([a-z]+)\]+`",
        " ".join(re.findall(r"^#+ (.*)$", text_of(DOCS / "configuration.md"), re.MULTILINE)),
    )
    assert set(told) == set(SECTIONS)


WHOLE = {
    "`[[organisations]]`": 'id = "a"\nname = "A"\nkind = "soum"\nsince = 2024-01-01',
    "`[[organisations.contacts]]`": 'role = "head"\nname = "A"\nemail = "a@a.example"',
}


def loaded(tables: Mapping[str, str], folder: Path) -> Settings:
    path = folder / "config.toml"
    path.write_text(
        "\n".join(f"{name.strip('`')}\n{keys}" for name, keys in tables.items()), encoding="utf-8"
    )
    return load_settings(path, {})


@pytest.mark.parametrize(
    ("heading", "key"),
    [
        (heading, key)
        for heading in WHOLE
        for key, default in told_settings(heading).items()
        if default == NEEDED
    ],
)
def test_a_key_that_is_said_to_be_needed_is_missed_where_it_is_left_out(
    heading: str, key: str, tmp_path: Path
) -> None:
    without = re.sub(rf"^{key} = .*$", "", WHOLE[heading], flags=re.MULTILINE)
    with pytest.raises(Faults) as refused:
        loaded({**WHOLE, heading: without}, tmp_path)
    assert [fault.sentence.values["key"].rpartition(".")[2] for fault in refused.value.faults] == [key]


def test_no_other_key_is_needed(tmp_path: Path) -> None:
    assert loaded(WHOLE, tmp_path).register.organisations


# -- concepts


def concepts(heading: str) -> dict[str, list[str]]:
    return rows_of(part_under(text_of(DOCS / "concepts.md"), heading))


def test_every_state_is_explained_in_the_order_in_which_the_first_that_holds_is_taken() -> None:
    assert list(concepts("States")) == [str(state) for state in State]


def test_every_kind_of_mail_is_explained() -> None:
    assert set(concepts("Mails")) == set(Kind)


def test_every_state_of_a_delivery_is_explained() -> None:
    assert set(concepts("Deliveries")) == set(DeliveryState)


def test_every_stage_that_no_day_gives_is_explained() -> None:
    assert {*TOLD_ONCE, State.UNKNOWN, State.REMOVED} <= set(concepts("Stages"))


# -- changelog


def test_the_changelog_tells_of_this_version_and_of_each_pack_as_it_is() -> None:
    changelog = text_of(PROJECT / "CHANGELOG.md")
    version = tomllib.loads(text_of(PROJECT / "pyproject.toml"))["project"]["version"]
    assert f"## {version}" in changelog
    told = rows_of(changelog)
    for pack in load_packs(shipped_packs(), Path()):
        row = told[pack.id]
        ids = {rule.id for rule in pack.rules}
        assert row[:3] == [pack.version, str(pack.reviewed), str(len(ids))]
        days = {str(day) for rule in pack.rules for day in (rule.in_force_from, rule.in_force_until) if day}
        assert set(re.findall(r"\d{4}-\d\d-\d\d", row[3])) == days
