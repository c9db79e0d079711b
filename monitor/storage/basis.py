"""All on which an obligation's dates rest, as it is kept, and the dates worked out from it again."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from monitor.core.journal import digest
from monitor.core.obligations import Extension, Obligation
from monitor.storage.codec import Json, day_to_json, sentence_from_json, sentence_to_json
from rules.due import Duty, RuleBook
from rules.grounds import CannotTell, CountedBack, CountedFrom, FixedDay, Ground, NoLastDay, reckon
from rules.limits import Limit, end_of
from rules.model import Roll, Rule
from rules.workdays import DayKind, DayNote, OutsideCalendar, WorkingCalendar, make_calendar

_ONE_DAY = timedelta(days=1)


def basis_to_json(book: RuleBook, duty: Duty, obligation: Obligation) -> Json:
    """All on which the dates of the obligation, which is that duty with what was decided about it, rest."""
    rule, occurrence, calendar = duty.rule, duty.occurrence, book.calendar
    event, extension, ground = occurrence.event, obligation.extension, book.ground(duty)
    basis: Json = {
        "pack": rule.pack,
        "rule": rule.id,
        "rule_digest": rule_digest(rule),
        "occurrence": None if event else occurrence.name,
        "event": {"on": day_to_json(event.on), "due": day_to_json(event.due)} if event else None,
        "ground": _ground_to_json(ground),
        "extension": _extension_to_json(extension) if extension else None,
        "due_on": day_to_json(obligation.due_on),
        "act_by": day_to_json(obligation.act_by),
        "provisional": obligation.provisional,
        "unknown": sentence_to_json(obligation.unknown) if obligation.unknown else None,
        "weekend": sorted(calendar.weekend),
        "days": [_note_to_json(note) for note in _days_that_count(ground, duty, obligation, calendar)],
    }
    if obligation.unknown is not None:
        basis["known"] = [calendar.first.isoformat(), calendar.last.isoformat()]
    return basis


def ground_from_json(stored: Mapping[str, Any]) -> Ground:
    """The ground that a basis names."""
    match stored:
        case {"fixed": on, "roll": roll}:
            return FixedDay(date.fromisoformat(on), Roll(roll))
        case {"counted_from": start, "limit": limit}:
            return CountedFrom(date.fromisoformat(start), Limit.parse(limit))
        case {"counted_back_from": day, "limit": limit}:
            return CountedBack(date.fromisoformat(day), Limit.parse(limit))
        case {"cannot_tell": reason}:
            return CannotTell(sentence_from_json(reason))
        case _:
            return NoLastDay()


def calendar_from_json(basis: Mapping[str, Any]) -> WorkingCalendar:
    """As much of the calendar as the basis tells of: the days that count for its dates."""
    notes = [
        DayNote(
            date.fromisoformat(each["on"]),
            DayKind.ON if each["works"] else DayKind.OFF,
            each["reason"],
            each["source"],
        )
        for each in basis["days"]
    ]
    first, last = map(date.fromisoformat, basis.get("known") or (date.min.isoformat(), date.max.isoformat()))
    return make_calendar({}, weekend=basis["weekend"], moved=notes, first=first, last=last)


def work_out_again(content: Mapping[str, Any]) -> tuple[date | None, date | None]:
    """The due date and the act-by date that follow from a kept reckoning, from nothing else."""
    basis = content["basis"]
    calendar = calendar_from_json(basis)
    due_on = reckon(ground_from_json(basis["ground"]), calendar).due_on
    extension = basis["extension"]
    if due_on is None:
        return None, None
    try:
        if extension is not None:
            by, until = extension["by"], extension["until"]
            due_on = end_of(Limit.parse(by), due_on, calendar) if by else date.fromisoformat(until)
        return due_on, calendar.preceding(due_on)
    except OutsideCalendar:
        return due_on, None


@lru_cache(maxsize=4096)
def rule_digest(rule: Rule) -> str:
    """The same for the same rule, as far as a due date rests on it: its title and its examples may differ."""
    return digest(
        {
            "id": rule.id,
            "deadline": repr(rule.deadline),
            "period": str(rule.period),
            "roll": str(rule.roll),
            "in_force": [day_to_json(rule.in_force_from), day_to_json(rule.in_force_until)],
            "basis": [rule.basis.source, rule.basis.item, rule.basis.words],
        }
    )


def _days_that_count(
    ground: Ground, duty: Duty, obligation: Obligation, calendar: WorkingCalendar
) -> Iterator[DayNote]:
    """The days that are not what their weekday says, among all on which the dates rest."""
    nominal, due_on = duty.reckoning.nominal, duty.reckoning.due_on
    if isinstance(ground, NoLastDay | CannotTell) or nominal is None or due_on is None:
        return
    days = [due_on, *(ground.looked_at(nominal, due_on) or ())]
    days.extend(day for day in (obligation.act_by, obligation.due_on) if day is not None)
    day, last = max(min(days), calendar.first), min(max(days), calendar.last)
    while day <= last:
        if note := calendar.note(day):
            yield note
        day += _ONE_DAY


def _ground_to_json(ground: Ground) -> Json:
    match ground:
        case FixedDay(on, roll):
            return {"fixed": on.isoformat(), "roll": str(roll)}
        case CountedFrom(start, limit):
            return {"counted_from": start.isoformat(), "limit": str(limit)}
        case CountedBack(day, limit):
            return {"counted_back_from": day.isoformat(), "limit": str(limit)}
        case NoLastDay():
            return {"no_last_day": True}
        case CannotTell(reason):
            return {"cannot_tell": sentence_to_json(reason)}


def _extension_to_json(extension: Extension) -> Json:
    return {"by": str(extension.by) if extension.by else None, "until": day_to_json(extension.until)}


def _note_to_json(note: DayNote) -> Json:
    works = note.kind is DayKind.ON
    return {"on": note.on.isoformat(), "works": works, "reason": note.reason, "source": note.source}
