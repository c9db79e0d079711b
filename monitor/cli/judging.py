"""What `status` says, judged by the core: for another day, and wherever the stored outcomes do not say it."""

from argparse import Namespace

from monitor.checks import unheard
from monitor.cli.session import begin, reading
from monitor.clock import day_in
from monitor.formats import report_as_json
from monitor.present import Answer
from monitor.reporting import report
from monitor.storage.standing import Asked
from notifications.mail_list import counts, down_since
from notifications.messages import DeliveryState


def judged_answer(args: Namespace, asked: Asked) -> Answer | None:
    """The answer, after the whole configuration was read and checked; None where no cycle has run yet."""
    session = begin(args)
    with reading(session) as opened:
        if opened is None or opened.state.last_cycle_at is None:
            return None
        last_cycle, timezone = opened.state.last_cycle_at, session.timezone
        found = report(opened.connection, session.assembly, asked, opened.now, last_cycle)
        held = opened.state.held(opened.now)
        return Answer(
            report=report_as_json(found, session.voice, timezone),
            now=opened.now,
            last_cycle=last_cycle,
            timezone=timezone,
            held=session.say(held) if held else None,
            failed=counts(opened.connection)[DeliveryState.FAILED],
            down=down_since(opened.connection),
            unheard=unheard(session.assembly, day_in(timezone, opened.now)),
        )
