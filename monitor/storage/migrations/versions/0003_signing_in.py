"""Links to sign in and sessions; a mail with a link may be asked for more than once a day."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "sign_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("browser", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("client", sa.String(), nullable=False),
        sa.Column("wanted", sa.String(), nullable=False),
        sa.Column("asked_at", sa.String(27), nullable=False),
        sa.Column("used_at", sa.String(27), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_asked_at"), ["asked_at"], unique=False)
    op.create_table(
        "session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("begun_at", sa.String(27), nullable=False),
        sa.Column("seen_at", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_session_person"), ["person"], unique=False)
    op.drop_index("message_once", table_name="message")
    op.create_index(
        "message_once",
        "message",
        ["recipient", "day", "kind"],
        unique=True,
        sqlite_where=sa.text("kind NOT IN ('sign-in', 'test')"),
        postgresql_where=sa.text("kind NOT IN ('sign-in', 'test')"),
    )
