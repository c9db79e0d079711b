"""What programs look up and record at `/api/v1`, and what is kept from them."""

import pytest

APPROVED = "sergelen/budget.approved/2024"
PDF = b"%PDF-1.7\n" + b"x" * 100


# -- the same as on the command line


@pytest.mark.parametrize(
    ("options", "query"),
    [
        ([], {}),
        (["--all"], {"all": "true"}),
        (["--overdue", "--under", "sergelen"], {"overdue": "true", "under": "sergelen"}),
        (["--organisation", "bayan", "--organisation", "aimag"], {"organisation": ["bayan", "aimag"]}),
        (["--rule", "budget.approved", "--role", "web"], {"rule": "budget.approved", "role": "web"}),
        (["--due-within", "30"], {"due_within": "30"}),
        (["--as-of", "2024-02-20"], {"as_of": "2024-02-20"}),
        (["--limit", "2"], {"limit": "2"}),
    ],
)
def test_status_is_what_the_command_says(worked_desk, program, options, query):
    assert program().gets("/status", **query) == worked_desk.report(*options)


def test_a_token_for_one_office_is_told_what_the_command_says_of_it(worked_desk, program):
    answer = program("--organisation", "sergelen").gets("/status", all="true")
    assert answer == worked_desk.report("--all", "--organisation", "sergelen")
    assert {each["organisation"] for each in answer["obligations"]} == {"sergelen"}


@pytest.mark.parametrize("query", [{}, {"all": "true"}, {"all": "true", "as_of": "2024-02-20"}])
def test_the_pages_of_status_are_the_whole_list(worked_desk, program, query):
    caller = program()
    whole = caller.gets("/status", **query)["obligations"]
    found, path = [], f"/status?limit=2&{'&'.join(f'{name}={value}' for name, value in query.items())}"
    while path:
        answer = caller.ask("GET", path)
        found += answer.json()["obligations"]
        assert answer.json()["summary"] is None
        path = answer.links.get("next", {}).get("url", "").removeprefix("/api/v1")
    assert found == whole
    assert len(found) > 4
