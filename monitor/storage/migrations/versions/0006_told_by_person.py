"""Indexes by which a morning finds what one person was told, is to be told, and what of it still waits."""

from alembic import op
from sqlalchemy import text

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TOLD = text("message_id IS NOT NULL")


def upgrade() -> None:
    op.drop_index("ix_reminder_message_id", table_name="reminder")
    op.create_index("reminder_told", "reminder", ["message_id"], sqlite_where=_TOLD, postgresql_where=_TOLD)
    op.create_index("ix_message_recipient", "message", ["recipient"])
