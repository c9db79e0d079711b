"""Loading rule packs: files to values, the faults of all files at once."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from rules.calendars import REGION
from rules.consistency import note_contradictions, note_overlaps
from rules.deadline_reading import RULE_ID
from rules.faults import MOST_FAULTS, Fault, Faults
from rules.marking import N_
from rules.model import Pack, Rule
from rules.reading import Reading, shown
from rules.rule_reading import read_rule
from rules.table import Table, read_toml

PACK_KEYS = ("pack", "version", "reviewed", "jurisdiction", "title", "rule")
_PACKS = Path(__file__).parent / "packs"


def shipped_packs() -> tuple[str, ...]:
    """The ids of the packs that come with the program."""
    return tuple(_shipped())


def load_packs(names: Sequence[str], folder: Path) -> tuple[Pack, ...]:
    """The packs of those names: ids of shipped ones, or paths of TOML files, relative to `folder`.

    They are looked at together, since a rule may follow one of another pack. Raises Faults with every fault of every
    file; then nothing is loaded.
    """
    faults: list[Fault] = []
    read = []
    for name in names:
        try:
            read.append(_read(_path(name, folder)))
        except Faults as wrong:
            faults.extend(wrong.faults)
            if len(faults) >= MOST_FAULTS:
                break
    note_contradictions(read, complete=not faults, shipped=shipped_packs())
    faults.extend(fault for _, reading in read for fault in reading.faults)
    if faults:
        raise Faults(faults)
    return tuple(pack for pack, _ in read)


def _read(path: Path) -> tuple[Pack, Reading]:
    """One pack by itself, not yet looked at together with others; raises Faults."""
    table = read_toml(path)
    reading = table.reading
    table.only(PACK_KEYS)
    pack_id = _matching_id(table)
    version, reviewed = table.text("version"), table.day("reviewed")
    jurisdiction = _jurisdiction(table)
    title = table.words("title")
    rules = tuple(_sound_rules(table, pack_id))
    if not rules and not reading.faults:
        table.fault("rule", "{key} is missing: a pack has at least one [[rule]]")
    note_overlaps(rules, reading)
    reading.refuse_faults()
    pack = Pack(pack_id, version, reviewed, jurisdiction, title, tuple(rule for _, rule in rules), str(path))
    return pack, reading


def _sound_rules(table: Table, pack_id: str) -> Iterator[tuple[str, Rule]]:
    """The rules without fault, each with the key of its table; the faults of the others are noted."""
    for each in table.tables("rule"):
        before = len(table.reading.faults)
        rule = read_rule(each, pack_id)
        if len(table.reading.faults) == before:
            yield each.path, rule


def _matching_id(table: Table) -> str:
    pack_id = table.text("pack")
    if pack_id and not RULE_ID.fullmatch(pack_id):
        table.fault("pack", "{key} must be an id of the letters a-z, digits and single hyphens, not {value}")
    return pack_id


def _jurisdiction(table: Table) -> str:
    jurisdiction = table.text("jurisdiction")
    if jurisdiction and not REGION.fullmatch(jurisdiction):
        table.fault("jurisdiction", '{key} must be a code such as "MN" or "GB-ENG", not {value}')
    return jurisdiction


def _path(name: str, folder: Path) -> Path:
    if "/" in name or name.endswith(".toml"):
        return folder / name
    shipped = _shipped()
    if name in shipped:
        return shipped[name]
    reading = Reading(str(folder))
    if near := get_close_matches(name, shipped, n=1):
        reading.fault(
            "monitor.packs",
            name,
            N_(
                "No pack {value} is shipped; perhaps {near} is meant (a file is named by a path, with / or .toml)"
            ),
            near=shown(near[0]),
        )
    else:
        reading.fault(
            "monitor.packs",
            name,
            N_(
                "No pack {value} is shipped; shipped are: {words} (a file is named by a path, with / or .toml)"
            ),
            words=tuple(shipped),
        )
    raise Faults(reading.faults)


@lru_cache(maxsize=1)
def _shipped() -> dict[str, Path]:
    return {path.stem: path for path in sorted(_PACKS.glob("*/*.toml")) if path.stem != "calendar"}
