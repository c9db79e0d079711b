"""A database of each earlier schema, with what its program wrote: today's program goes on where that one ended."""

import gzip
import json
import re
from collections.abc import Iterator
from email import message_from_bytes, message_from_string, policy

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, event

from monitor.storage.engine import DatabaseUnusable, open_engine
from monitor.storage.schema import SCHEMA, _alembic, bring_up_to_date
from monitor.wording import speech
from tests.monitor.cli.conftest import Desk
from tests.monitor.storage.earlier_contents import FOLDER, put, settle

EARLIER = sorted(each.name.partition(".")[0] for each in FOLDER.iterdir())
STANDS = {
    "sergelen/drill.count/2024": ("upcoming", "2024-03-01"),
    "sergelen/drill.list/2024": ("waived", "2024-01-12"),
    "sergelen/drill.plan/2024": ("overdue", "2024-01-10"),
    "sergelen/drill.plan/2025": ("upcoming", "2025-01-10"),
    "sergelen/drill.report/e1": ("upcoming", "2024-01-15"),
}
WAITED = ["web@sergelen.example: Notice: Sergelen: 2 duties", "web@sergelen.example: Sergelen: overdue 1"]
NEXT_DAY = ["finance@sergelen.example: Sergelen: due soon 1", "web@sergelen.example: Sergelen: due soon 1"]
BY_MAILDIR = 'transport = "maildir"\npath = "mail"'


def test_every_earlier_schema_is_kept_with_contents() -> None:
    known = {each.revision for each in ScriptDirectory.from_config(_alembic()).walk_revisions()}
    assert set(EARLIER) == known - {SCHEMA}


@pytest.fixture(params=EARLIER)
def schema(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def contents(schema: str):
    return json.loads(gzip.decompress((FOLDER / f"{schema}.json.gz").read_bytes()))


@pytest.fixture
def earlier(store, schema: str, contents) -> Iterator[Engine]:
    """The database as the program of that schema left it."""
    engine = open_engine(store.address)
    with engine.begin() as connection:
        config = _alembic()
        config.attributes["connection"] = connection
        command.upgrade(config, schema)
        put(connection, contents)
    yield engine
    engine.dispose()


@pytest.fixture
def desk(tmp_path, store, earlier: Engine) -> Desk:
    settle(tmp_path, BY_MAILDIR)
    desk = Desk(tmp_path, store)
    desk.configure((tmp_path / "config.toml").read_text("utf-8"))
    earlier.dispose()
    assert "migrated from schema" in desk.does("migrate")
    return desk


def standing(desk: Desk) -> dict[str, tuple[str, str]]:
    told = json.loads(desk.iltod("status", "--all", "--format", "json").out)
    return {each["key"]: (each["state"], each["due_on"]) for each in told["obligations"]}


def run(desk: Desk, at: str) -> None:
    assert desk.iltod("run", "--once", "--at", at).status == 0


def told(desk: Desk) -> list[str]:
    """Who was mailed by today's program, and about what."""
    mails = (
        message_from_bytes(each.read_bytes(), policy=policy.default)
        for each in desk.folder.glob("mail/new/*")
    )
    return sorted(f"{mail['To'].addresses[0].addr_spec}: {mail['Subject']}" for mail in mails)


def numbers_in(contents) -> set[str]:
    """Those at the end of the mails that the earlier program made, by which they prove its journal."""
    mails = (message_from_string(each["raw"], policy=policy.default) for each in contents["message"])
    texts = (mail.get_body(("plain",)).get_content() for mail in mails)
    return {found[0] for text in texts if (found := re.search(r"\b[0-9a-f]{64}(?=\s*$)", text))}


def test_it_goes_on_where_the_earlier_program_ended(desk, contents, schema):
    """Nothing is told twice or not at all, no due date moves, and the journal and its numbers hold."""
    assert standing(desk) == STANDS
    desk.does("journal", "verify")

    run(desk, "2024-01-11T10:00")
    assert told(desk) == WAITED
    assert standing(desk) == STANDS
    run(desk, "2024-01-12T09:00")
    assert told(desk) == sorted([*WAITED, *NEXT_DAY])

    desk.does("journal", "verify")
    numbers = numbers_in(contents)
    assert bool(numbers) == (schema > "0001"), "before, there was no journal"
    for number in numbers:
        desk.does("journal", "verify", "--against", number)
    for key in STANDS:
        assert STANDS[key][1] in desk.does("explain", key)


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.parametrize("schema", ["0001"], indirect=True)
def test_where_the_disk_has_no_room_for_a_migration_it_says_what_to_do_and_changes_nothing(earlier, store):
    before = store.content()
    earlier.dispose()
    no_larger = "PRAGMA max_page_count = 1"  # that is, than it is
    event.listen(earlier, "connect", lambda connection, _: connection.execute(no_larger))
    with pytest.raises(DatabaseUnusable) as refused:
        bring_up_to_date(earlier)
    assert "disk is full; if its disk is full, make room" in refused.value.sentence.say(speech("en"))
    assert store.content() == before
