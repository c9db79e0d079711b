"""Evidence: what has been put up, where, since when, and for how long."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

RECORDED_LATE = timedelta(days=3)
"""A posting recorded later than this after its own date, in calendar days, is marked `backdated` where it shows."""


@dataclass(frozen=True, slots=True)
class Posting:
    """A record that a document was put up in one channel on a day; withdrawn, never deleted."""

    id: int
    key: str
    channel: str
    on: date
    recorded_on: date
    url: str | None = None
    withdrawn: str | None = None
    """Why it was withdrawn."""
    taken_down: date | None = None
    """The day until which it was up; a posting withdrawn without such a day was never valid."""

    @property
    def valid(self) -> bool:
        """Whether it was ever up."""
        return self.withdrawn is None or self.taken_down is not None

    @property
    def backdated(self) -> bool:
        """Whether it was recorded so late that the record alone proves little."""
        return self.recorded_on - self.on > RECORDED_LATE


@dataclass(frozen=True, slots=True)
class Display:
    """A span of days in which the document was up in every channel; `end` is its last day, None while it is up."""

    start: date
    end: date | None


def earliest(postings: Iterable[Posting], channels: Sequence[str], day: date) -> Mapping[str, Posting]:
    """For each channel of `channels` that is covered on `day`, its earliest posting that stands."""
    found: dict[str, Posting] = {}
    for posting in sorted(postings, key=lambda each: (each.on, each.id)):
        if posting.channel in channels and posting.valid and posting.on <= day:
            found.setdefault(posting.channel, posting)
    return found


def missing(postings: Iterable[Posting], channels: Sequence[str], day: date) -> tuple[str, ...]:
    """The channels in which nothing stands on `day`, in the order of the rule."""
    covered = earliest(postings, channels, day)
    return tuple(channel for channel in channels if channel not in covered)


def displays(postings: Iterable[Posting], channels: Sequence[str], day: date) -> tuple[Display, ...]:
    """The spans up to `day` in which every channel showed the document, oldest first; what comes later is not seen."""
    known = [each for each in postings if each.valid and each.on <= day]
    spans = [Display(date.min, None)]
    for channel in channels:
        own = tuple(_joined(each for each in known if each.channel == channel))
        spans = [span for one in spans for other in own if (span := _overlap(one, other, day))]
    return tuple(spans)


def _joined(postings: Iterable[Posting]) -> Iterator[Display]:
    """The days on which one channel showed it: postings that follow or overlap each other are one span."""
    current: Display | None = None
    for posting in sorted(postings, key=lambda each: (each.on, each.id)):
        if current is None or (current.end is not None and posting.on > current.end):
            if current is not None:
                yield current
            current = Display(posting.on, posting.taken_down)
        elif current.end is not None:
            end = posting.taken_down
            current = Display(current.start, None if end is None else max(current.end, end))
    if current is not None:
        yield current


def _overlap(one: Display, other: Display, day: date) -> Display | None:
    start = max(one.start, other.start)
    ends = [end for end in (one.end, other.end) if end is not None and end <= day]
    end = min(ends) if ends else None
    return None if end is not None and end < start else Display(start, end)
