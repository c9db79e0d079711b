"""Each attempt at a delivery is recorded once, also where the answer to a commit was lost and it is recorded again."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What stands there stays, even twice: the journal has told it, and it has no nonce to go by."""
    op.add_column("attempt", sa.Column("nonce", sa.String(), nullable=True))
    op.drop_index("ix_attempt_delivery_id", table_name="attempt")
    op.create_index("attempt_once", "attempt", ["delivery_id", "nonce"], unique=True)
