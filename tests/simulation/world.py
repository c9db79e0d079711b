"""A made-up world: offices, people, packs and decrees, written down as the program's configuration files."""

import json
import random
import tomllib
from calendar import isleap
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import holidays

import rules
from tests.monitor.reference import Office, Seat
from tests.simulation.law import DaysOff, Lawbook
from tests.simulation.made_up_pack import FORMS, OTHERWISE, pack_of

ULAANBAATAR, HOVD = "Asia/Ulaanbaatar", "Asia/Hovd"
SHIPPED = Path(rules.__file__).parent / "packs" / "mn"
ROLES = ("head", "oversight", "finance", "web", "legal")
CADENCES = (
    (("30d", "14d", "7d", "3wd", "1wd", "0d"), ("1wd", "3wd", "5wd", "+5wd")),
    (("10d", "2wd"), ("1wd", "+10wd")),
    (("1wd",), ("2wd", "4wd")),
)
ESCALATIONS = ((("3wd", "head"), ("10wd", "parent:oversight")), (("2wd", "parent:head"),), ())
OPERATOR = "operator@a.example"
PROMPTLY = "3 working days"
_SIZES = {(1, 2, 0): 44, (1, 3, 0): 42, (1, 2, 1): 5, (2, 5, 0): 6, (3, 9, 0): 2, (2, 14, 2): 1}
"""Offices beside the aimag's, rules of the made-up pack, shipped packs; most years are small, so that they are many."""


@dataclass
class World:
    """What people have written into the files, and the same for the reference."""

    folder: Path
    chance: random.Random
    year: int
    database: str
    """Its address, as the configuration gives it."""
    offices: list[Office] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)
    zones: dict[str, str] = field(default_factory=dict)
    seats: list[Seat] = field(default_factory=list)
    packs: list[str] = field(default_factory=list)
    region: str = ""
    days: DaysOff = field(default_factory=lambda: DaysOff(frozenset()))
    decrees: dict[date, str] = field(default_factory=dict)
    changed_from: dict[str, date] = field(default_factory=dict)
    """By form, from when it is otherwise; `date.min`: it always was, the pack was wrong."""
    exempt: dict[str, set[str]] = field(default_factory=dict)
    """By office, the rules that never apply to it."""
    left: list[tuple[Office, list[Seat]]] = field(default_factory=list)
    """Who was in the register before, and who served there."""

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    def make_up(self) -> None:
        chance = self.chance
        ((self.before, self.after),) = chance.choices(CADENCES, (30, 35, 35))
        self.escalate = chance.choice(ESCALATIONS)
        self.connections = chance.choice((1, 1, 2, 4))
        self.region = chance.choice(("", "", "MN"))
        ((offices, forms, shipped),) = chance.choices(list(_SIZES), list(_SIZES.values()))
        self.forms = sorted(chance.sample(sorted(FORMS), forms))
        if "later" in self.forms and "approved" not in self.forms:
            self.forms.insert(0, "approved")
        self.packs = ["p.toml", *chance.sample([each.stem for each in _shipped()], shipped)]
        self._zones = chance.choice(((ULAANBAATAR,), (ULAANBAATAR,), (ULAANBAATAR, HOVD)))
        self._add_office("aimag", None, "aimag")
        for name in ("bayan", "erdene", "uyench")[:offices]:
            self._add_office(name, chance.choice(("aimag", "aimag", None)), "soum")
        self.make_law()

    def make_law(self) -> None:
        """The decrees as they now stand, for the reference."""
        years = range(self.year - 3, self.year + 5)
        if self.region:
            known = frozenset(holidays.country_holidays(self.region, years=years, language="en_US"))
            shipped = tomllib.loads((SHIPPED / "calendar.toml").read_text("utf-8"))
            moved = {each["date"]: kind for kind in ("off", "on") for each in shipped.get(kind, ())}
        else:
            known, moved = frozenset(), {}
        moved |= self.decrees
        self.days = DaysOff(
            known,
            {d for d, kind in moved.items() if kind == "off"},
            {d for d, kind in moved.items() if kind == "on"},
        )

    def lawbook(self) -> Lawbook:
        paths = [
            self.folder / each if each.endswith(".toml") else SHIPPED / f"{each}.toml" for each in self.packs
        ]
        return Lawbook(paths, self.days, PROMPTLY)

    # --- what changes in the course of a year

    def decree(self, today: date, due: Sequence[date]) -> str:
        """A day is moved, or moved back: sometimes in what is past, mostly shortly before something is due."""
        day = today + timedelta(days=self.chance.choice((1, 2, 5, 9, 20, 60, -3)))
        if due and self.chance.random() < 0.7:
            day = self.chance.choice(due) - timedelta(days=self.chance.randrange(5))
        if day in self.decrees:
            del self.decrees[day]
            said = f"{day} as ever"
        else:
            self.decrees[day] = "off" if self.days.works(day) else "on"
            said = f"{day} {self.decrees[day]}"
        self.make_law()
        return said

    def change_law(self, today: date) -> str:
        """A rule is changed from a day on, or corrected, or as it was; or one is added or taken out."""
        chance = self.chance
        others = sorted(set(FORMS) - set(self.forms) - ({"later"} if "approved" not in self.forms else set()))
        needed = {"approved"} if "later" in self.forms else set()
        spare = sorted(set(self.forms) - needed)
        known = sorted(set(self.forms) & set(OTHERWISE))
        match chance.randrange(6):
            case 0 if others:
                self.forms = sorted([*self.forms, form := chance.choice(others)])
                return f"there is a rule {form}"
            case 1 if len(self.forms) > 1 and spare:
                self.forms.remove(form := chance.choice(spare))
                return f"there is no rule {form}"
            case _ if known:
                form = chance.choice(known)
                if form in self.changed_from:
                    del self.changed_from[form]
                    return f"rule {form} is as it was"
                start = chance.choice(
                    (date.min, *(today + timedelta(days=each) for each in (-40, 1, 30, 100)))
                )
                self.changed_from[form] = start
                return f"rule {form} is otherwise from {start}"
        return "the law stays"

    def change_exemptions(self) -> str:
        """A rule never applies to an office, or does again."""
        office = self.chance.choice(self.offices).id
        rule = f"p.{self.chance.choice(self.forms)}"
        self.exempt.setdefault(office, set()).symmetric_difference_update({rule})
        return f"{office} is{'' if rule in self.exempt[office] else ' not'} exempt from {rule}"

    def change_people(self, today: date) -> str:
        """Somebody comes, goes, goes on leave, or is taken out of the file."""
        office = self.chance.choice(self.offices)
        mine = [each for each in self.seats if each.office == office.id]
        role = self.chance.choice(ROLES)
        what = self.chance.choice(("comes", "leaves", "is taken out", "comes"))
        if what == "comes" or not mine:
            start = self.chance.choice((date.min, today + timedelta(days=self.chance.randrange(-5, 30))))
            seat = Seat(office.id, role, self._somebody(office.id, role), start)
            self.seats.append(seat)
            return f"{seat.address} comes to {office.id} as {role} from {start}"
        seat = self.chance.choice(mine)
        self.seats.remove(seat)
        if what == "leaves":
            until = max(today + timedelta(days=self.chance.randrange(-2, 20)), seat.start)
            self.seats.append(Seat(seat.office, seat.role, seat.address, seat.start, until))
        return f"{seat.address} {what}, {seat.role} of {office.id}"

    def join_office(self, today: date) -> str:
        """An office is watched from now on, or from a day that has passed or is still to come."""
        name = f"new{len(self.kinds)}"
        since = today + timedelta(days=self.chance.choice((-200, -40, 0, 12)))
        parent = self.chance.choice((self.offices[0].id, None))
        self._add_office(name, parent, "soum", since)
        return f"{name} joins, since {since}"

    def leave_office(self) -> str:
        """An office that has none below it leaves the register, with its people."""
        parents = {each.parent for each in self.offices}
        leaves = [each for each in self.offices if each.id not in parents]
        if len(self.offices) < 2 or not leaves:
            return "nobody can leave"
        office = self.chance.choice(leaves)
        self.offices.remove(office)
        self.left.append((office, [each for each in self.seats if each.office == office.id]))
        self.seats = [each for each in self.seats if each.office != office.id]
        return f"{office.id} leaves"

    def return_office(self) -> str:
        """One that has left is in the register again, with those who served there."""
        if not self.left:
            return "nobody can return"
        office, seats = self.left.pop(self.chance.randrange(len(self.left)))
        parent = office.parent if office.parent in {each.id for each in self.offices} else None
        self.offices.append(replace(office, parent=parent))
        self.seats += seats
        return f"{office.id} returns"

    # --- the files

    def write(self) -> None:
        (self.folder / "p.toml").write_text(pack_of(self.forms, self.changed_from), "utf-8")
        (self.folder / "calendar.toml").write_text(
            "".join(
                f'[[{kind}]]\ndate = {day}\nreason = "decree"\nsource = "made up"\n'
                for day, kind in sorted(self.decrees.items())
            ),
            "utf-8",
        )
        self.config.write_text(self._head() + "".join(map(self._office, self.offices)), "utf-8")

    def spoil(self) -> None:
        """Somebody saves a file with a fault in it."""
        self.config.write_text(self.config.read_text("utf-8") + "[remiders]\n", "utf-8")

    def zones_of_people(self) -> dict[str, str]:
        """A person's zone is that of the topmost of its offices, then of the first in the file."""
        parents = {each.id: each.parent for each in self.offices}
        order = [each.id for each in self.offices]

        def depth(office: str) -> int:
            above = parents[office]
            return 0 if above is None else 1 + depth(above)

        found: dict[str, str] = {}
        for seat in sorted(self.seats, key=lambda each: (depth(each.office), order.index(each.office))):
            found.setdefault(seat.address, self.zones[seat.office])
        return found

    def remaining(self, today: date) -> set[str]:
        """Whose last day in some role is not past."""
        return {each.address for each in self.seats if each.until >= today}

    def _add_office(self, name: str, parent: str | None, kind: str, since: date | None = None) -> None:
        chance = self.chance
        first = date(self.year, 1, 1)
        since = since or chance.choice((first - timedelta(days=500), first, first + timedelta(days=70)))
        self.offices.append(Office(name, parent, since))
        self.kinds[name] = kind
        self.zones[name] = chance.choice(self._zones)
        for role in ROLES:
            for _ in range(chance.choice((0, 1, 1, 2))):
                self.seats.append(Seat(name, role, self._somebody(name, role)))

    def _somebody(self, office: str, role: str) -> str:
        """Somebody who does not serve there yet; some people serve in many places."""
        serving = {each.address for each in self.seats if (each.office, each.role) == (office, role)}
        wanted = f"many-{self.chance.randrange(3)}@a.example"
        if self.chance.random() < 0.4 and wanted not in serving:
            return wanted
        return f"one-{len(self.seats)}-{self.chance.randrange(1000)}@a.example"

    def _head(self) -> str:
        steps = ", ".join(f'{{ after = "{after}", to = "{to}" }}' for after, to in self.escalate)
        return f"""
[monitor]
database = "{self.database}"
language = "en"
packs = {json.dumps(self.packs)}
promptly = "{PROMPTLY}"
operator = "{OPERATOR}"
[calendar]
region = "{self.region}"
file = "calendar.toml"
[reminders]
before = {json.dumps(self.before)}
after = {json.dumps(self.after)}
escalate = [{steps}]
[mail]
transport = "smtp"
host = "mail.example"
security = "none"
connections = {self.connections}
"""

    def _office(self, office: Office) -> str:
        lines = [
            f'[[organisations]]\nid = "{office.id}"\nname = "{office.id}"\nkind = "{self.kinds[office.id]}"',
            f'since = {office.since}\ntimezone = "{self.zones[office.id]}"',
            *([f'parent = "{office.parent}"'] if office.parent else []),
        ]
        lines += [
            f'[[organisations.exempt]]\nrule = "{rule}"\nreason = "it never applies"'
            for rule in sorted(self.exempt.get(office.id, ()))
        ]
        for each in self.seats:
            if each.office == office.id:
                lines.append(
                    f'[[organisations.contacts]]\nrole = "{each.role}"\nname = "N"\nemail = "{each.address}"'
                )
                if each.start != date.min:
                    lines.append(f"from = {each.start}")
                if each.until != date.max:
                    lines.append(f"until = {each.until}")
        return "\n".join(lines) + "\n"


def days_in(year: int) -> int:
    return 366 if isleap(year) else 365


def _shipped() -> list[Path]:
    return sorted(each for each in SHIPPED.glob("*.toml") if each.stem != "calendar")
