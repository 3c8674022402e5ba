"""The names of our tables in a database that others use too.

`table_prefix=collab_` in the URL of a database says that there each name of ours begins so: of tables, views, indexes,
constraints and triggers. All SQL, that of migrations and views too, is written with the plain names; the prefix is put
before them where a statement goes to the driver. What members wrote is in no statement: it goes beside it, as
parameters.
"""

import re
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import URL, Connection, Engine, event

from collab.storage.tables import metadata

VERSION_TABLE = "schema_revision"
"""Alembic's table of ours: `alembic_version` may be the host's."""

PARAMETER = "table_prefix"
"""What says the prefix, in a URL and in the execution options of an engine."""

VIEWS = ("edit_history", "change_history")

_PREFIX = re.compile(r"[a-z][a-z0-9_]{0,19}")
"""PostgreSQL takes names of 63 characters, and the longest of ours has 40."""

_TABLE = "|".join((*metadata.tables, *VIEWS, VERSION_TABLE))
_NAME = re.compile(rf"\b(?:(?:ix|uq|ck|fk|pk|tr)_(?:{_TABLE})\w*|(?:{_TABLE}))\b")


def prefix_of_url(url: URL) -> str:
    """The prefix that a URL names, or none. `ValueError` for one that can't begin a name."""
    prefix = url.query.get(PARAMETER, "")
    if prefix and (not isinstance(prefix, str) or not _PREFIX.fullmatch(prefix)):
        raise ValueError(
            f"COLLAB_DATABASE_URL: expected a {PARAMETER} of up to 20 small letters, digits and _, got {prefix!r}"
        )
    return str(prefix)


def prefix_of(bind: Engine | Connection) -> str:
    """The prefix of our names on an engine of `collab.storage.engine`."""
    return str(bind.get_execution_options().get(PARAMETER, ""))


def own_names(bind: Engine | Connection) -> set[str]:
    """What our tables and views are called there."""
    return {prefix_of(bind) + name for name in (*metadata.tables, *VIEWS, VERSION_TABLE)}


def names_of(bind: Engine | Connection) -> Callable[[str], str]:
    """A function that puts the prefix of an engine into a statement."""
    prefix = prefix_of(bind)
    return partial(_prefixed, prefix) if prefix else str


def use_prefix(engine: Engine) -> Engine:
    """Has every statement of an engine carried out with the prefix of its names. Returns the engine."""
    if prefix_of(engine):
        named = names_of(engine)

        @event.listens_for(engine, "before_cursor_execute", retval=True)
        def _name(
            _connection: Connection, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
        ) -> tuple[str, Any]:
            return named(statement), parameters

    return engine


@lru_cache(maxsize=2_000)
def _prefixed(prefix: str, statement: str) -> str:
    return _NAME.sub(rf"{prefix}\g<0>", statement)
