"""The JSON Schema that is shipped for editors says what the loader says, as far as a schema can."""

import json
import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

import jsonschema
import pytest

import rules.loading
from rules.deadline_reading import DEADLINE_KEYS
from rules.loading import PACK_KEYS
from rules.model import About, Confidence, Roll
from rules.rule_reading import BASIS_KEYS, EXAMPLE_KEYS, RULE_KEYS

PACKS = Path(rules.loading.__file__).parent / "packs"
SCHEMA = json.loads((PACKS / "pack.schema.json").read_text(encoding="utf-8"))
SHIPPED = sorted(path for path in PACKS.glob("*/*.toml") if path.stem != "calendar")
FAULTY = sorted((Path(__file__).parent / "faulty").glob("*.toml"))
# What a schema cannot see: one rule beside another, two values against each other, what a recurrence comes to.
BEYOND_A_SCHEMA = {
    "after-due-in-a-circle",
    "after-due-of-an-unknown-rule",
    "after-due-of-itself",
    "in-force-backwards",
    "recurrence-at-an-hour",
    "recurrence-nonsense",
    "recurrence-that-never-comes",
    "recurrence-with-two-ends",
    "recurrence-without-a-beginning",
    "same-document-of-an-unknown-pack",
    "same-document-unknown",
    "the-same-id-twice",
    "versions-that-overlap",
}


def as_json(value: object) -> object:
    """TOML as JSON has it: dates are texts."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: as_json(each) for key, each in value.items()}
    if isinstance(value, list):
        return [as_json(each) for each in value]
    return value


def is_valid(path: Path) -> bool:
    pack = as_json(tomllib.loads(path.read_text(encoding="utf-8")))
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(pack)


def test_the_schema_is_itself_in_order() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_pack_is_as_the_schema_says(path: Path) -> None:
    assert is_valid(path)


@pytest.mark.parametrize(
    "path", [path for path in FAULTY if path.stem != "not-toml"], ids=lambda path: path.stem
)
def test_a_faulty_pack_is_not_unless_the_fault_is_beyond_a_schema(path: Path) -> None:
    written_as_dates = {"reviewed-a-text", "on-a-text"}  # in JSON a date is a text; TOML tells them apart
    assert is_valid(path) is (path.stem in BEYOND_A_SCHEMA | written_as_dates)


def test_the_schema_knows_the_keys_that_the_loader_knows() -> None:
    definitions = SCHEMA["$defs"]
    assert set(SCHEMA["properties"]) == set(PACK_KEYS)
    assert set(definitions["rule"]["properties"]) == set(RULE_KEYS)
    assert set(definitions["basis"]["properties"]) == set(BASIS_KEYS)
    assert set(definitions["example"]["properties"]) == set(EXAMPLE_KEYS)
    forms: dict[str, set[str]] = {}
    for form in definitions["deadline"]["oneOf"]:
        (word,) = set(form["properties"]) & set(DEADLINE_KEYS)
        forms.setdefault(word, set()).update(set(form["properties"]) - {word})
    assert forms == {word: set(beside) for word, beside in DEADLINE_KEYS.items()}


def test_the_schema_knows_the_words_that_the_loader_knows() -> None:
    properties = SCHEMA["$defs"]["rule"]["properties"]
    assert properties["period"]["enum"] == list(About)
    assert properties["roll"]["enum"] == list(Roll)
    assert properties["confidence"]["enum"] == list(Confidence)


def test_every_object_of_the_schema_refuses_keys_it_does_not_know() -> None:
    text = json.dumps(SCHEMA)
    assert len(re.findall('"additionalProperties": false', text)) == len(re.findall('"type": "object"', text))
