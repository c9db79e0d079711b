"""Letters as people get them: what they say, and that the text and the page say the same."""

import re
from dataclasses import fields, replace
from datetime import date, timedelta
from gettext import NullTranslations, translation
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from notifications.letters import DutyLine, FailedDelivery, Letter, OrganisationCount, Section
from notifications.messages import Kind
from notifications.phrases import say_date
from notifications.rendering import Renderer

VOID = {"meta", "br", "hr", "img", "link", "input"}


class Drawn(NullTranslations):
    """A language in which every sentence is written in Cyrillic letters; what is not said through it stays Latin."""

    def gettext(self, message):
        return re.sub(
            r"(\{\w+\}|%\(\w+\)s)|[A-Za-z]", lambda match: match.group(1) or "ж", message.replace("iltod", "")
        )

    def ngettext(self, msgid1, msgid2, n):
        return self.gettext(msgid1 if n == 1 else msgid2)


@pytest.fixture(scope="module")
def renderer():
    return Renderer({"en": NullTranslations(), "mn": Drawn()})


def duty(**changes):
    values = {
        "key": "sergelen/budget.approved/2024",
        "title": "Тухайн жилийн төсөв",
        "organisation": "Сэргэлэн сум",
        "state": "overdue",
        "state_said": "хугацаа хэтэрсэн",
        "stage": "+3wd",
        "why": "Хугацаа 3 өдөр хэтэрсэн.",
        "due_on": date(2024, 1, 10),
        "act_by": date(2024, 1, 10),
        "days_left": -5,
        "working_days_left": -3,
        "missing": ("цахим хуудас", "самбар"),
        "words": "жил бүрийн 01-р сарын 10-ны дотор",
        "basis": "Төлөвлөгөө, 5/2.1.1",
        "steps": ("Жил бүрийн 1-р сарын 10.", "2024 оны төсөв."),
        "record": "бүртгэ 1\nбүртгэ 2",
    } | changes
    return DutyLine(**values)


def letter(kind=Kind.DIGEST, *duties, **changes):
    organisations = dict.fromkeys(each.organisation for each in duties)
    values = {
        "kind": kind,
        "language": "en",
        "recipient_name": "Бат",
        "day": date(2024, 1, 15),
        "sections": tuple(
            Section(name, tuple(each for each in duties if each.organisation == name))
            for name in organisations
        ),
    } | changes
    return Letter(**values)


def everything(kind, language="en"):
    """A letter in which nothing is left empty."""
    full = duty(
        extended_from=date(2024, 1, 3),
        moved_from=date(2024, 1, 4),
        act_by=date(2024, 1, 9),
        provisional=True,
        snooze="хойшлуул 3",
        reminded=(("Дорж", date(2024, 1, 8)), ("Сүрэн", date(2024, 1, 8)), ("Болд", date(2024, 1, 5))),
        snoozed_until=date(2024, 1, 2),
        snoozed_why="Хурал завсарласан.",
    )
    return letter(
        kind,
        full,
        duty(state="due_soon", state_said="хугацаа ойртсон", days_left=0, working_days_left=0),
        duty(state="due_soon", state_said="хугацаа ойртсон", days_left=1, working_days_left=1),
        duty(
            state="unknown",
            state_said="тодорхойгүй",
            due_on=None,
            act_by=None,
            days_left=None,
            working_days_left=None,
            unknown_why="Хугацааг заагаагүй.",
        ),
        language=language,
        summary=(OrganisationCount("Нэг сум", 1, 2, 3, 4), OrganisationCount("Хоёр сум", 0, 0, 7, 0)),
        failed=(FailedDelivery(3, "1@2.3", "сануулга", date(2024, 1, 5), "550"),),
        next_due=(duty(state="upcoming", state_said="болоогүй", days_left=40, working_days_left=28),),
        notes=("Хуанли хуучирсан.",),
        page_url="https://127.0.0.1:8470/",
        witness="5b1f0c2e" * 8,
        link="https://127.0.0.1:8470/",
        link_minutes=15,
    )


class Page(HTMLParser):
    """An HTML page read strictly: its visible text, its elements, and whether every one is closed."""

    def __init__(self, html):
        super().__init__()
        self.words, self.elements, self.open = [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "title"} & set(self.open):
            self.words.extend(data.split())

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def words(text):
    """The words of a text without the marks that only set it (bullets, rules, numbers of steps)."""
    bare = re.sub(r"(?m)^=+$|^-- $|^ *[*-] |^ +\d+\. ", "", text)
    return sorted(re.findall(r"[^\s:,;.|]+", bare))


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_letter_has_a_subject_a_text_and_a_closed_page(renderer, kind):
    rendered = renderer.render(everything(kind))
    assert rendered.subject
    assert rendered.text.strip()
    assert Page(rendered.html).open == []


@pytest.mark.parametrize("kind", [Kind.NOTICE, Kind.WARNING, Kind.SIGN_IN, Kind.TEST])
def test_text_and_page_say_the_same(renderer, kind):
    rendered = renderer.render(everything(kind))
    page = Page(rendered.html)
    said = " ".join(page.words).replace(rendered.subject, "", 1)
    assert words(said) == words(rendered.text)


@pytest.mark.parametrize("kind", [Kind.ESCALATION, Kind.ALL_CLEAR, Kind.DIGEST])
def test_text_and_page_say_the_same_of_everything_but_the_form_of_the_table(renderer, kind):
    rendered = renderer.render(replace(everything(kind), summary=()))
    said = " ".join(Page(rendered.html).words).replace(rendered.subject, "", 1)
    assert words(said) == words(rendered.text)


@pytest.mark.parametrize("kind", [Kind.ESCALATION, Kind.ALL_CLEAR, Kind.DIGEST])
def test_the_table_by_organisation_has_the_same_numbers_as_the_text(renderer, kind):
    rendered = renderer.render(everything(kind))
    assert "Нэг сум: unknown 1, taken down 2, overdue 3, due soon 4" in rendered.text
    assert "All organisations: unknown 1, taken down 2, overdue 10, due soon 4" in rendered.text
    row = " ".join(Page(rendered.html).words)
    assert "Нэг сум 1 2 3 4" in row
    assert "All organisations 1 2 10 4" in row


def test_the_table_has_only_the_columns_that_have_a_number(renderer):
    summary = (OrganisationCount("Нэг", 0, 0, 3, 0), OrganisationCount("Хоёр", 0, 0, 0, 0))
    rendered = renderer.render(letter(Kind.ESCALATION, summary=summary))
    assert "* Нэг: overdue 3\n" in rendered.text
    assert "Хоёр" not in rendered.text
    assert len(Page(rendered.html).all("th")) == 3


@pytest.mark.parametrize("kind", Kind)
def test_everything_that_is_not_data_is_said_in_the_readers_language(renderer, kind):
    rendered = renderer.render(everything(kind, "mn"))
    page = " ".join(Page(rendered.html).words)
    for said in (rendered.subject, rendered.text, page):
        assert re.findall(r"[A-Za-z]{2,}", said.replace("https://127.0.0.1:8470/", "")) == []


@pytest.mark.parametrize("kind", Kind)
def test_a_mongolian_officer_reads_mongolian(kind):
    shipped = translation("iltod", Path(__file__).parents[2] / "monitor" / "locale", ["mn"])
    rendered = Renderer({"mn": shipped}).render(replace(everything(kind, "mn"), recipient_name="Бат"))
    page = " ".join(Page(rendered.html).words)
    for said in (rendered.subject, rendered.text, page):
        bare = said.replace("https://127.0.0.1:8470/", "").replace("iltod", "")
        assert re.findall(r"[A-Za-z]{2,}|\{", bare) == []


def test_a_duty_is_told_with_all_that_is_needed_to_act(renderer):
    text = renderer.render(letter(Kind.DIGEST, duty())).text
    for said in (
        "хугацаа хэтэрсэн: 5 days late (3 working days)",
        "Due date: Wednesday, January 10, 2024",
        "Сэргэлэн сум",
        "Тухайн жилийн төсөв",
        "цахим хуудас, самбар",
        "«жил бүрийн 01-р сарын 10-ны дотор» Төлөвлөгөө, 5/2.1.1",
        "1. Жил бүрийн 1-р сарын 10.",
        "     бүртгэ 2",
        "Хугацаа 3 өдөр хэтэрсэн.",
    ):
        assert said in text


@pytest.mark.parametrize(
    ("days", "working", "said"),
    [
        (0, 0, "today is the last day"),
        (1, 1, "1 day left (1 working day)"),
        (7, 5, "7 days left (5 working days)"),
        (-1, -1, "1 day late (1 working day)"),
        (-5, None, "5 days late"),
    ],
)
def test_days_left_and_late_are_counted_in_words(renderer, days, working, said):
    text = renderer.render(letter(Kind.DIGEST, duty(days_left=days, working_days_left=working))).text
    assert f": {said}\n" in text


def test_a_moved_due_date_is_told_with_both_dates_and_the_reason(renderer):
    moved = duty(moved_from=date(2024, 1, 4), why="Шийдвэр гарсан.")
    text = renderer.render(letter(Kind.NOTICE, moved)).text
    assert "January 10, 2024" in text
    assert "until now it was Thursday, January 4, 2024" in text
    assert "Шийдвэр гарсан." in text


@pytest.mark.parametrize(
    ("written", "subject"),
    [
        (letter(Kind.DIGEST, duty(), duty(state="due_soon")), "Сэргэлэн сум: overdue 1, due soon 1"),
        (
            letter(Kind.DIGEST, duty(state="unknown"), duty(state="removed", organisation="Хоёр")),
            "2 organisations: unknown 1, taken down 1",
        ),
        (letter(Kind.ESCALATION, duty()), "For the management: Сэргэлэн сум: overdue 1"),
        (letter(Kind.NOTICE, duty(), duty()), "Notice: Сэргэлэн сум: 2 duties"),
        (letter(Kind.NOTICE, duty(state="upcoming")), "Notice: Сэргэлэн сум: 1 duty"),
        (letter(Kind.ALL_CLEAR, next_due=(duty(),)), "Nothing is overdue; 1 duty comes next"),
        (letter(Kind.ALL_CLEAR), "Nothing is overdue"),
        (letter(Kind.WARNING, notes=("a", "b")), "iltod needs attention: 2 warnings"),
        (letter(Kind.SIGN_IN), "iltod: your link to sign in"),
        (letter(Kind.TEST), "iltod: a test mail"),
    ],
)
def test_the_subject_has_the_counts(renderer, written, subject):
    assert renderer.render(written).subject == subject


def test_an_escalation_over_many_organisations_is_read_in_a_minute(renderer):
    duties = [duty(organisation=f"Сум {number}") for number in range(60)]
    summary = tuple(OrganisationCount(f"Сум {number}", 0, 0, number, 0) for number in range(75))
    text = renderer.render(letter(Kind.ESCALATION, *duties, summary=summary)).text
    assert len(text.splitlines()) < 100
    assert text.index("Сум 74: overdue 74") < text.index("Сум 73: overdue 73")
    assert "And 54 more organisations." in text
    listed = text.partition("Duties\n")[2]
    assert {int(number) for number in re.findall(r"Сум (\d+)", listed)} == set(range(60))


def test_an_escalation_names_a_duty_once_for_all_who_have_not_met_it_by_the_same_day(renderer):
    duties = [duty(organisation=f"Сум {number}") for number in range(6)]
    late = duty(organisation="Сум 7", due_on=date(2024, 1, 5), reminded=(("Дорж", date(2024, 1, 8)),))
    rendered = renderer.render(letter(Kind.ESCALATION, *duties, late))
    assert rendered.text.count("* Тухайн жилийн төсөв\n") == 2
    assert "   - Сум 0: missing: цахим хуудас, самбар\n   - Сум 1: " in rendered.text
    assert "   - Сум 7: missing: цахим хуудас, самбар; reminded on Jan 8, 2024: Дорж\n" in rendered.text


def test_a_command_is_read_on_a_telephone_without_an_option_torn_from_its_dashes(renderer):
    command = "iltod post sergelen/budget.approved/2024 --channel website --on 2024-01-15"
    html = renderer.render(letter(Kind.DIGEST, duty(record=command))).html
    parts = re.findall(r'<span class="part"[^>]*>([^<]*)</span>', html)
    assert parts == [
        "iltod post",
        "sergelen/budget.approved/2024",
        "--channel website",
        "--on 2024-01-15",
    ]
    assert command in " ".join(Page(html).words)


def test_a_program_finds_the_encoding_of_the_page_where_it_looks_for_it(renderer):
    html = renderer.render(everything(Kind.DIGEST)).html.encode()
    assert b'<meta charset="utf-8">' in html[:1024]


def test_a_date_in_figures_is_not_torn_at_the_end_of_a_line(renderer):
    html = renderer.render(letter(Kind.DIGEST, duty(steps=("Due <2024-01-10>",)))).html
    assert 'Due &lt;<span style="white-space: nowrap">2024-01-10</span>&gt;' in html


def named(text, title="Төсөв"):
    return {int(number) for number in re.findall(rf"{title} (\d+)", text)}


def many(numbers, told_before=True, **changes):
    """So many overdue duties, the oldest first."""
    first = date(2024, 1, 1)
    return [
        duty(title=f"Төсөв {n}", due_on=first + timedelta(days=n), told_before=told_before, **changes)
        for n in numbers
    ]


@pytest.mark.parametrize("kind", [Kind.DIGEST, Kind.NOTICE, Kind.ESCALATION])
def test_what_the_reader_was_not_told_before_is_named_however_much_it_is(renderer, kind):
    rendered = renderer.render(letter(kind, *many(range(130), told_before=False)))
    assert named(rendered.text) == named(rendered.html) == set(range(130))
    assert "Left out" not in rendered.text


def test_of_what_is_late_and_was_told_before_the_oldest_are_left_out_and_counted(renderer):
    soon = {"state": "due_soon", "state_said": "хугацаа ойртсон"}
    duties = many(range(97)) + many(range(97, 105), told_before=False, **soon)
    rendered = renderer.render(letter(Kind.DIGEST, *duties))
    assert named(rendered.text) == named(rendered.html) == set(range(5, 105))
    said = "Left out: 5 older duties of which you were told before and which still wait."
    assert f"{said} “iltod status” lists them.\n" in rendered.text
    assert said in rendered.html
    linked = renderer.render(letter(Kind.DIGEST, *duties, page_url="https://iltod.example.mn/")).text
    assert f"{said} They are listed here: https://iltod.example.mn/\n" in linked


def test_where_news_fill_a_letter_all_that_was_told_before_is_left_out(renderer):
    duties = many(range(10)) + many(range(10, 150), told_before=False)
    text = renderer.render(letter(Kind.DIGEST, *duties)).text
    assert named(text) == set(range(10, 150))
    assert "Left out: 10 older duties" in text


def test_120_duties_of_40_organisations_on_one_day_are_a_line_for_each_rule(renderer):
    soon = {"state": "due_soon", "state_said": "өнөөдөр", "days_left": 0, "working_days_left": 0}
    duties = [
        duty(title=title, organisation=f"Сум {n}", **soon)
        for title in ("Төсөв", "Гүйцэтгэл", "Тайлан")
        for n in range(40)
    ]
    text = renderer.render(letter(Kind.DIGEST, *many(range(100), told_before=False), *duties)).text
    everybody = ", ".join(f"Сум {n}" for n in range(40))
    for title in ("Төсөв", "Гүйцэтгэл", "Тайлан"):
        line = f"   - Wednesday, January 10, 2024, today is the last day: {everybody}"
        assert f"* {title}\n   өнөөдөр\n{line}\n\n" in text


def test_an_organisation_that_owes_several_of_one_rule_on_one_day_is_named_once(renderer):
    duties = many(range(100), told_before=False) + [duty(organisation="Сум")] * 3 + [duty(organisation="Баг")]
    assert (
        ", 5 days late (3 working days): Сум (3), Баг\n" in renderer.render(letter(Kind.DIGEST, *duties)).text
    )


def test_a_letter_about_a_whole_nation_has_a_bounded_size(renderer):
    late = [duty(organisation=f"Сум {n}") for n in range(12_000)]
    soon = [duty(organisation=f"Сум {n}", state="due_soon", state_said="ойртсон") for n in range(4_000)]
    rendered = renderer.render(letter(Kind.DIGEST, *late, *soon))
    assert len(rendered.text.encode()) < 300_000
    assert len(rendered.html.encode()) < 400_000
    assert ": and" not in rendered.text
    assert "Сум 3999\n" in rendered.text, "what can still be done has its organisations named first"
    assert "Сум 6099, and 5900 more organisations\n" in rendered.text


def test_hostile_names_are_shown_as_they_are_and_do_nothing(renderer):
    hostile = "<script>alert(1)</script>{{ 7*7 }}{% endblock %}</table>\"'&"
    rendered = renderer.render(
        letter(
            Kind.DIGEST,
            duty(
                title=hostile,
                organisation=hostile,
                missing=(hostile,),
                steps=(hostile,),
                record=hostile,
                why=hostile,
            ),
            recipient_name=hostile,
            notes=(hostile,),
            summary=(OrganisationCount(hostile, 0, 0, 1, 0),),
        )
    )
    page = Page(rendered.html)
    assert page.all("script") == []
    assert hostile.split(maxsplit=1)[0] in " ".join(page.words)
    assert hostile in rendered.text


def test_the_button_leads_to_the_form_where_there_is_a_page(renderer):
    form = "https://iltod.example.mn/duties/sergelen/budget.approved/2024/post"
    rendered = renderer.render(letter(Kind.DIGEST, duty(record_url=form)))
    assert f"When it is posted, record it here:\n     {form}" in rendered.text
    assert [link["href"] for link in Page(rendered.html).all("a") if "duties" in link["href"]] == [form]


@pytest.mark.parametrize("kind", Kind)
def test_the_page_loads_nothing_from_outside(renderer, kind):
    page = Page(renderer.render(everything(kind)).html)
    assert {tag for tag, _ in page.elements} & {"img", "link", "script", "iframe", "object", "video"} == set()
    assert all("src" not in attributes for _, attributes in page.elements)
    assert "url(" not in " ".join(attributes.get("style", "") for _, attributes in page.elements)


@pytest.mark.parametrize("kind", Kind)
def test_the_page_can_be_read_by_a_screen_reader_on_a_telephone_in_the_dark(renderer, kind):
    html = renderer.render(everything(kind)).html
    page = Page(html)
    assert page.all("html")[0]["lang"] == "en"
    metas = {meta["name"]: meta["content"] for meta in page.all("meta") if "name" in meta}
    assert metas["viewport"] == "width=device-width, initial-scale=1"
    assert metas["color-scheme"] == "light dark"
    assert "@media (prefers-color-scheme: dark)" in html
    assert len(page.all("h1")) == 1
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all("scope" in cell for cell in page.all("th"))
    assert re.search(r"width:\s*\d{3,}px", html.replace("max-width", "")) is None


def test_every_style_is_in_its_place_when_the_mail_is_rendered(renderer):
    page = Page(renderer.render(everything(Kind.DIGEST)).html)
    styled = [attributes for _, attributes in page.elements if "class" in attributes]
    assert len(styled) > 20
    assert [each for each in styled if "style" not in each and each["class"] != "link"] == []


def test_dates_are_written_as_the_language_writes_them():
    assert say_date(date(2024, 1, 10), "mn") == "2024 оны 1-р сарын 10, Лхагва"
    assert say_date(date(2024, 1, 10), "en") == "Wednesday, January 10, 2024"


def test_a_language_that_was_not_given_is_refused(renderer):
    with pytest.raises(KeyError):
        renderer.render(letter(language="de"))


def test_no_field_of_a_duty_is_left_out_of_the_full_letter(renderer):
    """Whoever adds a field to `DutyLine` has to say it in the letter, or name it here."""
    text = renderer.render(everything(Kind.NOTICE)).text
    unsaid = {"key", "state", "stage"}
    unsaid |= {"record_url", "snooze_url"}  # said in place of the commands
    unsaid |= {"told_before"}  # it decides what is left out
    assert {field.name for field in fields(DutyLine)} - unsaid == {
        *("title", "organisation", "state_said", "why", "due_on", "extended_from", "moved_from"),
        *("act_by", "days_left", "working_days_left", "provisional", "missing", "words", "basis", "steps"),
        *("record", "snooze", "reminded", "snoozed_until", "snoozed_why", "unknown_why"),
    }
    for said in (
        "January 3",
        "January 4",
        "January 9",
        "Provisional",
        "reminded on Monday, January 8, 2024: Дорж, Сүрэн",
        "reminders were put off until Tuesday, January 2, 2024: Хурал завсарласан.",
        "хойшлуул 3",
        "Хугацааг заагаагүй.",
    ):
        assert said in text
