"""Makes a nation: so many organisations with three contacts each, and a pack of 60 yearly rules.

`make_nation(folder, organisations)` writes config.toml, the register as CSV files and the pack; the other benchmarks
build on it. Run by itself it makes one and leaves it there: `python benchmarks/nation.py FOLDER N`.
"""

import csv
import sys
from datetime import date, timedelta
from pathlib import Path

RULES = 60


def make_nation(
    folder: Path, organisations: int, database: str = "sqlite:///nation.db", since: str = "2024-01-01"
) -> Path:
    """A configuration for that many organisations, one in 100 of them an aimag above the others."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pack.toml").write_text(_pack(), encoding="utf-8")
    _register(folder, organisations, since)
    config = folder / "config.toml"
    config.write_text(
        f"""
[monitor]
database = "{database}"
packs = ["./pack.toml"]
[mail]
path = "mail"
[register]
organisations = "organisations.csv"
contacts = "contacts.csv"
""",
        encoding="utf-8",
    )
    return config


def _pack() -> str:
    head = """
pack = "nation"
version = "1"
reviewed = 2026-11-23
jurisdiction = "MN"
title = { mn = "Үндэсний", en = "Nation" }
"""
    return head + "".join(_rule(number) for number in range(RULES))


def _rule(number: int) -> str:
    day = date(2023, 1, 5) + timedelta(days=6 * number)
    return f"""
[[rule]]
id = "duty-{number}"
title = {{ mn = "Үүрэг {number}", en = "Duty {number}" }}
applies_to = ["aimag", "soum"]
channels = ["website", "noticeboard"]
responsible = ["finance", "web"]
deadline = {{ yearly = "{day:%m-%d}" }}
basis = {{ source = "Benchmark", item = "{number}", words = "жил бүрийн {day:%m}-р сарын {day:%d}-ны дотор" }}
confidence = "unverified"
"""


def _register(folder: Path, organisations: int, since: str) -> None:
    with (folder / "organisations.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "name", "kind", "parent", "timezone", "website", "since"])
        for number in range(organisations):
            above = number - number % 100
            kind, parent = ("aimag", "") if number == above else ("soum", f"org-{above}")
            rows.writerow([f"org-{number}", f"Байгууллага {number}", kind, parent, "", "", since])
    with (folder / "contacts.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["organisation", "role", "name", "email", "language"])
        for number in range(organisations):
            roles = ("finance", "web", "oversight" if number % 100 == 0 else "head")
            for role in roles:
                rows.writerow(
                    [f"org-{number}", role, f"Ажилтан {number}", f"{role}@org-{number}.example", "mn"]
                )


if __name__ == "__main__":
    print(make_nation(Path(sys.argv[1]), int(sys.argv[2])))
