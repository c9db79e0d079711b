"""The table of a letter that shows how many organisations stand."""

from collections.abc import Sequence
from dataclasses import dataclass

from notifications.letters import OrganisationCount
from notifications.phrases import Catalog

_SHOWN = 20
STATES = ("unknown", "removed", "overdue", "due_soon")
"""The states that call for action, in the order in which they are counted."""


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One organisation, or all of them, with a number for each column."""

    name: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """A table that fits on a telephone: it has only the columns that have a number in them."""

    columns: tuple[str, ...]
    total: SummaryRow | None
    """All organisations together, where there are several."""
    rows: tuple[SummaryRow, ...]
    more: int
    """How many organisations are left out."""


def summarise(counts: tuple[OrganisationCount, ...], catalog: Catalog) -> Summary:
    """All organisations together, then those with something to do, the most in arrears first."""
    labels = {
        "unknown": catalog.gettext("Unknown"),
        "removed": catalog.gettext("Taken down"),
        "overdue": catalog.gettext("Overdue"),
        "due_soon": catalog.gettext("Due soon"),
    }
    states = [state for state in STATES if any(getattr(row, state) for row in counts)]
    concerned = sorted(
        (row for row in counts if any(getattr(row, state) for state in states)),
        key=lambda row: (-row.removed - row.overdue, -row.unknown, -row.due_soon),
    )
    rows = tuple(_row(row.organisation, [row], states) for row in concerned)
    return Summary(
        columns=tuple(labels[state] for state in states),
        total=_row(catalog.gettext("All organisations"), concerned, states) if len(rows) > 1 else None,
        rows=rows[:_SHOWN],
        more=max(0, len(rows) - _SHOWN),
    )


def _row(name: str, counts: Sequence[OrganisationCount], states: Sequence[str]) -> SummaryRow:
    return SummaryRow(name, tuple(sum(getattr(row, state) for row in counts) for state in states))
