"""The report for machines: JSON and CSV, in the form that CONTRACT fixes."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from monitor.core.obligations import Event
from monitor.core.report import Line, Report
from monitor.storage.codec import posting_to_json
from rules.sentences import Voice

COLUMNS = (
    "key",
    "organisation",
    "rule",
    "title",
    "period",
    "event",
    "due_on",
    "extended_from",
    "act_by",
    "keep_until",
    "provisional",
    "state",
    "reason",
    "backlog",
    "days_left",
    "working_days_left",
    "missing",
    "responsible",
    "source",
    "item",
    "words",
)
"""Of CSV."""


def report_as_json(found: Report, voice: Voice, timezone: str) -> dict[str, Any]:
    """The whole report; `last_cycle` is shown in `timezone`."""
    summary = found.summary
    return {
        "as_of": found.as_of.isoformat(),
        "last_cycle": moment_in(found.last_cycle, timezone),
        "summary": {"total": found.total, **{str(state): n for state, n in summary.items()}}
        if summary
        else None,
        "obligations": [line_as_json(line, voice) for line in found.lines],
    }


def line_as_json(line: Line, voice: Voice) -> dict[str, Any]:
    """One obligation."""
    obligation, card, assessment = line.obligation, line.obligation.card, line.assessment
    return {
        "key": obligation.key,
        "organisation": obligation.organisation,
        "rule": card.id,
        "title": card.title.say(voice),
        "period": obligation.period,
        "event": _event(obligation.event),
        "due_on": _day(obligation.due_on),
        "extended_from": _day(obligation.extended_from),
        "act_by": _day(obligation.act_by),
        "keep_until": _day(assessment.keep_until),
        "provisional": obligation.provisional,
        "state": str(line.state),
        "reason": assessment.reason.say(voice) if assessment.reason else None,
        "backlog": line.backlog,
        "days_left": line.days_left,
        "working_days_left": line.working_days_left,
        "channels": [_channel(line, channel) for channel in card.channels],
        "missing": list(assessment.missing),
        "responsible": list(card.responsible),
        "basis": {"source": card.source, "item": card.item, "words": card.words},
    }


def row_of(line: Line, voice: Voice) -> dict[str, Any]:
    """One obligation as a row of CSV."""
    row = line_as_json(line, voice)
    event = row["event"]
    basis = row.pop("basis")
    return row | {"event": event["id"] if event else None, **basis}


def moment_in(moment: datetime, timezone: str) -> str:
    """A moment in ISO form with the offset of that zone, to the second."""
    return moment.astimezone(ZoneInfo(timezone)).isoformat(timespec="seconds")


def _event(event: Event | None) -> dict[str, Any] | None:
    if event is None:
        return None
    return {
        "id": event.name,
        "kind": event.kind,
        "on": event.on.isoformat(),
        "due": _day(event.due),
        "reference": event.reference,
    }


def _channel(line: Line, channel: str) -> dict[str, Any]:
    posting = line.covered.get(channel)
    if posting is not None:
        return posting_to_json(posting)
    return {"channel": channel, "posted_on": None, "posting": None, "url": None, "backdated": False}


def _day(day: Any) -> str | None:
    return day.isoformat() if day else None
