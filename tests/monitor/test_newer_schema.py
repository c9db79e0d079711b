"""A daemon under whose database a newer program has begun to work: it writes nothing more into it."""

from pathlib import Path

from sqlalchemy import text

from monitor.assembly import assemble
from monitor.clock import SystemClock
from monitor.daemon import Daemon
from monitor.speech import speech
from monitor.storage.engine import open_engine
from monitor.storage.schema import bring_up_to_date
from tests.conftest import Store
from tests.monitor.web.test_server import CONFIG


def test_it_says_so_with_the_next_tick_and_writes_nothing(tmp_path: Path, store: Store) -> None:
    config = CONFIG.format(listen="").replace("sqlite:///iltod.db", store.url)
    (tmp_path / "config.toml").write_text(config, encoding="utf-8")
    assembly = assemble(tmp_path / "config.toml")
    engine = open_engine(assembly.settings.monitor.database)
    bring_up_to_date(engine)
    daemon = Daemon(engine, assembly, [], SystemClock())
    assert daemon.begin() is None
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    before = store.content()
    daemon._tick()
    assert not daemon._touch_database()
    assert store.content() == before
    assert {"newer iltod (schema 9999)" in each.said.say(speech("en")) for each in daemon.pulse.troubles} == {
        True
    }
    engine.dispose()
