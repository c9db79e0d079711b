"""What lasts is told once when it begins and once when it ends, whoever runs into it."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from monitor import events
from monitor.clock import SystemClock
from monitor.pulse import Pulse
from monitor.state import Refused
from rules.sentences import sentence


@pytest.fixture
def pulse() -> Pulse:
    return Pulse(SystemClock())


@pytest.fixture
def logged() -> Iterator[Callable[[], list[str]]]:
    with capture_logs() as logs:

        def news() -> list[str]:
            """What was logged since this was asked last."""
            found = [each["event"] for each in logs]
            logs.clear()
            return found

        yield news


def locked() -> OperationalError:
    return OperationalError("BEGIN IMMEDIATE", None, Exception("database is locked"))


def raised(error: Exception) -> Exception:
    """With the line that raised it."""
    with pytest.raises(type(error)) as caught:
        raise error
    return caught.value


def test_a_failure_that_repeats_is_told_when_it_begins_and_when_it_ends(pulse, logged):
    for number in range(3):
        pulse.failed(events.CYCLE_FAILED, raised(ValueError(f"the {number}th time")))
    assert logged() == ["cycle.failed"]
    pulse.went_well(events.CYCLE_FAILED)
    pulse.went_well(events.CYCLE_FAILED)
    assert logged() == ["cycle.recovered"]
    assert pulse.troubles == ()


def test_an_error_of_our_own_is_told_with_the_line_that_raised_it(pulse):
    pulse.failed(events.CYCLE_FAILED, raised(ValueError("no such thing")))
    (trouble,) = pulse.troubles
    assert str(trouble.said.values["what"]).startswith("ValueError: no such thing (test_pulse.py:")


def test_a_database_that_is_down_is_down_until_all_that_wanted_it_have_had_it(pulse, logged):
    pulse.failed(events.CYCLE_FAILED, locked())
    pulse.failed(events.DELIVERING_FAILED, locked(), of="mail")
    pulse.went_well(events.DELIVERING_FAILED, of="mail")
    pulse.failed(events.DELIVERING_FAILED, locked(), of="mail")
    assert logged() == ["database.down"]
    pulse.went_well(events.DELIVERING_FAILED, of="mail")
    assert [each.event for each in pulse.troubles] == ["database.down"]
    pulse.went_well(events.CYCLE_FAILED)
    assert logged() == ["database.up"]
    assert pulse.troubles == ()


def test_a_refusal_is_told_once_in_whatever_words_it_comes_and_ends_with_a_cycle(pulse, logged):
    for minute in range(3):
        refused = Refused(sentence("the clock shows {now}", now=f"10:0{minute}"))
        pulse.failed(events.CYCLE_FAILED, raised(refused))
    assert logged() == ["cycle.refused"]
    pulse.end(events.CYCLE_REFUSED)
    assert logged() == ["cycle.allowed"]


def test_what_somebody_asked_about_is_told_again(pulse, logged):
    said = sentence("the files have faults")
    pulse.begin(events.CONFIGURATION_REFUSED, said)
    pulse.begin(events.CONFIGURATION_REFUSED, said)
    pulse.begin(events.CONFIGURATION_REFUSED, said, again=True)
    assert logged() == ["configuration.refused"] * 2
