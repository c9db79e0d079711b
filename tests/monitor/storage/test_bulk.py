"""Rows that are added in bulk stand as if each had been inserted."""

from datetime import date

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from monitor.storage import tables
from monitor.storage.bulk import add_rows

MORNING = date(2024, 1, 9)
TEXTS = [
    "Төсөв, \"эдгээр\" 'ба' бусад",
    "tab\t, line\n, return\r and back\\slash \\N \\.",
    "",
    " ",
    "{json}",
    "a" * 10_000,
]


def cards(texts):
    return [
        {"rule": text, "digest": str(n), "content": {"text": text, "n": n}} for n, text in enumerate(texts)
    ]


def test_every_text_and_json_comes_back_as_it_was(engine):
    with engine.begin() as connection:
        add_rows(connection, tables.card, cards(TEXTS))
        found = connection.execute(select(tables.card).order_by(tables.card.c.id))
        assert [(row.rule, row.content["text"]) for row in found] == [(text, text) for text in TEXTS]


def test_numbers_are_given_on_and_what_is_left_out_is_null(engine):
    row = {"recipient": "a@b.example", "organisation": "a", "key": "a/b.c/1", "about": "", "stage": "-3wd"}
    row |= {"stage_on": MORNING, "kind": "digest", "reason": {"text": ""}, "decided_on": MORNING}
    with engine.begin() as connection:
        connection.execute(insert(tables.reminder), row)
        add_rows(connection, tables.reminder, [row | {"stage": "-1wd"}, row | {"stage": "-0d"}])
        found = connection.execute(select(tables.reminder).order_by(tables.reminder.c.id)).all()
    assert [row.id for row in found] == [1, 2, 3]
    assert {row.message_id for row in found} == {None}
    assert {row.stage_on for row in found} == {MORNING}


def test_to_add_nothing_is_to_do_nothing(engine):
    with engine.begin() as connection:
        add_rows(connection, tables.card, [])


def test_a_row_that_is_there_already_is_refused_as_by_an_insert(engine, store):
    with pytest.raises(IntegrityError, match=r"(?i)unique"), engine.begin() as connection:
        add_rows(connection, tables.card, [*cards(["one"]), *cards(["another"])])
    assert store.rows("SELECT count(*) FROM card") == [(0,)]
