"""What people were told of obligations."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Told:
    """A reminder that went into a message: on which of the recipient's days."""

    about: str
    stage: str
    stage_on: date
    told_on: date

    @property
    def due(self) -> str:
        """The due date of which it told; that of a move is followed by the day on which the move was seen."""
        return self.about.partition(" ")[0]


TOLD_ONCE = ("event", "moved", "backlog")
"""The stages that no day of the cadence gives."""


class History:
    """What was told of one organisation's obligations."""

    def __init__(
        self,
        told: Mapping[tuple[str, str], Sequence[Told]],
        owed: Collection[tuple[str, str, str]] = frozenset(),
    ) -> None:
        """`told` by recipient and key; `owed` by recipient, key and stage: decided, and not told yet."""
        self._told = told
        self._owed = owed
        self._noticed: dict[tuple[str, str], list[tuple[str, Told]]] = {}
        for (recipient, key), each in told.items():
            for one in each:
                if one.stage in ("event", "moved"):
                    self._noticed.setdefault((key, one.stage), []).append((recipient, one))

    def of(self, recipient: str, key: str) -> Sequence[Told]:
        """What `recipient` was told of that obligation."""
        return self._told.get((recipient, key), ())

    def noticed(self, key: str, stage: str) -> Sequence[tuple[str, Told]]:
        """Who was given that notice, and when."""
        return self._noticed.get((key, stage), ())

    def is_owed(self, recipient: str, key: str, stage: str) -> bool:
        """Whether it was decided to tell `recipient` that stage, and something came between."""
        return (recipient, key, stage) in self._owed
