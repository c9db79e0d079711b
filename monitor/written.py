"""What config.toml says of itself as it stands there, for what cannot wait for the whole to be read and checked."""

import os
import re
import zlib
from collections.abc import Mapping

LARGEST = 512 * 1024
"""Bytes of config.toml: five hundred organisations with their contacts; more belong into the files of `[register]`."""
MOST_PARTS = 64
"""Of a key: its reading takes time and memory by the square of them, one of 50,000 took ten gigabytes."""
_SECTION = re.compile(
    r"^[ \t]*\[[ \t]*monitor[ \t]*][ \t]*(?:#.*)?\r?\n((?:(?![ \t]*\[).*(?:\n|\Z))*)", re.MULTILINE
)
_LINE = re.compile(
    r"""\s*(?:([\w-]+)\s*=\s*(?:"([^"\\]*)"|'([^']*)'|\[(?:[^"'\\\[\]]|"[^"\\]*"|'[^']*')*])\s*)?(?:\#.*)?"""
)


def written_config(config: str) -> bytes | None:
    """The bytes of that file; None where it cannot be read, or is too large to be what is meant."""
    try:
        if not os.path.isfile(config):  # noqa: PTH113 -- pathlib is slow to import
            return None
        with open(config, "rb") as file:  # noqa: PTH123 -- as above
            content = file.read(LARGEST + 1)
    except (OSError, ValueError):
        return None
    return content if len(content) <= LARGEST else None


def written_monitor(content: bytes | None) -> Mapping[str, object] | None:
    """The section `[monitor]` of that config.toml, unchecked; None where it cannot be read, or is no TOML.

    Whoever needs to know why reads it whole: `monitor.configuration.loading` names every fault. Where the section is
    written as it mostly is, a text or a list of texts a line, its texts are read by eye: the reader of TOML takes
    longer to import than all that `iltod status` does. What is wrong elsewhere in the file then goes unnoticed here.
    """
    if content is None:
        return None
    try:
        text = content.decode("utf-8-sig")
        found = _by_eye(text)
        return _by_toml(text) if found is None else found
    except (ValueError, RecursionError):
        return None


def checksum(content: bytes) -> int:
    """Another number for another content, but for one in four thousand million: enough to notice an edit."""
    return zlib.crc32(content)


def _by_eye(text: str) -> dict[str, object] | None:
    """None where the section is not found, or anything goes over several lines."""
    section = _SECTION.search(text)
    if section is None or '"""' in text or "'''" in text:
        return None
    found: dict[str, object] = {}
    for line in section[1].split("\n"):
        said = _LINE.fullmatch(line)
        if said is None:
            return None
        key, *texts = said.groups()
        if (told := next((each for each in texts if each is not None), None)) is not None:
            found[key] = told
    return found


def _by_toml(text: str) -> Mapping[str, object] | None:
    if any(line.count(".") >= MOST_PARTS for line in text.splitlines()):
        return None  # `MOST_PARTS`
    import tomllib  # noqa: PLC0415 -- see above

    section = tomllib.loads(text).get("monitor", {})
    return section if isinstance(section, dict) else None
