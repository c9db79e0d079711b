"""The tables of the application, each subject in a module. The outbox brings its own, in `notifications.tables`."""

from sqlalchemy import Table
from sqlmodel import SQLModel

from monitor.storage.tables.chains import JournalHeadRow, JournalRow
from monitor.storage.tables.obligations import (
    CardRow,
    MonitorRow,
    ObligationRow,
    OrganisationRow,
    ReckoningRow,
    TallyRow,
    UnheardRow,
)
from monitor.storage.tables.people import FeedRow, SessionRow, SignInRow, TokenRow
from monitor.storage.tables.recorded import (
    EventRow,
    EvidenceRow,
    ExtensionRow,
    PostingRow,
    SnoozeRow,
    WaiverRow,
)
from monitor.storage.tables.told import CalendarDayRow, InvitationRow, ReminderRow, ServedRow, WorkingYearRow


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
