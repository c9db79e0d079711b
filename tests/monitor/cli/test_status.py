"""`iltod status`: what it shows to people and to programs."""

import csv
import io

import jsonschema

APPROVED = "sergelen/budget.approved/2024"
OPEN_FIRST = [
    "sergelen/iaac.letter-reply/e1",
    "sergelen/drafts.act/e2",
    APPROVED,
    "aimag/iaac.training-proposals/2024",
    "bayan/iaac.letter-reply/e4",
    "aimag/iaac.asset-declaration/2024",
    "sergelen/iaac.asset-declaration/2024",
]

_DAY = {"type": "string", "format": "date", "pattern": r"^\d{4}-\d\d-\d\d$"}
_DAY_OR_NONE = {"anyOf": [_DAY, {"type": "null"}]}
_TEXT_OR_NONE = {"type": ["string", "null"]}
_NUMBER_OR_NONE = {"type": ["integer", "null"]}
_TEXTS = {"type": "array", "items": {"type": "string"}}
_STATES = (
    ["unknown", "removed", "overdue", "due_soon", "upcoming"],
    ["displayed", "met", "met_late", "waived", "withdrawn"],
)


def _object(**properties):
    """A JSON object with exactly these members."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_OBLIGATION = _object(
    key={"type": "string", "pattern": "^[a-z0-9-]+/[a-z-]+[.][a-z-]+/[^/]+$"},
    organisation={"type": "string"},
    rule={"type": "string"},
    title={"type": "string"},
    period=_TEXT_OR_NONE,
    event={
        "anyOf": [
            _object(
                id={"type": "string", "pattern": "^e[0-9]+$"},
                kind={"type": "string"},
                on=_DAY,
                due=_DAY_OR_NONE,
                reference={"type": "string"},
            ),
            {"type": "null"},
        ]
    },
    due_on=_DAY_OR_NONE,
    extended_from=_DAY_OR_NONE,
    act_by=_DAY_OR_NONE,
    keep_until=_DAY_OR_NONE,
    provisional={"type": "boolean"},
    state={"enum": [*_STATES[0], *_STATES[1]]},
    reason=_TEXT_OR_NONE,
    backlog={"type": "boolean"},
    days_left=_NUMBER_OR_NONE,
    working_days_left=_NUMBER_OR_NONE,
    channels={
        "type": "array",
        "minItems": 1,
        "items": _object(
            channel={"type": "string"},
            posted_on=_DAY_OR_NONE,
            posting=_NUMBER_OR_NONE,
            url=_TEXT_OR_NONE,
            backdated={"type": "boolean"},
        ),
    },
    missing=_TEXTS,
    responsible=_TEXTS,
    basis=_object(source={"type": "string"}, item={"type": "string"}, words={"type": "string"}),
)
_REPORT = _object(
    as_of=_DAY,
    last_cycle={"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$"},
    summary={
        "anyOf": [
            _object(**{key: {"type": "integer"} for key in ["total", *_STATES[0], *_STATES[1]]}),
            {"type": "null"},
        ]
    },
    obligations={"type": "array", "items": _OBLIGATION},
)


def test_json_has_exactly_the_members_and_types_that_programs_rely_on(worked_desk):
    for arguments in ((), ("--all",), ("--limit", "1"), ("--as-of", "2024-12-31", "--all")):
        jsonschema.validate(worked_desk.report(*arguments), _REPORT)


def test_json_of_one_obligation(worked_desk):
    report = worked_desk.report("--organisation", "sergelen", "--rule", "budget.approved")
    assert report["as_of"] == "2024-01-23"
    assert report["last_cycle"] == "2024-01-23T09:00:00+08:00"
    assert report["obligations"] == [
        {
            "key": APPROVED,
            "organisation": "sergelen",
            "rule": "budget.approved",
            "title": "Budget of the current year",
            "period": "2024",
            "event": None,
            "due_on": "2024-01-10",
            "extended_from": None,
            "act_by": "2024-01-10",
            "keep_until": None,
            "provisional": False,
            "state": "overdue",
            "reason": None,
            "backlog": False,
            "days_left": -13,
            "working_days_left": -9,
            "channels": [
                {
                    "channel": "website",
                    "posted_on": "2024-01-08",
                    "posting": 1,
                    "url": "https://sergelen.example.mn/2024",
                    "backdated": False,
                },
                {
                    "channel": "noticeboard",
                    "posted_on": None,
                    "posting": None,
                    "url": None,
                    "backdated": False,
                },
            ],
            "missing": ["noticeboard"],
            "responsible": ["finance", "web"],
            "basis": {
                "source": "Сэргэлэн сумын 2024 оны төлөвлөгөө (2024.02.21)",
                "item": "5/2.1.1",
                "words": "Тухайн жилийн төсвийг жил бүрийн 01-р сарын 10-ны дотор цахим хуудас болон мэдээллийн "
                "самбартаа байрлуулах",
            },
        }
    ]


def test_without_more_it_lists_what_needs_somebody_the_unknown_first(worked_desk):
    assert worked_desk.keys() == OPEN_FIRST
    states = [each["state"] for each in worked_desk.report()["obligations"]]
    assert states == ["unknown", "removed", "overdue", *["due_soon"] * 4]


def test_all_lists_each_obligation_once_and_the_summary_counts_them(worked_desk):
    report = worked_desk.report("--all")
    states = [each["state"] for each in report["obligations"]]
    summary = dict(report["summary"])
    assert summary.pop("total") == len(states) == len(set(worked_desk.keys("--all")))
    assert summary == {state: states.count(state) for state in summary}
    assert {state: n for state, n in summary.items() if n and state not in ("upcoming", "due_soon")} == {
        "unknown": 1,
        "removed": 1,
        "overdue": 1,
        "displayed": 1,
        "met": 1,
        "met_late": 1,
        "waived": 1,
        "withdrawn": 1,
    }
    assert report["summary"] == worked_desk.report()["summary"], "whatever is listed, all are counted"


def test_each_state_that_is_not_plain_says_why(worked_desk):
    reasons = {each["state"]: each["reason"] for each in worked_desk.report("--all")["obligations"]}
    assert "2024-01-20" in reasons["removed"]
    assert "merged" in reasons["waived"]
    assert "misread" in reasons["withdrawn"]
    assert reasons["unknown"]
    assert reasons["overdue"] is reasons["met"] is reasons["upcoming"] is None


def test_what_was_recorded_long_after_its_own_day_is_marked_backdated(worked_desk):
    channels = worked_desk.standing("aimag/budget.approved/2024")["channels"]
    assert [each["backdated"] for each in channels] == [True, True]
    channels = worked_desk.standing("bayan/budget.approved/2024")["channels"]
    assert [each["backdated"] for each in channels] == [False, False]


def test_the_filters_narrow_what_is_listed_and_what_is_counted(worked_desk):
    assert worked_desk.keys("--organisation", "bayan") == ["bayan/iaac.letter-reply/e4"]
    assert worked_desk.keys("--organisation", "bayan", "--organisation", "aimag") == OPEN_FIRST[3:6]
    assert worked_desk.keys("--under", "aimag") == OPEN_FIRST
    assert worked_desk.keys("--under", "sergelen") == [*OPEN_FIRST[:3], OPEN_FIRST[6]]
    assert worked_desk.keys("--rule", "budget.approved", "--rule", "drafts.act") == OPEN_FIRST[1:3]
    assert worked_desk.keys("--role", "finance") == [APPROVED]
    for narrowed in (("--organisation", "bayan"), ("--rule", "drafts.act"), ("--role", "finance")):
        assert worked_desk.report(*narrowed)["summary"]["total"] == len(worked_desk.keys(*narrowed, "--all"))


def test_overdue_lists_what_is_overdue_or_removed(worked_desk):
    assert worked_desk.keys("--overdue") == OPEN_FIRST[1:3]


def test_due_within_counts_calendar_days_after_today_up_to_the_last(worked_desk):
    letter, training = "bayan/iaac.letter-reply/e4", "aimag/iaac.training-proposals/2024"
    assert worked_desk.keys("--due-within", "1") == []
    assert worked_desk.keys("--due-within", "2") == [training]
    assert worked_desk.keys("--due-within", "3") == [training, letter]
    assert worked_desk.keys("--due-within", "1", "--as-of", "2024-01-24") == [training]
    assert worked_desk.keys("--due-within", "1", "--as-of", "2024-01-25") == [letter], (
        "due today is not ahead"
    )


def test_a_limited_list_has_no_summary(worked_desk):
    report = worked_desk.report("--limit", "2")
    assert [each["key"] for each in report["obligations"]] == OPEN_FIRST[:2]
    assert report["summary"] is None


def test_a_day_in_the_past_is_seen_by_what_is_dated_up_to_then(worked_desk):
    due_day = worked_desk.standing(APPROVED, "--as-of", "2024-01-10")
    assert (due_day["state"], due_day["missing"]) == ("due_soon", ["noticeboard"])
    assert worked_desk.standing(APPROVED, "--as-of", "2024-01-11")["state"] == "overdue"
    before = worked_desk.standing(APPROVED, "--as-of", "2024-01-07")
    assert before["missing"] == ["website", "noticeboard"]

    aimag = "aimag/budget.approved/2024"  # recorded on the 22nd, and dated the 9th and the 15th
    assert worked_desk.standing(aimag, "--as-of", "2024-01-14")["state"] == "overdue"
    assert worked_desk.standing(aimag, "--as-of", "2024-01-15")["state"] == "met_late"

    draft = "bayan/drafts.act/e3"
    assert worked_desk.standing(draft, "--as-of", "2024-01-15") is None, "the event lies ahead"
    assert worked_desk.standing(draft, "--as-of", "2024-01-16")["state"] == "displayed"


def test_a_decision_counts_from_the_day_it_was_recorded(worked_desk):
    waived = "bayan/iaac.asset-declaration/2024"
    assert worked_desk.standing(waived, "--as-of", "2024-01-21")["state"] != "waived"
    assert worked_desk.standing(waived, "--as-of", "2024-01-22")["state"] == "waived"


def test_a_day_ahead_is_seen_as_if_nothing_more_were_posted(worked_desk):
    report = worked_desk.report(
        "--as-of", "2024-04-02", "--organisation", "sergelen", "--rule", "budget.performance"
    )
    assert report["as_of"] == "2024-04-02"
    assert [each["state"] for each in report["obligations"]] == ["overdue"]
    draft = worked_desk.standing("bayan/drafts.act/e3", "--as-of", "2024-02-16")
    assert (draft["keep_until"], draft["state"]) == ("2024-02-15", "met")
    assert worked_desk.standing("bayan/drafts.act/e3", "--as-of", "2024-02-15")["state"] == "displayed"


def test_csv_has_the_same_lines_under_a_fixed_head(worked_desk):
    rows = list(csv.DictReader(io.StringIO(worked_desk.does("status", "--format", "csv"))))
    assert list(rows[0]) == [
        *("key", "organisation", "rule", "title", "period", "event", "due_on", "extended_from", "act_by"),
        *("keep_until", "provisional", "state", "reason", "backlog", "days_left", "working_days_left"),
        *("missing", "responsible", "source", "item", "words"),
    ]
    assert [row["key"] for row in rows] == OPEN_FIRST
    overdue = rows[2]
    assert (overdue["state"], overdue["days_left"], overdue["missing"]) == ("overdue", "-13", "noticeboard")
    assert rows[0]["event"] == "e1"


def test_the_table_tells_people_when_what_and_where(worked_desk):
    lines = worked_desk.does("status").splitlines()
    assert lines[0] == "as of 2024-01-23; last cycle 2024-01-23 09:00 (Asia/Ulaanbaatar)"
    assert "overdue 1" in lines[1]
    (overdue,) = (line for line in lines if APPROVED in line)
    assert overdue.split() == [
        *("overdue", "2024-01-10", "-13", "Budget", "of", "the", "current", "year", "noticeboard", APPROVED)
    ]


def test_a_table_that_no_terminal_shows_is_plain(worked_desk):
    assert "\x1b" not in worked_desk.does("status", "--all")


def test_the_table_speaks_mongolian_when_asked(worked_desk):
    told = worked_desk.does("--language", "mn", "status")
    assert "хугацаа хэтэрсэн" in told
    assert "Тухайн жилийн төсөв" in told


def test_before_any_cycle_it_says_so_and_exits_1(desk):
    for form in ("table", "json", "csv"):
        answer = desk.iltod("status", "--format", form)
        assert (answer.status, answer.out) == (1, "")
        assert answer.err == "no cycle has run yet; start the daemon with: iltod run\n"
    assert desk.files() == {"config.toml"}, "to look is not to create"


def test_warnings_go_to_standard_error_never_among_the_data(make_desk):
    desk = make_desk(_DEAF)
    desk.does("run", "--once", "--at", "2024-01-08T09:00")
    for form in ("table", "json", "csv"):
        answer = desk.iltod("status", "--format", form)
        assert answer.status == 0
        assert "nobody would be told of the duties of finance in alone" in answer.err
        assert "nobody would be told" not in answer.out


_DEAF = """
[monitor]
database = "sqlite:///iltod.db"
language = "en"
packs = ["budget"]

[[organisations]]
id = "alone"
name = "Баян сумын ЗДТГ"
kind = "soum"
since = 2024-01-01
"""
