"""Every route there is, walked by everybody: nobody reaches another office's data, or changes anything unasked.

A new route is walked by itself. One with a new name in its path has to say here what may stand there.
"""

from collections.abc import Iterator
from itertools import product

import pytest
from httpx import Response
from starlette.routing import BaseRoute, Mount, Route

from monitor.storage import standing
from monitor.web.application import routes
from notifications import names
from tests.monitor.signing_in.office import (
    BAYANS,
    ELSEWHERE,
    FINANCE,
    HEAD,
    LAW,
    SERGELENS,
    Browser,
    Office,
    token_on,
)

API = "/api/v1/"
MAY_STAND_IN_A_PATH = {
    "organisation": ["aimag", "sergelen", "bayan"],
    "rule": ["budget.approved", "budget.amendment"],
    "occurrence": ["2024", "e1", "e2"],
    "posting": ["1", "2", "p1", "p2"],
    "event": ["1", "2", "e1", "e2"],
    "link": ["invented"],
    "secret": ["invented"],
    "feed": ["1", "f1"],
    "id": ["1", "e2", "p2", "m1", "bayan", "sergelen"],
}
MAY_BE_ASKED_FOR = [
    {},
    {"q": "bayan", "organisation": "bayan", "under": "bayan", "person": ELSEWHERE.upper(), "year": "2024"},
    {"q": "sergelen", "organisation": "sergelen", "under": "sergelen", "person": FINANCE, "year": "2024"},
    {"key": "bayan/budget.approved/2024", "id": "2", "posting": "2", "event": "e2", "after": "bayan"},
]


def walked() -> Iterator[tuple[str, str]]:
    """Every method and address."""
    for path, route in _flat(routes()):
        names = list(route.param_convertors)
        for values in product(*(MAY_STAND_IN_A_PATH[name] for name in names)):
            address = path
            for name, value in zip(names, values, strict=True):
                address = address.replace(f"{{{name}}}", value).replace(f"{{{name}:int}}", value)
            for method in sorted(route.methods or ()):
                yield method, address


def _flat(found: list[BaseRoute], above: str = "") -> Iterator[tuple[str, Route]]:
    for route in found:
        if isinstance(route, Mount):
            yield from _flat(route.routes, above + route.path)
        else:
            assert isinstance(route, Route), f"what is reached by {route}?"
            yield above + route.path, route


READ = [
    (address, asked)
    for method, address in walked()
    if method == "GET"
    for asked in ([{}] if address.count("/") > 1 + 2 * address.startswith(API) else MAY_BE_ASKED_FOR)
]
CHANGE = [(method, address) for method, address in walked() if method not in ("GET", "HEAD", "OPTIONS")]


def told(browser: Browser) -> dict[str, set[str]]:
    """What of the offices' own is told to that browser, and where."""
    found: dict[str, set[str]] = {}
    for address, asked in READ:
        answer = browser.get(address, params=asked)
        assert answer.status_code < 500, (address, answer.text)
        assert "content-security-policy" in answer.headers, address
        assert answer.headers["x-content-type-options"] == "nosniff"
        said = answer.text + repr(answer.headers)
        for marker in BAYANS + SERGELENS:
            if marker in said:
                found.setdefault(marker, set()).add(str(answer.url))
    return found


@pytest.mark.parametrize(
    ("address", "seen"),
    [
        pytest.param(None, (), id="nobody"),
        pytest.param(FINANCE, SERGELENS, id="a contact of Sergelen"),
        pytest.param(HEAD, SERGELENS, id="its head"),
        pytest.param(ELSEWHERE, BAYANS, id="a contact of Bayan"),
        pytest.param(LAW, BAYANS + SERGELENS, id="the parent's oversight"),
    ],
)
def test_another_offices_data_cannot_be_reached_by_any_address(
    office: Office, address: str | None, seen: tuple[str, ...]
) -> None:
    found = told(office.signed_in(address) if address else office.browser())
    assert {marker: where for marker, where in found.items() if marker not in seen} == {}
    assert set(found) == set(seen), "the walk does not see what is there to be seen"


@pytest.mark.parametrize(
    ("organisation", "seen"),
    [("sergelen", SERGELENS), ("bayan", BAYANS), ("aimag", BAYANS + SERGELENS)],
)
def test_a_token_reaches_no_more_than_its_own(
    office: Office, organisation: str, seen: tuple[str, ...]
) -> None:
    found = told(office.program(organisation))
    assert {marker: where for marker, where in found.items() if marker not in seen} == {}
    assert f"{organisation.title()} office" in found or organisation == "aimag"
    assert set(found) & set(seen), "the walk does not see what is there to be seen"


def test_nor_does_who_sees_so_many_that_they_are_looked_for_by_the_index(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "_FEW", 0)
    monkeypatch.setattr(names, "FEW", 0)
    for looker in (office.signed_in(FINANCE), office.program("sergelen")):
        assert set(told(looker)) & {*BAYANS, *SERGELENS} <= {*SERGELENS}
        assert "Sergelen office" in told(looker)


def test_an_office_that_no_cycle_has_taken_in_is_told_of_no_other(office: Office) -> None:
    new = 'id = "duut"\nname = "Duut office"\nkind = "soum"\nsince = 2024-01-01\n'
    office.register(lambda config: f"{config}[[organisations]]\n{new}")
    program = office.program("duut")
    for asked in ({}, {"organisation": "duut"}, {"under": "duut"}, {"as_of": "2024-01-12"}):
        answer = program.get("/api/v1/status", params=asked)
        assert answer.status_code == 404
        assert "sergelen" not in answer.text


def test_who_was_signed_out_by_the_register_sees_as_little_as_anybody(office: Office) -> None:
    browser = office.signed_in(HEAD)
    office.register(lambda config: config.replace(HEAD, "successor@sergelen.example"))
    assert told(browser) == {}


def is_refused(answer: Response) -> bool:
    """Or led to sign in first."""
    led_to = answer.headers.get("location", "")
    return answer.status_code in (400, 401, 403, 404, 405, 415) or led_to.startswith("/sign-in")


@pytest.mark.parametrize(
    "store", ["sqlite"], indirect=True
)  # it is refused before any database is asked to write
@pytest.mark.parametrize("address", [None, FINANCE, LAW])
@pytest.mark.parametrize("forged", [{}, {"token": "x"}, {"token": "of another browser"}])
def test_nothing_is_changed_by_a_form_that_is_not_from_our_pages(
    office: Office, store, address: str | None, forged: dict[str, str]
) -> None:
    browser = office.signed_in(address) if address else office.browser()
    if "another" in forged.get("token", ""):
        forged = {"token": token_on(office.signed_in(ELSEWHERE).get("/").text)}
    before = store.content()
    for method, path in CHANGE:
        answer = browser.client.request(method, path, data=FORM | forged, follow_redirects=False)
        assert is_refused(answer), (path, answer)
        assert "content-security-policy" in answer.headers
    assert store.content() == before


def test_nothing_is_changed_by_a_form_of_a_stranger(office: Office, store) -> None:
    browser = office.browser()
    token = token_on(browser.get("/sign-in").text)
    before = store.content()
    for method, path in CHANGE:
        if path != "/sign-in":
            sent = browser.client.request(method, path, data=FORM | {"token": token}, follow_redirects=False)
            assert is_refused(sent), (path, sent)
    assert store.content() == before


def test_nothing_is_changed_by_what_another_sites_page_sends(office: Office, store) -> None:
    browser = office.signed_in(LAW)
    token = token_on(browser.get("/").text)
    before = store.content()
    for method, path in CHANGE:
        answer = browser.client.request(
            method,
            path,
            data=FORM | {"token": token},
            headers={"sec-fetch-site": "cross-site", "origin": "https://elsewhere.example"},
            follow_redirects=False,
        )
        assert answer.status_code == 403, path
    assert store.content() == before


@pytest.mark.parametrize(
    ("address", "own", "others"), [(FINANCE, "sergelen", "bayan"), (ELSEWHERE, "bayan", "sergelen")]
)
def test_nobody_records_for_another_office_with_a_form_of_his_own(
    office: Office, store, address: str, own: str, others: str
) -> None:
    browser = office.signed_in(address)
    before = store.content()
    for method, path in CHANGE:
        if path != "/sign-out":
            token = token_on(browser.get("/").text)
            browser.client.request(method, path, data=FORM | {"token": token}, follow_redirects=False)
    after = store.content()
    assert _rows_of(others, after) == _rows_of(others, before)
    assert _rows_of(own, after) != _rows_of(own, before), "the forms record nothing at all"
    assert after["waiver"] == after["extension"] == []


@pytest.mark.parametrize(
    ("store", "more"),
    [
        ("sqlite", []),
        ("sqlite", ["--waive"]),
        ("sqlite", ["--read-only"]),
        pytest.param("postgresql", ["--waive"], marks=pytest.mark.slow),
    ],
    indirect=["store"],
)
def test_no_program_records_beyond_its_token(office: Office, store, more: list[str]) -> None:
    program = office.program("sergelen", *more)
    before = store.content()
    for (method, path), body in product(CHANGE, BODIES):
        program.client.request(method, path, json=body, follow_redirects=False)
    after = store.content()
    assert _rows_of("bayan", after) == _rows_of("bayan", before)
    assert (_rows_of("sergelen", after) == _rows_of("sergelen", before)) == ("--read-only" in more)
    assert bool(after["waiver"]) == ("--waive" in more)


def test_the_oversight_waives_for_whom_it_oversees(office: Office, store) -> None:
    browser = office.signed_in(LAW)
    token = token_on(browser.get("/").text)
    for method, path in CHANGE:
        if path != "/sign-out":
            browser.client.request(method, path, data=FORM | {"token": token}, follow_redirects=False)
    assert {row[0] for row in store.rows("SELECT organisation FROM waiver")} == {"aimag", "sergelen", "bayan"}


def _rows_of(organisation: str, content: dict[str, list[str]]) -> list[str]:
    return [row for rows in content.values() for row in rows if f"'{organisation}" in row]


FORM = {
    "address": FINANCE,
    "next": "/",
    "channel": "website",
    "on": "2024-01-10",
    "until": "2024-01-11",
    "due": "2024-02-01",
    "kind": "budget-amendment",
    "organisation": "bayan",
    "reason": "because",
    "reference": "A/1",
    "url": "https://any.example/",
    "note": "any",
}
BODIES = [
    {"reason": "because"},
    {"until": "2024-01-11", "reason": "because", "reference": "A/1"},
    {"key": "bayan/budget.approved/2024", "channel": "website", "on": "2024-01-10"},
    {"key": "sergelen/budget.approved/2024", "channel": "noticeboard", "on": "2024-01-10"},
    {"organisation": "bayan", "kind": "budget-amendment", "on": "2024-01-10"},
    {"on": "2024-01-10", "reason": "because"},
]
"""What a program may send."""
