"""What is measured, in the form that Prometheus reads; numbers only, and nothing of a person or an office."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from importlib.metadata import version
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from monitor.assembly import Assembly
from monitor.clock import day_in
from monitor.health import Health, Level
from monitor.opening import Opened
from monitor.pulse import Pulse
from monitor.storage.reading import SCHEMA
from monitor.storage.standing import ORDER, ZONES, Asked, Query
from notifications.mail_list import oldest_undelivered
from notifications.messages import DeliveryState


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything at one moment."""

    now: datetime
    cycle_seconds: float | None
    organisations: int
    obligations: Mapping[str, int]
    deliveries: Mapping[DeliveryState, int]
    oldest_waiting: datetime | None
    calendar_known_until: date
    decrees_looked_at: Mapping[int, bool]
    packs_reviewed: Mapping[str, date]
    timezone: str


def measure(
    opened: Opened,
    assembly: Assembly,
    pulse: Pulse | None,
    deliveries: Mapping[DeliveryState, int],
) -> Measured:
    """What the database shows, the configuration says and, where there is one in this process, the daemon knows."""
    timezone, calendar = assembly.settings.monitor.timezone, assembly.book.calendar
    year = day_in(timezone, opened.now).year
    return Measured(
        now=opened.now,
        cycle_seconds=pulse.cycle_seconds if pulse else None,
        organisations=len(assembly.settings.register),
        obligations=_count_obligations(opened, timezone),
        deliveries=deliveries,
        oldest_waiting=oldest_undelivered(opened.connection),
        calendar_known_until=calendar.last,
        decrees_looked_at={each: each in calendar.looked_at for each in (year, year + 1)},
        packs_reviewed={pack.id: pack.reviewed for pack in assembly.packs},
        timezone=timezone,
    )


def exposition(health: Health, measured: Measured | None) -> bytes:
    """The text of one answer; what is not measured is left out."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once((*_of_health(health), *(_families(health, measured) if measured else ()))))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


class _Once(Collector):
    def __init__(self, families: tuple[Metric, ...]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        return iter(self._families)


def _count_obligations(opened: Opened, timezone: str) -> dict[str, int]:
    """By state, from the tally: 600,000 obligations are some dozens of rows there."""
    days = {zone: day_in(zone, opened.now) for zone, _ in opened.reader.rows(ZONES)}
    query = Query(days or {timezone: day_in(timezone, opened.now)}, Asked(), None)
    found = {state: int(number) for state, number in opened.reader.rows(query.summary(), query.values)}
    return {state: found.get(state, 0) for state in ORDER}


def _of_health(health: Health) -> Iterator[Metric]:
    yield InfoMetricFamily(
        "iltod_build",
        "The program, and its database's schema.",
        {"version": version("iltod"), "schema": SCHEMA},
    )
    yield GaugeMetricFamily(
        "iltod_healthy",
        "1: does what it is there for (/health answers 200).",
        health.level is not Level.DOWN,
    )
    yield _labelled(
        "iltod_trouble",
        "1 for each reason that /health gives.",
        "id",
        {each.id: 1 for each in health.reasons},
    )


def _families(health: Health, measured: Measured) -> Iterator[Metric]:
    now, last = measured.now, health.last_cycle_at
    if last is not None:
        yield GaugeMetricFamily(
            "iltod_last_cycle_age_seconds", "How long ago the last cycle ran.", (now - last).total_seconds()
        )
    if measured.cycle_seconds is not None:
        yield GaugeMetricFamily(
            "iltod_cycle_duration_seconds", "How long this daemon's last cycle took.", measured.cycle_seconds
        )
    yield GaugeMetricFamily(
        "iltod_organisations", "How many organisations are watched.", measured.organisations
    )
    yield _labelled("iltod_obligations", "Obligations by state.", "state", measured.obligations)
    yield _labelled("iltod_deliveries", "Deliveries by state.", "state", measured.deliveries)
    waited = (now - measured.oldest_waiting).total_seconds() if measured.oldest_waiting else 0
    yield GaugeMetricFamily(
        "iltod_oldest_undelivered_age_seconds",
        "How long the oldest undelivered mail waits; 0: none does.",
        waited,
    )
    yield GaugeMetricFamily(
        "iltod_calendar_known_until_timestamp_seconds",
        "The last day of which it is known whether it is worked.",
        _timestamp(measured.calendar_known_until, measured.timezone),
    )
    yield _labelled(
        "iltod_decrees_looked_at",
        "1: the decrees of that year were looked for.",
        "year",
        {str(year): found for year, found in measured.decrees_looked_at.items()},
    )
    yield _labelled(
        "iltod_pack_reviewed_timestamp_seconds",
        "When a rule pack was last compared with the law.",
        "pack",
        {pack: _timestamp(day, measured.timezone) for pack, day in measured.packs_reviewed.items()},
    )


def _labelled(
    name: str, what: str, label: str, values: Mapping[str, float] | Mapping[DeliveryState, int]
) -> Metric:
    family = GaugeMetricFamily(name, what, labels=[label])
    for each, value in values.items():
        family.add_metric([each], value)
    return family


def _timestamp(day: date, timezone: str) -> float:
    return datetime.combine(day, time.min, ZoneInfo(timezone)).timestamp()
