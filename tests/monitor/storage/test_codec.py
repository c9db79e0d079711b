"""What is stored as JSON comes back as it was."""

import json
from datetime import date

from hypothesis import given
from hypothesis import strategies as some

from monitor.core.journal import digest
from monitor.storage.codec import sentence_from_json, sentence_to_json
from rules.sentences import Sentence, Words

PLAIN = some.none() | some.booleans() | some.integers() | some.text() | some.dates()
NAMES = some.text("abcdefgh", min_size=1, max_size=8)


def sentences(values):
    single = some.builds(Sentence, some.text(), some.dictionaries(NAMES, values, max_size=3))
    many = some.builds(
        Sentence,
        some.text(),
        some.dictionaries(NAMES, values, max_size=3),
        some.text(),
        some.integers(min_value=0, max_value=1000),
    )
    return single | many


VALUES = some.recursive(
    PLAIN | some.builds(Words, some.text(), some.text()),
    lambda values: sentences(values) | some.lists(values, max_size=3).map(tuple),
    max_leaves=8,
)


@given(sentences(VALUES))
def test_a_sentence_comes_back_with_all_its_values(said):
    stored = json.loads(json.dumps(sentence_to_json(said)))
    assert sentence_from_json(stored) == said


def test_a_value_of_another_kind_is_kept_as_people_read_it():
    said = Sentence("{limit}", {"limit": 1.5})
    assert sentence_from_json(sentence_to_json(said)).values == {"limit": "1.5"}


def test_the_digest_does_not_depend_on_the_order_of_keys():
    one = {"id": "budget.approved", "title": {"mn": "Төсөв", "en": "Budget"}}
    other = {"title": {"en": "Budget", "mn": "Төсөв"}, "id": "budget.approved"}
    assert digest(one) == digest(other)
    assert digest(one) != digest(one | {"id": "budget.draft"})


def test_a_date_in_a_sentence_stays_a_date():
    stored = sentence_to_json(Sentence("{on}", {"on": date(2024, 1, 10)}))
    assert sentence_from_json(stored).values["on"] == date(2024, 1, 10)
