"""docs/faults.md names each fault once, and a test that exists for each, or the reason why there is none."""

import re
from pathlib import Path

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "faults.md"
ROWS = re.findall(r"^\| (\d+) \| (.+) \| (.+) \| (.+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)


def test_each_fault_has_its_row() -> None:
    assert [int(number) for number, *_ in ROWS] == list(range(1, 67))


def test_each_row_names_a_test_that_exists_or_says_why_there_is_none() -> None:
    for number, _, _, shown in ROWS:
        named = re.findall(r"`([\w/]+\.py)::(\w+)`", shown)
        assert named or shown.startswith("no test: "), f"row {number} names no test"
        for file, test in named:
            text = (TESTS / file).read_text("utf-8")
            assert f"def {test}(" in text, f"row {number}: {file} has no {test}"
