"""Reading config.toml and the files that it names: whole, or not at all with every fault at once."""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from monitor.configuration import notations
from monitor.configuration.defaults import DEFAULTS
from monitor.configuration.files import Files
from monitor.configuration.organisations import open_sheets, read_register
from monitor.configuration.sections import (
    read_calendar,
    read_daemon,
    read_mail,
    read_monitor,
    read_reminders,
    read_web,
)
from monitor.configuration.settings import Settings
from monitor.core.register import Register
from monitor.written import LARGEST, checksum
from rules.reading import Reading, parsed_toml
from rules.table import Table

SECTIONS = (*DEFAULTS, "organisations", "register")


def load_settings(path: Path, environment: Mapping[str, str] = os.environ, checked: str = "") -> Settings:
    """The configuration in that file and in the files that it names; nothing is written anywhere.

    Rule packs and the days in the calendar's file are not looked at. The mail password is taken from
    `environment` or from the file that is named. Raises `rules.faults.Faults` with every fault of every file.

    `checked` is the fingerprint of settings that were loaded before, by this program: where it is still the same, the
    register has no faults, and is not read before somebody asks for it.
    """
    path = path.absolute()
    reading = Reading(str(path))
    files = Files(path.parent)
    content = files.read(path, reading, LARGEST)
    data = parsed_toml(content, reading) if content is not None else {}
    reading.refuse_faults()
    top = Table(reading, "", notations.without_unknown_values(data, SECTIONS))
    top.only(SECTIONS)
    monitor = read_monitor(top, files)
    calendar = read_calendar(top, files)
    sheets = open_sheets(top, files)
    reminders, web, daemon = read_reminders(top), read_web(top), read_daemon(top, files, monitor)
    mail = read_mail(top, files, environment)

    @cache
    def register() -> Register:
        read = read_register(top, sheets, monitor.timezone, monitor.language)
        reading.refuse_faults()
        return read

    if files.fingerprint == checked:
        reading.refuse_faults()
    else:
        register()
    return Settings(
        path=path,
        folder=files.folder,
        fingerprint=files.fingerprint,
        checksum=checksum(content or b""),
        monitor=monitor,
        calendar=calendar,
        read_register=register,
        reminders=reminders,
        mail=mail,
        web=web,
        daemon=daemon,
    )
