"""Organisations and their contacts, from tables of config.toml and from files, made into one register."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from typing import TypeAlias, TypeVar

from monitor.configuration import notations
from monitor.configuration.files import Files
from monitor.configuration.sheets import on_line, read_sheet
from monitor.core.register import Register, parents_in_a_circle
from monitor.core.subjects import Contact, Exemption, Organisation
from rules.faults import Fault
from rules.reading import Reading, shown
from rules.sentences import Sentence, sentence
from rules.table import Table

T = TypeVar("T")

LANGUAGES = ("mn", "en")
REGISTER_KEYS = ("organisations", "contacts")
_COLUMNS = ("id", "name", "kind", "parent", "timezone", "website", "since")
ORGANISATION_KEYS = (*_COLUMNS, "exempt", "contacts")
CONTACT_KEYS = ("role", "name", "email", "language", "from", "until", "also")
_LARGEST_SHEET = 16 * 1024 * 1024
"""Bytes of a file of the register; one of 30,000 contacts has some four million."""
_NEEDED = frozenset({"id", "kind", "since", "name", "organisation", "role", "email"})
_SUGGESTED_AT_MOST = 20  # faults; looking for the nearest of 10,000 ids takes its time

A_LINE = sentence("one line of text")
A_WORD = sentence("one word of letters, digits and -")
AN_ADDRESS = sentence("one e-mail address such as finance@sergelen.mn")
A_TIMEZONE = sentence("a time zone such as Asia/Ulaanbaatar")
A_WEB_ADDRESS = sentence("a web address such as https://sergelen.example.mn, without a user name")
_AN_ID = sentence("made of a-z, 0-9 and -")
_A_RULE = sentence("a rule's id such as budget.approved")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file of the register as it was found."""

    path: str
    content: bytes


Sheets: TypeAlias = Mapping[str, Sheet | None]
"""By what they list; None is one that could not be had."""


@dataclass(slots=True)
class LineReading(Reading):
    """One line of a sheet being read; its faults name the line."""

    line: int = 0

    def fault(self, key: str, value: object, text: str, /, **values: object) -> None:
        """Note a fault of this line."""
        said = sentence(text, key=key, value=shown(value), **values)
        self.note(Fault(self.where, key, value, on_line(self.line, said)))


@dataclass(slots=True)
class _Found:
    """What has been read so far, each organisation with the place that its faults name."""

    organisations: list[tuple[Table, Organisation]] = field(default_factory=list)
    contacts: dict[str, list[Contact]] = field(default_factory=lambda: defaultdict(list))
    whole: bool = True
    """Whether every file of organisations could be read; else nobody is told that one is missing."""


def open_sheets(top: Table, files: Files) -> Sheets:
    """The files named in `[register]`, as they are now, unread; every fault is noted."""
    table = top.table("register", needed=False)
    if table is None:
        return {}
    table.only(REGISTER_KEYS)
    named = [key for key in REGISTER_KEYS if key == "organisations" or key in table]
    return {key: _sheet(table.text(key), files, top.reading) for key in named}


def read_register(top: Table, sheets: Sheets, timezone: str, language: str) -> Register:
    """The register of `[[organisations]]` and of those `sheets`; every fault is noted.

    What comes back is of use only if none was.
    """
    found = _Found()
    for table in top.tables("organisations"):
        table.only(ORGANISATION_KEYS)
        organisation = _organisation(table, timezone)
        found.organisations.append((table, replace(organisation, exempt=_exemptions(table))))
        for written in table.tables("contacts"):
            known = notations.without_unknown_values(written.data, CONTACT_KEYS)
            contact = Table(written.reading, written.path, known)
            contact.only(CONTACT_KEYS)
            found.contacts[organisation.id].append(_contact(contact))
    _read_sheets(top.reading, sheets, timezone, found)
    if not found.organisations and found.whole:
        top.fault(
            "organisations", "No organisation is named; add [[organisations]], or [register] with a file"
        )
    return _register(found, language, top.reading)


def _sheet(named: str, files: Files, reading: Reading) -> Sheet | None:
    if not named:
        return None
    path = files.path(named)
    content = files.read(path, Reading(str(path), reading.faults), _LARGEST_SHEET)
    return None if content is None else Sheet(str(path), content)


def _read_sheets(reading: Reading, sheets: Sheets, timezone: str, found: _Found) -> None:
    if "organisations" in sheets:
        rows = _rows(sheets["organisations"], _COLUMNS, reading.faults)
        found.whole = rows is not None
        found.organisations.extend((row, _organisation(row, timezone)) for row in rows or ())
    if "contacts" in sheets:
        known = {organisation.id for _, organisation in found.organisations}
        for row in _rows(sheets["contacts"], ("organisation", *CONTACT_KEYS), reading.faults) or ():
            organisation_id = row.text("organisation")
            found.contacts[organisation_id].append(_contact(row))
            if organisation_id and organisation_id not in known and found.whole:
                _unknown(row, "organisation", organisation_id, known)


def _rows(sheet: Sheet | None, columns: Sequence[str], faults: list[Fault]) -> Iterator[Table] | None:
    """The rows of the sheet; None where it could not be read."""
    if sheet is None:
        return None
    before = len(faults)
    rows = read_sheet(sheet.content, sheet.path, columns, _NEEDED & set(columns), faults)
    if len(faults) > before and not rows:
        return None
    return (Table(LineReading(sheet.path, faults, line=row.line), "", _as_in_toml(row.cells)) for row in rows)


def _as_in_toml(cells: Mapping[str, str]) -> dict[str, object]:
    """The cells, with dates and lists where there should be some; a date that cannot be read is left for a fault."""
    return {key: _READ.get(key, str)(cell) for key, cell in cells.items()}


def _date_or_text(cell: str) -> date | str:
    try:
        return notations.day(cell)
    except ValueError:
        return cell


_READ: Mapping[str, Callable[[str], object]] = {
    **dict.fromkeys(("since", "from", "until"), _date_or_text),
    "also": str.split,
}


def _organisation(table: Table, timezone: str) -> Organisation:
    return Organisation(
        id=table.parsed("id", notations.organisation_id, _AN_ID, ""),
        name=table.parsed("name", notations.line_of_text, A_LINE, ""),
        kind=table.parsed("kind", notations.word, A_WORD, ""),
        since=table.day("since"),
        timezone=_if_there(table, "timezone", notations.timezone, A_TIMEZONE, timezone),
        parent=_if_there(table, "parent", notations.organisation_id, _AN_ID, None),
        website=_if_there(table, "website", notations.web_address, A_WEB_ADDRESS, None),
    )


def _if_there(table: Table, key: str, parse: Callable[[str], T], expected: Sentence, absent: T) -> T:
    return table.parsed(key, parse, expected, absent) if key in table else absent


def _exemptions(table: Table) -> tuple[Exemption, ...]:
    found: dict[str, Exemption] = {}
    for each in table.tables("exempt"):
        each.only(("rule", "reason"))
        rule = each.parsed("rule", notations.rule_id, _A_RULE, "")
        if rule in found:
            each.fault("rule", "{key} names {value} a second time")
        found[rule] = Exemption(rule, each.parsed("reason", notations.line_of_text, A_LINE, ""))
    return tuple(found.values())


def _contact(table: Table) -> Contact:
    contact = Contact(
        role=table.parsed("role", notations.word, A_WORD, ""),
        name=table.parsed("name", notations.line_of_text, A_LINE, ""),
        email=table.parsed("email", notations.address, AN_ADDRESS, ""),
        language=table.choice("language", LANGUAGES) if "language" in table else None,
        start=table.optional_day("from"),
        until=table.optional_day("until"),
        also=_services(table),
    )
    if contact.start is not None and contact.until is not None and contact.until < contact.start:
        table.fault(
            "until", "{key} must not lie before the first day, {first}, as {value} does", first=contact.start
        )
    return contact


def _services(table: Table) -> tuple[str, ...]:
    """The addresses of services; a fault does not repeat them, as they hold secrets."""
    written = table.data.get("also", [])
    try:
        if not isinstance(written, list):
            raise TypeError  # noqa: TRY301 -- the same fault as for what is in the list
        return tuple(dict.fromkeys(notations.service(each) for each in written))
    except (TypeError, ValueError):
        hidden = Table(table.reading, table.path, {})
        hidden.fault(
            "also", "{key} must be a list of addresses such as tgram://token/chat; what is there is not shown"
        )
        return ()


def _register(found: _Found, language: str, reading: Reading) -> Register:
    places: dict[str, Table] = {}
    for place, organisation in found.organisations:
        if organisation.id in places and organisation.id:
            place.fault("id", "{key} must be another one: {value} is the id of an organisation above")
        places.setdefault(organisation.id, place)
    parents = {organisation.id: organisation.parent for _, organisation in found.organisations}
    for place, organisation in found.organisations:
        if organisation.parent is not None and organisation.parent not in parents and found.whole:
            _unknown(place, "parent", organisation.parent, parents)
    for circle in parents_in_a_circle(parents):
        chain = " -> ".join((*circle, circle[0]))
        places[circle[0]].fault(
            "parent", "{key} leads round in a circle: {chain}; let one of them have no parent", chain=chain
        )
    if reading.faults:
        return Register((), language)
    return Register(
        tuple(
            replace(each, contacts=tuple(found.contacts.get(each.id, ()))) for _, each in found.organisations
        ),
        language,
    )


def _unknown(place: Table, key: str, organisation_id: str, known: Iterable[str]) -> None:
    few = len(place.reading.faults) < _SUGGESTED_AT_MOST
    near = get_close_matches(organisation_id, known, n=1) if few else []
    if near:
        place.fault(
            key, "{key} names {value}, which is no organisation's id; perhaps {near} is meant", near=near[0]
        )
    else:
        place.fault(key, "{key} names {value}, which is no organisation's id")
