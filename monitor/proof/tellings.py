"""What the entries of one organisation say of what people recorded."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from monitor.core.journal import OPENING, Entry, What
from monitor.proof.outcomes import TELLING, Becoming

RECORDED = "recorded_at"
"""The column of the moment in which something was recorded first."""

Name = tuple[str, str, int]
"""The table; the id, or the key of the obligation that is decided about; and which of the decisions about it."""
Values = dict[str, str | None]
"""What a row says, by column; days and moments as the journal writes them."""


@dataclass(frozen=True, slots=True)
class _Telling:
    """What an entry of a kind says of a row: its words and the columns that they stand in, and that of its moment."""

    table: str
    columns: Mapping[str, str]
    moment: str = RECORDED
    empty: Sequence[str] = ()


TELLINGS: Mapping[str, _Telling] = {
    What.EVENT: _Telling(
        "event",
        {"kind": "kind", "on": "happened_on", "due": "due_on", "reference": "reference", "note": "note"},
        empty=("amended_at", "amended_why", "withdrawn_at", "withdrawn_why"),
    ),
    What.EVENT_AMENDED: _Telling(
        "event", {"on": "happened_on", "due": "due_on", "why": "amended_why"}, "amended_at"
    ),
    What.EVENT_WITHDRAWN: _Telling("event", {"why": "withdrawn_why"}, "withdrawn_at"),
    What.POSTING: _Telling(
        "posting",
        {
            "key": "key",
            "channel": "channel",
            "on": "posted_on",
            "url": "url",
            "sha256": "evidence",
            "note": "note",
        },
        empty=("withdrawn_at", "withdrawn_why", "taken_down_on"),
    ),
    What.POSTING_WITHDRAWN: _Telling(
        "posting", {"on": "taken_down_on", "why": "withdrawn_why"}, "withdrawn_at"
    ),
    What.WAIVER: _Telling("waiver", {"why": "reason"}, empty=("lifted_at", "lifted_why")),
    What.WAIVER_LIFTED: _Telling("waiver", {"why": "lifted_why"}, "lifted_at"),
    What.EXTENSION: _Telling(
        "extension", {"by": "by", "until": "until", "why": "reason", "reference": "reference"}
    ),
    What.SNOOZE: _Telling("snooze", {"until": "until", "why": "reason"}),
}


@dataclass(slots=True)
class ToldRecords:
    """What the entries of one organisation say of its records."""

    organisation: str
    becoming: Becoming
    values: dict[Name, Values] = field(default_factory=dict)
    entry: dict[Name, int] = field(default_factory=dict)
    """The last entry that tells of each."""
    decisions: Counter[tuple[str, str]] = field(default_factory=Counter)
    begun: str | None = None
    """When its obligations were opened under the journal, or taken over into it."""
    taken_over: bool = False

    def heed(self, entry: Entry) -> None:
        """Keep in mind what an entry tells; raises KeyError where it lacks something."""
        self.becoming.heed(entry)
        if entry.what in TELLING:
            return
        if entry.what in OPENING:
            self.begun = self.begun or entry.at
            self.taken_over = self.taken_over or entry.what == What.TAKEN_OVER
            return
        telling, said = TELLINGS[entry.what], {"key": entry.key, **entry.content}
        said |= said.get("to", {})  # of an amended event
        name = self._name(telling, said)
        if name is None:
            return
        values = {column: said[word] for word, column in telling.columns.items()}
        known = self.values.setdefault(name, dict.fromkeys(telling.empty))
        known.update(values, **{telling.moment: entry.at})
        self.entry[name] = entry.number

    def _name(self, telling: _Telling, said: Mapping[str, str]) -> Name | None:
        """None: it lifts a waiver that is older than the journal."""
        table = telling.table
        if table in ("event", "posting"):
            return table, said[table], 1
        about = table, said["key"]
        self.decisions[about] += telling.moment == RECORDED
        return (*about, self.decisions[about]) if self.decisions[about] else None

    def is_older(self, recorded_at: str) -> bool:
        """Whether what was recorded then may have no entry: it was recorded before there was a journal."""
        return self.begun is None or (self.taken_over and recorded_at < self.begun)
