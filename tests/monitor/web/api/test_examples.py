"""What docs/interface.md shows is what is answered; its answers are shortened."""

import json
import re
from pathlib import Path

from monitor.web.api.interface import OPERATIONS

PAGE = (Path(__file__).parents[4] / "docs" / "interface.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(
    r"^```http\n(\w+) (\S+)\n(.*?)```\n\n```json\n(.*?)```$", PAGE, re.MULTILINE | re.DOTALL
)


def is_among(shown: object, answer: object) -> bool:
    if isinstance(shown, dict):
        return isinstance(answer, dict) and all(
            name in answer and is_among(each, answer[name]) for name, each in shown.items()
        )
    if isinstance(shown, list):
        return isinstance(answer, list) and len(shown) == len(answer) and all(map(is_among, shown, answer))
    return shown == answer


def test_what_the_page_shows_is_answered(program):
    assert len(EXAMPLES) == PAGE.count("```http") > 3
    for method, address, body, shown in EXAMPLES:
        options = {"json": json.loads(body)} if body else {}
        answer = program().ask(method, address.removeprefix("/api/v1"), **options).json()
        assert is_among(json.loads(shown), answer), (address, answer)


def test_the_page_names_every_operation(store):
    table = PAGE.partition("## What there is")[2].partition("## ")[0]
    named = {word for cell in re.findall(r"`([^`]*/[^`]*)`", table) for word in re.findall(r"/[\w/]+", cell)}
    paths = {
        each.path.replace("/{organisation}/{rule}/{occurrence}", "/KEY")
        .replace("{id}", "ID")
        .replace("{rule}", "ID")
        for each in OPERATIONS
    }
    named |= {f"/obligations/KEY{each}" for each in named}  # "`/obligations/KEY/waive`, `/unwaive`"
    assert paths <= named
