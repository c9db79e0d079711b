"""The lines of the report, from the stored outcomes; `monitor.present` says when they hold."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from monitor.speech import Speech
from monitor.storage import standing
from monitor.storage.reading import Reader, Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:  # without the import of typing: see monitor.speech
    from typing import Any

    Row = dict[str, Any]


class Cards:
    """What is shown of the rules, each looked at when it is needed."""

    def __init__(self, reader: Reader) -> None:
        self._rows = {number: (rule, content) for number, rule, content in reader.rows(standing.CARDS)}
        self._contents: dict[int, Row] = {}

    def content(self, number: int) -> "Row":
        """What is shown of one."""
        if number not in self._contents:
            self._contents[number] = _json(self._rows[number][1])
        return self._contents[number]

    def of(self, rules: Sequence[str], role: str | None) -> list[int] | None:
        """The numbers of those of the rules, and for which the role is responsible; None for all."""
        if not {rule for rule, _ in self._rows.values()}.issuperset(rules):
            raise Unreadable
        if not rules and role is None:
            return None
        return [
            number
            for number, (rule, _) in self._rows.items()
            if (not rules or rule in rules) and (role is None or role in self.content(number)["responsible"])
        ]


def line_of_row(row: "Row", card: "Row", today: date, voice: Speech) -> "Row":
    """One obligation, from its row and its card, in the form of JSON; its working days are not counted."""
    covered = {posting["channel"]: posting for posting in _json(row["posted"]) or ()}
    missing = [channel for channel in card["channels"] if channel not in covered]
    due_on = day_of(row["due_on"])
    return {
        "key": row["key"],
        "organisation": row["organisation"],
        "rule": card["id"],
        "title": card["title"][voice.language],
        "period": row["period"],
        "event": _event(row),
        "due_on": _text(due_on),
        "extended_from": _text(row["extended_from"]),
        "act_by": _text(row["act_by"]),
        "keep_until": _text(row["keep_until"]),
        "provisional": bool(row["provisional"]),
        "state": row["standing"],
        "reason": said(_json(row["reason"]), voice) if row["reason"] else None,
        "backlog": bool(row["backlog"]),
        "days_left": (due_on - today) // timedelta(days=1) if due_on else None,
        "working_days_left": None,
        "channels": [covered.get(channel) or uncovered(channel) for channel in card["channels"]],
        "missing": _json(row["down"]) if row["standing"] == "removed" else missing,
        "responsible": card["responsible"],
        "basis": {"source": card["source"], "item": card["item"], "words": card["words"]},
    }


def count_working_days(
    reader: Reader, days: Mapping[str, date], rows: "Sequence[Row]", lines: "Sequence[Row]"
) -> None:
    """Fill in how many working days are left, or late; `days` is today by time zone. May raise `Unreadable`."""
    due = [day for row in rows if (day := day_of(row["due_on"]))]
    if not due:
        return
    years = (min(*due, *days.values()).year, max(*due, *days.values()).year)
    kept = reader.rows(standing.WORKING_YEARS, {"first": years[0], "last": years[1]})
    if len(kept) <= years[1] - years[0]:
        raise Unreadable
    signs, base = "".join(text for _, text in kept), date(years[0], 1, 1).toordinal()
    for row, line in zip(rows, lines, strict=True):
        if due_on := day_of(row["due_on"]):
            here, there = (day.toordinal() - base for day in (days[row["timezone"]], due_on))
            line["working_days_left"] = _working_days(signs, here, there)


def uncovered(channel: str) -> "Row":
    """A channel in which nothing stands, as JSON shows it."""
    return {"channel": channel, "posted_on": None, "posting": None, "url": None, "backdated": False}


def said(stored: "Row", voice: Speech) -> str:
    """The sentence that `monitor.storage.codec` has stored, in the language of `voice`."""
    values = {name: _said(value, voice) for name, value in stored.get("values", {}).items()}
    many = stored.get("many")
    form = (
        voice.gettext(stored["text"]) if many is None else voice.ngettext(stored["text"], many, stored["n"])
    )
    return form.format_map(values)


def day_of(value: "Any") -> date | None:
    """What a column of dates holds: PostgreSQL's driver gives the date, SQLite's the text."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def _said(value: object, voice: Speech) -> object:
    match value:
        case {"sentence": inner}:
            return said(inner, voice)
        case {"words": [mn, en]}:
            return mn if voice.language == "mn" else en
        case {"term": str(name)}:
            return voice.gettext(name)
        case {"list": [*items]}:
            return ", ".join(str(_said(each, voice)) for each in items)
        case {"date": text}:
            return text
    return value


def _event(row: "Row") -> "Row | None":
    if row["event_id"] is None:
        return None
    return {
        "id": f"e{row['event_id']}",
        "kind": row["event_kind"],
        "on": _text(row["event_on"]),
        "due": _text(row["event_due"]),
        "reference": row["event_reference"],
    }


def _working_days(days: str, here: int, there: int) -> int | None:
    """Those after the day `here` up to the day `there`; where that is the earlier, minus those after it."""
    if "-" in (days[here], days[there]):
        return None
    if there < here:
        return -days.count("1", there + 1, here + 1)
    return days.count("1", here + 1, there + 1)


def _json(value: "Any") -> "Any":
    """What a column of JSON holds: PostgreSQL's driver gives the value, SQLite's the text."""
    if not isinstance(value, str):
        return value
    import json  # noqa: PLC0415 -- a table of what nothing was posted for does without it

    return json.loads(value)


def _text(value: "Any") -> str | None:
    return None if value is None else str(value)
