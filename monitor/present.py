"""What `status` says of the present, read from the stored outcomes; the reference is `monitor.reporting`.

It answers for the configuration with which the last cycle worked, and for days from the last working-out on. Whatever
is otherwise it leaves to the reference, which reads and checks everything, and says what is wrong.
"""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime

from monitor.clock import StoppedClock, SystemClock, day_in, moment_in, why_held
from monitor.speech import Speech
from monitor.storage import reading, standing
from monitor.storage.reading import Reader, Unreadable, open_snapshot
from monitor.storage.standing import COLUMNS, ORDER, Asked, Query
from monitor.stored_lines import Cards, count_working_days, day_of, line_of_row
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
        worked_on = {zone: day_of(day) for zone, day in reader.rows(standing.ZONES)}
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


def _setting(written: "Mapping[str, Any]", key: str) -> str:
    value = written.get(key)
    if value is None:
        from monitor.configuration.defaults import DEFAULTS  # noqa: PLC0415 -- config.toml mostly says it

        value = DEFAULTS["monitor"][key]
    if not isinstance(value, str):
        raise Unreadable
    return value
