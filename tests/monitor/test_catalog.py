"""Everything that is said to people is said in Mongolian as well.

The sentences are gathered as `make messages` gathers them; after a new one: `make messages`, translate it in iltod.po,
`make messages`.
"""

import ast
import re
from collections.abc import Iterator
from io import BytesIO, StringIO
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from monitor import records
from monitor.cli import looking, mailing, main, ruling
from monitor.configuration.loading import load_settings
from monitor.core.status import State
from monitor.rule_words import rule_as_text
from monitor.wording import channel_word, column_word, day_word, delivery_word, kind_word, speech, state_word
from notifications.messages import DeliveryState, Kind
from rules import terms
from rules.faults import Fault, Faults
from rules.loading import load_packs, shipped_packs
from rules.model import About, AfterEvent, BeforeEvent, Confidence, OpenEnded, Pack, Promptly, Roll, Stated
from rules.periods import PeriodKind
from rules.sentences import Sentence, Term
from rules.workdays import DayKind

PROJECT = Path(__file__).parents[2]
CATALOG = PROJECT / "monitor" / "locale" / "mn" / "LC_MESSAGES" / "iltod.po"
PACKAGES = ("rules", "monitor", "notifications")
MN, EN = speech("mn"), speech("en")
CYRILLIC = re.compile("[А-Яа-яЁёӨөҮү]")
AS_IN_ENGLISH = {"sha256"}
"""What a Mongolian reads in Latin letters too, besides sentences made of nothing but their `{names}`."""
BOUND = {"{n}-аас олон мөртэй байна; хэд болгож хуваах, эсвэл хоосон мөрүүдийг хасна уу"}
"""The number is always 100,000, `зуун мянгаас`."""
OTHER_WORDS = {
    r"(?i)програм(?!м)": "программ, a program",
    r"(?i)дүр(эм|м)": "журам, a rule",
    r"(?i)төсөвт байгууллага": "төсвийн байгууллага, as the laws and plans print it",
    r"(?i)хойноос бүртгэсэн": "нөхөж бүртгэсэн, backdated",
    r"тушаал:": "команд, a command",
}
"""Words that stood beside another for the same thing, and the one that stays."""


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    with CATALOG.open("rb") as file:
        return read_po(file, locale="mn")


@pytest.fixture(scope="module")
def packs() -> list[Pack]:
    return load_packs(sorted(shipped_packs()), PROJECT)


def ids_of(text: str | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def gathered() -> set[tuple[str, ...]]:
    """The sentences that `make messages` finds, singular and plural together."""
    wanted = re.findall(r"-k (\S+)", (PROJECT / "Makefile").read_text(encoding="utf-8"))
    mapping = StringIO((PROJECT / "packaging" / "babel.cfg").read_text(encoding="utf-8"))
    methods, options = parse_mapping_cfg(mapping)
    keywords = DEFAULT_KEYWORDS | parse_keywords(wanted)
    found = extract_from_dir(PROJECT, methods, options, keywords, directory_filter=_is_ours)
    return {ids_of(text) for _, _, text, _, _ in found}


def _is_ours(path: str) -> bool:
    return Path(path).relative_to(PROJECT).parts[0] in PACKAGES


def messages(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def pairs(message: Message) -> Iterator[tuple[str, str]]:
    """Each form of a sentence with its translation."""
    yield from zip(ids_of(message.id), ids_of(message.string), strict=True)


def test_the_catalog_holds_just_the_sentences_that_the_program_says(catalog: Catalog) -> None:
    assert {ids_of(message.id) for message in messages(catalog)} == gathered()


def test_no_sentence_waits_for_its_translation(catalog: Catalog) -> None:
    assert [message.id for message in messages(catalog) if not all(ids_of(message.string))] == []


def test_no_translation_is_a_guess_or_left_over(catalog: Catalog) -> None:
    assert [message.id for message in messages(catalog) if message.fuzzy] == []
    assert list(catalog.obsolete) == []


def test_a_translation_is_written_in_cyrillic(catalog: Catalog) -> None:
    latin = [
        told
        for message in messages(catalog)
        for said, told in pairs(message)
        if not CYRILLIC.search(told) and re.search("[a-z]", re.sub(r"{\w+}", "", said))
    ]
    assert {text for text in latin if not re.match("(python-dateutil|%)", text)} == AS_IN_ENGLISH


def places(text: str) -> set[str]:
    """The names in a sentence that values are put for, in the two notations."""
    if found := re.findall(r"%(?:\(\w+\))?[srd]", text):
        return set(found)
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_a_translation_has_a_place_for_each_value_of_the_sentence(catalog: Catalog) -> None:
    differing = [
        (said, told)
        for message in messages(catalog)
        for said, told in pairs(message)
        if places(said) != places(told)
    ]
    assert differing == []


def test_no_ending_is_bound_to_a_number_or_a_day(catalog: Catalog) -> None:
    """It follows how the last figure is spoken (1-ийг, 2-ыг; 9-өөс, 10-аас); a word stands between: `{day} өдрөөс`."""
    varying = "n|id|number|day|on|first|last|until|due|today|since|moment|at"
    bound = re.compile(rf"(\{{({varying})\}}|%\(({varying})\)s)-[а-яёөү]")
    assert {
        told for message in messages(catalog) for _, told in pairs(message) if bound.search(told)
    } <= BOUND


def test_a_thing_has_one_word_in_the_catalog_and_in_the_officers_guide(catalog: Catalog) -> None:
    said = [told for message in messages(catalog) for _, told in pairs(message)]
    guide = (PROJECT / "docs" / "guide.mn.md").read_text(encoding="utf-8")
    found = [(other, text) for other in OTHER_WORDS for text in (*said, guide) if re.search(other, text)]
    assert [(OTHER_WORDS[other], text[:80]) for other, text in found] == []


def test_the_compiled_catalog_is_up_to_date(catalog: Catalog) -> None:
    compiled = BytesIO()
    write_mo(compiled, catalog)
    assert CATALOG.with_suffix(".mo").read_bytes() == compiled.getvalue()


def literals(call: ast.Call) -> Iterator[str]:
    """The texts in a call that look like sentences."""
    for argument in call.args:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and " " in argument.value:
            yield argument.value


def test_no_sentence_hides_from_the_gathering(catalog: Catalog) -> None:
    """Such as one within an f-string, or in the wrong place of a call."""
    known = {text for message in messages(catalog) for text in ids_of(message.id)}
    calls = {"sentence", "counted", "fault", "N_", "gettext", "ngettext"}
    hidden = {
        text
        for package in PACKAGES
        for path in (PROJECT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute)
        if (node.func.id if isinstance(node.func, ast.Name) else node.func.attr) in calls
        for text in literals(node)
    }
    assert len(hidden) > 300
    assert hidden - known == set()


def faults_in(folder: Path) -> Iterator[Fault]:
    for path in sorted(folder.glob("*.toml")):
        try:
            if folder.parent.name == "rules":
                load_packs([str(path)], path.parent)
            else:
                load_settings(path, {})
        except Faults as refused:
            yield from refused.faults


def sentences_in(said: Sentence) -> Iterator[Sentence]:
    yield said
    for value in said.values.values():
        if isinstance(value, Sentence):
            yield from sentences_in(value)


@pytest.mark.parametrize("folder", ["rules/faulty", "monitor/configuration/faulty"])
def test_a_faulty_file_is_refused_in_mongolian(folder: str, catalog: Catalog) -> None:
    faults = list(faults_in(PROJECT / "tests" / folder))
    assert faults
    for fault in faults:
        assert all(each.text in catalog for each in sentences_in(fault.sentence)), str(fault)
        assert CYRILLIC.search(fault.sentence.say(MN)), str(fault)


STATES = {
    State.WAIVED: "хамааралгүй",
    State.WITHDRAWN: "хүчингүй болсон",
    State.REMOVED: "буулгасан",
    State.DISPLAYED: "байршуулсан",
    State.MET: "хугацаандаа мэдээлсэн",
    State.MET_LATE: "хугацаа хоцроож мэдээлсэн",
    State.UNKNOWN: "тодорхойгүй",
    State.OVERDUE: "хугацаа хэтэрсэн",
    State.DUE_SOON: "хугацаа ойртсон",
    State.UPCOMING: "хугацаа болоогүй",
}


@pytest.mark.parametrize("state", State)
def test_a_state_is_said_in_the_words_agreed_on(state: State) -> None:
    assert state_word(state).say(MN) == STATES[state]
    assert state_word(state).say(EN) == str(state).replace("_", " ")


def test_kinds_of_mails_days_and_deliveries_have_words_in_both_languages() -> None:
    words = [*map(kind_word, Kind), *map(day_word, DayKind), *map(delivery_word, DeliveryState)]
    for word in words:
        assert CYRILLIC.search(word.say(MN))
        assert not CYRILLIC.search(word.say(EN))


def test_every_channel_of_the_shipped_packs_has_words_in_both_languages(packs: list[Pack]) -> None:
    for channel in {channel for pack in packs for rule in pack.rules for channel in rule.channels}:
        assert CYRILLIC.search(channel_word(channel).say(MN)), channel
        assert "-" not in channel_word(channel).say(EN), channel


def test_the_names_that_packs_may_use_are_the_ones_that_have_words(packs: list[Pack]) -> None:
    rules = [rule for pack in packs for rule in pack.rules]
    started = (AfterEvent, BeforeEvent, OpenEnded, Promptly, Stated)
    events = {rule.deadline.kind for rule in rules if isinstance(rule.deadline, started)}
    assert {role for rule in rules for role in rule.responsible} <= set(terms.ROLES)
    assert {kind for rule in rules for kind in rule.applies_to} <= set(terms.ORGANISATIONS)
    assert events == set(terms.EVENTS)
    assert {str(each) for each in (*PeriodKind, *About)} == set(terms.PERIODS)
    assert {str(each) for each in Roll} == set(terms.ROLLS)
    assert {str(each) for each in Confidence} == set(terms.CONFIDENCES)


@pytest.mark.parametrize(
    "name",
    [*terms.ROLES, *terms.ORGANISATIONS, *terms.EVENTS, *terms.PERIODS, *terms.ROLLS, *terms.CONFIDENCES],
)
def test_a_name_is_said_by_its_word_in_mongolian_and_as_it_stands_in_english(name: str) -> None:
    assert CYRILLIC.search(Term(name).say(MN))
    assert Term(name).say(EN) == name


def test_the_event_of_a_rule_is_named_in_words_and_as_commands_take_it() -> None:
    for kind in terms.EVENTS:
        assert Term(kind).say(MN).endswith(f" ({kind})")


def test_a_name_that_no_catalog_knows_is_said_as_it_stands() -> None:
    assert Term("{of another pack}").say(MN) == "{of another pack}"
    assert channel_word("town-crier").say(MN) == "town-crier"


def test_each_column_that_people_read_has_a_head_in_mongolian() -> None:
    shown = (
        *looking._HEADS,
        *ruling._RULES_SHOWN,
        *records.DAYS,
        *records.EVENTS,
        *records.POSTINGS,
        *mailing._SHOWN,
    )
    latin = {column for column in shown if not CYRILLIC.search(column_word(column).say(MN))}
    assert latin == AS_IN_ENGLISH


def test_all_that_a_rule_says_can_be_shown_in_mongolian(packs: list[Pack]) -> None:
    for rule in (rule for pack in packs for rule in pack.rules):
        for line in rule_as_text(rule, MN):
            label, _, value = line.partition(": ")
            assert CYRILLIC.search(label), line
            assert not value.startswith(f"{label}:"), f"{line} says twice what it is about"


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit):
        main(arguments)
    said = capsys.readouterr()
    return said.out + said.err


def test_help_and_refusals_of_the_command_line_are_in_the_language_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGUAGE", "en")  # what main() sets is put back

    assert answer(capsys, "--language", "mn", "--help").startswith("хэрэглээ: iltod")
    assert "алдаа: дараахыг заавал бичнэ үү: KEY, --channel, --on" in answer(
        capsys, "--language", "mn", "post"
    )
    assert "гэсэн сонголт алга" in answer(capsys, "--language", "mn", "status", "--format", "xml")
    assert answer(capsys, "--language", "en", "--help").startswith("usage: iltod")
    assert "error: the following arguments are required: KEY" in answer(capsys, "--language", "en", "post")
