"""What is refused to programs, what is kept from them, and what they need not fetch again."""

import asyncio
import json
import re

import jsonschema
import pytest
from structlog.testing import capture_logs

from monitor.web.api.interface import OPERATIONS
from monitor.web.application import make_application

# What is refused is the same on a server.
pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)

APPROVED = "sergelen/budget.approved/2024"


def deep(levels):
    return {"a": deep(levels - 1)} if levels else "a"


# -- what is wrong is said in one sentence, and changes nothing


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (409, {"on": "2024-02-01"}, "lies in the future"),
        (409, {"channel": "radio"}, "is not posted in radio"),
        (409, {"url": "ftp://sergelen.example"}, "is not an address"),
        (404, {"key": "nowhere/budget.approved/2024"}, "nowhere is not known"),
        (409, {"key": "sergelen/budget.aproved/2024"}, "did you mean budget.approved?"),
        (409, {"key": "sergelen"}, "is not a key"),
        (400, {"on": "2024-1-22"}, "on must be a day such as 2024-01-10"),
        (400, {"on": 20240122}, "on must be a day"),
        (400, {"note": "a\u0000b"}, "note must be"),
        (400, {"note": "\ud800"}, "note must be"),
        (400, {"chanel": "website"}, "did you mean channel?"),
        (400, {"key": None}, "key must be"),
        (400, {"note": deep(700)}, "note must be"),
    ],
)
def test_what_cannot_be_recorded_is_refused_and_nothing_is_kept(worked_desk, program, status, body, said):
    caller = program()
    before = worked_desk.content()
    given = {"key": APPROVED, "channel": "website", "on": "2024-01-22"} | body
    content = json.dumps(given).encode()
    assert said in caller.is_refused(
        status, "POST", "/postings", content=content, headers={"Content-Type": "application/json"}
    )
    assert worked_desk.content() == before


@pytest.mark.parametrize(
    ("status", "content", "kind"),
    [
        (400, b"", "application/json"),
        (400, b"[]", "application/json"),
        (400, b"{", "application/json"),
        (400, b"\xff", "application/json"),
        (400, b"[" * 30000, "application/json"),
        (400, b'{"key": "a", "key": "b"}', "application/json"),
        (413, b'{"note": "' + b"x" * 100_000 + b'"}', "application/json"),
        (415, b"key=a", "application/x-www-form-urlencoded"),
        (415, b"", "text/plain"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(program, status, content, kind):
    assert program().is_refused(status, "POST", "/postings", content=content, headers={"Content-Type": kind})


def test_a_file_in_the_place_of_a_value_is_refused(program):
    values = {"key": APPROVED, "channel": "website", "on": "2024-01-22"}
    said = program().is_refused(400, "POST", "/postings", data=values, files={"note": ("a.pdf", b"%PDF-")})
    assert said.endswith('not "a.pdf"')


@pytest.mark.parametrize(
    ("status", "path", "said"),
    [
        (400, "/status?lmit=2", "did you mean limit?"),
        (400, "/status?limit=0", "limit must be a number from 1 to 5000"),
        (400, "/status?limit=2&limit=3", "limit is given twice"),
        (400, "/explanation", "rule is missing"),
        (400, "/rules?limit=2", "nothing can be given"),
        (404, "/status?after=%25", "after is not a place"),
        (404, "/status?after=WzFd", "after is not a place"),
        (404, "/events?after=WyJ4Il0", "after is not a place"),
        (404, "/organisations?after=WyJ4Il0", "after is not a place"),
        (404, "/status?organisation=nowhere", "nowhere is not known"),
        (404, "/status?rule=budget.x", "rule budget.x is not known"),
        (404, "/calendar?year=2999", "the calendar is known from"),
        (404, "/rules/budget.aproved", "did you mean budget.approved?"),
        (404, "/events/e99", "e99 is not known"),
        (404, "/events/x", "x is not known"),
        (404, "/mails/m999", "m999 is not known"),
        (404, "/nothing", "/api/v1/openapi.json"),
        (404, "/no%0Athing", "/api/v1/openapi.json"),
        (404, "/obligations/sergelen/budget.approved/1999", "has no occurrence 1999"),
    ],
)
def test_what_is_not_there_is_said(program, status, path, said):
    assert said in program().is_refused(status, "GET", path)


def test_a_method_that_does_nothing_there_is_refused_with_those_that_do(program):
    answer = program().ask("DELETE", "/events")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}
    assert answer.headers["content-type"] == "application/problem+json"


def test_sentences_come_in_the_language_that_is_asked_for(program):
    headers = {"Accept-Language": "mn"}
    said = program().is_refused(404, "GET", "/rules/budget.aproved", headers=headers)
    assert "did you mean" not in said
    assert re.search("[а-я]", said)
    answer = program().ask("GET", f"/obligations/{APPROVED}", headers=headers)
    assert answer.headers["content-language"] == "mn"
    assert re.search("[а-я]", answer.json()["title"])


# -- who may do what


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"Authorization": "Basic aWx0b2Q6eA=="},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer iltod_1_"},
        {"Authorization": "Bearer iltod_99_" + "0" * 40},
        {"Authorization": "Bearer iltod_x_" + "0" * 40},
        {"Authorization": "Bearer iltod_1_" + "0" * 40},
    ],
)
def test_who_shows_no_token_of_ours_is_told_nothing(browser, program, header):
    program()
    for operation in OPERATIONS:
        answer = browser.request(operation.method, f"/api/v1{operation.path}", headers=header)
        assert answer.status_code == 401, operation.path
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "iltod token add" in answer.json()["detail"]


def test_a_token_that_was_revoked_or_is_past_its_day_opens_nothing(worked_desk, program):
    revoked = program()
    revoked.gets("/rules")
    assert worked_desk.does("token", "revoke", "t1") == "token t1 revoked\n"
    revoked.is_refused(401, "GET", "/rules")
    last = program("--organisation", "aimag", "--until", "2024-01-23")
    last.gets("/rules")
    worked_desk.does("run", "--once", "--at", "2024-01-24T09:00")
    last.is_refused(401, "GET", "/rules")


FOREIGN = ("/obligations/bayan/budget.approved/2024", "/events/e3", "/postings/p3")


def test_another_office_is_not_there_for_a_token(program):
    caller = program("--organisation", "sergelen", "--waive")
    for path in (*FOREIGN, "/organisations/bayan", f"{FOREIGN[0]}/explanation", "/status?organisation=bayan"):
        assert "is not known, or not for this token" in caller.is_refused(404, "GET", path)
    for path in (
        "/status?under=aimag",
        "/postings?key=bayan/budget.approved/2024",
        "/events?organisation=bayan",
        "/journal?organisation=bayan",
    ):
        caller.is_refused(404, "GET", path)
    caller.is_refused(404, "GET", "/explanation?rule=budget.approved&period=2024&organisation=bayan")
    for path in ("/events", "/postings", "/organisations", "/mails", "/journal"):
        assert "bayan" not in caller.ask("GET", path).text


def test_a_token_sees_the_mails_of_people_who_see_no_more_than_it_does(program):
    caller = program("--organisation", "sergelen")
    shown = {each["to"] for each in caller.gets("/mails")}
    assert shown == {"finance@sergelen.example", "web@sergelen.example", "head@sergelen.example"}
    foreign = [each["id"] for each in program().gets("/mails") if each["to"] not in shown]
    assert foreign
    for each in foreign:
        caller.is_refused(404, "GET", f"/mails/{each}")
        caller.is_refused(404, "POST", f"/mails/{each}/retry", json={})


REASON = {"reason": "r"}
WRITES = [
    ("POST", "/events", {"kind": "letter", "organisation": "bayan", "on": "2024-01-22"}),
    ("PATCH", "/events/e3", {**REASON, "on": "2024-01-15"}),
    ("POST", "/events/e3/withdraw", REASON),
    ("POST", "/postings", {"key": "bayan/budget.performance/2023", "channel": "website", "on": "2024-01-22"}),
    ("POST", "/postings/p3/withdraw", REASON),
    ("POST", f"{FOREIGN[0]}/waive", REASON),
    ("POST", f"{FOREIGN[0]}/unwaive", REASON),
    ("POST", f"{FOREIGN[0]}/extend", {**REASON, "by": "3 days", "reference": "1"}),
    ("POST", f"{FOREIGN[0]}/snooze", {**REASON, "until": "2024-02-01"}),
]


def test_nothing_is_recorded_for_another_office_nor_by_who_may_only_look(worked_desk, program):
    foreign, looking = (
        program("--organisation", "sergelen", "--waive"),
        program("--organisation", "bayan", "--read-only"),
    )
    before = worked_desk.content()
    for method, path, body in WRITES:
        foreign.is_refused(404, method, path, json=body)
        assert "it must be one that may" in looking.is_refused(403, method, path, json=body)
    assert worked_desk.content() == before


def test_who_records_waives_only_where_that_was_said(worked_desk, program):
    caller = program("--organisation", "bayan")
    before = worked_desk.content()
    for what, body in (("waive", {}), ("unwaive", {}), ("extend", {"by": "3 days", "reference": "1"})):
        said = caller.is_refused(403, "POST", f"{FOREIGN[0]}/{what}", json={**REASON, **body})
        assert "waive" in said
    assert worked_desk.content() == before


# -- what callers keep


def test_an_answer_that_is_known_already_is_not_sent_again(program):
    caller = program()
    first = caller.ask("GET", "/status")
    tag = first.headers["etag"]
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        again = caller.ask("GET", "/status", headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    caller.records("/postings", status=201, key=APPROVED, channel="noticeboard", on="2024-01-22")
    assert caller.ask("GET", "/status", headers={"If-None-Match": tag}).status_code == 200


# -- the document


def test_the_document_is_one_of_openapi_and_names_every_operation(browser):
    answer = browser.get("/api/v1/openapi.json")
    document = answer.json()
    assert document["openapi"] == "3.1.0"
    named = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert named == {(each.method, each.path) for each in OPERATIONS}
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    etag = answer.headers["etag"]
    assert browser.get("/api/v1/openapi.json", headers={"If-None-Match": etag}).status_code == 304


# -- what goes wrong is told once, and what is no fault of ours is not


def test_an_error_of_ours_is_told_once(program, monkeypatch):
    monkeypatch.setattr("monitor.web.api.recorded.records.events", lambda *_, **__: 1 / 0)
    caller = program()
    with capture_logs() as logged:
        answer = caller.ask("GET", "/events")
    assert answer.status_code == 500
    (told,) = logged
    assert (told["event"], told["why"]) == ("interface.failed", "ZeroDivisionError: division by zero")
    assert "test_refusals.py" in told["at"]


@pytest.mark.parametrize("path", ["/sign-in", "/api/v1/postings"])
def test_who_hangs_up_in_the_middle_of_a_body_is_no_error(site, program, path):
    headers = {
        "host": "127.0.0.1:8470",
        "content-length": "100",
        "content-type": "application/json"
        if path.startswith("/api")
        else "application/x-www-form-urlencoded",
        "authorization": f"Bearer {program().token}",
    }
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "client": ("127.0.0.1", 1),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    came = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])

    async def receive():
        return next(came)

    async def send(_message):
        pass

    with capture_logs() as logged:
        asyncio.run(make_application(site)(scope, receive, send))
    assert logged == []
