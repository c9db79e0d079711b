"""`iltod rules` and `iltod calendar`: what the law says, and which days are worked."""

from argparse import Namespace
from pathlib import Path

from monitor.cli.output import plain, write_json, write_list
from monitor.cli.parser import wanted_language
from monitor.cli.session import Session, begin, present
from monitor.clock import day_in
from monitor.lookup import unknown
from monitor.records import DAYS, moved_days
from monitor.rule_words import rule_as_json, rule_as_text
from monitor.state import Refused
from monitor.wording import Speech, day_word, speech
from rules.examples import check_examples
from rules.loading import load_packs, shipped_packs
from rules.sentences import Term, counted, sentence
from rules.workdays import DayKind

_RULES = (
    "rule",
    "title",
    "deadline",
    "applies_to",
    "responsible",
    "source",
    "item",
    "confidence",
    "in_force",
)
_RULES_SHOWN = ("rule", "deadline", "confidence", "title", "source", "item")


def list_rules(args: Namespace) -> int:
    """Every rule of the loaded packs, one line a version."""
    session = begin(args)
    rows = [rule_as_json(rule, session.voice) for rule in session.assembly.book.rules]
    if args.format == "table":
        spoken = [row | {"confidence": session.say(Term(row["confidence"]))} for row in rows]
        write_list(spoken, _RULES_SHOWN, args.format, session.heads(_RULES_SHOWN))
    else:
        write_list(rows, _RULES, args.format, _RULES)
    return 0


def show_rule(args: Namespace) -> int:
    """One rule in all its versions."""
    session = begin(args)
    book = session.assembly.book
    if args.rule not in book.ids:
        raise Refused(unknown(sentence("rule"), args.rule, book.ids))
    versions = book.versions(args.rule)
    if args.format == "json":
        write_json([rule_as_json(rule, session.voice) for rule in versions])
        return 0
    for number, version in enumerate(versions):
        if number:
            print()
        for line in rule_as_text(version, session.voice):
            print(plain(line))
    return 0


def check_rules(args: Namespace) -> int:
    """Check packs, and run their examples; without paths the shipped ones."""
    voice = speech(args.language or wanted_language((), args.written))
    shipped = set(shipped_packs())
    names = [str(path.resolve()) if str(path) not in shipped else str(path) for path in args.paths] or sorted(
        shipped
    )
    packs = load_packs(names, Path.cwd())
    results = check_examples(packs)
    wrong = [each for each in results if not each.ok]
    for each in wrong:
        said = sentence(
            "{rule}, example {example}: expected {expected}, found {found}",
            rule=each.rule,
            example=each.about,
            expected=each.expected or "-",
            found=each.found or "-",
        )
        print(plain(said.say(voice)))
    _tell_examples(voice, len(packs), len(results), len(wrong))
    return 1 if wrong else 0


def calendar(args: Namespace) -> int:
    """A year's days off and moved days."""
    session = begin(args)
    book = session.assembly.book
    year = args.year or day_in(session.timezone, present(session)).year
    if not book.calendar.first.year <= year <= book.calendar.last.year:
        raise Refused(
            sentence(
                "the calendar is known from {first} to {last}, not for {year}",
                first=book.calendar.first,
                last=book.calendar.last,
                year=year,
            )
        )
    rows = moved_days(book.calendar, year, session.voice)
    if args.format == "table":
        for row in rows:
            row["kind"] = session.say(day_word(DayKind(row["kind"])))
    write_list(rows, DAYS, args.format, session.heads(DAYS))
    if args.format == "table":
        _tell_looked_at(session, year)
    return 0


def _tell_examples(voice: Speech, packs: int, examples: int, wrong: int) -> None:
    print(
        sentence(
            "{packs}, {examples}, {wrong}",
            packs=counted("{n} pack without fault", "{n} packs without fault", packs),
            examples=counted("{n} example", "{n} examples", examples),
            wrong=counted("{n} wrong", "{n} wrong", wrong),
        ).say(voice)
    )


def _tell_looked_at(session: Session, year: int) -> None:
    looked = session.assembly.book.calendar.looked_at.get(year)
    print()
    if looked is None:
        session.tell(
            sentence(
                "nobody has looked for the decrees of {year} yet: due dates counted into it are provisional",
                year=year,
            )
        )
    else:
        session.tell(
            sentence(
                "the decrees of {year} were looked for on {on}: {source}",
                year=year,
                on=looked.on,
                source=looked.source,
            )
        )
