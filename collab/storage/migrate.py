"""The schema: brought to a revision under a lock, so that several nodes may start at once."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Column, Connection, event, func, inspect, select, text

from collab.storage.engine import plain_engine
from collab.storage.faults import explained
from collab.storage.names import VERSION_TABLE, prefix_of
from collab.storage.neighbours import require_room, take_over
from collab.storage.progress import OnProgress, unwatched
from collab.storage.tables import metadata

_LOCK_ID = 0x636F6C6C
"""Any number that no other user of the database locks: "coll" in ASCII."""


def migrations_folder() -> Path:
    """Where the migrations are: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).parents[1]
    return next(folder for folder in (package / "migrations", package.parent / "migrations") if folder.is_dir())


@cache
def revisions() -> tuple[str, ...]:
    """The revisions that this version knows, the newest first."""
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    return tuple(step.revision for step in ScriptDirectory.from_config(config).walk_revisions())


def what_is_wrong(revision: str | None) -> str | None:
    """Why a database whose schema is at a revision can't be served, in a sentence; None where it can be.

    A revision that this version does not know is a newer one's. Migrations are additive, and while nodes are
    replaced one by one the old ones go on.
    """
    head = revisions()[0]
    if revision is None:
        return "the database has no schema: run `collab migrate`"
    if revision in revisions()[1:]:
        return f"the schema is at {revision}, behind {head}: run `collab migrate`"
    return None


def migrate(
    url: str, revision: str = "head", on_progress: OnProgress = unwatched, *, may_be_newer: bool = False
) -> None:
    """Brings the database's schema to a revision, up or down, all of the way or none; waits while another does so.

    With `may_be_newer` a schema of a newer version is left as it is: migrations only add, so that while nodes are
    replaced one by one an old one may start again. `ValueError` where there is no such revision or the database is not
    one that is served, or has tables of others with our names; `Unavailable` where it can't be reached.
    """
    with _locked(url) as connection:
        if not (may_be_newer and is_newer(_current(connection))):
            _go(connection, revision, on_progress)


class _TakenBack(Exception):
    """Rolls a transaction back that has shown what it would do."""


def what_goes(url: str, revision: str, on_progress: OnProgress = unwatched) -> Mapping[str, int]:
    """What bringing the schema to a revision would delete: how many rows of each table, and how many values of each
    `table.column` of a table that stays. It is done, and taken back. Errors as of `migrate`."""
    gone: list[Column[Any]] = []
    tables: set[Any] = set()
    with suppress(_TakenBack), _locked(url) as connection:
        if _way(connection, revision) >= 0:
            raise _TakenBack
        before = _columns(connection)
        _go(connection, revision, on_progress)
        left = _columns(connection)
        gone = [column for column in before if column not in left]
        tables = {column.table for column in left}
        raise _TakenBack
    with _locked(url) as connection:
        # Of a table that goes, one of its key stands for all.
        counts = {
            str(column) if column.table in tables else str(column.table): _count(connection, column)
            for column in gone
            if column.table in tables or column.primary_key
        }
    return {name: count for name, count in counts.items() if count}


def _columns(connection: Connection) -> list[Column[Any]]:
    """Those of our tables that are there."""
    there = inspect(connection)
    return [
        column
        for table in metadata.sorted_tables
        for name in [prefix_of(connection) + table.name]
        if there.has_table(name)
        for names in [{found["name"] for found in there.get_columns(name)}]
        for column in table.c
        if column.name in names
    ]


def _count(connection: Connection, column: Column[Any]) -> int:
    return connection.execute(select(func.count(column)).select_from(column.table)).scalar_one()


@contextmanager
def _locked(url: str) -> Iterator[Connection]:
    """A transaction of whoever changes the schema, one at a time. The engine is its own: with the application's pragma
    foreign_keys=ON, recreating a table on SQLite would delete the rows that refer to it."""
    engine = plain_engine(url)
    is_sqlite = engine.dialect.name == "sqlite"
    if is_sqlite:

        @event.listens_for(engine, "connect")
        def _connect(connection: object, _record: object) -> None:
            connection.isolation_level = None  # type: ignore[attr-defined]  # a DBAPI connection has no type

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql("PRAGMA busy_timeout=30000")
            # For a file that has nothing in it yet: what is free in it one day can be given back beside a server.
            connection.exec_driver_sql("PRAGMA auto_vacuum=INCREMENTAL")
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        with explained(url), engine.connect() as connection, connection.begin():
            if not is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": _LOCK_ID})
            take_over(_config(connection), connection, revisions())
            yield connection
    except CommandError as error:
        raise ValueError(f"expected a revision of the schema: {error}") from error
    finally:
        engine.dispose()


def _current(connection: Connection) -> str | None:
    options = {"version_table": prefix_of(connection) + VERSION_TABLE}
    return MigrationContext.configure(connection, opts=options).get_current_revision()


def is_newer(revision: str | None) -> bool:
    """Revisions are numbers: one that is higher than all that are known is a newer version's."""
    return revision is not None and revision.isdigit() and int(revision) > int(revisions()[0])


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    config.attributes["connection"] = connection
    return config


def _way(connection: Connection, revision: str) -> int:
    """How many steps it is to a revision; negative where it is down."""
    script = ScriptDirectory.from_config(_config(connection))
    ages = {step: age for age, step in enumerate(reversed((*revisions(), None)))}
    current = _current(connection)
    if current not in ages:
        raise ValueError(f"the schema is at {current}, which a newer version of collab has made: update this one")
    found = script.as_revision_number(revision)
    wanted = None if found is None else str(found)
    if wanted not in ages:
        known = ", ".join(reversed(revisions()))
        raise ValueError(f"expected a revision of the schema (base, {known} or head), got {revision!r}")
    return ages[wanted] - ages[current]


def _go(connection: Connection, revision: str, on_progress: OnProgress) -> None:
    way, steps, config = _way(connection, revision), count(1), _config(connection)
    if _current(connection) is None:
        require_room(connection)
    config.attributes["on_version_apply"] = lambda **_: on_progress(next(steps), abs(way))
    (command.downgrade if way < 0 else command.upgrade)(config, revision)
