"""Fills a database with an installation, past the engine: millions of rows in minutes."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any, TypeAlias

import psycopg
from sqlalchemy import make_url

from collab.storage.engine import sync_url
from collab.storage.migrate import migrate
from collab.storage.tables import metadata
from tests.scale.installation import COLUMNS, Installation

Row: TypeAlias = tuple[Any, ...]
Insert: TypeAlias = Callable[[str, Iterable[Row]], None]
"""Adds rows to a table."""

_BATCH_ROWS = 20_000


def fill(url: str, installation: Installation) -> None:
    """Makes the schema in an empty database, and the installation in it; the planner of PostgreSQL then knows it."""
    migrate(url)
    opened = _sqlite if make_url(sync_url(url)).get_backend_name() == "sqlite" else _postgresql
    with opened(url) as insert:
        for table in ("users", "bands", "memberships", "nodes"):
            insert(table, getattr(installation, table)())
        insert("snapshots", installation.snapshots())
        for edits in _batches(installation.edits()):
            insert("edits", (edit for edit, _ in edits))
            insert("snapshots", (snapshot for _, snapshot in edits if snapshot is not None))
        for table in ("contents", "presence_sessions", "jobs"):
            insert(table, getattr(installation, table)())


@contextmanager
def _sqlite(url: str) -> Iterator[Insert]:
    connection = sqlite3.connect(str(make_url(url).database), isolation_level=None)
    # Whatever goes wrong, it is made anew.
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-1000000", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")

    def insert(table: str, rows: Iterable[Row]) -> None:
        columns = COLUMNS[table]
        places = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608
        connection.executemany(statement, ([_sqlite_value(value) for value in row] for row in rows))

    try:
        connection.execute("BEGIN")
        yield insert
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()


def _sqlite_value(value: Any) -> Any:
    return value.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else value


@contextmanager
def _postgresql(url: str) -> Iterator[Insert]:
    dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(dsn, autocommit=True) as connection:
        # Nothing is checked that the generator knows: contents come after their edits. Our own triggers do their work.
        for name in metadata.tables:
            connection.execute(f"ALTER TABLE {name} DISABLE TRIGGER ALL".encode())
            connection.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER".encode())

        def insert(table: str, rows: Iterable[Row]) -> None:
            statement = f"COPY {table} ({', '.join(COLUMNS[table])}) FROM STDIN"
            with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
                for row in rows:
                    copy.write_row(row)

        yield insert
        for name in metadata.tables:
            connection.execute(f"ALTER TABLE {name} ENABLE TRIGGER ALL".encode())
        connection.execute("VACUUM ANALYZE")


def _batches(rows: Iterator[Any]) -> Iterator[Sequence[Any]]:
    while batch := list(islice(rows, _BATCH_ROWS)):
        yield batch
