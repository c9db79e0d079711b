"""What stands now, in plain SQL on the stored outcomes: for `status`, which is over before SQLAlchemy is imported.

The statements are the same on SQLite and PostgreSQL. In those on obligations, or on their tally, the table is called
`t`; `Today.state` says in SQL what `monitor.core.outcome` says of the days.
"""

# ruff: noqa: S608 -- statements are put together from what stands here; every value is bound by its name

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta

ORDER = (
    *("unknown", "removed", "overdue", "due_soon", "upcoming"),
    *("displayed", "met", "met_late", "waived", "withdrawn"),
)
"""The order of the states in lists and in the summary."""

MONITOR = """
SELECT version.version_num, monitor.mode, monitor.last_cycle_at, monitor.config_checksum,
       (SELECT count(*) FROM delivery WHERE state = 'failed'), outage.began_at, outage.answer
FROM alembic_version AS version
LEFT JOIN monitor ON monitor.id = 1
LEFT JOIN outage ON outage.ended_at IS NULL
ORDER BY outage.began_at LIMIT 1
"""
BASIS = "SELECT basis FROM monitor"
ZONES = "SELECT timezone, max(worked_on) FROM tally GROUP BY timezone"
CARDS = "SELECT id, rule, content FROM card"
UNHEARD = "SELECT organisation, role FROM unheard ORDER BY id"
WORKING_YEARS = "SELECT year, days FROM working_year WHERE year BETWEEN :first AND :last ORDER BY year"

COLUMNS = (
    *("key", "organisation", "timezone", "card_id", "period", "due_on", "extended_from", "act_by"),
    *("keep_until", "provisional", "reason", "backlog", "posted", "down", "standing"),
    *("event_id", "event_kind", "event_on", "event_due", "event_reference"),
)
"""Of a listed obligation; `standing` is its state."""

_PLACE = " ".join(f"WHEN '{state}' THEN {place}" for place, state in enumerate(ORDER))


class Asked:
    """What `status` was asked for, in the words of its options."""

    def __init__(
        self,
        *,
        organisations: Sequence[str] = (),
        under: str | None = None,
        rules: Sequence[str] = (),
        role: str | None = None,
        everything: bool = False,
        overdue: bool = False,
        due_within: int | None = None,
        limit: int | None = None,
        as_of: date | None = None,
        after: tuple[int, date, str] | None = None,
    ) -> None:
        """`after` is the place of a line in the list: its state's, its due date (`date.max` without one), its key."""
        self.organisations, self.under = tuple(dict.fromkeys(organisations)), under
        self.rules, self.role, self.as_of = tuple(rules), role, as_of
        self.everything, self.overdue, self.due_within, self.limit = everything, overdue, due_within, limit
        self.after = after

    @property
    def of_some(self) -> bool:
        """Whether it concerns some organisations only: then their obligations are read, one and all."""
        return bool(self.organisations or self.under)


class Query:
    """Statements about the obligations on the day that it is in each time zone; `values` are those of their names."""

    def __init__(self, days: Mapping[str, date], asked: Asked, cards: Collection[int] | None) -> None:
        """`days` gives today by time zone; `cards` are those of the rules asked for, None for all of them."""
        self.values: dict[str, object] = {}
        self._days, self._asked = days, asked
        self._day = self._by_zone("day", days)
        self._those = " AND ".join(self._conditions(cards)) or "TRUE"

    def known_organisations(self) -> str:
        """How many of the organisations asked for there are."""
        names = {*self._asked.organisations, *([self._asked.under] if self._asked.under else [])}
        return f"SELECT count(*) = {len(names)} FROM organisation WHERE id IN ({self._list('known', names)})"

    def summary(self) -> str:
        """How many obligations are in each state."""
        source, number = ("obligation", "count(*)") if self._asked.of_some else ("tally", "sum(t.n)")
        return f"SELECT {self._state()}, {number} FROM {source} AS t WHERE {self._those} GROUP BY 1"

    def lines(self) -> Iterator[str]:
        """The obligations that are listed, as `COLUMNS`, in their order; each statement gives those that come next.

        A short list of all organisations is found by the index that has each state in its order: what comes after the
        limit is not looked at.
        """
        asked = self._asked
        if asked.limit and not (
            asked.of_some or asked.everything or asked.after or asked.due_within is not None
        ):
            self.values |= {"earliest": min(self._days.values()), "latest": max(self._days.values())}
            for which in self._in_order():
                yield self._select(f"NOT t.settled AND {which} AND {self._those}", "t.due_on, t.key")
        else:
            place = f"CASE t.standing {_PLACE} END, t.due_on IS NULL, t.due_on, t.key"
            yield self._select(f"{self._those} AND ({self._listed()})", place)

    def _select(self, where: str, order: str) -> str:
        own = ", ".join(f"t.{column}" for column in COLUMNS[:15])
        return (
            f"SELECT {own}, e.id, e.kind, e.happened_on, e.due_on, e.reference"
            f" FROM (SELECT t.*, {self._state()} AS standing FROM obligation AS t WHERE {where}) AS t"
            f" LEFT JOIN event AS e ON e.id = t.event_id{self._further()} ORDER BY {order}"
            f"{' LIMIT :limit' if self._asked.limit else ''}"
        )

    def _further(self) -> str:
        """Of a list that goes on where an earlier one ended: what comes after that place."""
        if self._asked.after is None:
            return ""
        names = ("after_state", "after_due", "after_key")
        self.values |= dict(zip(names, self._asked.after, strict=True)) | {"never": date.max}
        place = f"CASE t.standing {_PLACE} END, COALESCE(t.due_on, :never), t.key"
        return f" WHERE ({place}) > (:{', :'.join(names)})"

    def _state(self) -> str:
        kept = f"CASE WHEN t.keep_until >= {self._day} THEN 'displayed' ELSE t.outcome END"
        return (
            f"CASE t.outcome WHEN 'awaited' THEN CASE WHEN t.due_on < {self._day} THEN 'overdue'"
            f" WHEN t.soon_from <= {self._day} THEN 'due_soon' ELSE 'upcoming' END"
            f" WHEN 'met' THEN {kept} WHEN 'met_late' THEN {kept} ELSE t.outcome END"
        )

    def _conditions(self, cards: Collection[int] | None) -> list[str]:
        found = []
        if self._asked.organisations:
            found.append(f"t.organisation IN ({self._list('organisation', self._asked.organisations)})")
        if self._asked.under:
            self.values["under"] = self._asked.under
            found.append(
                "t.organisation IN (WITH RECURSIVE below(id) AS (SELECT id FROM organisation WHERE id = :under"
                " UNION SELECT lower.id FROM organisation AS lower JOIN below ON lower.parent = below.id)"
                " SELECT id FROM below)"
            )
        if cards is not None:
            found.append(f"t.card_id IN ({', '.join(map(str, cards)) or 'NULL'})")
        return found

    def _listed(self) -> str:
        asked, found = self._asked, []
        if asked.everything:
            return "TRUE"
        if asked.overdue or asked.due_within is None:
            found += [f"t.outcome = 'removed' OR t.outcome = 'awaited' AND t.due_on < {self._day}"]
        if not asked.overdue and asked.due_within is None:
            found += [f"t.outcome = 'unknown' OR t.outcome = 'awaited' AND t.soon_from <= {self._day}"]
        if asked.due_within is not None:
            last = self._by_zone(
                "within", {zone: _later(day, asked.due_within) for zone, day in self._days.items()}
            )
            found += [
                f"t.outcome IN ('unknown', 'awaited') AND t.due_on > {self._day} AND t.due_on <= {last}"
            ]
        return f"NOT t.settled AND ({' OR '.join(found)})"

    def _in_order(self) -> Iterator[str]:
        """The states that are listed without being asked for more, one after the other."""
        for outcome in ("removed",) if self._asked.overdue else ("unknown", "removed"):
            yield f"t.outcome = '{outcome}' AND t.due_on IS NOT NULL"
            yield f"t.outcome = '{outcome}' AND t.due_on IS NULL"
        yield f"t.outcome = 'awaited' AND t.due_on < :latest AND t.due_on < {self._day}"
        if not self._asked.overdue:
            last = "SELECT max(due_on) FROM tally WHERE outcome = 'awaited' AND soon_from <= :latest"
            yield (
                f"t.outcome = 'awaited' AND t.due_on >= :earliest AND t.due_on <= ({last})"
                f" AND t.due_on >= {self._day} AND t.soon_from <= {self._day}"
            )

    def _list(self, name: str, items: Collection[str]) -> str:
        named = {f"{name}{number}": item for number, item in enumerate(items)}
        self.values |= named
        return ", ".join(f":{each}" for each in named)

    def _by_zone(self, name: str, days: Mapping[str, date]) -> str:
        """The day of an obligation's time zone: mostly it is the same in all of them."""
        usual = max(days.values())
        self.values[name] = usual
        cases = []
        for number, (zone, day) in enumerate(days.items()):
            if day != usual:
                self.values |= {f"zone{number}": zone, f"{name}{number}": day}
                cases.append(f"WHEN :zone{number} THEN :{name}{number}")
        return f"CASE t.timezone {' '.join(cases)} ELSE :{name} END" if cases else f":{name}"


def _later(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max
