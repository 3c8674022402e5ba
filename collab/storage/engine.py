"""The two engines of one database: a synchronous one for the writer's thread, an async one for reading."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import orjson
import structlog
from sqlalchemy import Connection, Dialect, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from collab.domain.errors import Unavailable

log = structlog.get_logger(__name__)

T = TypeVar("T")

_SYNC_DRIVER = {"sqlite+aiosqlite": "sqlite+pysqlite", "postgresql+psycopg": "postgresql+psycopg"}


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


def sync_url(url: str) -> str:
    """The URL of the same database for the synchronous driver. `ValueError` for a database that is not served."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ValueError(f"COLLAB_DATABASE_URL: {error}") from None
    if parsed.drivername not in _SYNC_DRIVER:
        drivers = " or ".join(_SYNC_DRIVER)
        raise ValueError(f"COLLAB_DATABASE_URL: expected a URL of {drivers}, got one of {parsed.drivername!r}")
    return parsed.set(drivername=_SYNC_DRIVER[parsed.drivername]).render_as_string(hide_password=False)


def writing_engine(url: str) -> Engine:
    """The engine of the writer's thread. On SQLite each transaction takes the write lock when it begins."""
    engine = create_engine(
        sync_url(url),
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        pool_size=1,
        max_overflow=0,
        # What members wrote does not belong in the log, and an error shows its statement there.
        hide_parameters=True,
    )
    if engine.dialect.name == "sqlite":
        _tune_sqlite(engine, begin="BEGIN IMMEDIATE")
    else:
        _tune_postgresql(engine)
    return engine


def reading_engine(url: str) -> AsyncEngine:
    """The engine that everything else reads with."""
    engine = create_async_engine(
        url,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        hide_parameters=True,
        # A database that was away has left connections behind that are of no use: nobody is to be told so by an error.
        pool_pre_ping=not url.startswith("sqlite"),
    )
    if engine.dialect.name == "sqlite":
        _tune_sqlite(engine.sync_engine, begin="BEGIN")
    return engine


def _tune_postgresql(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            # A server may be set to acknowledge before the log is written; an acknowledged edit may not be lost.
            [setting] = cursor.execute("SHOW synchronous_commit").fetchone()
            if setting == "off":
                cursor.execute("SET synchronous_commit TO on")
        connection.commit()


def _tune_sqlite(engine: Engine, begin: str) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        # The driver is to begin nothing by itself: `begin` below does.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        # FULL: a commit has reached the disk, so an acknowledged edit survives a power cut too.
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA busy_timeout=10000")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        cursor = connection.connection.cursor()
        cursor.execute(begin)
        cursor.close()


class Writer:
    """The one writer of a node: a thread with one connection, in which transactions follow each other."""

    def __init__(self, url: str) -> None:
        self._engine = writing_engine(url)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="collab-writer")
        self._connection: Connection | None = None

    @property
    def dialect(self) -> Dialect:
        return self._engine.dialect

    async def run(self, work: Callable[[Connection], T]) -> T:
        """What `work` returns, once its transaction is committed.

        Raises what `work` raises, after a rollback; `Unavailable` where the database fails. `IntegrityError`
        comes through as it is: the caller knows which invariant it relied on.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._transact, work)

    def submit(self, work: Callable[[Connection], T], done: Callable[[T | Exception], None]) -> None:
        """As `run`, for whoever wants to be called back in the event loop, with the result or the error."""
        loop = asyncio.get_running_loop()

        def carry_out() -> None:
            result: T | Exception
            try:
                result = self._transact(work)
            except Exception as error:  # noqa: BLE001  # handed over, not swallowed
                result = error
            loop.call_soon_threadsafe(done, result)

        self._thread.submit(carry_out)

    def _transact(self, work: Callable[[Connection], T]) -> T:
        driver: Any = self._engine.dialect.loaded_dbapi
        try:
            with self._kept() as connection, connection.begin():
                return work(connection)
        except IntegrityError:
            raise
        except driver.IntegrityError as error:
            raise IntegrityError(None, None, error) from error
        except (SQLAlchemyError, driver.Error) as error:
            log.warning("the database did not take a change", error=str(error).partition("\n")[0])
            raise Unavailable("the database did not take the change; send it again, unchanged") from error

    @contextmanager
    def _kept(self) -> Iterator[Connection]:
        """The connection, which stays open unless something goes wrong on it: then nobody knows what state it is in."""
        if self._connection is None:
            self._connection = self._engine.connect()
        try:
            yield self._connection
        except BaseException:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
            raise

    async def close(self) -> None:
        """Ends the thread, after what it still has to do, and the connection."""
        await asyncio.to_thread(self._thread.shutdown)
        if self._connection is not None:
            self._connection.close()
        self._engine.dispose()
