"""Tokens and feeds on the command line."""

import json
import re

import pytest


def test_a_token_is_shown_once_and_listed_without_its_secret(desk):
    said = desk.does("token", "add", "--name", "website of the aimag", "--organisation", "aimag").splitlines()
    assert said[0] == "token t1 made; keep it now, it is not shown again:"
    assert re.fullmatch(r"iltod_1_[\w-]{43}", said[1])
    (listed,) = json.loads(desk.does("token", "list", "--format", "json"))
    assert listed["made"]
    assert {name: each for name, each in listed.items() if name != "made"} == {
        "id": "t1",
        "name": "website of the aimag",
        "organisations": ["aimag"],
        "rights": ["read", "record"],
        "ends": None,
        "revoked": None,
    }
    assert said[1].removeprefix("iltod_1_") not in repr(desk.content())


@pytest.mark.parametrize(
    ("options", "rights"),
    [(["--read-only"], ["read"]), ([], ["read", "record"]), (["--waive"], ["read", "record", "waive"])],
)
def test_a_token_may_waive_only_if_that_is_said(desk, options, rights):
    desk.does(
        "token", "add", "--name", "x", "--organisation", "sergelen", "--organisation", "bayan", *options
    )
    (listed,) = json.loads(desk.does("token", "list", "--format", "json"))
    assert (listed["rights"], listed["organisations"]) == (rights, ["sergelen", "bayan"])


def test_a_revoked_token_is_listed_as_such(desk):
    assert desk.does("token", "list") == "there are no tokens\n"
    desk.does("token", "add", "--name", "x", "--organisation", "aimag", "--until", "2999-12-31")
    assert desk.does("token", "revoke", "t1") == "token t1 revoked\n"
    assert desk.does("token", "revoke", "1") == "that was revoked already; nothing was changed\n"
    made, ended = json.loads(desk.does("journal", "list", "--format", "json"))
    assert (made["what"], ended["what"]) == ("token", "token-revoked")
    assert made["content"]["until"] == "2999-12-31"
    (listed,) = json.loads(desk.does("token", "list", "--format", "json"))
    assert listed["ends"] == "2999-12-31"
    assert listed["revoked"]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["token", "add", "--name", "x", "--organisation", "aimak"], "did you mean aimag?"),
        (
            ["token", "add", "--name", "x", "--organisation", "aimag", "--until", "2001-01-01"],
            "2001-01-01 is past",
        ),
        (["token", "revoke", "t9"], "token t9 is not known"),
        (["token", "revoke", "x"], "x is not an id"),
        (["feed", "add", "--organisation", "aimak"], "did you mean aimag?"),
        (
            ["feed", "add", "--person", "nobody@nowhere.example"],
            "nobody@nowhere.example is nobody's in the register",
        ),
        (["feed", "revoke", "f9"], "feed f9 is not known"),
    ],
)
def test_what_cannot_be_made_or_ended_is_refused(desk, command, said):
    answer = desk.iltod(*command)
    assert answer.status == 1
    assert said in answer.err


@pytest.mark.parametrize(
    ("options", "scope", "name"),
    [
        (["--person", "Finance@Sergelen.example"], "person", "finance@sergelen.example"),
        (["--organisation", "bayan"], "organisation", "bayan"),
        (["--whole"], "whole", ""),
    ],
)
def test_a_feed_is_made_listed_and_ended(desk, options, scope, name):
    assert desk.does("feed", "list") == "there are no feeds\n"
    said = desk.does("feed", "add", *options).splitlines()
    assert said[0] == "feed f1 made; keep its addresses now, they are not shown again:"
    assert re.fullmatch(r"http://127\.0\.0\.1:8470/feeds/[\w-]{43}\.ics", said[1])
    assert said[2] == said[1].replace(".ics", ".atom")
    (listed,) = json.loads(desk.does("feed", "list", "--format", "json"))
    assert (listed["id"], listed["scope"], listed["name"], listed["owner"]) == ("f1", scope, name, None)
    assert desk.does("feed", "revoke", "f1") == "feed f1 revoked\n"
    made, ended = json.loads(desk.does("journal", "list", "--format", "json"))
    assert (made["what"], made["content"]["scope"], ended["what"]) == ("feed", scope, "feed-revoked")
    assert desk.does("feed", "revoke", "f1") == "that was revoked already; nothing was changed\n"
