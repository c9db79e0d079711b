"""What `status` says of the present, read from the stored outcomes; the reference is `monitor.reporting`.

It answers for the configuration with which the last cycle worked, and for days from the last working-out on. Whatever
is otherwise it leaves to the reference, which reads and checks everything, and says what is wrong.
"""

import os
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from monitor.clock import StoppedClock, SystemClock, day_in, moment_in, why_held
from monitor.speech import Speech
from monitor.storage import reading, standing
from monitor.storage.reading import Reader, Unreadable, open_snapshot
from monitor.storage.standing import COLUMNS, ORDER, Asked, Query
from monitor.written import checksum

TYPE_CHECKING = False
if TYPE_CHECKING:  # without the import of typing: see monitor.speech
    from typing import Any

    Row = dict[str, Any]


class Answer:
    """What `status` says, as plain data, whoever found it out."""

    def __init__(
        self,
        *,
        report: "Row",
        now: datetime,
        last_cycle: datetime,
        timezone: str,
        held: str | None,
        failed: int,
        down: tuple[datetime, str] | None,
        unheard: Sequence[tuple[str, str]],
    ) -> None:
        """`report` is as CONTRACT fixes its JSON; `unheard` are organisations and roles of which nobody would hear."""
        self.report, self.now, self.last_cycle, self.timezone = report, now, last_cycle, timezone
        self.held, self.failed, self.down, self.unheard = held, failed, down, unheard


def stored_answer(
    config: str,
    content: bytes | None,
    written: "Mapping[str, Any] | None",
    asked: Asked,
    voice: Speech,
    *,
    only_counts: bool = False,
    working_days: bool = True,
) -> Answer | None:
    """The answer from the stored outcomes; None where the reference must be asked.

    `content` is that of the configuration file, `written` its section `[monitor]`. With `only_counts` nothing is
    listed; without `working_days` the working days that are left are not worked out.
    """
    if content is None or written is None:
        return None
    try:
        reader = open_snapshot(_setting(written, "database"), os.path.dirname(config))  # noqa: PTH120 -- pathlib is slow to import
        try:
            found = _Present(reader, checksum(content), _setting(written, "timezone"))
            report = found.report(asked, voice, only_counts=only_counts, working_days=working_days)
            return found.answer(report, voice)
        finally:
            reader.close()
    except Unreadable:
        return None


def taken_basis(config: str, written: "Mapping[str, Any] | None") -> str:
    """The basis on which the last cycle worked; empty where the database cannot tell it."""
    if written is None:
        return ""
    try:
        reader = open_snapshot(_setting(written, "database"), os.path.dirname(config))  # noqa: PTH120 -- as above
        try:
            rows = reader.rows(standing.BASIS)
        finally:
            reader.close()
    except Unreadable:
        return ""
    return rows[0][0] or "" if rows else ""


class _Present:
    """The database as it is now; raises `Unreadable` where its outcomes do not say how things stand."""

    def __init__(self, reader: Reader, config_checksum: int, timezone: str) -> None:
        rows = reader.rows(standing.MONITOR)
        if not rows or rows[0][0] != reading.SCHEMA or rows[0][2] is None or rows[0][3] != config_checksum:
            raise Unreadable
        _, mode, last_cycle, _, self._failed, *self._down = rows[0]
        self._reader, self._timezone, self._is_live = reader, timezone, mode == "live"
        self._last_cycle = datetime.fromisoformat(last_cycle)
        self._now = (SystemClock() if self._is_live else StoppedClock(self._last_cycle)).now()
        self._as_of = day_in(timezone, self._now)
        worked_on = {zone: _day(day) for zone, day in reader.rows(standing.ZONES)}
        self._days = {zone: day_in(zone, self._now) for zone in worked_on} or {timezone: self._as_of}
        if any(day is not None and day > self._days[zone] for zone, day in worked_on.items()):
            raise Unreadable

    def answer(self, report: "Row", voice: Speech) -> Answer:
        """The report with what people should know although they asked for something else."""
        held = why_held(self._now, self._last_cycle) if self._is_live else None
        since, answer = self._down
        return Answer(
            report=report,
            now=self._now,
            last_cycle=self._last_cycle,
            timezone=self._timezone,
            held=voice.gettext(held[0]).format(**held[1]) if held else None,
            failed=self._failed,
            down=(datetime.fromisoformat(since), answer) if since else None,
            unheard=[(organisation, role) for organisation, role in self._reader.rows(standing.UNHEARD)],
        )

    def report(self, asked: Asked, voice: Speech, *, only_counts: bool, working_days: bool) -> "Row":
        """In the form of JSON."""
        cards = Cards(self._reader)
        query = Query(self._days, asked, cards.of(asked.rules, asked.role))
        self._refuse_unknown_organisations(query, asked)
        summary = None
        if only_counts or not asked.limit:
            numbers = {
                state: int(number) for state, number in self._reader.rows(query.summary(), query.values)
            }
            summary = {"total": sum(numbers.values()), **{state: numbers.get(state, 0) for state in ORDER}}
        rows = [] if only_counts else self._listed(query, asked.limit)
        lines = [
            line_of_row(row, cards.content(row["card_id"]), self._days[row["timezone"]], voice)
            for row in rows
        ]
        if working_days:
            count_working_days(self._reader, self._days, rows, lines)
        return {
            "as_of": self._as_of.isoformat(),
            "last_cycle": moment_in(self._last_cycle, self._timezone),
            "summary": summary,
            "obligations": lines,
        }

    def _listed(self, query: Query, limit: int | None) -> "list[Row]":
        rows: list[Row] = []
        for statement in query.lines():
            left = None if limit is None else limit - len(rows)
            if left == 0:
                break
            found = self._reader.rows(statement, query.values | {"limit": left})
            rows += [dict(zip(COLUMNS, row, strict=True)) for row in found]
        return rows

    def _refuse_unknown_organisations(self, query: Query, asked: Asked) -> None:
        if asked.of_some:
            statement = query.known_organisations()
            if not self._reader.rows(statement, query.values)[0][0]:
                raise Unreadable


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
    due_on = _day(row["due_on"])
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
    due = [day for row in rows if (day := _day(row["due_on"]))]
    if not due:
        return
    years = (min(*due, *days.values()).year, max(*due, *days.values()).year)
    kept = reader.rows(standing.WORKING_YEARS, {"first": years[0], "last": years[1]})
    if len(kept) <= years[1] - years[0]:
        raise Unreadable
    signs, base = "".join(text for _, text in kept), date(years[0], 1, 1).toordinal()
    for row, line in zip(rows, lines, strict=True):
        if due_on := _day(row["due_on"]):
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


def _setting(written: "Mapping[str, Any]", key: str) -> str:
    value = written.get(key)
    if value is None:
        from monitor.configuration.defaults import DEFAULTS  # noqa: PLC0415 -- config.toml mostly says it

        value = DEFAULTS["monitor"][key]
    if not isinstance(value, str):
        raise Unreadable
    return value


def _json(value: "Any") -> "Any":
    """What a column of JSON holds: PostgreSQL's driver gives the value, SQLite's the text."""
    if not isinstance(value, str):
        return value
    import json  # noqa: PLC0415 -- a table of what nothing was posted for does without it

    return json.loads(value)


def _day(value: "Any") -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _text(value: "Any") -> str | None:
    return None if value is None else str(value)
