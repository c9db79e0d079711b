"""docs/rules.md teaches a lawyer to write a pack; what it shows has to be true."""

import re
from pathlib import Path

import pytest

from rules.examples import check_examples
from rules.loading import load_packs, shipped_packs
from rules.model import Pack, Rule

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
SHIPPED = load_packs(shipped_packs(), Path())
RULES = [rule for pack in SHIPPED for rule in pack.rules]


def chapter(number: int) -> str:
    begin = re.search(rf"^## {number}\. ", PAGE, re.MULTILINE)
    assert begin, f"docs/rules.md has no chapter {number}"
    end = re.search(r"^## ", PAGE[begin.end() :], re.MULTILINE)
    return PAGE[begin.start() : begin.end() + end.start() if end else len(PAGE)]


def first_cells(text: str) -> set[str]:
    return set(re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE))


def whole_pack() -> str:
    found = re.search(r"^```toml\n(.*?)^```", chapter(1), re.MULTILINE | re.DOTALL)
    assert found, "docs/rules.md shows no whole pack"
    return found[1]


def loaded(text: str, folder: Path) -> Pack:
    (folder / "office.toml").write_text(text, encoding="utf-8")
    (pack,) = load_packs(["office.toml"], folder)
    return pack


def row_of(rule: Rule) -> list[str]:
    return [line for line in chapter(9).splitlines() if line.startswith(f"| `{rule.id}` |")]


def test_the_whole_pack_on_the_page_loads_without_fault_and_its_examples_come_out(tmp_path: Path) -> None:
    pack = loaded(whole_pack(), tmp_path)
    assert all(rule.examples for rule in pack.rules)
    assert [result for result in check_examples([pack]) if not result.ok] == []


def test_the_table_of_shipped_rules_names_each_of_them_and_no_other() -> None:
    assert first_cells(chapter(9)) == {rule.id for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.id}-{rule.in_force_from}")
def test_the_table_gives_each_version_its_title_confidence_and_range(rule: Rule) -> None:
    days = [str(day) for day in (rule.in_force_from, rule.in_force_until) if day]
    assert any(
        rule.title.en in row
        and str(rule.confidence) in row
        and all(day in row or f" {day[:4]} |" in row for day in days)
        for row in row_of(rule)
    )


def test_every_rule_stands_in_a_row_of_the_source_that_it_was_taken_from() -> None:
    checked = set(re.findall(r"`([a-z-]+\.[a-z0-9-]+)`", chapter(10) + chapter(11) + chapter(12)))
    assert {rule.id for rule in RULES} - checked == set()
    assert checked - {rule.id for rule in RULES} == set()


def test_the_page_explains_every_word_that_the_shipped_rules_use() -> None:
    words = chapter(8)
    kinds = set(re.findall(r"`([^`]+)`", words.split("**Roles**")[0]))
    tabled = first_cells(words)
    assert {kind for rule in RULES for kind in rule.applies_to} <= kinds
    assert {word for rule in RULES for word in (*rule.channels, *rule.responsible)} <= tabled
    assert {rule.event_kind for rule in RULES if rule.event_kind} <= tabled


@pytest.mark.parametrize("deadline", re.findall(r"^\| `(\{ .*? \})` \|", chapter(3), re.MULTILINE))
def test_every_form_of_deadline_that_the_page_shows_can_be_loaded(deadline: str, tmp_path: Path) -> None:
    keep_posted = '\nkeep_posted = "30 days"' if re.fullmatch(r'\{ of = "[a-z-]+" \}', deadline) else ""
    head, rule = re.split(r"(?=^\[\[rule\]\])", whole_pack(), maxsplit=1, flags=re.MULTILINE)
    rule = rule.split("  [[rule.example]]")[0].replace('period = "previous-year"', "")
    one_rule = head + re.sub(r"deadline = .*", lambda _: f"deadline = {deadline}{keep_posted}", rule, count=1)
    # A rule that follows another needs that other beside it.
    (tmp_path / "office.toml").write_text(one_rule, encoding="utf-8")
    office, _ = load_packs(["office.toml", "iaac"], tmp_path)
    assert [rule.id for rule in office.rules] == ["zuunmod.annual-report"]


def test_every_shipped_rule_has_a_worked_example_and_all_come_out() -> None:
    assert [rule.id for rule in RULES if not rule.examples] == []
    assert [result for result in check_examples(SHIPPED) if not result.ok] == []
