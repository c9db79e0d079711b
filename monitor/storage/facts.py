"""Gathering: rows to the core's values, for a batch of organisations at a time."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, Connection, Row, Select, Table, bindparam, select

from monitor.core.evidence import Posting
from monitor.core.obligations import Event, Extension, Obligation, RuleCard
from monitor.core.plan import Facts, Opened
from monitor.core.standing import Move
from monitor.core.status import State
from monitor.core.subjects import Organisation
from monitor.core.told import History, Told
from monitor.storage import tables
from monitor.storage.codec import card_from_json, sentence_from_json
from notifications import tables as outbox
from rules.limits import Limit

_OF_THESE: BindParameter[Any] = bindparam("ids", expanding=True)
"""The statements are made once: to make one costs as much as to have it answered for one organisation."""
_POSTED = frozenset({State.MET, State.MET_LATE, State.DISPLAYED})


@dataclass(frozen=True, slots=True)
class Snooze:
    """A wish not to be reminded before a day."""

    until: date
    reason: str


@dataclass(slots=True)
class Gathered:
    """The facts of one organisation as the database holds them."""

    first_cycle_on: date | None = None
    events: list[Event] = field(default_factory=list)
    postings: dict[str, list[Posting]] = field(default_factory=lambda: defaultdict(list))
    waivers: dict[str, str] = field(default_factory=dict)
    extensions: dict[str, Extension] = field(default_factory=dict)
    snoozes: dict[str, Snooze] = field(default_factory=dict)
    opened: dict[str, Opened] = field(default_factory=dict)
    stored: dict[str, Row[Any]] = field(default_factory=dict)
    """The obligations' rows, to see what changed."""

    def facts(
        self,
        organisation: Organisation,
        today: date,
        sending: Mapping[str, date] | None = None,
        waiting: Mapping[str, date] | None = None,
    ) -> Facts:
        """As the core takes them; before its first cycle an organisation begins `today`."""
        return Facts(
            organisation=organisation,
            first_cycle_on=min(self.first_cycle_on or today, today),
            events=self.events,
            postings=self.postings,
            waivers=self.waivers,
            extensions=self.extensions,
            snoozes={key: each.until for key, each in self.snoozes.items()},
            opened=self.opened,
            sending=sending or {},
            waiting=waiting or {},
        )


def gather(
    connection: Connection,
    zones: Mapping[str, str],
    today: Mapping[str, date],
    recorded_by: date | None = None,
) -> dict[str, Gathered]:
    """The facts of the organisations in `zones` (time zone by id), but for what was told; `today` by id.

    What was recorded is dated by the organisation's zone, and never later than its today: a cycle sees everything
    entered before it ran. With `recorded_by` only waivers, extensions and snoozes recorded until that day are given.
    """
    found = {each: Gathered() for each in zones}
    days = _RecordedDays(zones, today)
    _gather_organisations(connection, found)
    events = _gather_events(connection, found, days)
    _gather_postings(connection, found, days)
    _gather_decisions(connection, found, days, recorded_by)
    _gather_obligations(connection, found, events)
    return found


def gather_told(
    connection: Connection, organisations: Sequence[str], keys: Sequence[str]
) -> dict[str, History]:
    """By organisation: what was told of the obligations of those keys, and what is to be; of all ever told, little."""
    told = {each: defaultdict[tuple[str, str], list[Told]](list) for each in organisations}
    owed = {each: set[tuple[str, str, str]]() for each in organisations}
    for start in range(0, len(keys), _KEYS):
        some = {"ids": list(organisations), "keys": keys[start : start + _KEYS]}
        for organisation, recipient, key, about, stage, stage_on, day in connection.execute(_TOLD, some):
            if day is None:
                owed[organisation].add((recipient, key, stage))
            else:
                told[organisation][recipient, key].append(Told(about, stage, stage_on, day))
    return {each: History(told[each], owed[each]) for each in organisations}


_KEYS = 5000
"""At a time; a statement may hold so many values and not many more."""
_TOLD = (
    select(
        tables.reminder.c.organisation,
        tables.reminder.c.recipient,
        tables.reminder.c.key,
        tables.reminder.c.about,
        tables.reminder.c.stage,
        tables.reminder.c.stage_on,
        outbox.message.c.day,
    )
    .outerjoin(outbox.message, outbox.message.c.id == tables.reminder.c.message_id)
    .where(
        tables.reminder.c.organisation.in_(_OF_THESE),
        tables.reminder.c.key.in_(bindparam("keys", expanding=True)),
    )
)


def cards(connection: Connection, ids: Iterable[int]) -> dict[int, RuleCard]:
    """What is shown of the rules, by the number of the card."""
    wanted = {"ids": sorted(set(ids))}
    return {row.id: card_from_json(row.content) for row in connection.execute(_CARDS, wanted)}


_CARDS = select(tables.card.c.id, tables.card.c.content).where(tables.card.c.id.in_(_OF_THESE))


def organisation_from(row: Row[Any]) -> Organisation:
    """The organisation in a row of the table, as the register last showed it."""
    return Organisation(
        id=row.id,
        name=row.name,
        kind=row.kind,
        since=row.since,
        timezone=row.timezone,
        parent=row.parent,
        website=row.website,
    )


class _RecordedDays:
    def __init__(self, zones: Mapping[str, str], today: Mapping[str, date]) -> None:
        self._zones = {each: ZoneInfo(name) for each, name in zones.items()}
        self._today = today

    def of(self, organisation: str, moment: datetime) -> date:
        return min(moment.astimezone(self._zones[organisation]).date(), self._today[organisation])


def _gather_organisations(connection: Connection, found: Mapping[str, Gathered]) -> None:
    for row in connection.execute(_FIRST_CYCLES, {"ids": list(found)}):
        found[row.id].first_cycle_on = row.first_cycle_on


_FIRST_CYCLES = select(tables.organisation.c.id, tables.organisation.c.first_cycle_on).where(
    tables.organisation.c.id.in_(_OF_THESE)
)


def _rows(connection: Connection, table: Table, found: Mapping[str, Gathered]) -> Sequence[Row[Any]]:
    return connection.execute(_all_of(table), {"ids": list(found)}).all()


@cache
def _all_of(table: Table) -> Select[Any]:
    return select(table).where(table.c.organisation.in_(_OF_THESE)).order_by(table.c.id)


def _gather_events(
    connection: Connection, found: Mapping[str, Gathered], days: _RecordedDays
) -> dict[int, Event]:
    events = {}
    for row in _rows(connection, tables.event, found):
        events[row.id] = event = Event(
            id=row.id,
            organisation=row.organisation,
            kind=row.kind,
            on=row.happened_on,
            due=row.due_on,
            reference=row.reference,
            note=row.note,
            recorded_on=days.of(row.organisation, row.recorded_at),
            withdrawn=row.withdrawn_why,
            amended=row.amended_why,
        )
        found[row.organisation].events.append(event)
    return events


def _gather_postings(connection: Connection, found: Mapping[str, Gathered], days: _RecordedDays) -> None:
    for row in _rows(connection, tables.posting, found):
        found[row.organisation].postings[row.key].append(
            posting_from(row, days.of(row.organisation, row.recorded_at))
        )


def posting_from(row: Row[Any], recorded_on: date) -> Posting:
    """The posting in a row of the table."""
    return Posting(
        id=row.id,
        key=row.key,
        channel=row.channel,
        on=row.posted_on,
        recorded_on=recorded_on,
        url=row.url,
        withdrawn=row.withdrawn_why,
        taken_down=row.taken_down_on,
    )


def _gather_decisions(
    connection: Connection, found: Mapping[str, Gathered], days: _RecordedDays, recorded_by: date | None
) -> None:
    def counts(row: Row[Any]) -> bool:
        return recorded_by is None or days.of(row.organisation, row.recorded_at) <= recorded_by

    for row in filter(counts, _rows(connection, tables.waiver, found)):
        if row.lifted_at is None or (recorded_by and days.of(row.organisation, row.lifted_at) > recorded_by):
            found[row.organisation].waivers[row.key] = row.reason
    for row in filter(counts, _rows(connection, tables.extension, found)):
        found[row.organisation].extensions[row.key] = Extension(
            by=Limit.parse(row.by) if row.by else None,
            until=row.until,
            reason=row.reason,
            reference=row.reference,
            recorded_on=days.of(row.organisation, row.recorded_at),
        )
    for row in filter(counts, _rows(connection, tables.snooze, found)):
        found[row.organisation].snoozes[row.key] = Snooze(row.until, row.reason)


def _gather_obligations(
    connection: Connection, found: Mapping[str, Gathered], events: Mapping[int, Event]
) -> None:
    rows = _rows(connection, tables.obligation, found)
    shown = cards(connection, (row.card_id for row in rows))
    for row in rows:
        gathered = found[row.organisation]
        gathered.stored[row.key] = row
        gathered.opened[row.key] = Opened(
            obligation=obligation_from(row, shown[row.card_id], events.get(row.event_id)),
            opened_on=row.opened_on,
            posted=row.state in _POSTED,
            move=_move(row),
            withdrawn=sentence_from_json(row.withdrawn) if row.withdrawn else None,
        )


def obligation_from(row: Row[Any], card: RuleCard, event: Event | None) -> Obligation:
    """The obligation in a row of the table."""
    return Obligation(
        key=row.key,
        organisation=row.organisation,
        card=card,
        occurrence=row.occurrence,
        period=row.period,
        event=event,
        exists_from=row.exists_from,
        due_on=row.due_on,
        extended_from=row.extended_from,
        act_by=row.act_by,
        provisional=row.provisional,
        unknown=sentence_from_json(row.unknown) if row.unknown else None,
        exempt=row.exempt,
    )


def _move(row: Row[Any]) -> Move | None:
    if row.moved_seen_on is None:
        return None
    return Move(row.moved_from, row.moved_seen_on, sentence_from_json(row.moved_why))
