"""The verdict of `status --check`: one line for monitoring systems, and an exit status."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from monitor.speech import Speech

STALE = timedelta(hours=26)
"""A daemon that works has run a cycle since."""


def verdict(
    summary: Mapping[str, int],
    failed: int,
    held: str | None,
    now: datetime,
    last_cycle: datetime,
    voice: Speech,
    *,
    at_present: bool,
) -> tuple[int, str]:
    """The exit status and the line: `held` says why sending is; how old the last cycle is counts at present only.

    0 nothing to do, 1 something is due soon, 2 overdue, removed or not delivered, 3 it cannot be told.
    """
    status, word, said = _judge(summary, failed, held, now, last_cycle, voice, at_present=at_present)
    states = " ".join(f"{state}={number}" for state, number in summary.items() if state != "total")
    return status, f"ILTOD {word} - {said} | {states} failed_deliveries={failed}"


def _judge(
    summary: Mapping[str, int],
    failed: int,
    held: str | None,
    now: datetime,
    last_cycle: datetime,
    voice: Speech,
    *,
    at_present: bool,
) -> tuple[int, str, str]:
    if failed or summary["overdue"] or summary["removed"]:
        n = summary["overdue"] + summary["removed"]
        late = voice.ngettext("{n} overdue or removed", "{n} overdue or removed", n).format(n=n)
        undelivered = voice.ngettext("{n} delivery failed", "{n} deliveries failed", failed).format(n=failed)
        return 2, "CRITICAL", f"{late}, {undelivered}"
    if n := summary["unknown"]:
        said = voice.ngettext("{n} cannot be worked out", "{n} cannot be worked out", n)
        return 3, "UNKNOWN", said.format(n=n)
    if at_present and held is not None:
        return 3, "UNKNOWN", held
    if at_present and now - last_cycle > STALE:
        said = voice.gettext("the last cycle ran at {at}; is the daemon running?")
        return 3, "UNKNOWN", said.format(at=f"{last_cycle:%Y-%m-%d %H:%M} UTC")
    if n := summary["due_soon"]:
        return 1, "WARNING", voice.ngettext("{n} due soon", "{n} due soon", n).format(n=n)
    return 0, "OK", voice.gettext("nothing is overdue or due soon")
