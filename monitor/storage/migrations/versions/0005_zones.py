"""The time zones in which anybody is told anything, so that a cycle knows them without the register."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("monitor", schema=None) as batch_op:
        batch_op.add_column(sa.Column("zones", sa.JSON(none_as_null=True), nullable=True))
