"""Alembic's entry: the migrations run on the connection, and in the transaction, that the program hands over."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import String
from sqlmodel import SQLModel

from monitor.storage import tables  # noqa: F401 -- fills the metadata


def _plain_types(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """A migration is written once and must not change with the code: no types of ours in it."""
    written_out = getattr(item, "_variant_mapping", None) or getattr(item, "collation", None)  # by Alembic
    if kind == "type" and not written_out and isinstance(getattr(item, "impl_instance", item), String):
        length = getattr(item, "length", None) or getattr(
            getattr(item, "impl_instance", None), "length", None
        )
        return f"sa.String({length or ''})"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    render_item=_plain_types,
)
context.run_migrations()
