"""What can be wrong between rules that are each in order: ids that no rule has, and chains without a beginning."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches

from rules.marking import N_
from rules.model import AfterDue, Pack, Rule
from rules.reading import Reading, shown


def note_overlaps(rules: Sequence[tuple[str, Rule]], reading: Reading) -> None:
    """Note versions of one id, in one file, that are in force on the same day: nobody could say which holds."""
    versions: dict[str, list[tuple[str, Rule]]] = {}
    for key, rule in rules:
        for earlier_key, earlier in versions.setdefault(rule.id, []):
            if _overlap(earlier, rule):
                reading.fault(
                    f"{key}.id",
                    rule.id,
                    N_(
                        "{key} is {value}, as {other} is, and both are in force on the same days;"
                        " end the first by in_force.until"
                    ),
                    other=f"{earlier_key}.id",
                )
                break
        versions[rule.id].append((key, rule))


def note_contradictions(
    read: Sequence[tuple[Pack, Reading]], *, complete: bool, shipped: Collection[str] = ()
) -> None:
    """Note what is wrong between the packs, each fault in the reading of its pack.

    Where a pack could not be read (`complete` is false), its rules are missing for that reason alone. A rule may share
    its document with one of a `shipped` pack that is not loaded: then there is nothing to share.
    """
    _note_same_pack(read)
    known = {rule.id for pack, _ in read for rule in pack.rules}
    not_loaded = set(shipped) - {pack.id for pack, _ in read}
    follows = _follows([rule for pack, _ in read for rule in pack.rules])
    for pack, reading in read:
        for number, rule in enumerate(pack.rules, 1):
            for key, other in _named_rules(rule):
                shares_with_nobody = key == "same_document" and other.partition(".")[0] in not_loaded
                if other not in known and complete and not shares_with_nobody:
                    _note_unknown(reading, f"rule[{number}].{key}", other, known)
            if _follows_itself(rule.id, follows):
                reading.fault(
                    f"rule[{number}].deadline.after_due",
                    rule.id,
                    N_("{key} follows a rule that follows it in turn; such a chain has no first date"),
                )


def _overlap(one: Rule, other: Rule) -> bool:
    return not _ends_before(one, other) and not _ends_before(other, one)


def _ends_before(one: Rule, other: Rule) -> bool:
    ends, begins = one.in_force_until, other.in_force_from
    return ends is not None and begins is not None and ends < begins


def _note_same_pack(read: Sequence[tuple[Pack, Reading]]) -> None:
    seen: dict[str, str] = {}
    for pack, reading in read:
        if pack.id in seen:
            reading.fault(
                "pack",
                pack.id,
                N_("{key} is {value}, as in {other}; an id stands for one file"),
                other=seen[pack.id],
            )
        seen[pack.id] = pack.path


def _named_rules(rule: Rule) -> Iterator[tuple[str, str]]:
    if isinstance(rule.deadline, AfterDue):
        yield "deadline.after_due", rule.deadline.rule
    if rule.same_document:
        yield "same_document", rule.same_document


def _note_unknown(reading: Reading, key: str, other: str, known: set[str]) -> None:
    if near := get_close_matches(other, sorted(known), n=1):
        text = N_("{key} names the rule {value}, which no loaded pack has; perhaps {near} is meant")
        reading.fault(key, other, text, near=shown(near[0]))
    else:
        reading.fault(
            key, other, N_("{key} names the rule {value}, which no loaded pack has; load its pack as well")
        )


def _follows(rules: Sequence[Rule]) -> Mapping[str, set[str]]:
    """Of each rule the rules whose due dates start it, over all its versions."""
    follows: dict[str, set[str]] = {}
    for rule in rules:
        if isinstance(rule.deadline, AfterDue):
            follows.setdefault(rule.id, set()).add(rule.deadline.rule)
    return follows


def _follows_itself(rule_id: str, follows: Mapping[str, set[str]]) -> bool:
    reached: set[str] = set()
    ahead = set(follows.get(rule_id, ()))
    while ahead:
        reached |= ahead
        ahead = {each for one in ahead for each in follows.get(one, ())} - reached
    return rule_id in reached
