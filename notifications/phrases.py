"""The sentences of a letter, said once for its text and its HTML part, so that both say the same."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import Protocol

from babel.dates import format_date

from notifications.letters import DutyLine, FailedDelivery

_DATE_PATTERNS = {("mn", "full"): "y 'оны' M'-р сарын' d, cccc", ("mn", "medium"): "y.MM.dd"}
"""As Mongolian offices write a date; CLDR's own long form spells the month out as an ordinal word."""


class Catalog(Protocol):
    """The sentences of one language, as gettext knows them."""

    def gettext(self, message: str, /) -> str:
        """The sentence in this language."""

    def ngettext(self, msgid1: str, msgid2: str, n: int, /) -> str:
        """The sentence in this language, in the form for `n` things."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact about a duty: a label and its lines; `form` says how the lines are set."""

    label: str
    lines: tuple[str, ...]
    form: str = "lines"
    """`lines`, `steps` (numbered), `commands` (copied as they stand) or `link` (an address)."""


@lru_cache(maxsize=4096)
def say_date(day: date, language: str, form: str = "full") -> str:
    """The date as `language` writes it: `full`, with its day of the week, or `medium`."""
    return format_date(day, _DATE_PATTERNS.get((language, form), form), locale=language)


class Phrases:
    """Says the facts of a duty in one language."""

    def __init__(self, language: str, catalog: Catalog) -> None:
        self.language = language
        self.gettext = catalog.gettext
        self.ngettext = catalog.ngettext

    def on(self, day: date) -> str:
        """The date in words."""
        return say_date(day, self.language)

    def facts(self, duty: DutyLine) -> tuple[Fact, ...]:
        """All facts of a duty, the most urgent first; what is not known or does not apply is left out."""
        return tuple(fact for fact in self._facts(duty) if fact.lines)

    def late_or_left(self, duty: DutyLine) -> str:
        """How late it is or how much time is left, in calendar days and working days; empty where unknown."""
        return self.time_left(duty.days_left, duty.working_days_left)

    def time_left(self, days: int | None, working: int | None) -> str:
        """The same of a number of days, which is negative where it is late, and of as many working days."""
        if days is None:
            return ""
        if days == 0:
            return self.gettext("today is the last day")
        if days < 0:
            said = self.ngettext("{n} day late", "{n} days late", -days).format(n=-days)
        else:
            said = self.ngettext("{n} day left", "{n} days left", days).format(n=days)
        if working is None:
            return said
        n = abs(working)
        in_working_days = self.ngettext("{n} working day", "{n} working days", n).format(n=n)
        return f"{said} ({in_working_days})"

    def when(self, duty: DutyLine) -> str:
        """When a duty is due and how far off that is; its state where no date is known."""
        parts = (self.on(duty.due_on) if duty.due_on else duty.state_said, self.late_or_left(duty))
        return ", ".join(part for part in parts if part)

    def brief(self, duty: DutyLine) -> str:
        """In one line where a duty is not posted yet, and who was reminded of it."""
        parts = list(self._told(duty, "medium"))
        if duty.missing:
            missing = self.gettext("missing: {channels}")
            parts.insert(0, missing.format(channels=", ".join(duty.missing)))
        return "; ".join(parts)

    def names(self, organisations: Mapping[str, int], most: int) -> str:
        """The organisations in one line, each with its number of duties where that is not one; at most so many."""
        named = [
            name if number == 1 else f"{name} ({number})"
            for name, number in islice(organisations.items(), most)
        ]
        if more := len(organisations) - len(named):
            said = self.ngettext("and {n} more organisation", "and {n} more organisations", more)
            named.append(said.format(n=more))
        return ", ".join(named)

    def failed(self, delivery: FailedDelivery) -> str:
        """A failed delivery in one line."""
        said = self.gettext("no. {id}, {kind} of {day} to {recipient}: {reason}")
        return said.format(
            id=delivery.id,
            kind=delivery.kind,
            day=self.on(delivery.day),
            recipient=delivery.recipient,
            reason=delivery.reason,
        )

    def _facts(self, duty: DutyLine) -> Iterator[Fact]:
        gettext = self.gettext
        yield Fact(gettext("Why it cannot be worked out"), _given(duty.unknown_why))
        yield Fact(gettext("Due date"), tuple(self._due(duty)))
        yield Fact(gettext("Not yet posted in"), (", ".join(duty.missing),) if duty.missing else ())
        yield Fact(gettext("When it is posted, record it here"), _given(duty.record_url), "link")
        yield Fact(gettext("When it is posted, record it with"), tuple(duty.record.splitlines()), "commands")
        yield Fact(gettext("Why this is sent"), _given(duty.why))
        yield Fact(gettext("Already reminded"), tuple(self._told(duty, "full")))
        law = " ".join(part for part in (f"«{duty.words}»" if duty.words else "", duty.basis) if part)
        yield Fact(gettext("What the law says"), _given(law))
        yield Fact(gettext("How the date is worked out"), duty.steps, "steps")
        yield Fact(gettext("To be reminded later instead"), _given(duty.snooze_url), "link")
        yield Fact(gettext("To be reminded later instead"), _given(duty.snooze), "commands")

    def _due(self, duty: DutyLine) -> Iterator[str]:
        gettext = self.gettext
        if duty.due_on is None:
            return
        yield self.on(duty.due_on)
        if duty.act_by is not None and duty.act_by != duty.due_on:
            yield gettext("The last working day before it is {day}.").format(day=self.on(duty.act_by))
        if duty.extended_from is not None:
            yield gettext("It was extended; before that it was {day}.").format(
                day=self.on(duty.extended_from)
            )
        if duty.moved_from is not None:
            yield gettext("It has moved; until now it was {day}.").format(day=self.on(duty.moved_from))
        if duty.provisional:
            yield gettext("Provisional: the days off of that year have not been looked up yet.")

    def _told(self, duty: DutyLine, form: str) -> Iterator[str]:
        """Who was reminded of a duty, the latest day first, and until when reminders were to rest."""
        said = self.gettext("reminded on {day}: {who}")
        for day in sorted({day for _, day in duty.reminded}, reverse=True):
            who = ", ".join(who for who, on in duty.reminded if on == day)
            yield said.format(day=say_date(day, self.language, form), who=who)
        if duty.snoozed_until is not None:
            said = self.gettext("reminders were put off until {day}: {why}")
            yield said.format(day=say_date(duty.snoozed_until, self.language, form), why=duty.snoozed_why)


def _given(line: str) -> tuple[str, ...]:
    return (line,) if line else ()
