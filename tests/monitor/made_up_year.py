"""A made-up aimag for a year: offices below each other, in two time zones, and people who come and go.

It is written down twice: as the configuration of the program, and as what the naive reference takes.
"""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from tests.monitor.reference import Office, Seat

ULAANBAATAR, HOVD = "Asia/Ulaanbaatar", "Asia/Hovd"
BEFORE = ("30d", "14d", "7d", "3wd", "1wd", "0d")
AFTER = ("1wd", "3wd", "5wd", "+5wd")
ESCALATE = (("3wd", "head"), ("10wd", "parent:oversight"), ("20d", "parent:head"))

_DECREES = (
    "01-01 01-02 02-12 02-13 02-14 03-08 06-03 06-28 07-11 07-12 07-15 11-26 12-30"  # on weekdays of 2024
)
OFF = [date.fromisoformat(f"2024-{each}") for each in _DECREES.split()]

TOP, AIMAG, OUTER = "region", "aimag", "hovd"
SOUMS = ("bayan", "erdene", "uyench")
YEARLY = {"approved": "01-10", "shown": "03-15", "plan": "06-10", "report": "08-18", "draft": "11-20"}
EVENTS = {
    "amendment": 'within = "14 working days"',
    "complaint": 'within = "30 days"',
    "letter": 'within = "stated"',
}
ROLES = {
    "approved": ("finance", "web"),
    "shown": ("web",),
    "plan": ("finance",),
    "report": ("finance", "legal"),
    "draft": ("legal",),
    "amendment": ("finance", "web"),
    "complaint": ("legal", "web"),
    "letter": ("finance",),
}
CHANNELS = {name: ("website",) if name == "shown" else ("website", "noticeboard") for name in ROLES}


@dataclass
class Story:
    """The same made-up year for the program and for the reference."""

    folder: Path
    chance: random.Random
    offices: list[Office] = field(default_factory=list)
    seats: list[Seat] = field(default_factory=list)
    late: list[Seat] = field(default_factory=list)
    """Seats that the configuration does not know before the day of its change."""
    changed_on: date = date(2024, 5, 20)
    zones: dict[str, str] = field(default_factory=dict)

    def make_up(self) -> None:
        self.offices = [
            Office(TOP, None, date(2023, 9, 1)),
            Office(AIMAG, TOP, date(2023, 1, 1)),
            Office(OUTER, TOP, date(2024, 1, 1)),
            *(Office(name, self.chance.choice((AIMAG, AIMAG, OUTER)), self._since()) for name in SOUMS),
            Office("alone", None, date(2023, 9, 1)),
        ]
        for office in self.offices:
            for role in ("head", "oversight", "finance", "web", "legal"):
                self._fill(office, role)
        self.late = [seat for seat in self.seats if seat.start == self.changed_on]
        self.zones = self._zones_of_people()

    def write_config(self, *, whole: bool) -> Path:
        """The configuration; what is `whole` knows those who join with its change."""
        (self.folder / "p.toml").write_text(_pack(), "utf-8")
        (self.folder / "calendar.toml").write_text(_calendar(), "utf-8")
        seats = self.seats if whole else [each for each in self.seats if each not in self.late]
        path = self.folder / "config.toml"
        path.write_text(_HEAD + "".join(self._office(each, seats) for each in self.offices), "utf-8")
        return path

    def depth(self, office: str) -> int:
        parent = next(each.parent for each in self.offices if each.id == office)
        return 0 if parent is None else 1 + self.depth(parent)

    def zone_of(self, office: str) -> str:
        parent = next(each.parent for each in self.offices if each.id == office)
        return HOVD if OUTER in (office, parent) else ULAANBAATAR

    def _since(self) -> date:
        return self.chance.choice((date(2023, 1, 1), date(2024, 1, 1), date(2024, 3, 9), date(2024, 6, 17)))

    def _fill(self, office: Office, role: str) -> None:
        """Nobody, one, two at once, or one after another; some people serve in many places."""
        kind = self.chance.choice(("nobody", "one", "one", "two", "series", "leave", "joins"))
        names = [f"{role}-{office.id}@a.example", f"{role}-two-{office.id}@a.example"]
        if self.chance.random() < 0.3:
            names[0] = f"many-{self.chance.randrange(4)}@a.example"
        first, second = names
        swap = date(2024, 1, 1) + timedelta(days=self.chance.randrange(20, 340))
        away = timedelta(days=self.chance.randrange(1, 40))
        self.seats += {
            "nobody": [],
            "one": [Seat(office.id, role, first)],
            "two": [Seat(office.id, role, first), Seat(office.id, role, second)],
            "series": [
                Seat(office.id, role, first, until=swap),
                Seat(office.id, role, second, start=swap + away),
            ],
            "leave": [
                Seat(office.id, role, first, until=swap),
                Seat(office.id, role, first, start=swap + away),
            ],
            "joins": [Seat(office.id, role, first), Seat(office.id, role, second, start=self.changed_on)],
        }[kind]

    def _zones_of_people(self) -> dict[str, str]:
        """A person's zone is that of the topmost of its offices, then of the first in the file."""
        order = [each.id for each in self.offices]
        zones: dict[str, str] = {}
        for seat in sorted(self.seats, key=lambda each: (self.depth(each.office), order.index(each.office))):
            zones.setdefault(seat.address, self.zone_of(seat.office))
        return zones

    def _office(self, office: Office, seats: list[Seat]) -> str:
        kind = "soum" if office.id in (*SOUMS, "alone") else "aimag"
        lines = [
            f'[[organisations]]\nid = "{office.id}"\nname = "{office.id}"\nkind = "{kind}"\nsince = {office.since}',
            f'timezone = "{self.zone_of(office.id)}"',
            *([f'parent = "{office.parent}"'] if office.parent else []),
        ]
        for each in seats:
            if each.office == office.id:
                lines.append(
                    f'[[organisations.contacts]]\nrole = "{each.role}"\nname = "N"\nemail = "{each.address}"'
                )
                if each.start != date.min and each not in self.late:
                    lines.append(f"from = {each.start}")
                if each.until != date.max:
                    lines.append(f"until = {each.until}")
        return "\n".join(lines) + "\n"


def _calendar() -> str:
    return "".join(f'[[off]]\ndate = {day}\nreason = "x"\nsource = "y"\n' for day in OFF)


def _pack() -> str:
    forms = {name: f'{{ yearly = "{on}" }}' for name, on in YEARLY.items()}
    forms |= {kind: f'{{ of = "{kind}", {within} }}' for kind, within in EVENTS.items()}
    more = {"shown": 'keep_posted = "30 days"', "plan": 'extendable = "30 days"'}
    head = 'pack = "p"\nversion = "1"\nreviewed = 2026-11-23\njurisdiction = "MN"\ntitle = { mn = "п", en = "p" }\n'
    return head + "".join(
        f"""
[[rule]]
id = "{name}"
title = {{ mn = "журам", en = "rule" }}
applies_to = ["soum"]
channels = {list(CHANNELS[name])}
responsible = {list(ROLES[name])}
deadline = {form}
basis = {{ source = "A law", item = "1.2", words = "within the limit" }}
confidence = "primary"
{more.get(name, "")}
"""
        for name, form in forms.items()
    )


_HEAD = f"""
[monitor]
database = "sqlite:///year.db"
packs = ["p.toml"]
[calendar]
region = ""
file = "calendar.toml"
[reminders]
before = {list(BEFORE)}
after = {list(AFTER)}
escalate = [{", ".join(f'{{ after = "{after}", to = "{to}" }}' for after, to in ESCALATE)}]
all_clear = "never"
"""
