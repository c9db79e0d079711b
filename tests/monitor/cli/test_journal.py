"""`iltod journal`: who changed what, when and why, and the proof that nobody changed that afterwards."""

import json
import os
import pwd
from email import message_from_bytes, policy

import pytest
from sqlalchemy import text

from monitor.core.journal import Change, Head, chained

ME = pwd.getpwuid(os.getuid()).pw_name
APPROVED = "sergelen/budget.approved/2024"
OF_THE_STORY = {
    "opened",
    "joined",
    "configuration",
    "packs",
    "calendar",
    "mails",
    "day",
    "event",
    "event-withdrawn",
    "withdrawn",
    "posting",
    "posting-withdrawn",
    "waiver",
}


def entries(desk, *arguments):
    return json.loads(desk.does("journal", "list", "--format", "json", *arguments))


def last(desk, chain):
    return max(entries(desk, f"--organisation={chain}"), key=lambda each: each["number"])


def test_all_that_happened_stands_in_it_with_who_did_it(worked_desk):
    found = entries(worked_desk)
    assert {each["what"] for each in found} == OF_THE_STORY
    by_people = {each["what"] for each in found if each["by"] == ME}
    assert by_people == {
        "opened",
        "event",
        "event-withdrawn",
        "withdrawn",
        "posting",
        "posting-withdrawn",
        "waiver",
    }
    assert {each["by"] for each in found} == {ME, "iltod"}


@pytest.mark.parametrize(
    ("command", "what", "told"),
    [
        (
            f"post {APPROVED} --channel noticeboard --on 2024-01-22",
            "posting",
            {"posting": "p10", "on": "2024-01-22"},
        ),
        (
            "posting withdraw p1 --reason storm",
            "posting-withdrawn",
            {"posting": "p1", "why": "storm", "on": None},
        ),
        (f"waive {APPROVED} --reason merged", "waiver", {"why": "merged"}),
        ("unwaive bayan/iaac.asset-declaration/2024 --reason no", "waiver-lifted", {"why": "no"}),
        (
            "snooze sergelen/iaac.asset-declaration/2024 --until 2024-01-30 --reason leave",
            "snooze",
            {"until": "2024-01-30", "why": "leave"},
        ),
        (
            "event add draft-act --organisation sergelen --on 2024-01-22 --reference 7",
            "event",
            {"event": "e6", "kind": "draft-act", "on": "2024-01-22", "reference": "7"},
        ),
        (
            "event amend e2 --on 2024-01-12 --reason misread",
            "event-amended",
            {
                "event": "e2",
                "from": {"on": "2024-01-15", "due": None},
                "to": {"on": "2024-01-12", "due": None},
            },
        ),
        ("event withdraw e2 --reason twice", "event-withdrawn", {"event": "e2", "why": "twice"}),
        ("check --accept-register", "register-accepted", {"left": []}),
    ],
)
def test_each_command_that_changes_something_is_an_entry_by_whoever_typed_it(
    worked_desk, command, what, told
):
    before = len(entries(worked_desk))
    worked_desk.does(*command.split())
    (entry,) = [each for each in entries(worked_desk)[before:] if each["what"] == what]
    assert entry["by"] == ME
    assert entry["content"].items() >= told.items()
    worked_desk.does("journal", "verify")
    counted = len(entries(worked_desk))
    worked_desk.iltod(*command.split())
    if what not in ("snooze", "register-accepted"):
        assert len(entries(worked_desk)) == counted, "what stands already is no change"


def test_an_import_is_an_entry_and_so_is_each_row(worked_desk):
    file = worked_desk.folder / "rows.csv"
    file.write_text(f"key,channel,on\n{APPROVED},noticeboard,2024-01-22\n", encoding="utf-8")
    worked_desk.does("import", "postings", str(file), "--dry-run")
    assert last(worked_desk, "-monitor")["what"] != "imported"
    worked_desk.does("import", "postings", str(file))
    told = last(worked_desk, "-monitor")
    assert (told["what"], told["by"], told["content"]["new"]) == ("imported", ME, 1)
    assert last(worked_desk, "sergelen")["key"] == APPROVED
    worked_desk.does("journal", "verify")


def test_a_mail_that_somebody_has_sent_again_is_an_entry(worked_desk):
    tamper(worked_desk, "UPDATE delivery SET state = 'failed' WHERE id = 1")
    worked_desk.does("mail", "retry", "m1")
    told = last(worked_desk, "-mail")
    assert (told["what"], told["by"], told["content"]) == ("mail-retried", ME, {"mail": "m1"})
    worked_desk.does("run", "--once", "--at", "2024-01-23T10:00")
    again = last(worked_desk, "-mail")["content"]["attempts"]
    assert [(each["mail"], each["state"]) for each in again] == [("m1", "sent")]


def test_a_date_that_a_decree_moves_names_both_reckonings_and_why(worked_desk):
    worked_desk.does("event", "add", "budget-amendment", "--organisation", "bayan", "--on", "2024-01-22")
    (worked_desk.folder / "calendar.toml").write_text(
        '[[off]]\ndate = 2024-02-05\nreason = "storm"\nsource = "decree 7"\n', encoding="utf-8"
    )
    worked_desk.does("run", "--once", "--at", "2024-01-24T09:00")
    (moved,) = [each for each in entries(worked_desk) if each["what"] == "moved"]
    old, new = moved["content"]["from"], moved["content"]["to"]
    assert (old["due_on"], new["due_on"]) == ("2024-02-09", "2024-02-13")
    reckonings = dict(worked_desk.store.rows("SELECT digest, content FROM reckoning"))
    days = json.dumps([reckonings[each["reckoning"]] for each in (old, new)][1])
    assert "decree 7" in days
    assert "decree 7" not in json.dumps(reckonings[old["reckoning"]])
    assert last(worked_desk, "-monitor")["content"]["now"][0]["source"] == "decree 7"
    worked_desk.does("journal", "verify")


def test_an_organisation_that_leaves_and_comes_back_is_told_with_what_that_withdrew(worked_desk):
    config = (worked_desk.folder / "config.toml").read_text(encoding="utf-8")
    without, _, _ = config.partition('[[organisations]]\nid = "bayan"')
    worked_desk.configure(without)
    worked_desk.does("check", "--accept-register")
    worked_desk.does("run", "--once", "--at", "2024-01-24T09:00")
    left = last(worked_desk, "bayan")
    assert left["what"] == "left"
    assert "bayan/budget.draft/2025" in left["content"]["withdrawn"]
    worked_desk.configure(config)
    worked_desk.does("run", "--once", "--at", "2024-01-25T09:00")
    again = {
        each["key"]
        for each in entries(worked_desk, "--organisation", "bayan")
        if each["what"] == "stands-again"
    }
    assert again == set(left["content"]["withdrawn"])
    worked_desk.does("journal", "verify")


def test_it_can_be_listed_by_organisation_obligation_and_day_in_every_form(worked_desk):
    assert {each["key"] for each in entries(worked_desk, "--key", APPROVED)} == {APPROVED}
    days = {
        each["at"][:10] for each in entries(worked_desk, "--since", "2024-01-09", "--until", "2024-01-22")
    }
    assert days == {"2024-01-22"}
    table = worked_desk.does("journal", "list", "--organisation", "bayan")
    assert "2024-01-22 09:00 (Asia/Ulaanbaatar)" in table
    assert "merged" in table
    assert worked_desk.does("journal", "list", "--format", "csv").startswith(
        "at,by,what,organisation,key,content,"
    )
    assert "нээсэн" in worked_desk.does("--language", "mn", "journal", "list", "--organisation", "bayan")


def test_where_nothing_was_done_yet_there_is_nothing_to_list(desk):
    assert desk.does("journal", "list") == "nothing was recorded yet\n"


# -- the proof


def tamper(desk, *statements):
    """As somebody does it who may write to the database, past its triggers."""
    with desk.store.connection() as connection:
        if desk.store.is_sqlite:
            triggers = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
            for name in list(triggers.scalars()):
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text("SET session_replication_role = replica"))
        for statement in statements:
            assert connection.execute(text(statement)).rowcount, statement
        connection.commit()


MERGED = "UPDATE journal SET content = '{\"why\": \"forgotten\"}' WHERE what = 'waiver'"
NUMBER = "(SELECT number FROM journal WHERE what = 'waiver')"
CUT = "DELETE FROM journal WHERE chain = 'bayan' AND number >= (SELECT max(number) FROM journal WHERE chain = 'bayan')"
SHORTER = (
    "UPDATE journal_head SET number = number - 1, hash = (SELECT hash FROM journal AS j WHERE j.chain = 'bayan'"
    " AND j.number = journal_head.number - 1) WHERE chain = 'bayan'"
)
INVENTED = (
    "INSERT INTO obligation (key, organisation, timezone, card_id, occurrence, exists_from, opened_on, provisional,"
    " backlog, state, settled, outcome, opening) SELECT 'bayan/budget.x/2024', organisation, timezone, card_id,"
    " occurrence, exists_from, opened_on, provisional, backlog, state, settled, outcome, {opening} FROM obligation"
    " WHERE key = 'bayan/budget.draft/2025'"
)


@pytest.mark.parametrize(
    ("statements", "named"),
    [
        ([MERGED], "chain bayan at entry 12: it was changed after it was written"),
        (["UPDATE journal SET \"by\" = 'nobody' WHERE what = 'waiver'"], "chain bayan at entry 12"),
        (["DELETE FROM journal WHERE what = 'waiver'"], "chain bayan at entry 12: entry 12 is missing"),
        (["DELETE FROM journal WHERE chain = 'bayan'"], "chain bayan at entry 1"),
        ([CUT], "chain bayan"),
        ([CUT, SHORTER], "chain bayan"),
        (
            ["DELETE FROM journal WHERE chain = '-mail'", "DELETE FROM journal_head WHERE chain = '-mail'"],
            "chain -mail",
        ),
        (
            ["UPDATE obligation SET due_on = '2024-01-31' WHERE key = 'bayan/budget.draft/2025'"],
            "bayan/budget.draft/2025 has 2024-01-31 where its reckoning has 2024-08-15",
        ),
        (["DELETE FROM obligation WHERE key = 'bayan/budget.draft/2025'"], "obligations of bayan"),
        (
            ["UPDATE obligation SET act_by = '2024-08-16' WHERE key = 'bayan/budget.draft/2025'"],
            "bayan/budget.draft/2025 has 2024-08-16 where its reckoning has 2024-08-15",
        ),
        (
            ["UPDATE obligation SET reckoning_id = 1 WHERE key = 'bayan/budget.draft/2025'"],
            "bayan/budget.draft/2025 has 2024-08-15 where its reckoning has",
        ),
        ([INVENTED.format(opening="opening")], "obligations of bayan"),
        ([INVENTED.format(opening="NULL")], "obligations of bayan"),
        (
            ['UPDATE reckoning SET content = \'{"basis": {}, "steps": []}\' WHERE id = 2'],
            "reckoning 2 was changed",
        ),
    ],
)
def test_whatever_is_changed_past_the_program_is_found_and_named(worked_desk, statements, named):
    worked_desk.does("journal", "verify")
    tamper(worked_desk, *statements)
    answer = worked_desk.iltod("journal", "verify")
    assert (answer.status, answer.out) == (1, "")
    assert named in answer.err


RECORDED = [
    f"post {APPROVED} --channel noticeboard --on 2024-01-22 --note put-up",
    "event add budget-amendment --organisation bayan --on 2024-01-22 --reference 7",
    "event amend e6 --on 2024-01-19 --reason misread",
    "snooze sergelen/iaac.asset-declaration/2024 --until 2024-01-30 --reason leave",
    "unwaive bayan/iaac.asset-declaration/2024 --reason no",
    "waive bayan/iaac.asset-declaration/2024 --reason yes",
]
THE_WAIVER = "bayan/iaac.asset-declaration/2024"


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE event SET happened_on = '2024-01-18' WHERE id = 6", 'event e6: happened_on is "2024-01-18"'),
        ("UPDATE event SET due_on = '2024-03-01' WHERE id = 6", 'event e6: due_on is "2024-03-01"'),
        ("UPDATE event SET amended_why = 'x' WHERE id = 6", 'event e6: amended_why is "x"'),
        ("UPDATE event SET withdrawn_at = NULL WHERE id = 5", "event e5: withdrawn_at is -"),
        ("DELETE FROM event WHERE id = 6", "event e6 is gone"),
        (
            (
                "INSERT INTO event (organisation, kind, happened_on, reference, note, recorded_at) SELECT"
                " organisation, kind, happened_on, 'invented', note, recorded_at FROM event WHERE id = 6"
            ),
            "event e7 of bayan is told of by no entry",
        ),
        ("UPDATE event SET organisation = 'sergelen' WHERE id = 6", "event e6"),
        (
            "UPDATE posting SET posted_on = '2024-01-09' WHERE id = 10",
            'posting p10: posted_on is "2024-01-09"',
        ),
        ("UPDATE posting SET channel = 'website' WHERE id = 10", 'posting p10: channel is "website"'),
        ("UPDATE posting SET note = '' WHERE id = 10", 'posting p10: note is ""'),
        (
            "UPDATE posting SET recorded_at = '2024-01-09T01:00:00.000000Z' WHERE id = 10",
            "posting p10: recorded_at",
        ),
        ("UPDATE posting SET withdrawn_at = recorded_at WHERE id = 10", "posting p10: withdrawn_at"),
        ("UPDATE posting SET taken_down_on = '2024-01-22' WHERE id = 10", "posting p10: taken_down_on"),
        ("DELETE FROM posting WHERE id = 10", "posting p10 is gone"),
        ("UPDATE waiver SET lifted_at = NULL WHERE id = 1", f"waiver 1 of {THE_WAIVER}: lifted_at is -"),
        ("UPDATE waiver SET reason = 'x' WHERE id = 2", f'waiver 2 of {THE_WAIVER}: reason is "x"'),
        ("DELETE FROM waiver WHERE id = 2", f"waiver 2 of {THE_WAIVER} is gone"),
        (
            (
                f"INSERT INTO waiver (organisation, key, reason, recorded_at) SELECT organisation, '{APPROVED}',"
                " 'invented', recorded_at FROM waiver WHERE id = 2"
            ),
            "is told of by no entry",
        ),
        (
            "UPDATE snooze SET until = '2024-02-01'",
            'snooze 1 of sergelen/iaac.asset-declaration/2024: until is "20',
        ),
        ("DELETE FROM snooze", "snooze 1 of sergelen/iaac.asset-declaration/2024 is gone"),
    ],
)
def test_what_was_recorded_and_is_changed_past_the_program_is_found_and_named(
    recorded_desk, statement, named
):
    tamper(recorded_desk, statement)
    answer = recorded_desk.iltod("journal", "verify")
    assert (answer.status, answer.out) == (1, "")
    assert named in answer.err


@pytest.fixture
def recorded_desk(worked_desk):
    """With something of every kind recorded, all of it whole."""
    for command in RECORDED:
        worked_desk.does(*command.split())
    assert "events, postings and decisions too" in worked_desk.does("journal", "verify")
    return worked_desk


def rewrite(desk, chains, change):
    """The chains anew, each entry chained properly: what a knowing hand would do."""
    tamper(desk, "UPDATE journal SET number = number")  # past the triggers from here on
    rows = [each for each in entries(desk) if each["organisation"] in chains]
    heads = {}
    with desk.store.connection() as connection:
        if not desk.store.is_sqlite:
            connection.execute(text("SET session_replication_role = replica"))
        for row in sorted(rows, key=lambda each: (each["organisation"], each["number"])):
            chain, content = row["organisation"], change(row)
            told = Change(chain, row["what"], content, row["key"])
            entry = chained(told, heads.get(chain, Head()), row["at"], row["by"])
            heads[chain] = Head(entry.number, entry.hash)
            connection.execute(
                text(
                    "UPDATE journal SET content = :content, before = :before, hash = :hash"
                    " WHERE chain = :chain AND number = :number"
                ),
                {
                    "content": json.dumps(content),
                    "before": entry.before,
                    "hash": entry.hash,
                    "chain": chain,
                    "number": entry.number,
                },
            )
        for chain, head in heads.items():
            connection.execute(
                text("UPDATE journal_head SET hash = :hash WHERE chain = :chain"),
                {"hash": head.hash, "chain": chain},
            )
        connection.commit()
    return heads


def forgotten(row):
    return {"why": "forgotten"} if row["what"] == "waiver" else row["content"]


def test_an_obligation_that_shows_the_words_of_another_rule_is_found_and_named(worked_desk):
    other = "(SELECT card_id FROM obligation WHERE key = 'sergelen/budget.draft/2025')"
    tamper(
        worked_desk, f"UPDATE obligation SET card_id = {other} WHERE key = 'sergelen/budget.performance/2023'"
    )
    answer = worked_desk.iltod("journal", "verify")
    assert (answer.status, answer.out) == (1, "")
    assert (
        "sergelen/budget.performance/2023 is kept with the words of sergelen/budget.draft/2023" in answer.err
    )


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE evidence SET content = substr(content, 2)", "is not the one that was recorded"),
        ("UPDATE evidence SET sha256 = 'x'", "is gone"),
        ("DELETE FROM evidence", "is gone"),
    ],
)
def test_a_file_that_is_gone_or_another_is_found_and_named(worked_desk, statement, named):
    file = worked_desk.folder / "photograph.jpg"
    file.write_bytes(b"as it hung there")
    worked_desk.does("post", APPROVED, "--channel", "noticeboard", "--on", "2024-01-22", "--file", str(file))
    worked_desk.does("journal", "verify")
    tamper(worked_desk, statement)
    answer = worked_desk.iltod("journal", "verify")
    assert (answer.status, answer.out) == (1, "")
    assert f"the file that backs it {named}" in answer.err


def test_a_chain_that_was_written_anew_is_not_the_one_that_the_chain_of_days_names(worked_desk):
    rewrite(worked_desk, {"bayan"}, forgotten)
    answer = worked_desk.iltod("journal", "verify")
    assert answer.status == 1
    assert "chain bayan" in answer.err
    assert "of the chain of days names" in answer.err


def seal_of(raw):
    """The number at the end of a mail, the same in its text and on its page; None where there is none."""
    mail = message_from_bytes(bytes(raw), policy=policy.default)
    text_part, page = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    number = text_part.split()[-1]
    if len(number) != 64:
        return None
    assert f">{number}</code>" in page
    return number


def test_a_mail_proves_that_the_journal_is_the_one_of_its_day(worked_desk):
    days = {each["hash"]: each["content"]["sending"] for each in entries(worked_desk, "--organisation=-day")}
    mails = worked_desk.store.rows("SELECT kind, day, raw FROM message")
    sealed = {(kind, str(day), seal_of(raw)) for kind, day, raw in mails}
    assert {kind for kind, _, _ in sealed} >= {"digest", "escalation", "notice"}
    for _, day, number in sealed:
        assert days[number] == {"Asia/Ulaanbaatar": day}
        assert f"{number} lies on it: entry " in worked_desk.does(
            "journal", "verify", "--against", number.upper()
        )


def test_a_mail_proves_that_a_journal_was_written_anew_however_well(worked_desk):
    number = last(worked_desk, "-day")["hash"]
    chains = {each["organisation"] for each in entries(worked_desk)} - {"-day"}
    heads = rewrite(worked_desk, chains, forgotten)
    tamper(worked_desk, "UPDATE waiver SET reason = 'forgotten'")
    hashes = {(each["organisation"], each["number"]): each["hash"] for each in entries(worked_desk)}
    assert heads

    def with_new_heads(row):
        renewed = [[chain, at, hashes[chain, at]] for chain, at, _ in row["content"]["heads"]]
        return row["content"] | {"heads": renewed}

    rewrite(worked_desk, {"-day"}, with_new_heads)
    assert "the journal is whole" in worked_desk.does("journal", "verify")
    answer = worked_desk.iltod("journal", "verify", "--against", number)
    assert answer.status == 1
    assert f"{number} does not lie on it" in answer.err


DRAFT = "WHERE key = 'bayan/budget.draft/2025'"
HERE = "WHERE chain = 'bayan' AND number = 3"
NO_REASON = "has a reason in {} of which no entry of the journal of bayan tells"


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (
            f"UPDATE journal SET content = '{{x' {HERE}",
            "chain bayan at entry 3: it holds what cannot be read",
        ),
        (f"UPDATE journal SET content = '{{\"a\": NaN}}' {HERE}", "chain bayan at entry 3: it was changed"),
        (f"UPDATE journal SET content = x'ff00fe' {HERE}", "chain bayan at entry 3: it holds"),
        (f"UPDATE journal SET content = '{'[' * 100_000}{']' * 100_000}' {HERE}", "chain bayan at entry 3"),
        (f"UPDATE journal SET at = 'yesterday' {HERE}", "chain bayan at entry 3: it holds"),
        (f"UPDATE journal SET at = '' {HERE}", "chain bayan at entry 3: it holds"),
        (f"UPDATE journal SET \"by\" = x'ff' {HERE}", "chain bayan at entry 3: it was changed"),
        (f"UPDATE journal SET \"by\" = CAST(x'ff' AS TEXT) {HERE}", "chain bayan at entry 3: it holds"),
        (f"UPDATE journal SET number = 'abc' {HERE}", "chain bayan at entry 3: entry 3 is missing"),
        ("UPDATE journal_head SET number = 'abc' WHERE chain = 'bayan'", "chain bayan at entry 1"),
        ("UPDATE journal_head SET sealed = 'abc' WHERE chain = 'bayan'", "chain bayan at entry"),
        (
            f"UPDATE obligation SET due_on = 'never' {DRAFT}",
            "bayan/budget.draft/2025 holds what cannot be read",
        ),
        (
            f"UPDATE obligation SET withdrawn = '{{' {DRAFT}",
            "bayan/budget.draft/2025 holds what cannot be read",
        ),
        ("UPDATE obligation SET timezone = 'x' WHERE outcome = 'met'", "2024 holds what cannot be read"),
        (f"UPDATE obligation SET card_id = 999 {DRAFT}", "bayan/budget.draft/2025 holds what cannot be read"),
        (f"UPDATE obligation SET opening = 'abc' {DRAFT}", "obligations of bayan"),
        (f"UPDATE obligation SET key = x'ff' {DRAFT}", "obligations of bayan"),
        ("UPDATE reckoning SET content = '[1]' WHERE id = 2", "reckoning 2 was changed"),
        ("UPDATE reckoning SET content = '{' WHERE id = 2", "reckoning 2 was changed"),
        ("DELETE FROM reckoning WHERE id = 2", "the reckoning of"),
        ("UPDATE card SET content = '{' WHERE id = 2", "(card 2) was changed"),
        ("UPDATE posting SET posted_on = 'x' WHERE id = 2", "posting p2 holds what cannot be read"),
        ("UPDATE event SET organisation = x'ff' WHERE id = 2", "event e2 holds what cannot be read"),
        ("UPDATE waiver SET recorded_at = ''", "a decision about {} holds what cannot be read"),
        ("UPDATE attempt SET ended_at = '' WHERE id = 1", "attempt 1 at a mail holds what cannot be read"),
        ("DROP TABLE journal", "the table journal is missing from the database"),
        ("DROP TABLE waiver", "the table waiver is missing from the database"),
    ],
)
def test_what_nobody_can_read_is_found_and_named_like_what_was_changed(worked_desk, statement, named):
    with worked_desk.store.connection() as connection:
        for name in list(connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))):
            connection.execute(text(f"DROP TRIGGER {name}"))
        connection.exec_driver_sql(statement)
        connection.commit()
    answer = worked_desk.iltod("journal", "verify")
    assert (answer.status, answer.out) == (1, "")
    assert named.format("bayan/iaac.asset-declaration/2024") in answer.err


AS_IF_MET = "UPDATE obligation SET state = 'met', settled = TRUE, outcome = 'met'"


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (f"{AS_IF_MET} {DRAFT}", "bayan/budget.draft/2025 is kept as met"),
        (f"UPDATE obligation SET settled = TRUE {DRAFT}", "bayan/budget.draft/2025 is kept as awaited"),
        (f"UPDATE obligation SET state = 'waived' {DRAFT}", "bayan/budget.draft/2025 is kept as awaited"),
        (
            f"UPDATE obligation SET state = 'waived', outcome = 'waived', settled = TRUE {DRAFT}",
            "bayan/budget.draft/2025 is kept as waived",
        ),
        (f"UPDATE obligation SET exempt = 'because' {DRAFT}", NO_REASON.format("exempt")),
        (f'UPDATE obligation SET withdrawn = \'{{"text": "x"}}\' {DRAFT}', NO_REASON.format("withdrawn")),
        (
            "UPDATE obligation SET withdrawn = NULL WHERE withdrawn IS NOT NULL",
            "has another reason in withdrawn than entry",
        ),
        (f"{AS_IF_MET} WHERE key = '{APPROVED}'", f"{APPROVED} is kept as met"),
        (f"{AS_IF_MET} WHERE outcome = 'met_late'", "is kept as met"),
        (
            "UPDATE obligation SET posted = NULL WHERE key = 'bayan/budget.approved/2024'",
            "bayan/budget.approved/2024 is kept as",
        ),
        (
            f"UPDATE obligation SET extended_from = '2024-01-01' {DRAFT}",
            "bayan/budget.draft/2025 is extended",
        ),
        ("DELETE FROM attempt WHERE id = 1", "attempt 1 at a mail is not as entry 1 of chain -mail tells"),
        ("UPDATE delivery SET state = 'failed' WHERE id = 1", "attempt 1 at a mail"),
        ("UPDATE delivery SET recipient = 'nobody@x.example' WHERE id = 1", "attempt 1 at a mail"),
    ],
)
def test_an_obligation_that_is_hidden_and_a_mail_that_is_denied_are_found_and_named(
    worked_desk, statement, named
):
    tamper(worked_desk, statement)
    answer = worked_desk.iltod("journal", "verify")
    assert (answer.status, answer.out) == (1, "")
    assert named in answer.err


def test_where_there_is_no_database_there_is_nothing_to_prove(desk):
    answer = desk.iltod("journal", "verify")
    assert (answer.status, answer.out) == (1, "")
    if desk.store.is_sqlite:
        file = desk.folder / "iltod.db"
        assert answer.err == f"there is nothing to prove: there is no database {file}\n"
    else:
        assert "holds nothing yet" in answer.err


@pytest.mark.parametrize("sealed", [0, 999])
def test_a_head_that_is_said_to_be_named_otherwise_than_it_is_breaks_the_chain(worked_desk, sealed):
    tamper(worked_desk, f"UPDATE journal_head SET sealed = {sealed} WHERE chain = 'bayan'")
    answer = worked_desk.iltod("journal", "verify")
    assert (answer.status, answer.out) == (1, "")
    assert (
        f"chain bayan at entry 13: the chain of days is said to name its entry {sealed}, and names 12"
        in answer.err
    )


def test_a_chain_that_is_said_to_be_named_further_than_it_goes_is_named_at_the_next_sending_time(worked_desk):
    tamper(worked_desk, "UPDATE journal_head SET sealed = 999 WHERE chain = 'bayan'")
    worked_desk.does("waive", "bayan/budget.draft/2025", "--reason", "merged")
    worked_desk.does("run", "--once", "--at", "2024-01-24T09:00")
    named = {chain: number for chain, number, _ in last(worked_desk, "-day")["content"]["heads"]}
    assert named["bayan"] == last(worked_desk, "bayan")["number"]
    worked_desk.does("journal", "verify")


def test_the_chain_of_days_cannot_be_taken_away(worked_desk):
    tamper(
        worked_desk,
        "DELETE FROM journal WHERE chain = '-day'",
        "DELETE FROM journal_head WHERE chain = '-day'",
    )
    answer = worked_desk.iltod("journal", "verify")
    assert (answer.status, answer.out) == (1, "")
    assert "and names 0" in answer.err


def test_what_a_mail_covers_is_said_and_what_only_says_that_it_is_older_too(worked_desk):
    days = entries(worked_desk, "--organisation=-day")
    number = days[-1]["hash"]
    before = {chain: at for day in days for chain, at, _ in day["content"]["heads"]} | {"-day": len(days)}
    covered = (
        f"it covers {sum(before.values())} entries of {len(before)} chains: none of them was changed since\n"
    )
    assert worked_desk.does("journal", "verify", "--against", number).endswith(covered)
    worked_desk.does("waive", "bayan/budget.draft/2025", "--reason", "merged")
    assert worked_desk.does("journal", "verify", "--against", number).endswith(covered)
    put_back(worked_desk, "bayan", "2024-01-09T01:00:00.000000Z")
    told = worked_desk.does("journal", "verify", "--against", number)
    assert covered in told
    assert "1 entry says that it is older, and is not among them" in told


def put_back(desk, chain, moment):
    """The last entry of a chain says that it was made then, chained properly, and its row with it."""
    entry = last(desk, chain)
    before = next(
        each for each in entries(desk, "--organisation", chain) if each["number"] == entry["number"] - 1
    )
    told = Change(chain, entry["what"], entry["content"], entry["key"])
    anew = chained(told, Head(before["number"], before["hash"]), moment, entry["by"])
    tamper(
        desk,
        f"UPDATE journal SET at = '{moment}', hash = '{anew.hash}'"
        f" WHERE chain = '{chain}' AND number = {anew.number}",
        f"UPDATE journal_head SET hash = '{anew.hash}' WHERE chain = '{chain}'",
        f"UPDATE waiver SET recorded_at = '{moment}' WHERE key = '{entry['key']}'",
    )


def test_what_is_no_hash_is_misread(worked_desk):
    assert worked_desk.iltod("journal", "verify", "--against", "abc").status == 2


@pytest.mark.slow
@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_a_copy_on_a_server_has_the_same_journal_and_it_holds_there(worked_desk, worked_folder, make_store):
    table = "SELECT * FROM journal ORDER BY chain, number"
    original = make_store("sqlite:///iltod.db", worked_folder).rows(table)
    copied = worked_desk.store.rows(table)
    assert [row[-1] for row in copied] == [row[-1] for row in original]
    assert len(copied) > 40
    assert "the journal is whole" in worked_desk.does("journal", "verify")
