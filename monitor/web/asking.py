"""What a page was asked for in its address: filters, the year, the place in a list. What cannot be read is left out."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from monitor.core.register import Register
from monitor.core.subjects import Organisation
from monitor.listing import Chosen
from monitor.storage.browsing import Place
from monitor.storage.standing import ORDER

OPEN = ("unknown", "removed", "overdue", "due_soon")
"""The states that are listed unless something else is asked for."""
LISTABLE = (*OPEN, "upcoming")
_YEARS = range(1990, 2200)
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Asking:
    """The filters of the overview; each stands in the address under its own name."""

    q: str = ""
    """Part of an organisation's name or id."""
    under: str = ""
    rule: str = ""
    role: str = ""
    state: str = ""
    year: int | None = None
    page: int = 1
    """Of the organisations in the table of the year."""
    after: Place | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Asking":
        """What the address asks for."""
        texts = {
            name: query.get(name, "").strip()[:_LONGEST] for name in ("q", "under", "rule", "role", "state")
        }
        if texts["state"] not in LISTABLE:
            texts["state"] = ""
        return cls(
            **texts,
            year=year_in(query),
            page=_number(query.get("page", ""), range(1, 1_000_000)) or 1,
            after=_place(query.get("after", "")),
        )

    def address(self, **changes: object) -> str:
        """The overview's address with these filters, and those changed; a change of filter begins at the first page."""
        changed = replace(self, **{"after": None, "page": 1, **changes})  # type: ignore[arg-type]  # by their names
        return "?" + urlencode([(name, value) for name, value in changed.values() if value])

    def values(self) -> list[tuple[str, str]]:
        """The filters by their names, as the address holds them."""
        texts = [(name, getattr(self, name)) for name in ("q", "under", "rule", "role", "state")]
        year = [("year", str(self.year))] if self.year else []
        page = [("page", str(self.page))] if self.page > 1 else []
        after = [("after", _written(self.after))] if self.after else []
        return [*texts, *year, *page, *after]

    def organisations(self, register: Register, seen: Collection[str]) -> list[Organisation]:
        """Those of the organisations that are `seen` that it asks for, in the order of the register."""
        under = set(register.under(self.under)) if self.under in register else None
        wanted = self.q.casefold()
        return [
            each
            for each in register
            if each.id in seen
            and (under is None or each.id in under)
            and (not wanted or wanted in each.name.casefold() or wanted in each.id)
        ]

    def chosen(self, organisations: Collection[Organisation], register: Register) -> Chosen:
        """The obligations of those organisations that it asks for."""
        every = 0 < len(organisations) == len(register)
        return Chosen(
            organisations=None if every else [each.id for each in organisations],
            rules=[self.rule] if self.rule else None,
            role=self.role or None,
        )


def year_in(query: Mapping[str, str]) -> int | None:
    """The year that an address asks for."""
    return _number(query.get("year", ""), _YEARS)


def _number(written: str, among: range) -> int | None:
    if not (written.isascii() and written.isdecimal() and len(written) < 9):
        return None
    number = int(written)
    return number if number in among else None


def _place(written: str) -> Place | None:
    """`overdue~2024-01-10~key`; the date may be missing."""
    state, _, rest = written.partition("~")
    day, _, key = rest.partition("~")
    if state not in ORDER or not key or len(written) > _LONGEST:
        return None
    try:
        return Place(state, date.fromisoformat(day) if day else None, key)
    except ValueError:
        return None


def _written(place: Place) -> str:
    return f"{place.state}~{place.due_on or ''}~{place.key}"
