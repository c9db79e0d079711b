"""Loading packs: what is taken, what is refused, and every sentence that says why.

The files in `faulty` are named by their fault; `faulty/sentences.txt` holds the sentences, each with its line.
"""

import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from rules.due import RuleBook
from rules.examples import check_examples
from rules.faults import Faults
from rules.limits import Limit, Unit
from rules.loading import load_packs, shipped_packs
from rules.model import About, AfterEvent, Basis, Confidence, Example, Roll, Rule, Yearly
from rules.reading import LARGEST
from rules.sentences import Words
from rules.workdays import make_calendar
from tests.privileges import without_privileges

MakeBook = Callable[..., RuleBook]
FAULTY = Path(__file__).parent / "faulty"
SOUND = """
pack = "p"
version = "2024.1"
reviewed = 2026-11-23
jurisdiction = "MN"
title = { mn = "Багц", en = "Pack" }

[[rule]]
id = "report"
title = { mn = "Тайлан", en = "Report" }
applies_to = ["soum", "aimag"]
channels = ["website"]
responsible = ["finance"]
deadline = { yearly = "01-10" }
period = "previous-year"
roll = "preceding"
in_force = { from = 2015-01-01, until = 2030-12-31 }
basis = { source = "A law", item = "1.2", words = "by 10 January", url = "https://law.example" }
confidence = "secondary"
keep_posted = "30 days"
extendable = "10 working days"
same_document = "p.other"
[[rule.example]]
period = "2023"
due_on = 2024-01-10

[[rule]]
id = "other"
title = { mn = "Өөр", en = "Other" }
applies_to = ["soum"]
channels = ["noticeboard"]
responsible = ["web"]
deadline = { of = "letter", within = "3 days" }
basis = { source = "A law", item = "1.3", words = "in three days" }
confidence = "primary"
[[rule.example]]
on = 2024-01-08
due_on = 2024-01-11
"""


class English:
    """As the sentences are written."""

    language = "en"

    def gettext(self, text: str, /) -> str:
        return text

    def ngettext(self, one: str, many: str, n: int, /) -> str:
        return one if n == 1 else many


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    def written(content: str | bytes, name: str = "p.toml") -> str:
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return str(tmp_path / name)

    return written


def expected() -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {}
    for line in (FAULTY / "sentences.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("[") and line.endswith("]"):
            sections[line[1:-1]] = []
        elif line:
            list(sections.values())[-1].append(line)
    return sections


def refused(path: str, *more: str) -> list[str]:
    """The sentences, without the file's name before them."""
    with pytest.raises(Faults) as caught:
        load_packs([path, *more], Path(path).parent)
    return [
        f"{fault.line}: {str(fault).partition(': ')[2]}" if fault.line else bare(str(fault))
        for fault in caught.value.faults
    ]


def bare(told: str) -> str:
    return told.partition(": ")[2]


@pytest.mark.parametrize("fault", sorted(path.stem for path in FAULTY.glob("*.toml")))
def test_a_faulty_pack_is_refused_with_its_sentences(fault: str) -> None:
    assert refused(str(FAULTY / f"{fault}.toml")) == expected()[fault]


def test_every_fault_of_which_a_sentence_is_kept_has_its_file() -> None:
    assert sorted(expected()) == sorted(path.stem for path in FAULTY.glob("*.toml"))


def test_a_rule_is_read_as_it_is_written(write: Callable[..., str], tmp_path: Path) -> None:
    (pack,) = load_packs([write(SOUND)], tmp_path)
    assert (pack.id, pack.version, pack.reviewed, pack.jurisdiction) == (
        "p",
        "2024.1",
        date(2026, 11, 23),
        "MN",
    )
    assert pack.title == Words("Багц", "Pack")
    report, other = pack.rules
    assert report == Rule(
        id="p.report",
        pack="p",
        title=Words("Тайлан", "Report"),
        applies_to=("soum", "aimag"),
        channels=("website",),
        responsible=("finance",),
        deadline=Yearly(((1, 10),)),
        basis=Basis("A law", "1.2", "by 10 January", "https://law.example"),
        confidence=Confidence.SECONDARY,
        period=About.PREVIOUS_YEAR,
        roll=Roll.PRECEDING,
        in_force_from=date(2015, 1, 1),
        in_force_until=date(2030, 12, 31),
        keep_posted=Limit(30, Unit.DAY),
        extendable=Limit(10, Unit.WORKING_DAY),
        same_document="p.other",
        examples=(Example(occurrence="2023", due_on=date(2024, 1, 10)),),
    )
    assert other.deadline == AfterEvent("letter", Limit(3, Unit.DAY))
    assert (other.event_kind, report.event_kind) == ("letter", None)


def test_what_may_be_left_out_has_its_default(write: Callable[..., str], tmp_path: Path) -> None:
    (pack,) = load_packs([write(SOUND)], tmp_path)
    rule = pack.rules[1]
    assert (rule.period, rule.roll, rule.in_force_from, rule.in_force_until) == (
        About.YEAR,
        Roll.NONE,
        None,
        None,
    )
    assert (rule.keep_posted, rule.extendable, rule.same_document, rule.basis.url) == (None, None, None, "")


def test_a_pack_is_named_by_its_id_or_by_a_path_from_the_configurations_folder(
    write: Callable[..., str], tmp_path: Path
) -> None:
    write(SOUND)
    packs = load_packs(["budget", "./p.toml"], tmp_path)
    assert [pack.id for pack in packs] == ["budget", "p"]


def test_every_shipped_pack_loads_and_its_worked_examples_come_out() -> None:
    packs = load_packs(shipped_packs(), Path())
    assert [result for result in check_examples(packs) if not result.ok] == []
    assert [rule.id for pack in packs for rule in pack.rules if not rule.examples] == []


def test_the_budget_pack_holds_the_six_duties_of_the_plan() -> None:
    (budget,) = load_packs(["budget"], Path())
    told = [(rule.id, rule.basis.item, rule.channels, rule.responsible) for rule in budget.rules]
    both, owed = ("website", "noticeboard"), ("finance", "web")
    assert told == [
        ("budget.approved", "5/2.1.1", both, owed),
        ("budget.performance", "5/2.1.2", both, owed),
        ("budget.draft", "5/2.1.3", both, owed),
        ("budget.financial-statement", "5/2.1.4", both, owed),
        ("budget.audit-opinion", "5/2.1.5", both, owed),
        ("budget.amendment", "5/2.1.6", both, owed),
    ]
    assert {rule.in_force_from for rule in budget.rules} == {date(2015, 1, 1)}
    assert {rule.confidence for rule in budget.rules} == {Confidence.PRIMARY}


def test_a_worked_example_that_does_not_come_out_is_told(write: Callable[..., str], tmp_path: Path) -> None:
    text = SOUND.replace("due_on = 2024-01-11", "due_on = 2024-01-12").replace(
        "due_on = 2024-01-10", "due_on = 2024-01-09"
    )
    results = check_examples(load_packs([write(text)], tmp_path))
    assert [(each.rule, each.about, str(each.expected), str(each.found), each.ok) for each in results] == [
        ("p.report", "2023", "2024-01-09", "2024-01-10", False),
        ("p.other", "2024-01-08", "2024-01-12", "2024-01-11", False),
    ]


def test_an_example_of_a_version_that_does_not_hold_then_is_told(
    write: Callable[..., str], tmp_path: Path
) -> None:
    text = SOUND.replace("until = 2030-12-31", "until = 2020-12-31")
    found = {each.rule: each.found for each in check_examples(load_packs([write(text)], tmp_path))}
    assert found["p.report"] is None


def test_a_pack_of_a_jurisdiction_that_there_is_not_is_told_with_its_line(
    write: Callable[..., str], tmp_path: Path
) -> None:
    path = write(SOUND.replace('jurisdiction = "MN"', 'jurisdiction = "XX"'))
    with pytest.raises(Faults) as caught:
        check_examples(load_packs([path], tmp_path))
    [fault] = caught.value.faults
    line = SOUND.partition("jurisdiction")[0].count("\n") + 1
    assert str(fault).startswith(f"{path}:{line}: jurisdiction must be a region of the holidays package")


@pytest.mark.parametrize(
    ("written", "wrong", "said"),
    [
        (
            '["website"]',
            '["web\\u001b[31msite\\u202e\\u009b"]',
            "channels must not contain control characters",
        ),
        (
            '["finance"]',
            '["=cmd\\u0000"]',
            'responsible must not contain control characters, as "=cmd\\x00" does',
        ),
        ("2026-11-23", f"0x{'f' * 6000}", "reviewed must be a date such as 2024-01-10"),
    ],
)
def test_no_list_of_words_steers_a_terminal_and_no_number_is_too_long_to_be_refused(
    write: Callable[..., str], written: str, wrong: str, said: str
) -> None:
    assert written in SOUND
    with pytest.raises(Faults) as caught:
        load_packs([write(SOUND.replace(written, wrong, 1))], Path())
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "budgt",
            'No pack "budgt" is shipped; perhaps "budget" is meant (a file is named by a path, with / or .toml)',
        ),
        (
            "xyzzy",
            (
                'No pack "xyzzy" is shipped; shipped are: budget, drafts, glass-account, iaac, integrity, petitions'
                " (a file is named by a path, with / or .toml)"
            ),
        ),
    ],
)
def test_a_pack_that_is_not_shipped_is_told_with_the_nearest(
    tmp_path: Path, name: str, sentence: str
) -> None:
    with pytest.raises(Faults) as caught:
        load_packs([name], tmp_path)
    assert [bare(str(fault)) for fault in caught.value.faults] == [sentence]


def test_the_faults_of_several_files_are_told_together(write: Callable[..., str]) -> None:
    first = write(SOUND.replace('"secondary"', '"perhaps"'), "first.toml")
    second = write(SOUND.replace("3 days", "three days").replace('"p"', '"q"'), "second.toml")
    with pytest.raises(Faults) as caught:
        load_packs([first, second, "budgt"], Path(first).parent)
    assert [Path(fault.where).name for fault in caught.value.faults] == [
        "first.toml",
        "second.toml",
        Path(first).parent.name,
    ]


def test_one_id_stands_for_one_file(write: Callable[..., str]) -> None:
    first, second = write(SOUND, "first.toml"), write(SOUND, "second.toml")
    assert refused(first, second) == [f'2: pack is "p", as in {first}; an id stands for one file']


def test_a_rule_may_follow_one_of_another_pack(write: Callable[..., str], tmp_path: Path) -> None:
    text = SOUND.replace(
        '{ of = "letter", within = "3 days" }', '{ after_due = "budget.approved", within = "3 days" }'
    )
    text = text[: text.rindex("[[rule.example]]")]
    assert len(load_packs(["budget", write(text)], tmp_path)) == 2
    assert refused(write(text)) == [
        (
            '33: rule[2].deadline.after_due names the rule "budget.approved", which no loaded pack has;'
            " load its pack as well"
        )
    ]


def test_no_rule_is_missed_because_its_pack_could_not_be_read(write: Callable[..., str]) -> None:
    text = SOUND.replace(
        '{ of = "letter", within = "3 days" }', '{ after_due = "q.report", within = "3 days" }'
    )
    broken = SOUND.replace('"p"', '"q"').replace("p.other", "q.other").replace('"secondary"', '"perhaps"')
    assert len(refused(write(text[: text.rindex("[[rule.example]]")]), write(broken, "q.toml"))) == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xff\xfe\x00p\x00a", "The file is not UTF-8: line 1 has a byte that cannot stand there"),
        (b'pack = "p"\ntitle = "\xd0"\n', "The file is not UTF-8: line 2 has a byte that cannot stand there"),
        (b"pack = [" + b"[" * 5000, "The file is not TOML: "),
        (b'pack = "\x00"', "The file is not TOML: "),
        (b"#" * (LARGEST + 1), "The file is larger than 1048576 bytes, and no more is read: see whether"),
    ],
)
def test_what_is_no_text_or_no_toml_is_refused_at_once(
    write: Callable[..., str], content: bytes, sentence: str
) -> None:
    (told,) = refused(write(content))
    assert told.startswith(sentence)


def test_a_byte_order_mark_and_carriage_returns_do_no_harm(write: Callable[..., str], tmp_path: Path) -> None:
    assert load_packs([write(b"\xef\xbb\xbf" + SOUND.replace("\n", "\r\n").encode())], tmp_path)


def test_a_file_that_is_not_there_and_a_folder_are_told(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    assert refused(str(tmp_path / "none.toml"), str(tmp_path / "folder.toml")) == [
        "The file does not exist",
        "A file is needed, and this is a folder or a device",
    ]


def test_a_file_that_may_not_be_read_is_told(write: Callable[..., str]) -> None:
    with tempfile.TemporaryDirectory(prefix="iltod-test-") as folder:
        Path(folder).chmod(0o755)  # anybody may look into the folder, and nobody into the file
        path = Path(shutil.copy(write(SOUND), folder))
        path.chmod(0)
        with without_privileges():
            assert path.is_file()
            assert refused(str(path)) == ["The file cannot be read: Permission denied"]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "p.toml")
    assert refused(str(tmp_path / "p.toml")) == ["A file is needed, and this is a folder or a device"]


def test_a_loop_of_links_is_told(tmp_path: Path) -> None:
    (tmp_path / "p.toml").symlink_to(tmp_path / "p.toml")
    assert refused(str(tmp_path / "p.toml")) == ["The file does not exist"]


@pytest.mark.timeout(10)
def test_more_than_a_thousand_rules_are_loaded_without_delay(
    write: Callable[..., str], tmp_path: Path
) -> None:
    head, _, rule = SOUND[: SOUND.index('[[rule]]\nid = "other"')].partition("[[rule]]")
    rule = rule.replace('same_document = "p.other"\n', "")
    many = "".join("[[rule]]" + rule.replace('"report"', f'"report-{number}"') for number in range(1500))
    (pack,) = load_packs([write(head + many)], tmp_path)
    assert len(pack.rules) == 1500


ODD_VALUES = (
    '""',
    '" "',
    '"01-10"',
    '"\\u0000"',
    '"=?utf-8?q?x?="',
    "0",
    "-1",
    "99999999999999999999",
    "nan",
    "true",
    "[]",
    "[[]]",
    "[1, 'a']",
    "[{}]",
    "{}",
    "{ mn = 1, en = [] }",
    "{ from = 1, until = {} }",
    "{ yearly = {} }",
    "{ yearly = ['01-10', 3] }",
    "{ of = [], within = {} }",
    "{ in = 3, only = 3 }",
    "{ in = 'quarter', only = [3] }",
    "{ rrule = 3 }",
    "{ rrule = 'FREQ=DAILY;UNTIL=20240101T000000Z' }",
    "{ rrule = 'FREQ=DAILY;COUNT=0' }",
    "{ rrule = 'FREQ=YEARLY;BYWEEKNO=99' }",
    "{ after_period = {}, day = 'x' }",
    "{ once = '9999' }",
    "{ on = 9999-12-31 }",
    "1979-05-27T07:32:00Z",
    "07:32:00",
    "0001-01-01",
)


@pytest.mark.parametrize("value", ODD_VALUES)
def test_whatever_stands_for_a_value_the_pack_is_loaded_or_refused_in_sentences(
    write: Callable[..., str], value: str
) -> None:
    lines = SOUND.splitlines()
    for number, line in enumerate(lines):
        key, equals, _ = line.partition(" = ")
        if not equals:
            continue
        odd = "\n".join([*lines[:number], f"{key} = {value}", *lines[number + 1 :]])
        told = outcome(write(odd))
        assert told is None or all(told), odd


def outcome(path: str) -> list[str] | None:
    """None for a pack that is loaded, and then its duties can be told; else the sentences of its faults."""
    try:
        packs = load_packs([path], Path(path).parent)
    except Faults as refused:
        return [fault.sentence.say(English()) for fault in refused.faults]
    book = RuleBook(packs, make_calendar({}), Limit.parse("3 working days"))
    for rule_id in book.ids:
        for duty in book.scheduled(rule_id, date(2024, 1, 1), date(2024, 12, 31)):
            assert book.steps(duty)[-1].on == duty.reckoning.due_on
    return None


def test_a_rule_may_share_its_document_with_a_shipped_pack_that_is_not_loaded() -> None:
    (pack,) = load_packs(["glass-account"], Path())

    book = RuleBook([pack], make_calendar({}), Limit.parse("3 working days"))
    assert book.documents("glass-account.approved-budget") >= {"glass-account.approved-budget"}
