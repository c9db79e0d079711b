"""Reading a configuration whole: defaults, paths, secrets, the fingerprint."""

import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from contextlib import suppress
from datetime import date, time
from pathlib import Path

import pytest
from sqlalchemy import make_url

from monitor.configuration.defaults import DEFAULTS
from monitor.configuration.loading import SECTIONS, load_settings
from monitor.configuration.organisations import CONTACT_KEYS, ORGANISATION_KEYS, REGISTER_KEYS
from monitor.configuration.settings import Listen, Settings
from monitor.core.offsets import Escalation, Offset
from monitor.core.subjects import Contact, Exemption, Organisation
from monitor.written import LARGEST
from rules.faults import Faults
from rules.limits import Limit

SAMPLE = Path(__file__).parents[3] / "config.toml"
ORGANISATION = """
[[organisations]]
id = "sergelen"
name = "Сэргэлэн сумын ЗДТГ"
kind = "soum"
since = 2024-02-21
"""

Load = Callable[..., Settings]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Writes config.toml, one organisation at its end, and reads it."""

    def written_and_read(text: str = "", **environment: str) -> Settings:
        path = tmp_path / "config.toml"
        path.write_text(text + ORGANISATION, encoding="utf-8")
        return load_settings(path, environment)

    return written_and_read


def said(path: Path) -> list[str]:
    with pytest.raises(Faults) as refused:
        load_settings(path, {})
    return [str(fault).replace(f"{path.parent}/", "") for fault in refused.value.faults]


def test_every_key_may_be_left_out_but_for_the_organisations(load: Load, tmp_path: Path) -> None:
    settings = load()

    assert settings.path == tmp_path / "config.toml"
    assert settings.folder == tmp_path
    assert settings.monitor.database == f"sqlite:///{tmp_path}/var/iltod.db"
    assert settings.monitor.database_file == tmp_path / "var/iltod.db"
    assert settings.monitor.timezone == "Asia/Ulaanbaatar"
    assert settings.monitor.language == "mn"
    assert settings.monitor.packs == ("budget", "integrity", "iaac", "drafts")
    assert settings.monitor.promptly == Limit.parse("3 working days")
    assert settings.monitor.operator == ""
    assert settings.calendar.region == "MN"
    assert settings.calendar.weekend == ("saturday", "sunday")
    assert settings.calendar.file is None
    assert settings.reminders.send_at == time(9)
    assert [str(offset) for offset in settings.reminders.before] == ["30d", "14d", "7d", "3wd", "1wd", "0d"]
    assert [str(offset) for offset in settings.reminders.after] == ["1wd", "3wd", "5wd", "+5wd"]
    assert settings.reminders.escalate == (
        Escalation(Offset(3, working=True), "head"),
        Escalation(Offset(10, working=True), "oversight", parent=True),
    )
    assert settings.reminders.all_clear == "monthly"
    assert settings.mail.transport == "maildir"
    assert settings.mail.path == tmp_path / "var/mail"
    assert (settings.mail.host, settings.mail.port, settings.mail.security) == ("localhost", 25, "starttls")
    assert (settings.mail.username, settings.mail.password) == ("", "")
    assert settings.mail.sender == "iltod <iltod@example.mn>"
    assert (settings.mail.reply_to, settings.mail.bounce_to) == ("", "")
    assert (settings.mail.connections, settings.mail.per_minute) == (4, 0)
    assert settings.web.listen == Listen("127.0.0.1", 8470)
    assert settings.web.public_url == "http://127.0.0.1:8470"
    assert settings.daemon.heartbeat_url == ""


def test_an_organisation_is_read_as_it_is_written(load: Load) -> None:
    settings = load(
        """
        [[organisations]]
        id = "own"
        name = " Өмч  "
        kind = "state-enterprise"
        since = 2025-01-01
        parent = "sergelen"
        timezone = "Asia/Hovd"
        website = "https://own.example"
        exempt = [{ rule = "budget.draft", reason = "It has no council" }]
        [[organisations.contacts]]
        role = "web"
        name = "Вэб"
        email = "Web@own.example"
        language = "en"
        from = 2025-02-01
        until = 2025-03-01
        """
    )

    assert settings.register["own"] == Organisation(
        "own",
        "Өмч",
        "state-enterprise",
        date(2025, 1, 1),
        "Asia/Hovd",
        parent="sergelen",
        website="https://own.example",
        exempt=(Exemption("budget.draft", "It has no council"),),
        contacts=(Contact("web", "Вэб", "Web@own.example", "en", date(2025, 2, 1), date(2025, 3, 1)),),
    )
    assert settings.register.ids == ("own", "sergelen")


@pytest.mark.parametrize("name", ["Сэргэлэн\u00a0сум", "ᠮᠣᠩᠭᠣᠯ\u202fᠤᠨ", "ᠰᠠᠷ\u180eᠠ"])
def test_a_name_may_hold_the_spaces_and_joiners_of_its_script(load: Load, name: str) -> None:
    contact = f'[[organisations]]\nid = "a"\nname = "{name}"\nkind = "soum"\nsince = 2024-01-01\n'

    assert load(contact).register["a"].name == name


def test_zone_and_language_of_the_monitor_hold_where_none_is_stated(load: Load) -> None:
    settings = load('[monitor]\ntimezone = "Asia/Hovd"\nlanguage = "en"\n')

    assert settings.register["sergelen"].timezone == "Asia/Hovd"
    assert settings.register.language == "en"


def test_lists_and_texts_may_be_empty_where_that_has_a_meaning(load: Load) -> None:
    settings = load(
        '[calendar]\nregion = ""\nweekend = []\n[reminders]\nbefore = []\nafter = []\nescalate = []\n'
        '[web]\nlisten = ""\n[monitor]\noperator = ""\n'
    )

    assert (settings.calendar.region, settings.calendar.weekend) == ("", ())
    assert (settings.reminders.before, settings.reminders.after, settings.reminders.escalate) == ((), (), ())
    assert settings.web.listen is None


def test_the_public_address_ends_without_a_slash(load: Load) -> None:
    assert (
        load('[web]\npublic_url = "https://iltod.example/page/"\n').web.public_url
        == "https://iltod.example/page"
    )


def test_a_database_may_lie_in_a_folder_of_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "100% зөв?"
    folder.mkdir()
    (folder / "config.toml").write_text(ORGANISATION, encoding="utf-8")

    monitor = load_settings(folder / "config.toml", {}).monitor

    assert monitor.database_file == folder / "var/iltod.db"
    assert make_url(monitor.database).database == str(folder / "var/iltod.db")


def test_a_link_to_the_database_stands_for_the_file_that_it_names(load: Load, tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to("iltod.db")

    monitor = load('[monitor]\ndatabase = "sqlite:///link.db"\n').monitor

    assert monitor.database_file == tmp_path / "iltod.db"


def test_a_relative_path_of_the_configuration_is_made_absolute(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load()
    monkeypatch.chdir(tmp_path)

    settings = load_settings(Path("config.toml"), {})

    assert settings.path == tmp_path / "config.toml"
    assert settings.monitor.database == f"sqlite:///{tmp_path}/var/iltod.db"


def test_the_calendars_file_is_taken_where_it_lies_beside_the_configuration(
    load: Load, tmp_path: Path
) -> None:
    (tmp_path / "calendar.toml").touch()

    assert load().calendar.file == tmp_path / "calendar.toml"


def test_a_calendars_file_that_is_named_must_exist(load: Load) -> None:
    with pytest.raises(Faults, match=r"calendar.toml: The file does not exist"):
        load('[calendar]\nfile = "calendar.toml"\n')


def test_the_password_comes_from_the_environment_before_the_file(load: Load, tmp_path: Path) -> None:
    _secret(tmp_path).write_text("from the file\n", encoding="utf-8")
    named = '[mail]\npassword_file = "secret"\n'

    assert load(named).mail.password == "from the file"
    assert load(named, ILTOD_MAIL_PASSWORD="from the environment").mail.password == "from the environment"


def test_a_password_is_taken_as_it_stands_but_for_the_end_of_the_line(load: Load, tmp_path: Path) -> None:
    _secret(tmp_path).write_bytes(b" two words \r\n")

    assert load('[mail]\npassword_file = "secret"\n').mail.password == " two words "


@pytest.mark.parametrize("content", [b"", b"\n", b"two\nlines\n", b"\xff", b"nul\x00"])
def test_a_password_file_with_anything_else_is_refused_and_not_repeated(
    load: Load, tmp_path: Path, content: bytes
) -> None:
    _secret(tmp_path).write_bytes(content)

    with pytest.raises(
        Faults, match=r"mail.password_file must name a file that holds the password alone, on one line$"
    ):
        load('[mail]\npassword_file = "secret"\n')


def _secret(folder: Path) -> Path:
    """A file for its owner alone."""
    file = folder / "secret"
    file.touch(mode=0o600)
    return file


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_password_file_that_others_may_read_is_refused_and_not_repeated(
    load: Load, tmp_path: Path, mode: int
) -> None:
    file = _secret(tmp_path)
    file.write_text("canary\n")
    file.chmod(mode)

    with pytest.raises(Faults, match=rf"keep them out: chmod 600 {file}$") as refused:
        load('[mail]\npassword_file = "secret"\n')
    assert "canary" not in repr(refused.value.faults)


def test_what_systemd_gives_a_service_to_read_is_taken(load: Load, tmp_path: Path) -> None:
    file = _secret(tmp_path)
    file.write_text("given\n")
    file.chmod(0o440)

    read = load(f'[mail]\npassword_file = "{file}"\n', CREDENTIALS_DIRECTORY=str(tmp_path))
    assert read.mail.password == "given"


def test_a_configuration_with_a_password_that_others_may_read_is_refused(load: Load, tmp_path: Path) -> None:
    (tmp_path / "config.toml").touch(mode=0o600)
    (tmp_path / "config.toml").chmod(0o644)

    with pytest.raises(Faults, match=r"monitor.database: others .* chmod 600 .*config.toml$") as refused:
        load('[monitor]\ndatabase = "postgresql+psycopg://iltod:canary@db.example/iltod"\n')
    assert "canary" not in repr(refused.value.faults)


@pytest.mark.parametrize("address", ["htps://hc.example/secret", "https://u:secret@ho st/secret"])
def test_the_address_of_a_watcher_is_a_secret_and_not_repeated(
    load: Load, tmp_path: Path, address: str
) -> None:
    with pytest.raises(Faults) as refused:
        load(f'[daemon]\nheartbeat_url = "{address}"')
    assert "daemon.heartbeat_url must be a web address" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_secrets_are_not_shown_among_the_settings(load: Load, tmp_path: Path) -> None:
    (tmp_path / "config.toml").touch(mode=0o600)
    settings = load(
        '[monitor]\ndatabase = "postgresql+psycopg://iltod:canary@db.example/iltod"\n',
        ILTOD_MAIL_PASSWORD="canary",
    )

    assert settings.mail.password == "canary"
    assert settings.monitor.database_file is None
    assert "canary" not in repr(settings)


def test_the_fingerprint_changes_with_each_file_and_with_nothing_else(load: Load, tmp_path: Path) -> None:
    (tmp_path / "calendar.toml").touch()
    (tmp_path / "organisations.csv").write_text("id,name,kind,since\na,A,soum,2024-01-01\n", encoding="utf-8")
    (tmp_path / "contacts.csv").write_text("organisation,role,name,email\n", encoding="utf-8")
    text = '[register]\norganisations = "organisations.csv"\ncontacts = "contacts.csv"\n'
    seen = [load(text).fingerprint]
    for name in ("calendar.toml", "organisations.csv", "contacts.csv"):
        with (tmp_path / name).open("a", encoding="utf-8") as file:
            file.write("\n")
        seen.append(load(text).fingerprint)
    seen.append(load(text + "\n").fingerprint)

    assert len(set(seen)) == 5
    assert load(text + "\n").fingerprint == seen[-1]


def test_a_configuration_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert said(tmp_path / "config.toml") == ["config.toml: The file does not exist"]


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()

    assert said(tmp_path / "config.toml") == [
        "config.toml: A file is needed, and this is a folder or a device"
    ]


def test_a_pipe_is_no_configuration_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "config.toml")

    assert said(tmp_path / "config.toml") == [
        "config.toml: A file is needed, and this is a folder or a device"
    ]


def test_a_file_past_every_size_is_no_configuration(tmp_path: Path) -> None:
    with (tmp_path / "config.toml").open("wb") as file:
        file.truncate(LARGEST + 1)

    (sentence,) = said(tmp_path / "config.toml")
    assert sentence == (
        f"config.toml: The file is larger than {LARGEST} bytes, and no more is read: see whether it is the one that is"
        " meant, and divide it if it is (many organisations: see [register])"
    )


@pytest.mark.parametrize("encoding", ["utf-16", "cp1251"])
def test_a_configuration_in_another_encoding_is_refused(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "config.toml").write_bytes("[monitor]\n# Цагийн хуваарь\n".encode(encoding))
    line = 1 if encoding == "utf-16" else 2

    assert said(tmp_path / "config.toml") == [
        f"config.toml: The file is not UTF-8: line {line} has a byte that cannot stand there"
    ]


def test_a_mark_at_the_start_and_line_ends_of_windows_are_read(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b"\xef\xbb\xbf" + ORGANISATION.replace("\n", "\r\n").encode())

    assert load_settings(tmp_path / "config.toml", {}).register.ids == ("sergelen",)


def test_reading_the_configuration_loads_nothing_heavy() -> None:
    heavy = {"sqlalchemy", "sqlmodel", "openpyxl", "holidays", "aiosmtplib", "jinja2", "babel"}
    script = (
        "import sys; from pathlib import Path; from monitor.configuration.loading import load_settings;"
        f"load_settings(Path({str(SAMPLE)!r}), {{}}); print(*sorted(set(sys.modules) & {heavy!r}))"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=SAMPLE.parent
    )

    assert done.stdout.strip() == ""


def test_the_shipped_sample_is_a_working_configuration() -> None:
    settings = load_settings(SAMPLE, {})

    assert settings.register.ids == ("aimag", "sergelen")
    assert (
        settings.register.unheard(
            date(2027, 1, 1), {"soum": ("finance", "web", "head"), "aimag": ("oversight",)}
        )
        == ()
    )
    assert all(person.address.endswith(".example") for person in settings.register.recipients)


def test_the_shipped_sample_shows_every_option_at_its_default() -> None:
    sample = tomllib.loads(SAMPLE.read_text(encoding="utf-8"))

    assert {**sample["monitor"], "packs": DEFAULTS["monitor"]["packs"]} == DEFAULTS["monitor"]
    assert {name: sample[name] for name in DEFAULTS if name != "monitor"} == {
        name: section for name, section in DEFAULTS.items() if name != "monitor"
    }


def test_the_shipped_sample_shows_every_key() -> None:
    text = SAMPLE.read_text(encoding="utf-8")
    sample = tomllib.loads(text)
    contacts = [contact for organisation in sample["organisations"] for contact in organisation["contacts"]]

    assert {key for each in sample["organisations"] for key in each} == set(ORGANISATION_KEYS)
    assert {key for each in contacts for key in each} | {"until"} == set(CONTACT_KEYS)
    assert "`until`" in text
    assert '# file = "calendar.toml"' in text
    assert "# [register]" in text
    assert all(f"# {key} = " in text for key in REGISTER_KEYS)
    assert set(SECTIONS) == {*sample, "register"}


ODD_VALUES = (
    *(
        '""',
        '" "',
        '"x"',
        '"@"',
        '":"',
        '"://["',
        '"a\\u0000b"',
        '"a\\nb"',
        '"\\u202e"',
        '"²"',
        f'"{"9" * 5000}"',
    ),
    *(
        "true",
        "0",
        "-1",
        "99999999999999999999",
        "1.5",
        "nan",
        "2024-02-21",
        "2024-02-21T09:00:00Z",
        "09:00:00",
    ),
    *("[]", "[[]]", '["x", "x"]', "[1]", "{}", "{ x = 1 }", "[{}]", "[{ x = 1 }]"),
)


@pytest.mark.parametrize(
    ("section", "key"),
    [
        *((f"[{section}]", key) for section, keys in DEFAULTS.items() for key in keys),
        ("[calendar]", "file"),
        *(("[register]", key) for key in REGISTER_KEYS),
        *(("[[organisations]]", key) for key in ORGANISATION_KEYS),
        *(("[[organisations]]\n[[organisations.contacts]]", key) for key in CONTACT_KEYS),
        *(("", section) for section in SECTIONS),
    ],
)
def test_whatever_a_key_holds_it_is_read_or_refused_with_faults(load: Load, section: str, key: str) -> None:
    taken = []
    for value in ODD_VALUES:
        with suppress(Faults):
            load(f"{section}\n{key} = {value}\n")
            taken.append(value)

    assert len(taken) < len(ODD_VALUES) / 2
