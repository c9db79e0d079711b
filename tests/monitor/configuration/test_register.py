"""Organisations and contacts from files."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from time import perf_counter

import pytest
from openpyxl import Workbook

from monitor.configuration.loading import load_settings
from monitor.core.register import Register
from monitor.core.subjects import Contact, Organisation
from rules.faults import Faults

BOTH = '[register]\norganisations = "organisations.csv"\ncontacts = "contacts.csv"\n'
ORGANISATIONS = """\
id,name,kind,parent,timezone,website,since
soum,Сэргэлэн сум,soum,aimag,,https://sergelen.example,2024.02.21
aimag,Төв аймаг,aimag,,Asia/Hovd,,2024/2/1
"""
CONTACTS = """\
organisation;role;name;email;language;from;until
soum;web;"Бат; Дорж";web@soum.example;en;2024.02.21;
aimag;oversight;Хуулийн хэлтэс;law@aimag.example;;;2030-12-31
"""

Load = Callable[..., Register]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Writes the three files and reads them."""

    def written_and_read(
        organisations: str = ORGANISATIONS, contacts: str = CONTACTS, configuration: str = BOTH
    ) -> Register:
        (tmp_path / "organisations.csv").write_text(organisations, encoding="utf-8")
        (tmp_path / "contacts.csv").write_text(contacts, encoding="utf-8")
        (tmp_path / "config.toml").write_text(configuration, encoding="utf-8")
        return load_settings(tmp_path / "config.toml", {}).register

    return written_and_read


def said(load: Load, *texts: str) -> list[str]:
    with pytest.raises(Faults) as refused:
        load(*texts)
    return [
        f"{Path(fault.where).name}: {str(fault).removeprefix(f'{fault.where}: ')}"
        for fault in refused.value.faults
    ]


def test_a_register_is_read_from_its_files(load: Load) -> None:
    assert load().organisations == (
        Organisation(
            "soum",
            "Сэргэлэн сум",
            "soum",
            date(2024, 2, 21),
            "Asia/Ulaanbaatar",
            parent="aimag",
            website="https://sergelen.example",
            contacts=(Contact("web", "Бат; Дорж", "web@soum.example", "en", date(2024, 2, 21)),),
        ),
        Organisation(
            "aimag",
            "Төв аймаг",
            "aimag",
            date(2024, 2, 1),
            "Asia/Hovd",
            contacts=(Contact("oversight", "Хуулийн хэлтэс", "law@aimag.example", until=date(2030, 12, 31)),),
        ),
    )


def test_a_spreadsheet_gives_the_same_register(load: Load, tmp_path: Path) -> None:
    book = Workbook()
    for line in (
        ("id", "name", "kind", "parent", "timezone", "website", "since"),
        ("soum", "Сэргэлэн сум", "soum", "aimag", None, "https://sergelen.example", datetime(2024, 2, 21)),  # noqa: DTZ001
        ("aimag", "Төв аймаг", "aimag", None, "Asia/Hovd", None, "2024.02.01"),
    ):
        book.active.append(line)  # type: ignore[union-attr]  # a new book has a sheet
    book.save(tmp_path / "organisations.xlsx")

    assert load() == load(configuration=BOTH.replace("organisations.csv", "organisations.xlsx"))


def test_a_register_needs_no_file_of_contacts(load: Load) -> None:
    register = load(configuration='[register]\norganisations = "organisations.csv"\n')

    assert register.recipients == ()


def test_tables_and_files_make_one_register_the_tables_first(load: Load) -> None:
    register = load(
        contacts="organisation,role,name,email\ntop,head,A,a@top.example\n",
        configuration=BOTH
        + '[[organisations]]\nid = "top"\nname = "T"\nkind = "agency"\nsince = 2024-01-01\n',
    )

    assert register.ids == ("top", "soum", "aimag")
    assert register["top"].contacts == (Contact("head", "A", "a@top.example"),)


def test_contacts_are_not_called_unknown_where_the_organisations_could_not_be_read(load: Load) -> None:
    assert said(load, "name,kind\n") == ["organisations.csv: line 1: the heading lacks id, since"]


def test_a_register_without_rows_names_no_organisation(load: Load) -> None:
    assert said(load, "id,name,kind,since\n", "organisation,role,name,email\n") == [
        "config.toml: No organisation is named; add [[organisations]], or [register] with a file"
    ]


def test_ten_thousand_organisations_are_read_within_seconds(load: Load) -> None:
    lines = [f"soum-{n},Сум {n},soum,top,,https://soum-{n}.example,2024-01-01" for n in range(10_000)]
    people = [
        f"soum-{n},{role},Хүн,{role}-{n}@soum.example"
        for n in range(10_000)
        for role in ("finance", "web", "head")
    ]
    started = perf_counter()
    register = load(
        "\n".join(["id,name,kind,parent,timezone,website,since", "top,Дээд,agency,,,,2024-01-01", *lines]),
        "\n".join(["organisation,role,name,email", *people]),
    )

    assert (len(register), len(register.recipients)) == (10_001, 30_000)
    assert perf_counter() - started < 20


def test_of_ten_thousand_faults_a_thousand_are_told_within_seconds(load: Load) -> None:
    people = [f"sum-{n},web,Хүн,web-{n}@soum.example" for n in range(10_000)]
    lines = [f"soum-{n},Сум {n},soum,,,,2024-01-01" for n in range(10_000)]
    started = perf_counter()
    faults = said(
        load,
        "\n".join(["id,name,kind,parent,timezone,website,since", *lines]),
        "\n".join(["organisation,role,name,email", *people]),
    )

    assert len(faults) == 1001
    assert sum("There are 1000 faults and perhaps more" in each for each in faults) == 1
    assert perf_counter() - started < 20
