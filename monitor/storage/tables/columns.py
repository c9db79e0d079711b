"""The types of columns that several tables share."""

from sqlalchemy import JSON, String

PLAIN_JSON = JSON(none_as_null=True)
BY_BYTES = String().with_variant(String(collation="C"), "postgresql")
"""As Python and SQLite compare."""
