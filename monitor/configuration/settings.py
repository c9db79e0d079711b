"""The configuration as values: whole, checked, every path absolute, every option in its own type."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import time
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from monitor.core.offsets import Escalation, Offset
from monitor.core.register import Register
from notifications.transports import MailSettings
from rules.limits import Limit

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""By these names a machine calls itself."""


@dataclass(frozen=True, slots=True)
class MonitorSettings:
    """The section `[monitor]`; a path in `database` is absolute, those in `packs` stand as written.

    `database` may hold a password, so it is not shown among the rest.
    """

    database: str = field(repr=False)
    timezone: str
    language: str
    packs: tuple[str, ...]
    promptly: Limit
    operator: str

    @property
    def database_file(self) -> Path | None:
        """The file of an SQLite database; None where the database is another."""
        start = "sqlite:///"
        return Path(unquote(self.database.removeprefix(start))) if self.database.startswith(start) else None


@dataclass(frozen=True, slots=True)
class CalendarSettings:
    """The section `[calendar]`; `file` is None where the default file is absent."""

    region: str
    weekend: tuple[str, ...]
    file: Path | None


@dataclass(frozen=True, slots=True)
class ReminderSettings:
    """The section `[reminders]`; `send_at` is in the recipient's time zone."""

    send_at: time
    before: tuple[Offset, ...]
    after: tuple[Offset, ...]
    escalate: tuple[Escalation, ...]
    all_clear: Literal["monthly", "never"]


@dataclass(frozen=True, slots=True)
class Listen:
    """A host and a port to listen on; port 0 is any that is free."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class WebSettings:
    """The section `[web]`; without `listen` nothing listens. `public_url` ends without a slash.

    `trusted_proxies` are networks, of one address or more; `public` opens the view for everybody.
    """

    listen: Listen | None
    public_url: str
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    public: bool = False

    @property
    def is_encrypted(self) -> bool:
        """Whether browsers reach the page by https."""
        return self.public_url.startswith("https:")

    @property
    def for_others(self) -> str:
        """The address of the page for mails; empty where there is none, or none that another machine can open."""
        host = urlsplit(self.public_url).hostname or ""
        return "" if self.listen is None or host in LOOPBACK else self.public_url


@dataclass(frozen=True, slots=True)
class DaemonSettings:
    """The section `[daemon]`; an empty `heartbeat_url` is not called, no `daily_backups` are none."""

    heartbeat_url: str
    daily_backups: int
    backup_folder: Path
    log_level: Literal["info", "debug"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that config.toml and the files named in it say, rule packs and days of the calendar apart.

    Packs are named relative to `folder`. `fingerprint` is a digest of every file read (the password's apart):
    another one tells a running monitor that a file has changed. `checksum` is that of config.toml alone.
    `read_register` gives the register, read at the latest when it is first asked for.
    """

    path: Path
    folder: Path
    fingerprint: str
    checksum: int
    monitor: MonitorSettings
    calendar: CalendarSettings
    read_register: Callable[[], Register] = field(repr=False)
    reminders: ReminderSettings
    mail: MailSettings
    web: WebSettings
    daemon: DaemonSettings

    @property
    def register(self) -> Register:
        """Who owes the duties, and who hears of them."""
        return self.read_register()
