"""The journal, and what due dates rest on."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_APPEND_ONLY = ("journal", "reckoning")


def upgrade() -> None:
    by_bytes = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    op.create_table(
        "reckoning",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("basis"),
        sa.UniqueConstraint("digest"),
    )
    op.create_table(
        "journal",
        sa.Column("chain", by_bytes, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("chain", "number"),
    )
    op.create_table(
        "journal_head",
        sa.Column("chain", by_bytes, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("sealed", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("chain"),
    )
    # written out, because a table that is rebuilt, as Alembic does it on SQLite, costs minutes for a nation
    op.execute("ALTER TABLE obligation ADD COLUMN reckoning_id INTEGER REFERENCES reckoning (id)")
    op.execute("ALTER TABLE obligation ADD COLUMN opening INTEGER")
    # what was opened before is taken over by the next cycle, which works everybody out anew
    op.execute("UPDATE organisation SET attention_at = NULL")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME; END $$"
        )
        for table in _APPEND_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
        return
    for table in _APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_stays_on_{change.lower()} BEFORE {change} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, 'rows of {table} are only ever added'); END"
            )
