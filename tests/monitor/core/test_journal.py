"""A chain of entries: whoever changes, swaps, drops or inserts one breaks it."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.journal import BEGINNING, Change, Entry, Head, What, chained, digest, first_break

TEXTS = st.text(max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
CHANGES = st.builds(
    Change,
    st.just("soum"),
    st.sampled_from(What),
    st.dictionaries(TEXTS, JSON, max_size=3),
    st.none() | TEXTS,
)
MOMENTS = st.datetimes().map(lambda moment: moment.isoformat(timespec="microseconds") + "Z")


@st.composite
def chains(draw: st.DrawFn, shortest: int = 1) -> list[Entry]:
    entries: list[Entry] = []
    for change in draw(st.lists(CHANGES, min_size=shortest, max_size=5)):
        after = Head(entries[-1].number, entries[-1].hash) if entries else Head()
        entries.append(chained(change, after, draw(MOMENTS), draw(TEXTS)))
    return entries


def other(draw: st.DrawFn, name: str, value: object) -> object:
    values = {
        "number": st.integers(),
        "key": st.none() | TEXTS,
        "content": st.dictionaries(TEXTS, JSON, max_size=3),
    }
    return draw(values.get(name, TEXTS).filter(lambda each: digest(each) != digest(value)))


@given(chains())
def test_a_chain_as_it_was_written_holds(entries):
    assert first_break(entries) is None
    assert [each.number for each in entries] == list(range(1, len(entries) + 1))
    assert entries[0].before == BEGINNING


@given(chains(), st.data())
def test_a_change_of_any_field_of_any_entry_is_found_there_or_at_the_next(entries, data):
    place = data.draw(st.integers(0, len(entries) - 1))
    name = data.draw(st.sampled_from([each.name for each in fields(Entry)]))
    changed = list(entries)
    changed[place] = replace(entries[place], **{name: other(data.draw, name, getattr(entries[place], name))})
    found = first_break(changed)
    assert found is not None
    assert found.number in (place + 1, place + 2) or name == "number"


@given(chains(shortest=2), st.data())
def test_two_entries_that_change_places_are_found(entries, data):
    one, two = data.draw(st.lists(st.integers(0, len(entries) - 1), min_size=2, max_size=2, unique=True))
    entries[one], entries[two] = entries[two], entries[one]
    assert first_break(entries).number == min(one, two) + 1


@given(chains(shortest=2), st.data())
def test_an_entry_that_is_gone_is_found_and_named(entries, data):
    place = data.draw(st.integers(0, len(entries) - 2))
    del entries[place]
    assert first_break(entries).number == place + 1


@given(chains(), CHANGES, st.data())
def test_an_entry_that_is_put_in_between_is_found_even_if_it_is_chained_to_the_one_before(
    entries, change, data
):
    place = data.draw(st.integers(0, len(entries) - 1))
    after = Head(entries[place - 1].number, entries[place - 1].hash) if place else Head()
    invented = chained(change, after, "2024-01-05T01:00:00.000000Z", "somebody")
    assert first_break([*entries[:place], invented, *entries[place:]]) is not None


def test_canonical_json_does_not_depend_on_order_and_tells_numbers_from_texts():
    assert digest({"a": 1, "б": [True, None]}) == digest({"б": [True, None], "a": 1})
    assert digest({"a": 1}) != digest({"a": "1"})
    assert digest([]) == "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"
    with pytest.raises(ValueError, match="JSON compliant"):
        digest(float("nan"))
