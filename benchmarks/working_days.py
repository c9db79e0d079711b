"""How fast due dates are worked out, against the sums of NumPy and of the holidays package.

    python benchmarks/working_days.py [DATES]

Everything counts 14 working days after the same random days of 2015 to 2030, on the Mongolian holidays (without moved
days, which the others do not know), and must agree on a sample in the same run before anything is timed. The ratios
are to `date.fromordinal`, the least that a date costs in Python, measured in the same run.
"""

import random
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import holidays
import numpy as np
from figures import keep

from rules.calendars import load_calendar
from rules.due import RuleBook
from rules.limits import Limit
from rules.loading import load_packs
from rules.occurrences import EventFact

FIRST, LAST = date(2015, 1, 1), date(2030, 12, 31)
N = 14
SAMPLE = 1000
SEED = 20240110
WEEKEND = ("saturday", "sunday")
AMENDMENT = "budget.amendment"
YEARLY = ("budget.approved", "budget.performance", "budget.draft", "budget.financial-statement")


def main(dates: int) -> None:
    chance = random.Random(SEED)
    days = [date.fromordinal(chance.randint(FIRST.toordinal(), LAST.toordinal())) for _ in range(dates)]

    begun = time.perf_counter()
    calendar = load_calendar("MN", WEEKEND, None, shipped=False)
    book = RuleBook(load_packs(["budget"], Path()), calendar, Limit.parse("3 working days"))
    loaded = time.perf_counter() - begun
    begun = time.perf_counter()
    for year in range(FIRST.year, LAST.year + 2):
        calendar.is_working(date(year, 1, 1))
    tables = time.perf_counter() - begun

    package = holidays.country_holidays("MN", years=range(FIRST.year, LAST.year + 2), language="mn")
    numpy_days = np.array(days, dtype="datetime64[D]")
    numpy_calendar = np.busdaycalendar(holidays=np.array(sorted(package), dtype="datetime64[D]"))

    events = [EventFact("e1", day) for day in days]

    def due(event: EventFact) -> date | None:
        duty = book.started(AMENDMENT, event)
        return duty.reckoning.due_on if duty else None

    def scalar(day: date) -> object:
        return np.busday_offset(day, N, roll="preceding", busdaycal=numpy_calendar).item()

    def mixed(event: EventFact) -> date | None:
        yearly = event.on.day % 2 == 0
        duty = (
            book.duty(YEARLY[event.on.day % 4], str(event.on.year))
            if yearly
            else book.started(AMENDMENT, event)
        )
        return duty.reckoning.due_on if duty else None

    sample = days[:SAMPLE]
    told = [calendar.add(day, N) for day in sample]
    assert told == [due(event) for event in events[:SAMPLE]]
    assert told == [scalar(day) for day in sample]
    assert (
        told == np.busday_offset(numpy_days[:SAMPLE], N, roll="preceding", busdaycal=numpy_calendar).tolist()
    )
    assert told == [package.get_nth_working_day(day, N) for day in sample]
    print(f"all agree on {SAMPLE} of {dates} dates, seed {SEED}")
    print(
        f"packs and calendar loaded in {loaded * 1e3:.1f} ms, the tables of 17 years in {tables * 1e3:.1f} ms"
    )

    ordinals = [day.toordinal() for day in days]
    floor = rate(dates, lambda: [date.fromordinal(ordinal) for ordinal in ordinals])
    few = days[: max(1, dates // 50)]
    report("date.fromordinal", floor, floor)
    report("calendar.add", rate(dates, lambda: [calendar.add(day, N) for day in days]), floor)
    report("due dates after events", rate(dates, lambda: [due(event) for event in events]), floor)
    report("due dates, half of them yearly", rate(dates, lambda: [mixed(event) for event in events]), floor)
    report(
        "numpy.busday_offset, an array",
        rate(
            dates,
            lambda: np.busday_offset(numpy_days, N, roll="preceding", busdaycal=numpy_calendar).tolist(),
        ),
        floor,
    )
    report("numpy.busday_offset, one by one", rate(len(few), lambda: [scalar(day) for day in few]), floor)
    report(
        "holidays.get_nth_working_day",
        rate(len(few), lambda: [package.get_nth_working_day(day, N) for day in few]),
        floor,
    )


def rate(dates: int, work: Callable[[], object]) -> float:
    """Dates a second, the best of three runs."""
    best = float("inf")
    for _ in range(3):
        begun = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begun)
    return dates / best


def report(what: str, found: float, floor: float) -> None:
    print(f"{what:34} {found:14,.0f} /s {1e9 / found:10,.0f} ns  {floor / found:8.1f} x fromordinal")


if __name__ == "__main__":
    with keep("working_days"):
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
