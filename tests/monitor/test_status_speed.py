"""`iltod status` answers from the stored outcomes, at once, and never otherwise than the core would."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import select, update

from monitor.assembly import Assembly, assemble
from monitor.checks import unheard
from monitor.clock import day_in
from monitor.cycle import run_cycle
from monitor.formats import report_as_json
from monitor.present import Answer, stored_answer
from monitor.recording import decisions, events, postings
from monitor.reporting import report
from monitor.speech import speech
from monitor.state import Mode, Refused, accept_register, begin_cycle, read_state
from monitor.storage import tables
from monitor.storage.codec import sentence_to_json
from monitor.storage.engine import open_engine
from monitor.storage.register import compare_register
from monitor.storage.schema import bring_up_to_date
from monitor.storage.standing import Asked
from monitor.stored_lines import said
from monitor.written import written_config, written_monitor
from rules.limits import Limit, Unit
from rules.sentences import Sentence, Term, Words, counted, sentence

LATER = (0, 1, 5, 23, 90, 400)
"""Days after the last working-out on which the stored outcomes must still say how things stand."""
ASKED = (
    {},
    {"overdue": True},
    {"due_within": 30},
    {"overdue": True, "due_within": 10},
    {"limit": 3},
    {"limit": 40, "overdue": True},
    {"limit": 7, "everything": True},
    {"limit": 5, "due_within": 400},
    {"organisations": ("sergelen",)},
    {"organisations": ("sergelen", "duut"), "limit": 4},
    {"under": "aimag", "everything": True},
    {"rules": ("budget.approved", "iaac.training-proposals"), "everything": True},
    {"role": "finance", "limit": 9},
    {"role": "nobody"},
)
KINDS = ("budget-amendment", "draft-act", "draft-act", "letter", "petition", "order")


class Office:
    """A made-up aimag, its configuration as it changes, and what people record there, all from one seed."""

    def __init__(self, folder: Path, url: str, address: str, seed: int) -> None:
        self.folder, self.url, self.chance = folder, url, random.Random(seed)
        self.days_off: dict[date, str] = {}
        self.soums = ["sergelen", "bayan", "duut"]
        self.packs = ["budget", "drafts", "iaac", "petitions", "glass-account"]
        self.first_stage = "30d"
        self.assembly = self.configure()
        self.engine = open_engine(address)
        bring_up_to_date(self.engine)
        self.now = datetime(2024, 1, 3, 1, tzinfo=UTC)

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    def configure(self) -> Assembly:
        """Write the configuration as it now is, and build it."""
        exempt = 'exempt = [{ rule = "iaac.training-proposals", reason = "has its own" }]'
        soums = "".join(
            f'[[organisations]]\nid = "{each}"\nname = "{each}"\nkind = "soum"\nsince = 2024-01-01\nparent = "aimag"\n'
            f'timezone = "{"Asia/Hovd" if each == "duut" else "Asia/Ulaanbaatar"}"\n'
            f'contacts = [{{ role = "head", name = "Head", email = "head@{each}.example", until = 2024-09-01 }}]\n'
            for each in self.soums
        )
        self.config.write_text(
            f'[monitor]\ndatabase = "{self.url}"\ntimezone = "Asia/Ulaanbaatar"\npacks = {json.dumps(self.packs)}\n'
            f'[reminders]\nbefore = ["{self.first_stage}", "1wd"]\n'
            f'[[organisations]]\nid = "aimag"\nname = "Aimag"\nkind = "aimag"\nsince = 2023-06-01\n{exempt}\n{soums}',
            encoding="utf-8",
        )
        (self.folder / "calendar.toml").write_text(
            "".join(
                f'[[{works}]]\ndate = {day}\nreason = "moved"\nsource = "made up"\n'
                for day, works in self.days_off.items()
            ),
            encoding="utf-8",
        )
        self.assembly = assemble(self.config)
        return self.assembly

    def work(self) -> None:
        """A cycle, as the configuration now is."""
        with self.engine.begin() as connection:
            begin_cycle(connection, Mode.REHEARSAL, self.now)
            change = compare_register(connection, self.assembly.settings.register.organisations)
            accept_register(connection, change, self.assembly.basis, self.now, "somebody")
        run_cycle(self.engine, self.assembly, self.now)

    def change_something(self) -> None:
        """Now and then a day is moved, an office leaves or comes back, a pack, or the first stage changes."""
        match self.chance.randrange(5):
            case 0:
                on = self.now.date() + timedelta(days=self.chance.randrange(-20, 60))
                self.days_off[on] = "on" if on.weekday() > 4 else "off"
            case 1 if "bayan" in self.soums:
                self.soums.remove("bayan")
            case 1:
                self.soums.append("bayan")
            case 2:
                self.first_stage = self.chance.choice(["30d", "14d", "5wd"])
            case 3 if "petitions" in self.packs:
                self.packs.remove("petitions")
            case 3:
                self.packs.append("petitions")
        self.configure()

    def record_something(self) -> None:
        """Whatever comes to an officer's mind; what is refused changes nothing."""
        day = self.now.date() - timedelta(days=self.chance.randrange(30))
        with suppress(Refused), self.engine.begin() as connection:
            with_it = (connection, self.assembly, self.now, "somebody")
            obligation, card = tables.obligation.c, tables.card.c
            wanted = select(obligation.key, card.content).join(tables.card, card.id == obligation.card_id)
            wanted = wanted.where(self.chance.choice([~obligation.settled, card.rule.startswith("drafts.")]))
            opened = connection.execute(wanted.order_by(obligation.key)).all()
            key, shown = self.chance.choice(opened or [("aimag/budget.approved/2024", {"channels": []})])
            number = self.chance.randrange(1, 60)
            match self.chance.randrange(18):
                case 0 | 1:
                    kind, due = (
                        self.chance.choice(KINDS),
                        self.chance.choice([None, day + timedelta(days=50)]),
                    )
                    who = self.chance.choice(["aimag", *self.soums])
                    events.add_event(
                        *with_it, kind=kind, organisation=who, on=day, due=due, reference="", note=""
                    )
                case 2:
                    events.amend_event(*with_it, number, on=day, due=None, reason="misread")
                case 3:
                    events.withdraw_event(*with_it, number, "never was")
                case 4 | 16 | 17:
                    displayed = select(obligation.posted).where(obligation.keep_until > self.now.date())
                    up = connection.scalars(displayed.order_by(obligation.key)).first()
                    taken_down = self.chance.choice([None, self.now.date(), self.now.date(), day])
                    postings.withdraw_posting(
                        *with_it, up[0]["posting"] if up else number, "storm", taken_down
                    )
                case 5:
                    decisions.waive(*with_it, key, "merged")
                case 6:
                    decisions.unwaive(*with_it, key, "not merged")
                case 7:
                    limit = Limit(self.chance.randrange(1, 31), Unit.DAY)
                    decisions.extend(
                        *with_it, key=key, limit=limit, until=None, reason="many", reference="3/1"
                    )
                case 8:
                    until = self.now.date() + timedelta(days=9)
                    decisions.snooze(*with_it, key=key, until=until, reason="later")
                case _:
                    for channel in shown["channels"][self.chance.choice([0, 0, 0, 1]) :]:
                        url = self.chance.choice([None, "https://sergelen.example.mn/1"])
                        postings.post(*with_it, key=key, channel=channel, on=day, url=url, file=None, note="")

    def wait_until(self, now: datetime) -> None:
        """In a rehearsal it is always the moment of the last cycle."""
        with self.engine.begin() as connection:
            connection.execute(update(tables.monitor).values(last_cycle_at=now))

    def stored(self, language: str = "en", **asked: object) -> Answer | None:
        """What the stored outcomes say."""
        content = written_config(str(self.config))
        return stored_answer(
            str(self.config), content, written_monitor(content), Asked(**asked), speech(language)
        )

    def judged(self, language: str = "en", **asked: object) -> dict[str, object]:
        """What the core says."""
        with self.engine.connect() as connection:
            moment = read_state(connection).last_cycle_at
            found = report(connection, self.assembly, Asked(**asked), moment, moment)
        return report_as_json(found, speech(language), "Asia/Ulaanbaatar")


@pytest.fixture
def office(tmp_path: Path, store, request: pytest.FixtureRequest) -> Iterator[Office]:
    office = Office(tmp_path, store.url, store.address, getattr(request, "param", 1))
    yield office
    office.engine.dispose()


@pytest.mark.parametrize(
    ("store", "office"),
    [("sqlite", 1), pytest.param("postgresql", 2, marks=pytest.mark.slow)],
    indirect=True,
)
def test_over_a_year_the_stored_outcomes_never_say_what_the_core_does_not(office: Office) -> None:
    seen = set()
    for step in range(28):
        office.work()
        for _ in range(14):
            office.record_something()
        for days in LATER if step % 9 == 8 else (0,):
            office.wait_until(office.now + timedelta(days=days))
            compared = compare(office, {"everything": True})
            seen |= {each["state"] for each in compared["obligations"]}
            for asked in office.chance.sample(ASKED, 2):
                compare(office, asked, "mn")
        office.wait_until(office.now)
        office.now += timedelta(days=office.chance.randrange(9, 18), hours=office.chance.randrange(24))
        if office.chance.random() < 0.3:
            office.change_something()
    assert seen == {
        *("unknown", "removed", "overdue", "due_soon", "upcoming"),
        *("displayed", "met", "met_late", "waived", "withdrawn"),
    }, "a year in which something never came about proves nothing of it"


def compare(office: Office, asked: dict[str, object], language: str = "en") -> dict[str, object]:
    """The two answers to one question, which must be the same."""
    answer = office.stored(language, **asked)
    assert answer is not None, "the stored outcomes did not answer"
    assert answer.report == office.judged(language, **asked), asked
    return answer.report


def test_whom_nobody_hears_is_known_by_the_day(office: Office) -> None:
    for on in (date(2024, 8, 30), date(2024, 9, 2)):
        office.now = datetime(on.year, on.month, on.day, 3, tzinfo=UTC)
        office.work()
        answer = office.stored()
        assert answer is not None
        assert answer.unheard == list(unheard(office.assembly, day_in("Asia/Ulaanbaatar", office.now)))
    assert ("sergelen", "finance") in answer.unheard


def test_the_core_is_asked_where_the_stored_outcomes_were_not_made_by_this_configuration(
    office: Office,
) -> None:
    office.work()
    assert office.stored() is not None
    office.config.write_text(office.config.read_text("utf-8") + "\n# looked at\n", encoding="utf-8")
    assert office.stored() is None
    office.configure()
    office.config.write_text(office.config.read_text("utf-8") + "[", encoding="utf-8")
    assert office.stored() is None


def test_the_core_is_asked_of_a_day_before_the_last_working_out(office: Office) -> None:
    office.work()
    office.wait_until(office.now - timedelta(days=1))
    assert office.stored() is None


def test_the_core_is_asked_how_far_a_day_is_that_no_cycle_has_counted_to(office: Office) -> None:
    office.work()
    with office.engine.begin() as connection:
        events.add_event(
            *(connection, office.assembly, office.now, "somebody"),
            kind="letter",
            organisation="bayan",
            on=date(2024, 1, 2),
            due=date(2061, 5, 6),
            reference="",
            note="",
        )
    assert office.stored(everything=True) is None
    office.work()
    assert office.stored(everything=True) is not None


@pytest.mark.parametrize(
    "asked", [{"organisations": ("nobody",)}, {"under": "nobody"}, {"rules": ("no.rule",)}]
)
def test_the_core_is_asked_of_what_is_not_known(office: Office, asked: dict[str, object]) -> None:
    office.work()
    assert office.stored(**asked) is None


def test_an_office_is_known_as_soon_as_something_is_recorded_of_it(office: Office) -> None:
    office.soums.remove("bayan")
    office.configure()
    office.work()
    office.soums.append("bayan")
    with office.engine.begin() as connection:
        events.add_event(
            *(connection, office.configure(), office.now, "somebody"),
            kind="draft-act",
            organisation="bayan",
            on=date(2024, 1, 2),
            due=None,
            reference="",
            note="",
        )
    found = office.judged(organisations=("bayan",), everything=True)["obligations"]
    assert "bayan/drafts.act/e1" in [each["key"] for each in found]


@pytest.mark.parametrize(
    "stored",
    [
        sentence("waived: {reason}", reason="merged {twice}"),
        counted("{n} day", "{n} days", 1),
        counted("{n} day", "{n} days", 3),
        sentence(
            "the working-day calendar changed: {changes}", changes=(sentence("moved"), date(2024, 1, 5))
        ),
        sentence("rule {rule} changed", rule=Words("төсөв", "budget")),
        sentence("rule {rule} changed", rule=Term("draft-act")),
        sentence("{a} {b}", a=None, b=True),
        Sentence("nothing to fill in"),
    ],
    ids=lambda each: each.text,
)
@pytest.mark.parametrize("language", ["mn", "en"])
def test_a_stored_sentence_is_said_as_the_sentence_itself(stored: Sentence, language: str) -> None:
    voice = speech(language)
    assert said(json.loads(json.dumps(sentence_to_json(stored))), voice) == stored.say(voice)


FORMS = (
    ("status",),
    ("status", "--format", "json"),
    ("status", "--format", "csv", "--all"),
    ("status", "--organisation", "sergelen"),
    ("status", "--limit", "50"),
    ("status", "--check"),
)


@pytest.mark.parametrize("form", FORMS, ids=" ".join)
def test_status_imports_neither_sqlalchemy_nor_anything_slow(office: Office, form: tuple[str, ...]) -> None:
    office.work()
    done = typed(office, *form)
    imported = {
        line.rpartition("|")[2].strip()
        for line in done.stderr.splitlines()
        if line.startswith("import time:")
    }
    packages = {name.partition(".")[0] for name in imported}
    assert "monitor.present" in imported
    assert not packages & {
        "sqlalchemy",
        "sqlmodel",
        "pydantic",
        "alembic",
        "holidays",
        "rules",
        "notifications",
    }
    if office.engine.dialect.name == "sqlite":  # the driver of PostgreSQL has its own needs
        assert not packages & {
            "dataclasses",
            "typing",
            "tomllib",
            "pathlib",
            "inspect",
            "logging",
            "shutil",
            "asyncio",
        }


def typed(office: Office, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`iltod`, typed in a terminal of its own."""
    line = [sys.executable, "-X", "importtime", "-c", "from monitor.cli import run_and_exit; run_and_exit()"]
    environment = {**os.environ, "ILTOD_CONFIG": str(office.config)}
    done = subprocess.run(
        [*line, "--language", "mn", *arguments],
        capture_output=True,
        encoding="utf-8",
        env=environment,
        timeout=60,
        check=False,
    )
    assert done.returncode == (2 if "--check" in arguments else 0), done
    return done


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_the_database_is_found_in_a_folder_of_whatever_name(tmp_path: Path, store) -> None:
    folder = tmp_path / "а?б#в%41 &г"
    folder.mkdir()
    office = Office(folder, store.url, f"sqlite:///{quote(str(folder))}/iltod.db", 1)
    office.work()
    assert office.stored() is not None
    office.engine.dispose()
