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
OPEN = ORDER[:5]
"""Those in which something may be left to do."""

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

_FEW = 100
"""Organisations; of so many all obligations are sooner sorted than those of all organisations gone through."""
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
        by_key: bool = False,
        after: tuple[int, date, str] | None = None,
    ) -> None:
        """`after` is the place of a line in the list: its state's, its due date (`date.max` without one), its key.

        With `by_key` the list goes by the keys, for which there is an index whatever is listed; the place then is
        `(0, date.max, key)`.
        """
        self.organisations, self.under = tuple(dict.fromkeys(organisations)), under
        self.rules, self.role, self.as_of = tuple(rules), role, as_of
        self.everything, self.overdue, self.due_within, self.limit = everything, overdue, due_within, limit
        self.by_key, self.after = by_key, after

    @property
    def of_some(self) -> bool:
        """Whether it concerns some organisations only."""
        return bool(self.organisations or self.under)

    @property
    def of_few(self) -> bool:
        """Whether they are so few that their obligations are read, one and all."""
        return self.of_some and len(self.organisations) <= _FEW

    @property
    def states(self) -> list[str]:
        """The open states that are listed, in their order."""
        late = self.overdue or self.due_within is None
        wanted = {"removed": late, "overdue": late}
        wanted |= dict.fromkeys(("unknown", "due_soon"), not self.overdue or self.due_within is not None)
        wanted |= {"upcoming": self.due_within is not None}
        return [state for state in OPEN if wanted[state]]


class Query:
    """Statements about the obligations on the day that it is in each time zone; `values` are those of their names."""

    def __init__(self, days: Mapping[str, date], asked: Asked, cards: Collection[int] | None) -> None:
        """`days` gives today by time zone; `cards` are those of the rules asked for, None for all of them."""
        self.values: dict[str, object] = {}
        self._days, self._asked = days, asked
        self._day = self._by_zone("day", days)
        self._cards = None if cards is None else f"t.card_id IN ({', '.join(map(str, cards)) or 'NULL'})"
        self._those = " AND ".join(self._conditions()) or "TRUE"

    def known_organisations(self) -> str:
        """How many of the organisations asked for there are."""
        names = {*self._asked.organisations, *([self._asked.under] if self._asked.under else [])}
        return f"SELECT count(*) = {len(names)} FROM organisation WHERE id IN ({self._list('known', names)})"

    def summary(self) -> str:
        """How many obligations are in each state."""
        source, number = ("obligation", "count(*)") if self._asked.of_some else ("tally", "sum(t.n)")
        those = " AND ".join(self._conditions(all_are_read=True)) or "TRUE"
        return f"SELECT {self._state()}, {number} FROM {source} AS t WHERE {those} GROUP BY 1"

    def lines(self) -> Iterator[str]:
        """The obligations that are listed, as `COLUMNS`, in their order; each statement gives those that come next.

        A short list of many organisations is found by an index that has it in its order: what comes after the limit is
        not looked at.
        """
        asked = self._asked
        if asked.limit and asked.by_key:
            where = f"{self._those} AND ({self._listed()})"
            yield f"{self._select(where, self._behind(asked.after), 't.key')} LIMIT :limit"
        elif asked.limit and not (asked.of_few or asked.everything):
            yield from self.by_index(asked.states, asked.after)
        else:
            yield self.sorted(self._listed(), asked.after, "LIMIT :limit" if asked.limit else "")

    def by_index(self, states: Collection[str], after: tuple[int, date, str] | None) -> Iterator[str]:
        """Those in open `states` behind the place `after`, at most `:limit`."""
        for state in states:
            if after is None or ORDER.index(state) > after[0]:
                yield from self._of_state(state, None)
            elif ORDER.index(state) == after[0]:
                yield from self._of_state(state, after)

    def sorted(self, which: str, after: tuple[int, date, str] | None, limit: str) -> str:
        """Those for which `which` holds, behind the place `after`: all of them are read."""
        where = f"{self._those} AND ({which})"
        order = f"CASE t.standing {_PLACE} END, t.due_on IS NULL, t.due_on, t.key"
        return f"{self._select(where, self._behind(after), order)} {limit}"

    def _behind(self, after: tuple[int, date, str] | None) -> str:
        """That a line comes behind that place."""
        if after is None:
            return "TRUE"
        if self._asked.by_key:
            self.values["after_key"] = after[2]
            return "t.key > :after_key"
        names = ("after_state", "after_due", "after_key")
        self.values |= dict(zip(names, after, strict=True)) | {"never": date.max}
        place = f"CASE t.standing {_PLACE} END, COALESCE(t.due_on, :never), t.key"
        return f"({place}) > (:{', :'.join(names)})"

    def _of_state(self, state: str, after: tuple[int, date, str] | None) -> Iterator[str]:
        """The dated ones, then the undated; behind the place `after`."""
        dated, undated = self._in_state(state, after[1] if after else None)
        if after is not None:
            self.values |= {"after_due": after[1], "after_key": after[2]}
        if after is None or after[1] < date.max:
            behind = "(t.due_on, t.key) > (:after_due, :after_key)" if after else "TRUE"
            if self._cards is not None:  # the index is entered by due dates: see below
                behind = f"({behind}) IS TRUE"
            yield f"{self._select(f'{dated} AND {behind}', 'TRUE', 't.due_on, t.key')} LIMIT :limit"
        behind = "t.key > :after_key" if after and after[1] == date.max else "TRUE"
        if undated:
            yield f"{self._select(f'{undated} AND {behind}', 'TRUE', 't.key')} LIMIT :limit"

    def _in_state(self, state: str, since: date | None = None) -> tuple[str, str]:
        """That it is in that open state with a due date (from `since` on), and without: so said that the index helps.

        Where the card decides, the index is entered by each due date that obligations of these cards have.
        """
        self.values |= {"earliest": min(self._days.values()), "latest": max(self._days.values())}
        undated = ""
        match state:
            case "overdue":
                near = "t.due_on < :latest"
            case "due_soon":
                last = "SELECT max(due_on) FROM tally WHERE outcome = 'awaited' AND soon_from <= :latest"
                near = f"t.due_on >= :earliest AND t.due_on <= ({last})"
            case "upcoming":
                first = (
                    "SELECT min(due_on) FROM tally WHERE outcome = 'awaited'"
                    " AND due_on >= :earliest AND (soon_from IS NULL OR soon_from > :earliest)"
                )
                near, undated = f"t.due_on >= ({first})", "t.outcome = 'awaited'"
            case _:
                near, undated = "t.due_on IS NOT NULL", f"t.outcome = '{state}'"
        if since is not None:
            near += " AND t.due_on >= :after_due"
        own = f"NOT t.settled AND {self._those} AND"
        if state in ("unknown", "removed"):
            dated = f"t.outcome = '{state}' AND {near}"
        else:
            if self._cards is not None:
                theirs = f"t.outcome = 'awaited' AND {self._cards} AND {near}"
                near = f"t.due_on IN (SELECT t.due_on FROM tally AS t WHERE {theirs})"
            # PostgreSQL takes an equation for rare, and would rather read and sort all than go by the index
            so = f"CASE {self._state()} WHEN '{state}' THEN TRUE ELSE FALSE END"
            dated = f"t.outcome = 'awaited' AND {near} AND {so}"
        if self._asked.due_within is not None and state not in ("removed", "overdue"):
            dated, undated = f"{dated} AND {self._within()}", ""
        return f"{own} {dated}", f"{own} {undated} AND t.due_on IS NULL" if undated else ""

    def _select(self, where: str, which: str, order: str) -> str:
        own = ", ".join(f"t.{column}" for column in COLUMNS[:15])
        return (
            f"SELECT {own}, e.id, e.kind, e.happened_on, e.due_on, e.reference"
            f" FROM (SELECT t.*, {self._state()} AS standing FROM obligation AS t WHERE {where}) AS t"
            f" LEFT JOIN event AS e ON e.id = t.event_id WHERE {which} ORDER BY {order}"
        )

    def _state(self) -> str:
        kept = f"CASE WHEN t.keep_until >= {self._day} THEN 'displayed' ELSE t.outcome END"
        return (
            f"CASE t.outcome WHEN 'awaited' THEN CASE WHEN t.due_on < {self._day} THEN 'overdue'"
            f" WHEN t.soon_from <= {self._day} THEN 'due_soon' ELSE 'upcoming' END"
            f" WHEN 'met' THEN {kept} WHEN 'met_late' THEN {kept} ELSE t.outcome END"
        )

    def _conditions(self, *, all_are_read: bool = False) -> list[str]:
        found = []
        if self._asked.organisations:
            those = f"t.organisation IN ({self._list('organisation', self._asked.organisations)})"
            # of many, a list is not looked up by organisation: what is wanted is found by its state
            found.append(those if self._asked.of_few or all_are_read else f"({those}) IS TRUE")
        if self._asked.under:
            self.values["under"] = self._asked.under
            found.append(
                "t.organisation IN (WITH RECURSIVE below(id) AS (SELECT id FROM organisation WHERE id = :under"
                " UNION SELECT lower.id FROM organisation AS lower JOIN below ON lower.parent = below.id)"
                " SELECT id FROM below)"
            )
        return [*found, self._cards] if self._cards else found

    def _listed(self) -> str:
        asked, found = self._asked, []
        if asked.everything:
            return "TRUE"
        if asked.overdue or asked.due_within is None:
            found += [f"t.outcome = 'removed' OR t.outcome = 'awaited' AND t.due_on < {self._day}"]
        if not asked.overdue and asked.due_within is None:
            found += [f"t.outcome = 'unknown' OR t.outcome = 'awaited' AND t.soon_from <= {self._day}"]
        if asked.due_within is not None:
            # of few organisations SQLite is to look up the organisations, not the days
            within = f"({self._within()}) IS TRUE" if asked.of_few else self._within()
            found += [f"t.outcome IN ('unknown', 'awaited') AND {within}"]
        return f"NOT t.settled AND ({' OR '.join(found)})"

    def _within(self) -> str:
        """That it falls due in so many days."""
        days = {zone: _later(day, self._asked.due_within or 0) for zone, day in self._days.items()}
        return f"t.due_on > {self._day} AND t.due_on <= {self._by_zone('within', days)}"

    def _list(self, name: str, items: Collection[str]) -> str:
        if (
            len(items) > _FEW
        ):  # as one value: to read a statement with a place for each takes longer than its answer
            import json  # noqa: PLC0415 -- who types `status` names few

            self.values[name] = json.dumps(dict.fromkeys(items))
            return f"SELECT key FROM json_each(:{name})"
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
