"""The two engines of one database: a synchronous one for the writer's thread, an async one for reading."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson
from sqlalchemy import URL, AdaptedConnection, Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from collab.storage.names import PARAMETER, prefix_of_url, use_prefix

_LOG_PAGES = 8_000
"""How long SQLite's log may grow (32 MB): at its own 1,000 the copying costs busy commits some 7 % of their CPU."""

LOCK_TIMEOUT_MS = 500
"""How long a node waits for a lock that another transaction holds: many times what a commit takes."""

BUSY_TIMEOUT_MS = 5_000
"""The same where another process writes to an SQLite database, which locks all of it."""

PATIENT_BUSY_TIMEOUT_MS = 10_000
"""The same for commands and readers: nobody waits for these."""

OF_A_NODE = {
    "lock_timeout": f"{LOCK_TIMEOUT_MS}ms",
    "statement_timeout": "10s",
    # PostgreSQL takes the locks of a node that stands still, or is gone without a word.
    "idle_in_transaction_session_timeout": "5s",
}
"""PostgreSQL's settings for the connection that a node writes with."""

_TO_POSTGRESQL = {
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""How soon a connection is given up whose other end is gone (libpq)."""

_SYNC_DRIVER = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}
_ASYNC_DRIVER = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


def sync_url(url: str) -> str:
    """The URL of the same database for the synchronous driver. `ValueError` for a database that is not served."""
    return _with_driver(_SYNC_DRIVER, _parsed(url))


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ValueError(f"COLLAB_DATABASE_URL: {error}") from None
    if parsed.get_backend_name() not in _SYNC_DRIVER:
        drivers = " or ".join(_ASYNC_DRIVER.values())
        raise ValueError(f"COLLAB_DATABASE_URL: expected a URL of {drivers}, got one of {parsed.drivername!r}")
    return parsed


def _with_driver(drivers: Mapping[str, str], url: URL) -> str:
    """The URL for our driver of its database, whichever it names, without what is no driver's."""
    ours = url.set(drivername=drivers[url.get_backend_name()]).difference_update_query([PARAMETER])
    return ours.render_as_string(hide_password=False)


def _options(url: str) -> dict[str, Any]:
    return {"execution_options": {PARAMETER: prefix_of_url(_parsed(url))}}


def shown_url(url: str) -> str:
    """The URL of a database, without its password. `ValueError` where it is none that is served."""
    sync_url(url)
    return make_url(url).render_as_string(hide_password=True)


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite database; None for another database, or one in memory."""
    parsed = _parsed(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return None
    name = str(parsed.database)
    # A URI of SQLite's own, as for a database that may only be read: file:/srv/band.db?mode=ro&uri=true
    return Path(unquote(urlsplit(name).path) if name.startswith("file:") else name).absolute()


def writing_engine(url: str, *, is_of_a_node: bool = False) -> Engine:
    """An engine for one thread that writes. On SQLite each transaction takes the write lock when it begins. That of a
    node waits for nobody for long, where others wait for it."""
    engine = create_engine(
        sync_url(url),
        connect_args=_connect_args(url),
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        pool_size=1,
        max_overflow=0,
        # What members wrote does not belong in the log, and an error shows its statement there.
        hide_parameters=True,
        **_options(url),
    )
    if engine.dialect.name == "sqlite":
        busy_timeout_ms = BUSY_TIMEOUT_MS if is_of_a_node else PATIENT_BUSY_TIMEOUT_MS
        _tune_sqlite(engine, "BEGIN IMMEDIATE", busy_timeout_ms)
    else:
        _tune_postgresql(engine, OF_A_NODE if is_of_a_node else {})
    return use_prefix(engine)


def reading_engine(url: str) -> AsyncEngine:
    """The engine that everything else reads with."""
    engine = create_async_engine(
        _with_driver(_ASYNC_DRIVER, _parsed(url)),
        connect_args=_connect_args(url),
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        hide_parameters=True,
        # A database that was away has left connections behind that are of no use: nobody is to be told so by an error.
        pool_pre_ping=not url.startswith("sqlite"),
        **_options(url),
    )
    if engine.dialect.name == "sqlite":
        _tune_sqlite(engine.sync_engine, "BEGIN", PATIENT_BUSY_TIMEOUT_MS)
    use_prefix(engine.sync_engine)
    return engine


def browsing_engine(url: str, connections: int) -> Engine:
    """The engine that the admin pages read with, on connections that nobody else waits for."""
    engine = create_engine(
        sync_url(url),
        connect_args=_connect_args(url),
        json_deserializer=orjson.loads,
        pool_size=connections,
        max_overflow=0,
        hide_parameters=True,
        pool_pre_ping=not url.startswith("sqlite"),
        **_options(url),
    )
    if engine.dialect.name == "sqlite":
        _tune_sqlite(engine, "BEGIN", PATIENT_BUSY_TIMEOUT_MS)
    return use_prefix(engine)


def plain_engine(url: str) -> Engine:
    """An engine for what takes one connection, with none of the application's settings."""
    return use_prefix(create_engine(sync_url(url), poolclass=NullPool, json_deserializer=orjson.loads, **_options(url)))


def _connect_args(url: str) -> dict[str, Any]:
    """What the URL of a database does not say itself, for its driver."""
    parsed = make_url(sync_url(url))
    return {} if parsed.get_backend_name() == "sqlite" else {**_TO_POSTGRESQL, **parsed.query}


def _tune_postgresql(engine: Engine, settings: Mapping[str, str]) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            # A server may be set to acknowledge before the log is written; an acknowledged edit may not be lost.
            [setting] = cursor.execute("SHOW synchronous_commit").fetchone()
            if setting == "off":
                cursor.execute("SET synchronous_commit TO on")
            for name, value in settings.items():
                cursor.execute("SELECT set_config(%s, %s, false)", (name, value))
        connection.commit()


def _tune_sqlite(engine: Engine, begin: str, busy_timeout_ms: int) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        # The driver is to begin nothing by itself: `begin` below does.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        # FULL: a commit has reached the disk, so an acknowledged edit survives a power cut too.
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        # A page that many commits change is copied to the database once in so many, instead of once in a handful.
        cursor.execute(f"PRAGMA wal_autocheckpoint={_LOG_PAGES}")
        cursor.execute(f"PRAGMA busy_timeout={busy_timeout_ms}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        driver = connection.connection.dbapi_connection
        if isinstance(driver, AdaptedConnection):
            # Of aiosqlite, one task for its thread; a cursor would make three.
            driver.run_async(lambda aiosqlite: aiosqlite.execute_fetchall(begin))
        else:
            cursor = connection.connection.cursor()
            cursor.execute(begin)
            cursor.close()
