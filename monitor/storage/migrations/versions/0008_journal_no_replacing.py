"""SQLite lets `REPLACE` past the triggers that keep the rows of the journal: a row that stands is not written again."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_STANDS = {
    "journal": "chain = NEW.chain AND number = NEW.number",
    "reckoning": "id = NEW.id OR basis = NEW.basis OR digest = NEW.digest",
}


def upgrade() -> None:
    """PostgreSQL knows no such statement, and its keys refuse a second row."""
    if op.get_bind().dialect.name == "postgresql":
        return
    for table, stands in _STANDS.items():
        op.execute(
            f"CREATE TRIGGER {table}_stays_on_insert BEFORE INSERT ON {table}"
            f" WHEN EXISTS (SELECT 1 FROM {table} WHERE {stands})"
            f" BEGIN SELECT RAISE(ABORT, 'rows of {table} are only ever added'); END"
        )
