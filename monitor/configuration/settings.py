"""The configuration as values: whole, checked, every path absolute, every option in its own type."""

from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

from monitor.core.offsets import Escalation, Offset
from monitor.core.subjects import Register
from notifications.transports import MailSettings
from rules.limits import Limit


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
    """The section `[web]`; without `listen` nothing listens. `public_url` ends without a slash."""

    listen: Listen | None
    public_url: str


@dataclass(frozen=True, slots=True)
class DaemonSettings:
    """The section `[daemon]`; an empty `heartbeat_url` is not called, no `daily_backups` are none."""

    heartbeat_url: str
    daily_backups: int
    backup_folder: Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that config.toml and the files named in it say, rule packs and days of the calendar apart.

    Packs are named relative to `folder`. `fingerprint` is a digest of every file read (the password's apart):
    another one tells a running monitor that a file has changed. `checksum` is that of config.toml alone.
    """

    path: Path
    folder: Path
    fingerprint: str
    checksum: int
    monitor: MonitorSettings
    calendar: CalendarSettings
    register: Register
    reminders: ReminderSettings
    mail: MailSettings
    web: WebSettings
    daemon: DaemonSettings
