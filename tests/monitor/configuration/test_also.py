"""The services that a contact lists besides the mail: their addresses hold secrets, which no fault may tell."""

from pathlib import Path

import pytest

from monitor.configuration.loading import load_settings
from monitor.configuration.settings import Settings
from monitor.core.subjects import Recipient
from rules.faults import Faults

SECRET = "123456:secret-token"
TELEGRAM = f"tgram://{SECRET}/7890"
MATRIX = "matrixs://user:secret-word@matrix.example/#room"
HEADING = "organisation,role,name,email,also\n"


def load(folder: Path, contacts: str = "", sheet: str | None = None) -> Settings:
    register = ""
    if sheet is not None:
        (folder / "contacts.csv").write_text(sheet, encoding="utf-8")
        organisation = "id,name,kind,since\nother,Сум,soum,2024-01-01\n"
        (folder / "organisations.csv").write_text(organisation, encoding="utf-8")
        register = '[register]\norganisations = "organisations.csv"\ncontacts = "contacts.csv"\n'
    (folder / "config.toml").write_text(
        f"""{register}
        [[organisations]]
        id = "soum"
        name = "Сум"
        kind = "soum"
        since = 2024-01-01
        contacts = [{contacts}]
        """,
        encoding="utf-8",
    )
    return load_settings(folder / "config.toml", {})


def contact(also: str, role: str = "web") -> str:
    return f'{{ role = "{role}", name = "A", email = "a@soum.example", {also} }}'


def person(settings: Settings) -> Recipient:
    found = settings.register.recipient("a@soum.example")
    assert found is not None
    return found


def test_a_contact_lists_services(tmp_path):
    settings = load(tmp_path, contact(f'also = ["{TELEGRAM}", "{MATRIX}"]'))
    assert person(settings).also == (TELEGRAM, MATRIX)


def test_a_person_in_two_roles_is_told_by_the_services_of_both_each_once(tmp_path):
    both = [contact(f'also = ["{TELEGRAM}"]'), contact(f'also = ["{MATRIX}", "{TELEGRAM}"]', "finance")]
    assert person(load(tmp_path, ", ".join(both))).also == (TELEGRAM, MATRIX)


def test_in_a_file_the_addresses_stand_in_one_cell_with_spaces_between(tmp_path):
    settings = load(tmp_path, sheet=f"{HEADING}soum,web,A,a@soum.example,{TELEGRAM} {MATRIX}\n")
    assert person(settings).also == (TELEGRAM, MATRIX)


def test_a_file_without_the_column_names_no_service(tmp_path):
    settings = load(tmp_path, sheet="organisation,role,name,email\nsoum,web,A,a@soum.example\n")
    assert person(settings).also == ()


def test_nothing_that_shows_a_contact_or_a_person_shows_the_address(tmp_path):
    settings = load(tmp_path, contact(f'also = ["{TELEGRAM}"]'))
    assert "tgram" not in repr(settings)
    assert "tgram" not in repr(person(settings))


@pytest.mark.parametrize(
    ("also", "key"),
    [
        (f'also = "{TELEGRAM}"', "also"),
        (f'also = ["secret-{SECRET}"]', "also"),
        (f'also = ["tgram://{SECRET} /7890"]', "also"),
        (f'also = [["{TELEGRAM}"]]', "also"),
        (f'alsoo = ["{TELEGRAM}"]', "alsoo"),
    ],
)
def test_a_fault_names_the_key_and_keeps_the_secret(tmp_path, also, key):
    with pytest.raises(Faults) as refused:
        load(tmp_path, contact(also))
    (fault,) = refused.value.faults
    assert fault.key == f"organisations[1].contacts[1].{key}"
    assert "secret" not in f"{fault}{fault!r}"


@pytest.mark.parametrize(
    "sheet",
    [
        f"{HEADING}soum,web,A,a@soum.example,{SECRET}\n",
        f"organisation,role,name,email\nsoum,web,A,a@soum.example,{TELEGRAM}\n",
        f'organisation,role,name,email,alsoo\nsoum,web,A,a@soum.example,"{TELEGRAM}"\n',
    ],
)
def test_a_fault_in_a_file_keeps_the_secret(tmp_path, sheet):
    with pytest.raises(Faults) as refused:
        load(tmp_path, sheet=sheet)
    (fault,) = refused.value.faults
    assert "line" in str(fault)
    assert "secret" not in f"{fault}{fault!r}"
