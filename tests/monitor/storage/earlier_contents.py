"""What the program of each earlier schema wrote: one story, lived with it, and what then stood in its tables.

With a migration comes a file more, of the schema before it. The program that still has that one writes it:

    python -m tests.monitor.storage.earlier_contents
"""

import gzip
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import JSON, Boolean, Connection, Date, LargeBinary, MetaData, func, select

from tests.acceptance.conftest import PostOffice

FOLDER = Path(__file__).with_name("earlier")
PACK = """
pack = "drill"
version = "1"
reviewed = 2024-01-01
jurisdiction = "MN"
title = { mn = "Сургуулилалт", en = "Drill" }
"""
for _id, _deadline in {
    "plan": '{ yearly = "01-10" }',
    "list": '{ yearly = "01-12" }',
    "count": '{ yearly = "02-15" }\nextendable = "30 days"',
    "report": '{ of = "drill", within = "5 working days" }',
}.items():
    PACK += f"""
[[rule]]
id = "{_id}"
title = {{ mn = "{_id}", en = "{_id}" }}
applies_to = ["soum"]
channels = ["website", "noticeboard"]
responsible = ["finance", "web"]
deadline = {_deadline}
basis = {{ source = "Дүрэм", item = "1", words = "хугацаанд нь" }}
confidence = "unverified"
"""
CONFIG = """
[monitor]
database = "sqlite:///iltod.db"
language = "en"
packs = ["drill.toml"]
[calendar]
region = ""
[[organisations]]
id = "sergelen"
name = "Sergelen"
kind = "soum"
since = 2024-01-01
contacts = [
    {{ role = "finance", name = "Finance", email = "finance@sergelen.example" }},
    {{ role = "web", name = "Web", email = "web@sergelen.example" }},
    {{ role = "head", name = "Head", email = "head@sergelen.example" }},
]
[reminders]
before = ["1wd"]
after = ["1wd"]
escalate = [{{ after = "1wd", to = "head" }}]
all_clear = "never"
[mail]
{mail}
[web]
listen = ""
"""
BY_SMTP = 'transport = "smtp"\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"'
STORY = (
    "run --once --at 2024-01-08T09:00",
    "event add drill --organisation sergelen --on 2024-01-08 --reference A/1",
    "post sergelen/drill.plan/2024 --channel website --on 2024-01-08 --url https://sergelen.example/1 --file proof.pdf",
    "post sergelen/drill.plan/2024 --channel noticeboard --on 2024-01-08",
    "posting withdraw p2 --reason mistaken",
    "waive sergelen/drill.list/2024 --reason nothing",
    "extend sergelen/drill.count/2024 --until 2024-03-01 --reason ill --reference B/2",
    "snooze sergelen/drill.count/2024 --until 2024-02-20 --reason later",
    "run --once --at 2024-01-11T09:00",
)
"""At its end web@ has a mail that waits, finance@ one that was sent, and head@ one that was refused for good."""


REFUSED = {"web@sergelen.example": "451 later", "head@sergelen.example": "550 nobody"}


def settle(folder: Path, mail: str) -> None:
    """Lay down the files of the story."""
    (folder / "config.toml").write_text(CONFIG.format(mail=mail), encoding="utf-8")
    (folder / "drill.toml").write_text(PACK, encoding="utf-8")
    (folder / "proof.pdf").write_bytes(b"%PDF-1.4 proof")


def put(connection: Connection, contents: dict[str, list[dict[str, Any]]]) -> None:
    """The rows into tables of their schema that are empty, on whatever database."""
    tables = MetaData()
    tables.reflect(connection)
    for table in tables.sorted_tables:
        rows = contents.get(table.name, [])
        for row in rows:
            values = {name: _as_column(table.c[name].type, value) for name, value in row.items()}
            connection.execute(table.insert().values(values))
        number = table.autoincrement_column
        if number is not None and rows and connection.dialect.name == "postgresql":
            sequence = func.pg_get_serial_sequence(table.name, number.name)
            connection.execute(select(func.setval(sequence, select(func.max(number)).scalar_subquery())))


def _as_column(column: object, value: Any) -> Any:
    made: dict[type, Callable[[Any], Any]] = {
        Boolean: bool,
        Date: date.fromisoformat,
        JSON: json.loads,
        LargeBinary: str.encode,
    }
    return next((make(value) for kind, make in made.items() if isinstance(column, kind)), value)


def _live(folder: Path) -> None:
    program = (sys.executable, "-c", "import sys; from monitor.cli import main; sys.exit(main())")
    post = PostOffice()
    post.refused = REFUSED
    try:
        settle(folder, BY_SMTP.format(port=post.port))
        for line in STORY:
            subprocess.run([*program, *line.split()], cwd=folder, env=os.environ, check=True)
    finally:
        post.close()


def _contents(database: Path) -> tuple[str, dict[str, list[dict[str, Any]]]]:
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        names = (
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        )
        found = {
            name: [
                {key: _as_text(row[key]) for key in row.keys() if row[key] is not None}  # noqa: SIM118
                for row in connection.execute(f'SELECT * FROM "{name}"')
            ]
            for (name,) in connection.execute(names).fetchall()
        }
    ((schema,),) = (row.values() for row in found.pop("alembic_version"))
    return schema, {name: rows for name, rows in found.items() if rows}


def _as_text(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value


if __name__ == "__main__":
    with TemporaryDirectory() as made:
        _live(Path(made))
        schema, contents = _contents(Path(made) / "iltod.db")
    (FOLDER / f"{schema}.json.gz").write_bytes(gzip.compress(json.dumps(contents).encode(), mtime=0))
