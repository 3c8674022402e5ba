"""Inserts that bring a row up to date where there is one already, in the words of each dialect."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

_INSERT: dict[str, Callable[[Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def by_dialect(table: Table, completed: Callable[[Any], Any]) -> Mapping[str, Any]:
    """What `completed` makes of an insert into the table, by the name of the dialect.

    Make it once: it takes longer to state than to execute, and what names a row that was there (`excluded`) is a
    copy of the table, full of circles that only the garbage collector frees.
    """
    return {name: completed(insert(table)) for name, insert in _INSERT.items()}
