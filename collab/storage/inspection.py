"""What there is to know of a database before it is served: for `collab doctor`."""

import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from collab.domain.errors import Unavailable
from collab.storage.checks import REVISION
from collab.storage.engine import sqlite_file, writing_engine
from collab.storage.faults import reason
from collab.storage.tables import nodes

_COMMITS = 20
_SYNCS = 50
_PAGE_BYTES = 4_096


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """A database that answered. `options` are those of the engine's writing connection; `clock_ahead_s` is how far the
    database's clock is ahead of this one's, None where it is the same clock; `write_s` holds what it took to bring
    something small to the disk, once each time it was tried; `living_nodes` hold a lease on it, each with its host.
    """

    name: str
    version: str
    revision: str | None
    options: Mapping[str, str]
    clock_ahead_s: float | None
    living_nodes: Mapping[str, str]
    write_s: tuple[float, ...]


def inspect_database(url: str) -> DatabaseFacts:
    """Connects as the engine does, and looks. `Unavailable`, with the reason, where that is not possible."""
    engine = writing_engine(url)
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                return _sqlite(connection, sqlite_file(url))
            return _postgresql(engine, connection)
    except SQLAlchemyError as error:
        raise Unavailable(reason(error)) from error
    finally:
        engine.dispose()


def sync_seconds(folder: Path, times: int = _SYNCS) -> tuple[float, ...]:
    """How long a small write takes to reach the disk of a folder, tried so many times; `OSError` where it can't."""
    took = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(times):
            began = time.perf_counter()
            os.write(file.fileno(), bytes(_PAGE_BYTES))
            os.fsync(file.fileno())
            took.append(time.perf_counter() - began)
    return tuple(took)


def _sqlite(connection: Connection, file: Path | None) -> DatabaseFacts:
    names = ("journal_mode", "synchronous", "foreign_keys")
    return DatabaseFacts(
        name="SQLite",
        version=str(connection.exec_driver_sql("SELECT sqlite_version()").scalar_one()),
        revision=_revision(connection),
        options={name: str(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()) for name in names},
        clock_ahead_s=None,
        write_s=() if file is None else sync_seconds(file.parent),
        living_nodes=_living_nodes(connection),
    )


def _postgresql(engine: Engine, connection: Connection) -> DatabaseFacts:
    names = ("synchronous_commit", "fsync", "full_page_writes")
    before = datetime.now(UTC)
    there: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    after = datetime.now(UTC)
    version = str(connection.exec_driver_sql("SHOW server_version").scalar_one())
    options = {name: str(connection.exec_driver_sql(f"SHOW {name}").scalar_one()) for name in names}
    connection.rollback()
    return DatabaseFacts(
        name="PostgreSQL",
        version=version,
        options=options,
        clock_ahead_s=(there - (before + (after - before) / 2)).total_seconds(),
        write_s=tuple(_commit_seconds(connection) for _ in range(_COMMITS)),
        living_nodes=_living_nodes(connection),
        revision=_revision(connection),
    )


def _commit_seconds(connection: Connection) -> float:
    began = time.perf_counter()
    # Something for the log of the database that leaves nothing in it: the commit has to wait for the disk.
    connection.execute(text("SELECT pg_logical_emit_message(true, 'collab', 'doctor')"))
    connection.commit()
    return time.perf_counter() - began


def _revision(connection: Connection) -> str | None:
    try:
        return connection.execute(REVISION).scalar_one_or_none()
    except DBAPIError:  # no such table
        return None


def _living_nodes(connection: Connection) -> dict[str, str]:
    living = select(nodes.c.id, nodes.c.host).where(nodes.c.ended_at.is_(None), nodes.c.lease_until > datetime.now(UTC))
    try:
        return {node.id: node.host for node in connection.execute(living)}
    except DBAPIError:  # no such table
        connection.rollback()
        return {}
