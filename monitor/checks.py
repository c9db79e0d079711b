"""What an administrator should know: every problem with a stable id, a sentence and a hint."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from monitor.assembly import Assembly
from monitor.backups import newest_daily_backup
from notifications.transports.services import is_installed, is_known
from rules.sentences import Sentence, Term, counted, sentence

PACK_IS_OLD = timedelta(days=366)
_LOOK_FOR_DECREES_FROM = (11, 15)
"""Month and day from which the coming year's decrees should be looked for: January's duties are counted then."""


class Weight(StrEnum):
    """An error keeps the monitor from its work; a warning is something that it cannot judge."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem."""

    id: str
    weight: Weight
    said: Sentence
    hint: Sentence


def standing_problems(assembly: Assembly, day: date) -> tuple[Problem, ...]:
    """What the configuration, the packs and the calendar show by themselves on `day`."""
    return (
        *_exemptions(assembly),
        *_kinds(assembly),
        *_unheard(assembly, day),
        *_escalations(assembly, day),
        *_calendar(assembly, day),
        *_packs(assembly, day),
        *_services(assembly),
        *_backups(assembly, day),
    )


def _exemptions(assembly: Assembly) -> Iterator[Problem]:
    for organisation in assembly.settings.register:
        for each in organisation.exempt:
            if each.rule not in assembly.book.ids:
                yield Problem(
                    "exempt-rule",
                    Weight.WARNING,
                    sentence(
                        "{id} is exempt from {rule}, which no loaded pack has.",
                        id=organisation.id,
                        rule=each.rule,
                    ),
                    sentence("Correct the rule's id, or load its pack."),
                )


def _kinds(assembly: Assembly) -> Iterator[Problem]:
    for kind in dict.fromkeys(each.kind for each in assembly.settings.register):
        if not assembly.book.applying_to(kind):
            known = sorted({name for rule in assembly.book.rules for name in rule.applies_to})
            yield Problem(
                "kind-without-rules",
                Weight.WARNING,
                sentence("No loaded rule applies to organisations of the kind {kind}.", kind=kind),
                sentence("The kinds that rules name are: {known}.", known=tuple(known)),
            )


def _unheard(assembly: Assembly, day: date) -> Iterator[Problem]:
    for organisation, role in unheard(assembly, day):
        yield Problem(
            "nobody-hears",
            Weight.WARNING,
            sentence(
                "Nobody would be told of the duties of {role} in {id}.", role=Term(role), id=organisation
            ),
            sentence("Add a contact for {role} or head there, or for oversight in its parent.", role=role),
        )


def unheard(assembly: Assembly, day: date) -> tuple[tuple[str, str], ...]:
    """The organisations and roles of which nobody would be told on `day`."""
    return assembly.settings.register.unheard(day, roles_by_kind(assembly))


def roles_by_kind(assembly: Assembly) -> dict[str, tuple[str, ...]]:
    """The roles that the rules make responsible, by the kind of organisation to which they apply."""
    roles: dict[str, tuple[str, ...]] = {}
    for rule in assembly.book.rules:
        for kind in rule.applies_to:
            roles[kind] = tuple(dict.fromkeys((*roles.get(kind, ()), *rule.responsible)))
    return roles


def _escalations(assembly: Assembly, day: date) -> Iterator[Problem]:
    register = assembly.settings.register
    with_duties = {kind for kind in {each.kind for each in register} if assembly.book.applying_to(kind)}
    for escalation in assembly.settings.reminders.escalate:
        deaf = [
            each.id
            for each in register
            if each.kind in with_duties and not register.escalation_addressees(each.id, escalation, day)
        ]
        if deaf:
            yield Problem(
                "nobody-hears-escalation",
                Weight.WARNING,
                sentence(
                    "{organisations}: nobody hears what is overdue by {span} ({first} ...).",
                    organisations=counted("{n} organisation", "{n} organisations", len(deaf)),
                    span=escalation.after.span,
                    first=deaf[0],
                ),
                sentence("Add a contact for oversight or head to the parent, or a parent."),
            )


def _calendar(assembly: Assembly, day: date) -> Iterator[Problem]:
    calendar = assembly.book.calendar
    if not calendar.region:
        return
    years = [day.year] + ([day.year + 1] if (day.month, day.day) >= _LOOK_FOR_DECREES_FROM else [])
    for year in years:
        if year not in calendar.looked_at:
            yield Problem(
                "decrees-not-looked-for",
                Weight.WARNING,
                sentence(
                    "Nobody has looked for the decrees of {year} on days off and moved days.", year=year
                ),
                sentence(
                    "Look for them, enter them in calendar.toml, and add a [[looked_at]] for {year}.",
                    year=year,
                ),
            )
    if calendar.last < day + timedelta(days=366):
        yield Problem(
            "calendar-ends",
            Weight.WARNING,
            sentence("The working days are known until {last} only.", last=calendar.last),
            sentence("Duties due later show as unknown; widen `known` in calendar.toml."),
        )


def _packs(assembly: Assembly, day: date) -> Iterator[Problem]:
    for pack in assembly.packs:
        if day - pack.reviewed > PACK_IS_OLD:
            yield Problem(
                "pack-old",
                Weight.WARNING,
                sentence(
                    "Pack {pack} was last reviewed on {day}, over a year ago.",
                    pack=pack.id,
                    day=pack.reviewed,
                ),
                sentence("Compare it with the law in force, or take a newer release."),
            )


def _services(assembly: Assembly) -> Iterator[Problem]:
    """What the services that contacts list need; of an address no more is told than what kind it is."""
    listed = assembly.settings.register.services
    if listed and not is_installed():
        yield Problem(
            "services-need-apprise",
            Weight.ERROR,
            sentence("Contacts list services under also, and what tells them is not installed."),
            sentence("Install it: pip install iltod[apprise]; mails go out without it."),
        )
        return
    for person in assembly.settings.register.recipients:
        for address in person.also:
            if not is_known(address):
                yield Problem(
                    "service-unknown",
                    Weight.WARNING,
                    sentence(
                        "{address} lists a service, {kind}://..., that Apprise can make nothing of.",
                        address=person.address,
                        kind=address.partition(":")[0],
                    ),
                    sentence("Correct also; Apprise's own pages show how each service is written."),
                )


def _backups(assembly: Assembly, day: date) -> Iterator[Problem]:
    """The day's own is made only after its first cycle."""
    settings, folder = assembly.settings, assembly.settings.daemon.backup_folder
    if not settings.daemon.daily_backups:
        return
    newest = newest_daily_backup(settings, day)
    if newest is None or newest < day - timedelta(days=1):
        yield Problem(
            "backup-old",
            Weight.WARNING,
            sentence(
                "The newest daily backup in {folder} is of {day}.",
                folder=folder,
                day=newest,
            )
            if newest
            else sentence("There is no daily backup in {folder} yet.", folder=folder),
            sentence("The daemon makes one after its first cycle of a day; its log says what hinders it."),
        )
