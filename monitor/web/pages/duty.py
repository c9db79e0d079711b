"""One duty: its date with the steps to it, what was posted, what was decided, and who was told."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import Response

from monitor.core.journal import What
from monitor.core.obligations import key_of
from monitor.core.plan import Opened as OpenedObligation
from monitor.core.report import Line
from monitor.core.status import State
from monitor.explanation import explain_key
from monitor.journal_words import note_of
from monitor.lookup import Found, find
from monitor.reporting import line_for
from monitor.storage.evidence import evidence_of
from monitor.storage.history import PostingRecord, decisions_of, journal_of, postings_of, tellings_of
from monitor.web.happened import happened
from monitor.web.large import EvidenceResponse
from monitor.web.revisiting import unless_known
from monitor.web.uploads import type_of
from monitor.web.visits import Visit, number_in
from monitor.wording import what_word

_ENTRIES = 100


@dataclass(frozen=True, slots=True)
class Can:
    """What the viewer can do about a duty as it stands."""

    post: bool
    snooze: bool
    waive: bool
    unwaive: bool
    extend: bool

    def __bool__(self) -> bool:
        return any((self.post, self.snooze, self.waive, self.unwaive, self.extend))


def duty(visit: Visit) -> Response:
    """Answer with the duty that the address names by its key."""
    key = key_in(visit)
    with visit.site.reading() as opened:
        found = find(opened.connection, visit.assembly, key, opened.now)
        line = line_of(visit, found)
        postings = postings_of(opened.connection, _on_the_same_document(found))
        return visit.page(
            "duty.html",
            line=line,
            obligation=line.obligation,
            card=line.obligation.card,
            organisation=found.organisation,
            explanation=explain_key(opened.connection, visit.assembly, key, opened.now),
            by_channel=_by_channel(line, postings),
            others=[each for each in postings if each.channel not in line.obligation.card.channels],
            decisions=decisions_of(opened.connection, key),
            tellings=tellings_of(opened.connection, found.organisation.id, key),
            entries=[
                (entry, what_word(What(entry.what)), note_of(entry, visit.voice))
                for entry in journal_of(opened.connection, found.organisation.id, key, _ENTRIES)
            ],
            people=visit.assembly.settings.register.people,
            responsible=visit.assembly.settings.register.responsible(
                found.organisation.id, line.obligation.card.responsible, found.today
            ),
            can=what_can_be_done(visit, found, line),
            timezone=found.organisation.timezone,
            done=happened(visit.request.query_params),
        )


def evidence(visit: Visit) -> Response:
    """Give the file that backs a posting."""
    with visit.site.reading() as opened:
        found = evidence_of(opened.connection, number_in(visit.request, "posting"))
    if found is None:
        raise HTTPException(404)
    organisation_id, file = found
    visit.organisation(organisation_id)
    known = type_of(file.beginning)
    response = EvidenceResponse(
        visit.site,
        file,
        known or "application/octet-stream",
        {
            "Content-Disposition": "inline" if known else "attachment",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-cache",
        },
    )
    return unless_known(visit.request, response)


def key_in(visit: Visit) -> str:
    """The key in the address; what the viewer may not see is not there."""
    organisation, rule, occurrence = (
        visit.request.path_params[name] for name in ("organisation", "rule", "occurrence")
    )
    visit.organisation(organisation)
    return key_of(organisation, rule, occurrence)


def duty_address(key: str) -> str:
    """Where the page of a duty is."""
    return f"/duties/{quote(key)}"


def line_of(visit: Visit, found: Found) -> Line:
    """The duty as the report shows it, opened or not."""
    opened = found.opened or OpenedObligation(found.obligation, found.today, posted=False)
    return line_for(found.facts, visit.assembly.law, opened, found.today)


def what_can_be_done(visit: Visit, found: Found, line: Line) -> Can:
    """By the viewer's rights, and by where it stands."""
    organisation = found.organisation.id
    records, waives = organisation in visit.viewer.records, organisation in visit.viewer.waives
    stands = line.state not in (State.WAIVED, State.WITHDRAWN)
    ahead = line.state in (State.UPCOMING, State.DUE_SOON)
    extendable = found.duty is not None and found.duty.rule.extendable is not None
    return Can(
        post=records and stands,
        snooze=records and ahead and line.obligation.act_by is not None,
        waive=waives and stands,
        unwaive=waives and found.obligation.key in found.facts.waivers,
        extend=waives and ahead and extendable,
    )


def _on_the_same_document(found: Found) -> list[str]:
    obligation = found.obligation
    return [
        key_of(obligation.organisation, rule, obligation.occurrence) for rule in obligation.card.documents
    ]


def _by_channel(line: Line, postings: Sequence[PostingRecord]) -> list[tuple[str, list[PostingRecord]]]:
    return [
        (channel, [each for each in postings if each.channel == channel])
        for channel in line.obligation.card.channels
    ]
