"""A PostgreSQL database that the program may not use, or that cannot keep what people write: said with what to do."""

import pytest
from sqlalchemy import create_engine, make_url, text

from monitor.storage.engine import open_engine, open_reader

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("store", ["postgresql"], indirect=True)]

READING = [["status"], ["status", "--all"], ["mail", "list"], ["journal", "verify"], ["check"]]
WRITING = [
    ["post", "sergelen/budget.approved/2024", "--channel", "noticeboard", "--on", "2024-01-22"],
    ["run", "--once", "--at", "2024-01-24T09:00"],
    ["migrate"],
]


def as_role(desk, *grants: str) -> None:
    """From now on the desk comes as a role that owns nothing, and may do what it is granted."""
    role = f"{make_url(desk.store.url).database}_guest"
    with desk.store.connection() as connection:
        connection.execute(text(f"CREATE ROLE {role} LOGIN"))
        for grant in grants:
            connection.execute(text(f"GRANT {grant} TO {role}"))
        connection.commit()
    config = desk.folder / "config.toml"
    config.write_text(config.read_text("utf-8").replace("//postgres@", f"//{role}@"), encoding="utf-8")


def test_a_role_that_may_not_read_the_tables_is_told_what_to_do(worked_desk):
    as_role(worked_desk)
    for command in [*READING, *WRITING]:
        answer = worked_desk.iltod(*command)
        said = answer.out + answer.err
        assert answer.status == 1, command
        assert (
            "permission denied for table alembic_version; make the role of monitor.database the owner" in said
        )


def test_a_role_that_may_only_read_is_told_so_by_what_writes(worked_desk):
    as_role(worked_desk, "SELECT ON ALL TABLES IN SCHEMA public")
    for command in READING[:4]:
        worked_desk.does(*command)
    for command in WRITING[:2]:
        answer = worked_desk.iltod(*command)
        assert answer.status == 1, command
        assert "permission denied for table" in answer.err, command
        assert "ALTER TABLE ... OWNER TO" in answer.err


@pytest.fixture
def database_in(store):
    """Makes a database of another encoding, and gives its name."""

    def make(encoding: str) -> str:
        name = f"{make_url(store.url).database}_{encoding.lower()}"
        engine = create_engine(store.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            locale = "LC_COLLATE 'C' LC_CTYPE 'C'"
            connection.execute(
                text(f"CREATE DATABASE {name} ENCODING '{encoding}' {locale} TEMPLATE template0")
            )
        engine.dispose()
        return name

    return make


@pytest.mark.parametrize("encoding", ["LATIN1", "EUC_JP", "SQL_ASCII"])
def test_a_database_that_does_not_keep_every_letter_is_refused_before_anything_is_made(
    desk, database_in, encoding
):
    config = desk.folder / "config.toml"
    text_of_it = config.read_text("utf-8")
    name = database_in(encoding)
    config.write_text(text_of_it.replace(make_url(desk.store.url).database, name), encoding="utf-8")
    for command in (["check"], ["status"], ["run", "--once"], ["migrate"]):
        answer = desk.iltod(*command)
        assert answer.status == 1, command
        assert f"the database has the encoding {encoding}" in answer.out + answer.err
        assert "createdb --encoding=UTF8 --template=template0" in answer.out + answer.err


def test_one_that_was_filled_all_the_same_is_found_by_check_and_at_the_start(desk, database_in, monkeypatch):
    config = desk.folder / "config.toml"
    config.write_text(
        config.read_text("utf-8").replace(make_url(desk.store.url).database, database_in("SQL_ASCII")),
        encoding="utf-8",
    )
    with monkeypatch.context() as earlier:  # a program that did not look
        earlier.setattr("monitor.storage.schema.refuse_encoding", lambda _: None)
        desk.does("migrate")
    for command in (["check"], ["run"], ["migrate"]):
        answer = desk.iltod(*command)
        assert answer.status == 1, command
        assert "the database has the encoding SQL_ASCII" in answer.out + answer.err


def test_a_server_whose_machine_is_gone_is_not_waited_for_for_ever(store):
    wanted = {"keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3"}
    wanted |= {"tcp_user_timeout": "60000", "connect_timeout": "10"}
    for engine in (open_engine(store.url), open_reader(store.url)):
        with engine.connect() as connection:
            assert wanted.items() <= connection.connection.driver_connection.info.get_parameters().items()
        engine.dispose()
