"""Conditions on many names at once."""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, select, true
from sqlalchemy.types import NULLTYPE

FEW = 100
"""So many at most are looked up by an index."""


def among(column: ColumnElement[str], names: Collection[str]) -> ColumnElement[bool]:
    """That the column holds one of them.

    Few are looked up by an index. Many go along as one value, since a statement with a place for each takes longer to
    read than its answer, and are compared with row by row: who lists what concerns many takes the rows in their order.
    """
    if len(names) <= FEW:
        return column.in_(names)
    written: Any = bindparam(None, json.dumps(dict.fromkeys(names)), type_=NULLTYPE, unique=True)
    listed = func.json_each(written).table_valued("key")
    return column.in_(select(listed.c.key)).is_(true())
