"""All organisations as they stand to each other, and who hears of each of them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from monitor.core.offsets import Escalation
from monitor.core.subjects import HEAD, OVERSIGHT, Contact, Organisation, Recipient, address_key


@dataclass(frozen=True, slots=True)
class Register:
    """All organisations, in the order of the file, and the language of contacts that state none.

    The ids are unique and every parent is one of them, without circles. The configuration sees to that and
    names the place of each fault; here a breach is a ValueError.
    """

    organisations: tuple[Organisation, ...]
    language: str
    _by_id: Mapping[str, Organisation] = field(init=False, repr=False, compare=False)
    _children: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)
    _contacts: Mapping[tuple[str, str], tuple[Contact, ...]] = field(init=False, repr=False, compare=False)
    _recipients: Mapping[str, Recipient] = field(init=False, repr=False, compare=False)
    _posts: Mapping[str, tuple[tuple[Organisation, Contact], ...]] = field(
        init=False, repr=False, compare=False
    )
    _zones: frozenset[str] = field(init=False, repr=False, compare=False)
    _watched_zones: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_id = {organisation.id: organisation for organisation in self.organisations}
        parents = {organisation.id: organisation.parent for organisation in self.organisations}
        if len(by_id) < len(self.organisations):
            raise ValueError("two organisations have the same id")
        if not by_id.keys() >= {parent for parent in parents.values() if parent is not None}:
            raise ValueError("an organisation has a parent that is not in the register")
        if circles := parents_in_a_circle(parents):
            raise ValueError(f"parents in a circle: {circles}")
        object.__setattr__(self, "_by_id", by_id)
        object.__setattr__(self, "_children", _children(parents))
        object.__setattr__(self, "_contacts", _contacts(self.organisations))
        object.__setattr__(self, "_recipients", self._people())
        object.__setattr__(self, "_posts", _posts(self.organisations))
        object.__setattr__(self, "_zones", frozenset(each.timezone for each in self._recipients.values()))
        object.__setattr__(self, "_watched_zones", frozenset(each.timezone for each in self.organisations))

    def __getitem__(self, organisation_id: str) -> Organisation:
        """The organisation of that id; KeyError where there is none."""
        return self._by_id[organisation_id]

    def __contains__(self, organisation_id: object) -> bool:
        return organisation_id in self._by_id

    def __iter__(self) -> Iterator[Organisation]:
        return iter(self.organisations)

    def __len__(self) -> int:
        return len(self.organisations)

    def get(self, organisation_id: str) -> Organisation | None:
        """The organisation of that id, or None."""
        return self._by_id.get(organisation_id)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all organisations, in the order of the file."""
        return tuple(self._by_id)

    @property
    def recipients(self) -> tuple[Recipient, ...]:
        """Every person in the register once, in or out of office, in the order of the file."""
        return tuple(self._recipients.values())

    def remains(self, address: str, day: date) -> bool:
        """Whether the person's last day in some role is not past on that day of the zone, in office yet or not."""
        return any(contact.until is None or day <= contact.until for _, contact in self.posts_of(address))

    def under(self, organisation_id: str) -> tuple[str, ...]:
        """The ids of the organisation and of all below it, from the top down; else KeyError."""
        found = [self._by_id[organisation_id].id]
        for each in found:  # grows while it is walked
            found.extend(self._children.get(each, ()))
        return tuple(found)

    def children(self, organisation_id: str) -> tuple[str, ...]:
        """The ids of the organisations whose parent it is."""
        return self._children.get(organisation_id, ())

    def ancestors(self, organisation_id: str) -> tuple[str, ...]:
        """The ids of the organisation's parent, its parent's parent and so on, nearest first."""
        found: list[str] = []
        parent = self._by_id[organisation_id].parent
        while parent is not None:
            found.append(parent)
            parent = self._by_id[parent].parent
        return tuple(found)

    @property
    def services(self) -> tuple[str, ...]:
        """The addresses of all services that people are told by, each once; they hold secrets."""
        return tuple(dict.fromkeys(address for person in self.recipients for address in person.also))

    @property
    def people(self) -> Mapping[str, Recipient]:
        """Every person by the key of the address."""
        return self._recipients

    @property
    def zones(self) -> frozenset[str]:
        """The time zones in which anybody is told anything."""
        return self._zones

    @property
    def watched_zones(self) -> frozenset[str]:
        """The time zones by whose days anybody's duties are judged."""
        return self._watched_zones

    def recipient(self, address: str) -> Recipient | None:
        """The person behind an address, compared without case; None where no contact has it.

        Name, language and time zone are those of the topmost of the person's organisations, among equals of
        the first in the file.
        """
        return self._recipients.get(address_key(address))

    def posts_of(self, address: str) -> tuple[tuple[Organisation, Contact], ...]:
        """Where an address stands in the register, compared without case, in or out of office."""
        return self._posts.get(address_key(address), ())

    def addressees(self, organisation_id: str, role: str, day: date) -> tuple[Recipient, ...]:
        """Who hears what concerns a role on that day, in the order of the file, each once.

        A role in which nobody serves falls back to the organisation's head, then to its parent's oversight.
        """
        return (
            self._serving(organisation_id, role, day)
            or self._serving(organisation_id, HEAD, day)
            or self._serving(self._by_id[organisation_id].parent, OVERSIGHT, day)
        )

    def responsible(self, organisation_id: str, roles: Iterable[str], day: date) -> tuple[Recipient, ...]:
        """Who hears what concerns any of the roles on that day, each once, in the order of the roles."""
        return _each_once(person for role in roles for person in self.addressees(organisation_id, role, day))

    def escalation_addressees(
        self, organisation_id: str, escalation: Escalation, day: date
    ) -> tuple[Recipient, ...]:
        """Who hears an escalation of the organisation's duties on that day.

        A missing role of the organisation falls back as ever: to its head, then to its parent's oversight. A
        missing role of the parent falls back to the parent's head, then to the oversight and the head of the
        parent's own parent. Where nobody is left there, or there is no parent, nobody hears it.
        """
        if not escalation.parent:
            return self.addressees(organisation_id, escalation.to, day)
        above = self._by_id[organisation_id].parent
        if above is None:
            return ()
        return self.addressees(above, escalation.to, day) or self._serving(
            self._by_id[above].parent, HEAD, day
        )

    def unheard(self, day: date, roles: Mapping[str, Iterable[str]]) -> tuple[tuple[str, str], ...]:
        """The organisations and roles for which nobody is left on that day.

        `roles` are those that each kind of organisation needs, as its rules name them.
        """
        return tuple(
            (organisation.id, role)
            for organisation in self.organisations
            for role in roles.get(organisation.kind, ())
            if not self.addressees(organisation.id, role, day)
        )

    def _serving(self, organisation_id: str | None, role: str, day: date) -> tuple[Recipient, ...]:
        contacts = self._contacts.get((organisation_id, role), ()) if organisation_id is not None else ()
        return _each_once(
            self._recipients[address_key(each.email)] for each in contacts if each.serves_on(day)
        )

    def _people(self) -> dict[str, Recipient]:
        depth = {organisation.id: len(self.ancestors(organisation.id)) for organisation in self.organisations}
        written: dict[str, str] = {}
        also: dict[str, dict[str, None]] = defaultdict(dict)
        for contact in (contact for organisation in self.organisations for contact in organisation.contacts):
            written.setdefault(address_key(contact.email), contact.email)
            also[address_key(contact.email)].update(dict.fromkeys(contact.also))
        people: dict[str, Recipient] = {}
        for organisation in sorted(self.organisations, key=lambda each: depth[each.id]):
            for contact in organisation.contacts:
                key = address_key(contact.email)
                language = contact.language or self.language
                if key not in people:
                    zone = organisation.timezone
                    people[key] = Recipient(written[key], contact.name, language, zone, tuple(also[key]))
        return {key: people[key] for key in written}


def parents_in_a_circle(parents: Mapping[str, str | None]) -> tuple[tuple[str, ...], ...]:
    """Every circle among the organisations' parents, once each, from its first in the mapping on.

    A parent that is not in the mapping ends the way up.
    """
    circles: list[tuple[str, ...]] = []
    settled: set[str] = set()
    for start in parents:
        way: dict[str, None] = {}
        step: str | None = start
        while step is not None and step in parents and step not in settled and step not in way:
            way[step] = None
            step = parents[step]
        if step in way:
            ids = list(way)
            circles.append(tuple(ids[ids.index(step) :]))
        settled.update(way)
    return tuple(circles)


def _children(parents: Mapping[str, str | None]) -> dict[str, tuple[str, ...]]:
    below: dict[str, list[str]] = defaultdict(list)
    for child, parent in parents.items():
        if parent is not None:
            below[parent].append(child)
    return {parent: tuple(children) for parent, children in below.items()}


def _contacts(organisations: Iterable[Organisation]) -> dict[tuple[str, str], tuple[Contact, ...]]:
    by_role: dict[tuple[str, str], list[Contact]] = defaultdict(list)
    for organisation in organisations:
        for contact in organisation.contacts:
            by_role[organisation.id, contact.role].append(contact)
    return {place: tuple(contacts) for place, contacts in by_role.items()}


def _posts(organisations: Iterable[Organisation]) -> dict[str, tuple[tuple[Organisation, Contact], ...]]:
    by_person: dict[str, list[tuple[Organisation, Contact]]] = defaultdict(list)
    for organisation in organisations:
        for contact in organisation.contacts:
            by_person[address_key(contact.email)].append((organisation, contact))
    return {person: tuple(posts) for person, posts in by_person.items()}


def _each_once(people: Iterable[Recipient]) -> tuple[Recipient, ...]:
    return tuple({person.key: person for person in people}.values())
