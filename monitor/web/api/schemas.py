"""What is answered, as JSON Schemas: the tests hold every answer against them."""

from collections.abc import Mapping
from typing import Any

from monitor.checks import Weight
from monitor.core.journal import What
from monitor.storage.standing import ORDER
from notifications.messages import DeliveryState, Kind
from rules.model import Confidence
from rules.workdays import DayKind

Schema = Mapping[str, Any]

_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "integer"}
_YES_OR_NO: Schema = {"type": "boolean"}
_DAY: Schema = {"type": "string", "format": "date"}
_MOMENT: Schema = {"type": "string", "format": "date-time"}


def list_of(item: Schema) -> Schema:
    """A list of such items."""
    return {"type": "array", "items": item}


def named(name: str) -> Schema:
    """The schema of that name."""
    return {"$ref": f"#/components/schemas/{name}"}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _one_of(words: Any) -> Schema:
    return {"type": "string", "enum": [str(each) for each in words]}


def _object(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_STEP = _object(date=_or_null(_DAY), text=_TEXT, source=_TEXT)
_DATES = {"due_on": _or_null(_DAY), "act_by": _or_null(_DAY), "keep_until": _or_null(_DAY)}

SCHEMAS: Mapping[str, Schema] = {
    "Problem": {
        "type": "object",
        "properties": {"type": _TEXT, "title": _TEXT, "status": _NUMBER, "detail": _TEXT},
        "required": ["type", "title", "status", "detail"],
    },
    "Obligation": _object(
        key=_TEXT,
        organisation=_TEXT,
        rule=_TEXT,
        title=_TEXT,
        period=_or_null(_TEXT),
        event=_or_null(_object(id=_TEXT, kind=_TEXT, on=_DAY, due=_or_null(_DAY), reference=_TEXT)),
        **_DATES,
        extended_from=_or_null(_DAY),
        provisional=_YES_OR_NO,
        state=_one_of(ORDER),
        reason=_or_null(_TEXT),
        backlog=_YES_OR_NO,
        days_left=_or_null(_NUMBER),
        working_days_left=_or_null(_NUMBER),
        channels=list_of(
            _object(
                channel=_TEXT,
                posted_on=_or_null(_DAY),
                posting=_or_null(_NUMBER),
                url=_or_null(_TEXT),
                backdated=_YES_OR_NO,
            )
        ),
        missing=list_of(_TEXT),
        responsible=list_of(_TEXT),
        basis=_object(source=_TEXT, item=_TEXT, words=_TEXT),
    ),
    "Status": _object(
        as_of=_DAY,
        last_cycle=_MOMENT,
        summary=_or_null(_object(total=_NUMBER, **dict.fromkeys(ORDER, _NUMBER))),
        obligations=list_of(named("Obligation")),
    ),
    "Explanation": _object(key=_or_null(_TEXT), **_DATES, provisional=_YES_OR_NO, steps=list_of(_STEP)),
    "Recorded": _object(id=_or_null(_TEXT), new=_YES_OR_NO, obligations=list_of(named("Obligation"))),
    "Event": _object(
        id=_TEXT,
        organisation=_TEXT,
        kind=_TEXT,
        on=_DAY,
        due=_or_null(_DAY),
        reference=_TEXT,
        note=_TEXT,
        recorded_at=_MOMENT,
        withdrawn=_or_null(_TEXT),
        amended=_or_null(_TEXT),
    ),
    "Posting": _object(
        id=_TEXT,
        key=_TEXT,
        channel=_TEXT,
        on=_DAY,
        url=_or_null(_TEXT),
        sha256=_or_null(_TEXT),
        note=_TEXT,
        recorded_at=_MOMENT,
        withdrawn=_or_null(_TEXT),
        taken_down=_or_null(_DAY),
    ),
    "Rule": _object(
        rule=_TEXT,
        title=_TEXT,
        deadline=_TEXT,
        period=_TEXT,
        roll=_TEXT,
        applies_to=list_of(_TEXT),
        channels=list_of(_TEXT),
        responsible=list_of(_TEXT),
        source=_TEXT,
        item=_TEXT,
        words=_TEXT,
        url=_TEXT,
        confidence=_one_of(Confidence),
        in_force=_TEXT,
        keep_posted=_or_null(_TEXT),
        extendable=_or_null(_TEXT),
        same_document=_or_null(_TEXT),
    ),
    "CalendarDay": _object(date=_DAY, weekday=_TEXT, kind=_one_of(DayKind), reason=_TEXT, source=_TEXT),
    "Organisation": _object(
        id=_TEXT,
        name=_TEXT,
        kind=_TEXT,
        parent=_or_null(_TEXT),
        timezone=_TEXT,
        website=_or_null(_TEXT),
        since=_DAY,
    ),
    "Mail": _object(
        id=_TEXT,
        day=_DAY,
        kind=_one_of(Kind),
        to=_TEXT,
        state=_one_of(DeliveryState),
        subject=_TEXT,
        queued_at=_MOMENT,
        next_try=_or_null(_MOMENT),
        answer=_TEXT,
    ),
    "Entry": _object(
        at=_MOMENT,
        by=_TEXT,
        what=_one_of(What),
        organisation=_TEXT,
        key=_or_null(_TEXT),
        content={"type": "object"},
        number=_NUMBER,
        before=_TEXT,
        hash=_TEXT,
    ),
    "Check": _object(id=_TEXT, weight=_one_of(Weight), text=_TEXT, hint=_TEXT),
}
"""By their names in the document."""

_SHOWN_MAIL = dict(SCHEMAS["Mail"]["properties"]) | {
    "message_id": _TEXT,
    "text": _TEXT,
    "attempts": list_of(_object(at=_MOMENT, outcome=_TEXT, code=_or_null(_NUMBER), answer=_TEXT)),
}
SCHEMAS = {**SCHEMAS, "ShownMail": _object(**_SHOWN_MAIL)}
