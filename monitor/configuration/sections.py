"""The sections of config.toml, each from its table to its value; every fault is noted where it is read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal, TypeVar, cast

from monitor.configuration import notations
from monitor.configuration.defaults import CALENDAR_FILE, DEFAULTS
from monitor.configuration.files import Files
from monitor.configuration.organisations import A_LINE, A_TIMEZONE, A_WEB_ADDRESS, AN_ADDRESS, LANGUAGES
from monitor.configuration.settings import (
    CalendarSettings,
    DaemonSettings,
    MonitorSettings,
    ReminderSettings,
    WebSettings,
)
from monitor.core.offsets import Escalation, Offset, faults_after, faults_before, role_and_place
from notifications.transports import MailSettings
from rules.calendars import WEEKDAYS
from rules.limits import Limit, Unit
from rules.marking import N_
from rules.reading import LARGEST, Reading, content_of
from rules.sentences import Sentence, sentence
from rules.table import Table

T = TypeVar("T")

PASSWORD = "ILTOD_MAIL_PASSWORD"  # noqa: S105 -- the variable's name
_CREDENTIALS = "CREDENTIALS_DIRECTORY"
"""Where systemd puts what a service alone may read; by an access list, which looks like a group's right."""
_LARGEST_PASSWORD = 4096  # bytes
NOT_ESCAPED = N_(
    "{key} holds an @ where none can be: in a name or a password an @ is written %40, a / %2F, a : %3A"
)
_ONLY_YOURS = N_(
    "{key}: others on this machine may read the password in {file}; keep them out: chmod 600 {file}"
)

_AN_OFFSET = sentence('a number of days such as "30d", or of working days such as "3wd"')
_A_DATABASE = sentence('"sqlite:///" with a path, or "postgresql+psycopg://user@host/name"')
_A_LIMIT = sentence('a limit such as "3 working days"')
_A_MAILBOX = sentence('an e-mail address, alone or as in "iltod <iltod@example.mn>"')
_A_HOST = sentence("the name of a machine")
_A_TIME = sentence("a time such as 09:00")
_A_PLACE = sentence("a host and a port such as 127.0.0.1:8470")
_A_NETWORK = sentence("an address such as 127.0.0.1, or a network such as 10.0.0.0/8")
_A_ROLE = sentence('a role such as "head", or "parent:oversight"')


def section(top: Table, name: str, *more: str) -> Table:
    """The section of that name, with the defaults where it says nothing; keys not known are noted."""
    written = top.table(name, needed=False)
    known = (*DEFAULTS[name], *more)
    data = {
        **DEFAULTS[name],
        **notations.without_unknown_values(written.data if written is not None else {}, known),
    }
    table = Table(top.reading, name, data)
    table.only(known)
    return table


def read_monitor(top: Table, files: Files) -> MonitorSettings:
    """The section `[monitor]`."""
    table = section(top, "monitor")
    return MonitorSettings(
        database=_database(table, files),
        timezone=table.parsed("timezone", notations.timezone, A_TIMEZONE, "UTC"),
        language=table.choice("language", LANGUAGES),
        packs=table.texts("packs", needed=False),
        promptly=table.parsed("promptly", Limit.parse, _A_LIMIT, Limit(1, Unit.DAY)),
        operator=_optional(table, "operator", notations.address, AN_ADDRESS, ""),
    )


def read_calendar(top: Table, files: Files) -> CalendarSettings:
    """The section `[calendar]`; its file is read for the digest alone."""
    table = section(top, "calendar", "file")
    weekend = table.texts("weekend", needed=False)
    for day in weekend:
        if day not in WEEKDAYS:
            table.reading.not_among(table.at("weekend"), day, WEEKDAYS)
    if set(WEEKDAYS) <= set(weekend):
        table.fault("weekend", "{key} must leave at least one working day in the week")
    file = files.path(table.text("file", CALENDAR_FILE))
    there = "file" in table or file.exists()
    if there:
        files.read(file, Reading(str(file), table.reading.faults), LARGEST)
    return CalendarSettings(table.text("region", ""), weekend, file if there else None)


def read_reminders(top: Table) -> ReminderSettings:
    """The section `[reminders]`."""
    table = section(top, "reminders")
    return ReminderSettings(
        send_at=table.parsed("send_at", notations.time_of_day, _A_TIME, notations.time_of_day("00:00")),
        before=_offsets(table, "before", faults_before),
        after=_offsets(table, "after", faults_after),
        escalate=_escalations(table),
        all_clear=cast('Literal["monthly", "never"]', table.choice("all_clear", ("monthly", "never"))),
    )


def read_mail(top: Table, files: Files, environment: Mapping[str, str]) -> MailSettings:
    """The section `[mail]`; the password comes from the environment, else from the file that is named."""
    table = section(top, "mail")
    return MailSettings(
        transport=cast('Literal["maildir", "smtp"]', table.choice("transport", ("maildir", "smtp"))),
        path=files.path(table.text("path")),
        host=table.parsed("host", notations.host, _A_HOST, ""),
        port=table.integer("port", 1, 65535),
        security=cast(
            'Literal["tls", "starttls", "none"]', table.choice("security", ("tls", "starttls", "none"))
        ),
        username=_optional(table, "username", notations.line_of_text, A_LINE, ""),
        password=environment.get(PASSWORD) or _password(table, files, environment),
        sender=table.parsed("sender", notations.mailbox, _A_MAILBOX, ""),
        reply_to=_optional(table, "reply_to", notations.mailbox, _A_MAILBOX, ""),
        bounce_to=_optional(table, "bounce_to", notations.address, AN_ADDRESS, ""),
        connections=table.integer("connections", 1, 100),
        per_minute=table.integer("per_minute", 0, 1_000_000),
    )


def read_web(top: Table) -> WebSettings:
    """The section `[web]`."""
    table = section(top, "web")
    return WebSettings(
        listen=_optional(table, "listen", notations.listen, _A_PLACE, None),
        public_url=_web_address(table, "public_url").rstrip("/"),
        trusted_proxies=_networks(table, "trusted_proxies"),
        public=table.flag("public"),
    )


def read_daemon(top: Table, files: Files, monitor: MonitorSettings) -> DaemonSettings:
    """The section `[daemon]`."""
    table = section(top, "daemon")
    daily_backups = table.integer("daily_backups", 0, 1000)
    if daily_backups and monitor.database and monitor.database_file is None:
        table.fault(
            "daily_backups",
            "{key} must be 0, not {value}, for a database on a PostgreSQL server: back it up by pg_dump",
        )
    return DaemonSettings(
        heartbeat_url=_web_address(table, "heartbeat_url"),
        daily_backups=daily_backups,
        backup_folder=files.path(table.text("backup_folder")),
        log_level=cast('Literal["info", "debug"]', table.choice("log_level", ("info", "debug"))),
    )


def _optional(table: Table, key: str, parse: Callable[[str], T], expected: Sentence, absent: T) -> T:
    """A value whose text may be empty: then there is none."""
    return absent if table.data[key] == "" else table.parsed(key, parse, expected, absent)


def _database(table: Table, files: Files) -> str:
    written = table.text("database")
    try:
        url = notations.database_url(written, files.folder) if written else ""
    except notations.NotEscaped:
        Table(table.reading, table.path, {}).fault("database", NOT_ESCAPED)
        return ""
    except ValueError:
        _hidden_fault(table, "database", written, _A_DATABASE)
        return ""
    path = Path(table.reading.where)
    if notations.without_password(url) != url and files.others_may_read(path):
        Table(table.reading, table.path, {}).fault("database", _ONLY_YOURS, file=path)
    return url


def _web_address(table: Table, key: str) -> str:
    written = table.text(key, "")
    try:
        return notations.web_address(written) if written else ""
    except ValueError:  # a watcher's address is a secret, and is not repeated
        hidden = Table(table.reading, table.path, {})
        hidden.fault(key, "{key} must be {expected}", expected=A_WEB_ADDRESS)
        return ""


def _hidden_fault(table: Table, key: str, written: str, expected: Sentence) -> None:
    shown = Table(table.reading, table.path, {key: notations.without_password(written)})
    shown.fault(key, "{key} must be {expected}, not {value}", expected=expected)


def _offsets(
    table: Table, key: str, faults_in: Callable[[Sequence[Offset]], Iterator[tuple[int, Sentence]]]
) -> tuple[Offset, ...]:
    places, entries = _entries(table, key)
    before = len(table.reading.faults)
    offsets = [entries.parsed(place, Offset.parse, _AN_OFFSET, Offset(1, working=True)) for place in places]
    if len(table.reading.faults) == before:
        for place, said in faults_in(offsets):
            entries.fault(places[place], "{key}: {said}", said=said)
    return tuple(offsets)


def _networks(table: Table, key: str) -> tuple[IPv4Network | IPv6Network, ...]:
    places, entries = _entries(table, key)
    return tuple(entries.parsed(place, ip_network, _A_NETWORK, ip_network("127.0.0.1")) for place in places)


def _entries(table: Table, key: str) -> tuple[list[str], Table]:
    """The places of a list of texts, and a table in which each text stands at its place."""
    written = table.texts(key, needed=False)
    places = [f"{key}[{number}]" for number, _ in enumerate(written, 1)]
    return places, Table(table.reading, table.path, dict(zip(places, written, strict=True)))


def _escalations(table: Table) -> tuple[Escalation, ...]:
    found: list[Escalation] = []
    for each in table.tables("escalate"):
        before = len(table.reading.faults)
        each.only(("after", "to"))
        after = each.parsed("after", Offset.parse, _AN_OFFSET, Offset(1, working=True))
        if after.repeats or after.count == 0:
            each.fault("after", "{key} must be 1d or 1wd or more, and once, not {value}")
        escalation = Escalation(after, *each.parsed("to", role_and_place, _A_ROLE, ("", False)))
        if len(table.reading.faults) > before:
            continue
        if escalation in found:
            each.fault("to", "{key} names {value} twice for the same day")
        found.append(escalation)
    return tuple(found)


def _password(table: Table, files: Files, environment: Mapping[str, str]) -> str:
    named = table.text("password_file", "")
    if not named:
        return ""
    path = files.path(named)
    content = content_of(path, Reading(str(path), table.reading.faults), _LARGEST_PASSWORD)
    if content is None:
        return ""
    given = environment.get(_CREDENTIALS)
    if not (given and path.is_relative_to(given)) and files.others_may_read(path):
        table.fault("password_file", _ONLY_YOURS, file=path)
    try:
        password = content.decode().removesuffix("\n").removesuffix("\r")
        notations.line_of_text(password)
    except ValueError:  # a UnicodeDecodeError is one; what the file holds is not repeated
        table.fault("password_file", "{key} must name a file that holds the password alone, on one line")
        return ""
    return password
