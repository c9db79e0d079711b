"""The tables of the application. The outbox brings its own, in `notifications.tables`."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, LargeBinary, String, Table, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from notifications import tables as outbox  # the reminders refer to its messages
from notifications.moments import UtcMoment

_JSON = JSON(none_as_null=True)
_UNTOLD = text("message_id IS NULL")
_NOT_SETTLED = text("NOT settled")
_BY_BYTES = String().with_variant(String(collation="C"), "postgresql")  # as Python and SQLite compare


class MonitorRow(SQLModel, table=True):
    """One row: what the whole monitor knows of itself."""

    __tablename__ = "monitor"

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    mode: str | None = None
    """`live` or `rehearsal`; the first cycle decides."""
    last_cycle_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    basis: str | None = None
    """The digest of configuration, packs and calendar on which the organisations were worked out."""
    config_checksum: int | None = Field(default=None, sa_type=BigInteger)
    """Of config.toml, as far as it belongs to that basis."""
    zones: list[str] | None = Field(default=None, sa_type=_JSON)
    """The time zones in which anybody of that basis is told anything."""
    unheard_on: date | None = None
    """The day on which it was last looked who would be told of nothing."""
    accepted_register: str | None = None
    """The digest of a register that retires many organisations, and that somebody has looked at."""


class OrganisationRow(SQLModel, table=True):
    """An organisation as the register last showed it."""

    __tablename__ = "organisation"

    id: str = Field(primary_key=True)
    name: str
    kind: str
    parent: str | None = None
    timezone: str
    website: str | None = None
    since: date
    first_cycle_on: date | None = None
    retired_on: date | None = None
    attention_at: datetime | None = Field(
        default=None, sa_type=UtcMoment, index=True
    )  # whom a cycle works out
    """The next moment at which anything about it can change or be told; None: at once."""


class CardRow(SQLModel, table=True):
    """What is shown of a rule, once for each wording that ever gave an obligation."""

    __tablename__ = "card"

    id: int | None = Field(default=None, primary_key=True)
    rule: str
    digest: str = Field(unique=True)
    content: dict[str, Any] = Field(sa_type=_JSON)


class ReckoningRow(SQLModel, table=True):
    """What a due date rests on, once for all obligations that rest on the same; rows are only ever added."""

    __tablename__ = "reckoning"

    id: int | None = Field(default=None, primary_key=True)
    basis: str = Field(unique=True)
    """The digest of all from which the dates follow, without the words of the steps."""
    digest: str = Field(unique=True)
    """The digest of all of it, by which the journal names it."""
    content: dict[str, Any] = Field(sa_type=_JSON)


class EventRow(SQLModel, table=True):
    """A dated fact that starts a clock."""

    __tablename__ = "event"

    id: int | None = Field(default=None, primary_key=True)
    organisation: str = Field(index=True)  # the facts of one organisation
    kind: str
    happened_on: date
    due_on: date | None = None
    reference: str = ""
    note: str = ""
    recorded_at: datetime = Field(sa_type=UtcMoment)
    amended_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    amended_why: str | None = None
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    withdrawn_why: str | None = None


class ObligationRow(SQLModel, table=True):
    """An opened obligation, as the last cycle worked it out."""

    __tablename__ = "obligation"
    __table_args__ = (
        # what is open, in the order in which `status` lists it, without reading what is settled
        Index(
            "obligation_open",
            "outcome",
            "due_on",
            "key",
            sqlite_where=_NOT_SETTLED,
            postgresql_where=_NOT_SETTLED,
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True, sa_type=_BY_BYTES)
    organisation: str = Field(index=True)  # the facts of one organisation
    timezone: str
    """The organisation's, by whose day it was judged."""
    card_id: int = Field(foreign_key="card.id")
    reckoning_id: int | None = Field(default=None, foreign_key="reckoning.id")
    """What its dates rest on; None where it was withdrawn before that was kept."""
    opening: int | None = None
    """The number of the entry in its organisation's journal that opened it; None: there was no journal yet."""
    event_id: int | None = Field(default=None, foreign_key="event.id")
    occurrence: str
    period: str | None = None
    exists_from: date
    opened_on: date
    due_on: date | None = None
    extended_from: date | None = None
    act_by: date | None = None
    soon_from: date | None = None
    provisional: bool = False
    backlog: bool = False
    exempt: str | None = None
    unknown: dict[str, Any] | None = Field(default=None, sa_type=_JSON)
    withdrawn: dict[str, Any] | None = Field(default=None, sa_type=_JSON)
    moved_from: date | None = None
    moved_seen_on: date | None = None
    moved_why: dict[str, Any] | None = Field(default=None, sa_type=_JSON)
    state: str
    """On the day of the last working-out."""
    settled: bool
    outcome: str
    """What became of it, apart from the day: see `monitor.core.outcome`."""
    keep_until: date | None = None
    reason: dict[str, Any] | None = Field(default=None, sa_type=_JSON)
    posted: list[dict[str, Any]] | None = Field(default=None, sa_type=_JSON)
    """What covers which channel; None where nothing does."""
    down: list[str] | None = Field(default=None, sa_type=_JSON)
    """Where it was removed: the channels in which it is no longer up."""


class TallyRow(SQLModel, table=True):
    """How many obligations share an outcome and its days, so that they can be counted without being read.

    The number is the sum over the rows that are alike: see `monitor.storage.tally`.
    """

    __tablename__ = "tally"

    id: int | None = Field(default=None, primary_key=True)
    timezone: str
    card_id: int = Field(foreign_key="card.id")
    outcome: str
    due_on: date | None = None
    soon_from: date | None = None
    keep_until: date | None = None
    n: int
    worked_on: date
    """The day on which they were judged, in that time zone: their outcomes hold from then on."""


class UnheardRow(SQLModel, table=True):
    """A role in an organisation of whose duties nobody would be told, as the last cycle knew it."""

    __tablename__ = "unheard"

    id: int | None = Field(default=None, primary_key=True)
    organisation: str
    role: str


class PostingRow(SQLModel, table=True):
    """A record that a document was put up in one channel on a day."""

    __tablename__ = "posting"

    id: int | None = Field(default=None, primary_key=True)
    organisation: str = Field(index=True)  # the facts of one organisation
    key: str = Field(index=True)  # `posting list KEY`
    channel: str
    posted_on: date
    url: str | None = None
    evidence: str | None = Field(default=None, foreign_key="evidence.sha256")
    note: str = ""
    recorded_at: datetime = Field(sa_type=UtcMoment)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    withdrawn_why: str | None = None
    taken_down_on: date | None = None


class EvidenceRow(SQLModel, table=True):
    """A file or photograph that backs a posting."""

    __tablename__ = "evidence"

    sha256: str = Field(primary_key=True)
    name: str
    content: bytes = Field(sa_type=LargeBinary)


class WaiverRow(SQLModel, table=True):
    """A recorded decision that an obligation does not apply."""

    __tablename__ = "waiver"

    id: int | None = Field(default=None, primary_key=True)
    organisation: str = Field(index=True)  # the facts of one organisation
    key: str
    reason: str
    recorded_at: datetime = Field(sa_type=UtcMoment)
    lifted_at: datetime | None = Field(default=None, sa_type=UtcMoment)
    lifted_why: str | None = None


class ExtensionRow(SQLModel, table=True):
    """A recorded decision that an obligation may be met later; the latest stands."""

    __tablename__ = "extension"

    id: int | None = Field(default=None, primary_key=True)
    organisation: str = Field(index=True)  # the facts of one organisation
    key: str
    by: str | None = None
    until: date | None = None
    reason: str
    reference: str
    recorded_at: datetime = Field(sa_type=UtcMoment)


class SnoozeRow(SQLModel, table=True):
    """A recorded wish not to be reminded before a day; the latest stands."""

    __tablename__ = "snooze"

    id: int | None = Field(default=None, primary_key=True)
    organisation: str = Field(index=True)  # the facts of one organisation
    key: str
    until: date
    reason: str
    recorded_at: datetime = Field(sa_type=UtcMoment)


class ReminderRow(SQLModel, table=True):
    """A decision that a person should be told; told when it is linked to a message."""

    __tablename__ = "reminder"
    __table_args__ = (
        # told once: recipient, obligation, due date (or week), stage
        UniqueConstraint("recipient", "key", "about", "stage", name="reminder_once"),
        # the second pass: what a person has not been told yet
        Index("reminder_untold", "recipient", sqlite_where=_UNTOLD, postgresql_where=_UNTOLD),
    )

    id: int | None = Field(default=None, primary_key=True)
    recipient: str
    organisation: str = Field(index=True)  # the history of one organisation
    key: str
    about: str
    stage: str
    stage_on: date
    kind: str
    reason: dict[str, Any] = Field(sa_type=_JSON)
    decided_on: date
    message_id: int | None = Field(
        default=None, foreign_key=outbox.message.name + ".id", index=True
    )  # what a mail told


class ServedRow(SQLModel, table=True):
    """A sending time that is over: the first completed cycle at or after it, in one time zone."""

    __tablename__ = "served"

    timezone: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    completed_at: datetime = Field(sa_type=UtcMoment)


class InvitationRow(SQLModel, table=True):
    """What a person's own calendar shows of an obligation, as the last mail left it."""

    __tablename__ = "invitation"

    recipient: str = Field(primary_key=True)
    key: str = Field(primary_key=True, index=True)  # what calendars show of an obligation
    due_on: date
    sequence: int
    """Rises with every change, as iCalendar wants it."""
    summary: str
    cancelled: bool = False
    message_id: int = Field(foreign_key=outbox.message.name + ".id")
    """The message that showed it last; where that was never delivered, the calendar does not show it."""


class WorkingYearRow(SQLModel, table=True):
    """The days of a year, as the last cycle knew them: `1` worked, `0` off, `-` not known."""

    __tablename__ = "working_year"

    year: int = Field(primary_key=True)
    days: str


class CalendarDayRow(SQLModel, table=True):
    """A day off or worked beside the week's own rhythm, as the last cycle knew it."""

    __tablename__ = "calendar_day"

    day: date = Field(primary_key=True)
    works: bool
    reason: str
    source: str


class JournalRow(SQLModel, table=True):
    """An entry of the journal, chained to the one before; rows are only ever added: see `monitor.core.journal`."""

    __tablename__ = "journal"

    chain: str = Field(primary_key=True, sa_type=_BY_BYTES)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=UtcMoment)
    by: str
    what: str
    key: str | None = None
    content: dict[str, Any] = Field(sa_type=_JSON)
    before: str
    hash: str


class JournalHeadRow(SQLModel, table=True):
    """The last entry of each chain, so that the next one can be chained to it without a search."""

    __tablename__ = "journal_head"

    chain: str = Field(primary_key=True, sa_type=_BY_BYTES)
    number: int
    hash: str
    sealed: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """The last entry that an entry of the chain of days has named."""


class SignInRow(SQLModel, table=True):
    """A link to sign in that somebody asked for. Rows of an address that is nobody's are there to be counted alone.

    Who could read them finds digests: neither the link, nor the browser that may use it, nor the address.
    """

    __tablename__ = "sign_in"

    id: int | None = Field(default=None, primary_key=True)
    digest: str = Field(unique=True)
    browser: str
    """The digest of what the browser that asked keeps."""
    person: str | None = None
    """The key of the address that it was sent to; None where no contact in office has that address."""
    address: str
    """The digest of the address that was written."""
    client: str
    """The digest of the network address from which it was asked for."""
    wanted: str
    """The path of the page that is wanted after it."""
    asked_at: datetime = Field(sa_type=UtcMoment, index=True)  # what counts, and what is forgotten
    used_at: datetime | None = Field(default=None, sa_type=UtcMoment)


class SessionRow(SQLModel, table=True):
    """A browser in which a person is signed in; a row that is gone is a session that ended."""

    __tablename__ = "session"

    id: int | None = Field(default=None, primary_key=True)
    digest: str = Field(unique=True)
    """Of the secret that the browser keeps."""
    person: str = Field(index=True)  # all of one person end together
    """The key of the address."""
    begun_at: datetime = Field(sa_type=UtcMoment)
    seen_at: datetime = Field(sa_type=UtcMoment)
    """When it was last used, to a day."""


class TokenRow(SQLModel, table=True):
    """What a program shows to the interface instead of signing in; the secret in it is kept as a digest alone."""

    __tablename__ = "token"

    id: int | None = Field(default=None, primary_key=True)
    name: str
    organisations: list[str] = Field(sa_type=_JSON)
    """Their ids; what is below them belongs to it."""
    records: bool
    waives: bool
    digest: str
    made_at: datetime = Field(sa_type=UtcMoment)
    until: date | None = None
    revoked_at: datetime | None = Field(default=None, sa_type=UtcMoment)


class FeedRow(SQLModel, table=True):
    """A secret address at which calendars and news readers fetch what they follow."""

    __tablename__ = "feed"

    id: int | None = Field(default=None, primary_key=True)
    scope: str
    """`person`, `organisation` or `whole`."""
    name: str
    """Whose it is: the key of an address, or the id of an organisation; empty for the whole."""
    owner: str | None = Field(default=None, index=True)  # a person's own feeds
    """The key of the address of who made it on the page, whose rights bound it; None: made on the command line."""
    digest: str = Field(unique=True)
    made_at: datetime = Field(sa_type=UtcMoment)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcMoment)


def table_of(model: type[SQLModel]) -> Table:
    """The table behind a model, for statements that write sets rather than objects."""
    return SQLModel.metadata.tables[str(model.__tablename__)]


monitor = table_of(MonitorRow)
organisation = table_of(OrganisationRow)
card = table_of(CardRow)
reckoning = table_of(ReckoningRow)
event = table_of(EventRow)
obligation = table_of(ObligationRow)
tally = table_of(TallyRow)
unheard = table_of(UnheardRow)
posting = table_of(PostingRow)
evidence = table_of(EvidenceRow)
waiver = table_of(WaiverRow)
extension = table_of(ExtensionRow)
snooze = table_of(SnoozeRow)
reminder = table_of(ReminderRow)
served = table_of(ServedRow)
invitation = table_of(InvitationRow)
working_year = table_of(WorkingYearRow)
calendar_day = table_of(CalendarDayRow)
journal = table_of(JournalRow)
journal_head = table_of(JournalHeadRow)
sign_in = table_of(SignInRow)
session = table_of(SessionRow)
token = table_of(TokenRow)
feed = table_of(FeedRow)
