"""Every event that is logged is one of a fixed vocabulary, which is explained to whoever runs the program."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import monitor.events
import notifications.events

PROJECT = Path(__file__).parents[1]
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
VOCABULARIES = {"monitor": monitor.events, "notifications": notifications.events}
GIVEN_ELSEWHERE = {"monitor/pulse.py": 2}
"""Calls whose event is an argument: that of whoever says that something begins or ends."""


def words_of(vocabulary: ModuleType) -> dict[str, str]:
    return {
        name: value
        for name, value in vars(vocabulary).items()
        if isinstance(value, str) and re.fullmatch("[A-Z_]+", name)
    }


def sources(package: str) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((PROJECT / package).rglob("*.py")):
        yield str(path.relative_to(PROJECT)), ast.parse(path.read_text(encoding="utf-8"))


def is_logging(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in LEVELS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "log"
    )


def names_in(node: ast.AST, words: dict[str, str]) -> set[str]:
    """The events that an expression may stand for."""
    found = set()
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            found.add(each.value)
        elif isinstance(each, ast.Attribute | ast.Name):
            name = each.attr if isinstance(each, ast.Attribute) else each.id
            if name in words:
                found.add(words[name])
    return found


@pytest.mark.parametrize("package", VOCABULARIES)
def test_what_is_logged_is_in_the_vocabulary(package: str) -> None:
    words = words_of(VOCABULARIES[package])
    for path, tree in sources(package):
        local = {
            target.id: names_in(node.value, words)
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        elsewhere = 0
        for node in ast.walk(tree):
            if is_logging(node):
                event = node.args[0]
                found = names_in(event, words) or (
                    local.get(event.id, set()) if isinstance(event, ast.Name) else set()
                )
                elsewhere += not found
                assert found <= set(words.values()), f"{path}:{node.lineno} logs {found}"
        assert elsewhere <= GIVEN_ELSEWHERE.get(path, 0), f"{path}: whose events are these?"


@pytest.mark.parametrize("package", VOCABULARIES)
def test_every_word_is_used(package: str) -> None:
    vocabulary = VOCABULARIES[package]
    words = words_of(vocabulary)
    used = set(getattr(vocabulary, "ENDS", {}).values())
    for path, tree in sources(package):
        if not path.endswith("/events.py"):
            used |= names_in(tree, words)
    assert set(words.values()) <= used


def test_every_word_is_explained_to_whoever_runs_the_program_and_no_other() -> None:
    page = (PROJECT / "docs" / "operating.md").read_text(encoding="utf-8")
    (_, _, log) = page.partition("\n## The log\n")
    (log, _, _) = log.partition("\n## ")
    told = re.findall(r"^\| `([a-z_.]+)` \|", log, re.MULTILINE)
    known = {word for each in VOCABULARIES.values() for word in words_of(each).values()}
    assert sorted(told) == sorted(known)


def test_what_begins_and_lasts_has_an_end() -> None:
    words = set(words_of(monitor.events).values())
    assert {*monitor.events.ENDS, *monitor.events.ENDS.values()} <= words
