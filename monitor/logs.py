"""Logs: one event a line on standard error, readable on a terminal, JSON elsewhere.

What is said of people stays out of them: an address is shown at the level of debugging only.
"""

import json
import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

from monitor.events import LIBRARY_SAID

_SIGN = r"[^\s<>\"',;:(){}\[\]]"
_ADDRESS = re.compile(rf"(?<!{_SIGN}){_SIGN}+@{_SIGN}+")
"""Tried where a word begins, and nowhere else in it: the time for a word without an @ would be its length squared."""
_HIDDEN = "<address>"
_TALKATIVE = ("apscheduler", "uvicorn", "python_multipart")
"""Libraries that warn of what the program sees and tells by itself, or of what strangers send."""


def configure_logs(level: Literal["info", "debug"]) -> None:
    """Set structlog up for a process that runs; libraries' own warnings go the same way."""
    shown = logging.getLevelNamesMapping()[level.upper()]
    terminal = sys.stderr.isatty()
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _count_lost,
    ]
    if shown > logging.DEBUG:
        shared.append(_hide_addresses)
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer()
        if terminal
        else structlog.processors.JSONRenderer(serializer=_in_json, ensure_ascii=False)
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(shown),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    _take_in_libraries([_as_event, *shared], renderer)


def without_addresses(text: str) -> str:
    """A server's answer, or an error's words, may hold the address of a person."""
    return _ADDRESS.sub(_HIDDEN, text)


def _in_json(event: Any, **how: Any) -> str:
    """For whoever reads the journal on a terminal, what that would obey is escaped; halves of characters are none."""
    written = json.dumps(event, **how).encode(errors="replace").decode()
    if written.isprintable():
        return written
    return "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in written)


def _take_in_libraries(
    before: list[structlog.typing.Processor], renderer: structlog.typing.Processor
) -> None:
    """What libraries log by the standard library's means becomes an event like ours."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.processors.format_exc_info, *before],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.ERROR)


def _as_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Its words move aside: an event's name is one of a fixed vocabulary."""
    record: logging.LogRecord = event["_record"]
    return {**event, "library": record.name, "said": event["event"], "event": LIBRARY_SAID}


def _count_lost(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Where nobody read for a while: how many lines that has cost since the start."""
    lost = getattr(sys.stderr, "lost", 0)
    return {**event, "lines_lost": lost} if lost else event


def _hide_addresses(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {
        name: without_addresses(value) if isinstance(value, str) else value for name, value in event.items()
    }
