"""A PostgreSQL server that has gone over to a standby: what stands there can be read, and nobody writes."""

import json
import time
from contextlib import contextmanager

import pytest
from sqlalchemy import make_url

from monitor.storage.bulk import add_rows
from monitor.storage.engine import DatabaseUnusable, open_engine
from monitor.storage.tables import card

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("store", ["postgresql"], indirect=True)]

ONLY_READ = "can only be read now"


@contextmanager
def standby(store):
    """For every connection that is made meanwhile; those that are open break, as they do when a server goes over.

    None breaks in the midst of a transaction: what that would be called is not the matter here.
    """
    _let_write(store, "off")
    yield
    _let_write(store, "on")


def _let_write(store, answer: str) -> None:
    read_only = {"on": "off", "off": "on"}[answer]
    name = make_url(store.address).database
    with store.connection() as connection:
        connection.exec_driver_sql("SET default_transaction_read_only = off")
        connection.commit()
        connection.exec_driver_sql(f"ALTER DATABASE {name} SET default_transaction_read_only = {read_only}")
        connection.commit()
        (altered,) = connection.exec_driver_sql("SELECT clock_timestamp()").one()
        while connection.exec_driver_sql(_OLDER, {"altered": altered}).one() != (0,):
            connection.commit()
            connection.exec_driver_sql(_BREAK, {"altered": altered})
            time.sleep(0.05)


_OTHERS = (
    "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND application_name = 'iltod' AND backend_start < %(altered)s"
)
_OLDER = f"SELECT count(*) {_OTHERS}"
_BREAK = f"SELECT pg_terminate_backend(pid) {_OTHERS} AND state = 'idle'"


def test_commands_say_that_the_server_can_only_be_read_and_status_answers(live_office):
    live_office.does("run", "--once")
    before = live_office.store.content()
    with standby(live_office.store):
        for command in (
            ("run", "--once"),
            ("run",),
            ("post", "sergelen/drill.report/e1", "--channel", "website", "--on", live_office.today),
        ):
            answer = live_office.iltod(*command)
            assert answer.status == 1, command
            (said,) = answer.err.splitlines()
            assert ONLY_READ in said, command
        found = {each["id"]: each for each in json.loads(live_office.iltod("check", "--format", "json").out)}
        assert ONLY_READ in found["database-not-writable"]["text"]
        assert "sergelen/drill.report/e1" in live_office.does("status")
    assert live_office.store.content() == before


def test_a_daemon_says_once_that_the_server_can_only_be_read_and_goes_on_when_it_can_be_written(live_office):
    daemon = live_office.start("run")
    daemon.until(lambda: live_office.rows("SELECT count(*) FROM delivery WHERE state = 'sent'") == [(2,)])
    time.sleep(1)  # it has nothing to do for a while
    with standby(live_office.store):
        daemon.until(lambda: '"database.down"' in daemon.err)
    assert ONLY_READ in daemon.err
    daemon.until(lambda: '"database.up"' in daemon.err)
    assert daemon.err.count('"database.down"') == 1
    assert "an error of the program's own" not in daemon.err
    assert "Traceback" not in daemon.err


def test_rows_that_are_copied_there_are_refused_in_the_same_words(live_office):
    live_office.does("run", "--once")
    with standby(live_office.store):
        engine = open_engine(live_office.store.address)
        with pytest.raises(DatabaseUnusable, match=ONLY_READ), engine.begin() as connection:
            add_rows(connection, card, [{"rule": "p.rule", "digest": "d", "content": {}}])
        engine.dispose()
