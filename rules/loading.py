"""Loading rule packs: files to values, the faults of all files at once."""

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from rules.faults import Fault, Faults
from rules.model import AfterDue, Pack, Rule
from rules.reading import Reading, Table, read_toml, shown
from rules.rule_reading import RULE_ID, read_rule
from rules.sentences import sentence

PACK_KEYS = ("pack", "version", "reviewed", "jurisdiction", "title", "rule")
_PACKS = Path(__file__).parent / "packs"
_JURISDICTION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


def shipped_packs() -> tuple[str, ...]:
    """The ids of the packs that come with the program."""
    return tuple(_shipped())


def load_packs(names: Sequence[str], folder: Path) -> tuple[Pack, ...]:
    """The packs of those names: ids of shipped ones, or paths of TOML files, relative to `folder`.

    They are looked at together, since a rule may follow one of another pack. Raises Faults with every fault
    of every file; then nothing is loaded.
    """
    faults: list[Fault] = []
    packs = []
    for name in names:
        try:
            packs.append(read_pack(_path(name, folder)))
        except Faults as wrong:
            faults.extend(wrong.faults)
    faults.extend(_between(packs, complete=len(packs) == len(names)))
    if faults:
        raise Faults(faults)
    return tuple(packs)


def read_pack(path: Path) -> Pack:
    """One pack by itself, not yet looked at together with others; raises Faults."""
    table = read_toml(path)
    reading = table.reading
    table.only(PACK_KEYS)
    pack_id = _pack_id(table)
    version, reviewed = table.text("version"), table.day("reviewed")
    jurisdiction = table.text("jurisdiction")
    if jurisdiction and not _JURISDICTION.fullmatch(jurisdiction):
        table.fault("jurisdiction", '{key} must be a code such as "MN" or "GB-ENG", not {value}')
    title = table.words("title")
    rules = tuple(_sound_rules(table, pack_id))
    if not rules and not reading.faults:
        table.fault("rule", "{key} is missing: a pack has at least one [[rule]]")
    reading.faults.extend(_overlaps(rules, reading.where))
    reading.refuse_faults()
    return Pack(pack_id, version, reviewed, jurisdiction, title, tuple(rule for _, rule in rules), str(path))


def _sound_rules(table: Table, pack_id: str) -> Iterator[tuple[str, Rule]]:
    """The rules without fault, each with the key of its table; the faults of the others are noted."""
    for each in table.tables("rule"):
        before = len(table.reading.faults)
        rule = read_rule(each, pack_id)
        if len(table.reading.faults) == before:
            yield each.path, rule


def _pack_id(table: Table) -> str:
    pack_id = table.text("pack")
    if pack_id and not RULE_ID.fullmatch(pack_id):
        table.fault("pack", "{key} must be an id of the letters a-z, digits and single hyphens, not {value}")
    return pack_id


def _path(name: str, folder: Path) -> Path:
    if "/" in name or name.endswith(".toml"):
        return folder / name
    shipped = _shipped()
    if name in shipped:
        return shipped[name]
    where, near = str(folder), get_close_matches(name, shipped, n=1)
    said = sentence(
        "No pack {value} is shipped; perhaps {near} is meant (a file is named by its path, with / or .toml)"
        if near
        else "No pack {value} is shipped; shipped are: {words} (a file is named by a path, with / or .toml)",
        value=shown(name),
        near=near[0] if near else "",
        words=tuple(shipped),
    )
    raise Faults([Fault(where, "monitor.packs", name, said)])


@lru_cache(maxsize=1)
def _shipped() -> dict[str, Path]:
    return {path.stem: path for path in sorted(_PACKS.glob("*/*.toml")) if path.stem != "calendar"}


def _overlaps(rules: Sequence[tuple[str, Rule]], where: str) -> Iterator[Fault]:
    """Versions of one id must not be in force on the same day: nobody could say which holds."""
    for place, (key, rule) in enumerate(rules):
        for earlier_key, earlier in rules[:place]:
            if earlier.id == rule.id and _overlap(earlier, rule):
                reading = Reading(where)
                reading.fault(
                    f"{key}.id",
                    rule.id,
                    "{key} is {value}, as {other} is, and both are in force on the same days;"
                    " end the first by in_force.until",
                    other=f"{earlier_key}.id",
                )
                yield from reading.faults


def _overlap(one: Rule, other: Rule) -> bool:
    def before(first: Rule, second: Rule) -> bool:
        ends, begins = first.in_force_until, second.in_force_from
        return ends is not None and begins is not None and ends < begins

    return not before(one, other) and not before(other, one)


def _between(packs: Sequence[Pack], *, complete: bool) -> Iterator[Fault]:
    """What can be wrong between rules only: ids that no rule has, and chains without a beginning."""
    yield from _same_pack_twice(packs)
    rules = {rule.id: rule for pack in packs for rule in pack.rules}
    for pack in packs:
        for number, rule in enumerate(pack.rules, 1):
            for key, other in _named_rules(rule):
                if other not in rules and complete:
                    yield _unknown_rule(pack, f"rule[{number}].{key}", other, rules)
            if _follows_itself(rule, packs):
                said = sentence(
                    "{key} follows a rule that follows it in turn; such a chain has no first date",
                    key=f"rule[{number}].deadline.after_due",
                )
                yield Fault(pack.path, f"rule[{number}].deadline.after_due", rule.id, said)


def _same_pack_twice(packs: Sequence[Pack]) -> Iterator[Fault]:
    seen: dict[str, Pack] = {}
    for pack in packs:
        if pack.id in seen:
            said = sentence(
                "pack is {value}, as in {other}; an id stands for one file",
                value=shown(pack.id),
                other=seen[pack.id].path,
            )
            yield Fault(pack.path, "pack", pack.id, said)
        seen[pack.id] = pack


def _named_rules(rule: Rule) -> Iterator[tuple[str, str]]:
    if isinstance(rule.deadline, AfterDue):
        yield "deadline.after_due", rule.deadline.rule
    if rule.same_document:
        yield "same_document", rule.same_document


def _unknown_rule(pack: Pack, key: str, other: str, known: Iterable[str]) -> Fault:
    reading = Reading(pack.path)
    if near := get_close_matches(other, tuple(known), n=1):
        reading.fault(
            key,
            other,
            "{key} names the rule {value}, which no loaded pack has; perhaps {near} is meant",
            near=near[0],
        )
    else:
        reading.fault(
            key, other, "{key} names the rule {value}, which no loaded pack has; load its pack as well"
        )
    return reading.faults[0]


def _follows_itself(rule: Rule, packs: Sequence[Pack]) -> bool:
    """Does the chain of `after_due` from this rule come back to it?"""
    follows: dict[str, set[str]] = {}
    for each in (each for pack in packs for each in pack.rules):
        if isinstance(each.deadline, AfterDue):
            follows.setdefault(each.id, set()).add(each.deadline.rule)
    reached, ahead = set[str](), set(follows.get(rule.id, ()))
    while ahead:
        reached |= ahead
        ahead = {each for one in ahead for each in follows.get(one, ())} - reached
    return rule.id in reached
