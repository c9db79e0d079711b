"""The report and explanations as plain data, in the form of the JSON of `iltod status` and `iltod explain`."""

from typing import Any

from monitor.clock import moment_in
from monitor.core.obligations import Event
from monitor.core.report import Line, Report
from monitor.explanation import Explanation
from monitor.storage.codec import posting_to_json
from monitor.stored_lines import uncovered
from rules.sentences import Voice


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


def explanation_as_json(found: Explanation, voice: Voice) -> dict[str, Any]:
    """A due date and the steps that led to it."""
    return {
        "key": found.key,
        "due_on": _day(found.due_on),
        "act_by": _day(found.act_by),
        "keep_until": _day(found.keep_until),
        "provisional": found.provisional,
        "steps": [
            {"date": _day(step.on), "text": step.text.say(voice), "source": step.source}
            for step in found.steps
        ],
    }


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
    return uncovered(channel)


def _day(day: Any) -> str | None:
    return day.isoformat() if day else None
