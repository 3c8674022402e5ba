"""One SQLite database in memory for all nodes: the real statements in real transactions, at points of virtual time.

What is replaced is the thread of the writer and those of the readers. Each statement of a reader is by itself, as in
PostgreSQL's READ COMMITTED: between two of them others may commit.
"""

import asyncio
import random
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar, cast

import orjson
from sqlalchemy import Connection, Engine, Result, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import StaticPool

from collab.domain.errors import Unavailable
from collab.services.ticket import Ticket
from collab.storage.database import Database
from collab.storage.migrate import migrate
from collab.storage.writer import Writer
from tests.simulation.weather import Weather, delay_s, happens

T = TypeVar("T")

SIMULATED = "simulated"
"""In every failure that is meant."""

URL = "sqlite+aiosqlite:///nowhere/simulated.db"
"""Never opened: each engine is given its connection."""


class _Shared(sqlite3.Connection):
    """A connection that is never closed: every engine has the same one."""

    def close(self) -> None:
        """Stays open."""


def with_schema() -> sqlite3.Connection:
    """A database with the schema and nothing in it, to be copied."""
    copy = sqlite3.connect(":memory:")
    with TemporaryDirectory() as folder:
        file = Path(folder) / "schema.db"
        migrate(f"sqlite+aiosqlite:///{file}")
        made = sqlite3.connect(file)
        made.execute("PRAGMA journal_mode=DELETE")
        made.backup(copy)
        made.close()
    return copy


class SharedDatabase:
    """What outlives the nodes. `weather` says how slow it is and how often it fails."""

    def __init__(self, begin: sqlite3.Connection) -> None:
        self.raw = sqlite3.connect(":memory:", isolation_level=None, factory=_Shared, cached_statements=512)
        self.writing, self.reading = self._engine("BEGIN IMMEDIATE"), self._engine(None)
        self.reader = self.reading.connect()
        self.begin_anew(begin)

    def begin_anew(self, begin: sqlite3.Connection) -> None:
        begin.backup(self.raw)
        self.weather = Weather()
        self.is_away = self.is_commit_failing = False

    def heads(self) -> list[tuple[str, int]]:
        """Each content, and its version."""
        return self.raw.execute("SELECT id, version FROM contents").fetchall()

    def of_node(self, chance: random.Random) -> Database:
        """The database as one node has it."""
        reading = cast(AsyncEngine, _ReadingEngine(self, chance))
        return Database(_WriterInPlace(self, chance), reading)

    def _engine(self, begin: str | None) -> Engine:
        engine = create_engine(
            "sqlite+pysqlite://",
            creator=lambda: self.raw,
            poolclass=StaticPool,
            json_serializer=lambda value: orjson.dumps(value).decode(),
            json_deserializer=orjson.loads,
        )
        if begin is not None:
            event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
            event.listen(engine, "commit", self._commit)
        return engine

    def _commit(self, _connection: Connection) -> None:
        if self.is_commit_failing or self.is_away:
            raise OperationalError(
                "COMMIT", None, sqlite3.OperationalError(f"{SIMULATED}: it fails before it is durable")
            )


class Turns:
    """What a writer is asked for, one after the other, each at once: after a delay, and told after another."""

    def __init__(self, chance: random.Random, weather: Callable[[], Weather]) -> None:
        self._delays = chance
        self._weather = weather
        self._line: deque[Callable[[], None]] = deque()
        self._is_busy = False

    def run(self, work: Callable[[Any], T]) -> Ticket[T]:
        ticket: Ticket[T] = Ticket()
        self._line.append(lambda: self._told_later(ticket, self._outcome(work)))
        if not self._is_busy:
            self._next()
        return ticket

    def _outcome(self, work: Callable[[Any], T]) -> T | Exception:
        raise NotImplementedError

    def _later(self, callback: Callable[..., None], *arguments: Any) -> None:
        delay = delay_s(self._delays, self._weather().database_s)
        asyncio.get_running_loop().call_later(delay, callback, *arguments)

    def _next(self) -> None:
        self._is_busy = bool(self._line)
        if self._line:
            self._later(self._line.popleft())

    def _told_later(self, ticket: Ticket[T], outcome: T | Exception) -> None:
        def tell() -> None:
            self._next()
            ticket.settle(outcome)

        self._later(tell)


class _WriterInPlace(Turns, Writer):
    """The real transactions."""

    def __init__(self, database: SharedDatabase, chance: random.Random) -> None:
        Writer.__init__(self, URL)
        Turns.__init__(self, chance, lambda: database.weather)
        self._engine = database.writing
        self._database = database
        self._chance = chance

    async def close(self) -> None:
        await self.run(lambda _: None)

    def _outcome(self, work: Callable[[Connection], T]) -> T | Exception:
        weather = self._database.weather
        self._database.is_commit_failing = happens(self._chance, weather.commit_fails)
        is_unanswered = happens(self._chance, weather.commit_unanswered)
        try:
            result = self._transact(work)
        except Exception as error:  # noqa: BLE001  # handed over
            # All share one connection, of which the pools think what they like.
            self._database.raw.rollback()
            return error
        return Unavailable(f"{SIMULATED}: the commit is durable, and its answer lost") if is_unanswered else result


class _ReadingEngine:
    """Stands for an `AsyncEngine`, as far as it is used."""

    def __init__(self, database: SharedDatabase, chance: random.Random) -> None:
        self.sync_engine = database.reading
        self.dialect = database.reading.dialect
        self._database = database
        self._chance = chance

    @asynccontextmanager
    async def connect(self) -> AsyncIterator["_ReadingConnection"]:
        yield _ReadingConnection(self._database, self._chance)

    async def dispose(self) -> None:
        """The database outlives it."""


class _ReadingConnection:
    def __init__(self, database: SharedDatabase, chance: random.Random) -> None:
        self._database = database
        self._chance = chance

    async def execute(self, statement: Any, parameters: Any = None) -> Result[Any]:
        weather = self._database.weather
        await asyncio.sleep(delay_s(self._chance, weather.database_s))
        if self._database.is_away or happens(self._chance, weather.read_fails):
            raise OperationalError(str(statement), None, sqlite3.OperationalError(f"{SIMULATED}: it does not answer"))
        return self._database.reader.execute(statement, parameters).freeze()()

    async def stream(self, statement: Any) -> AsyncIterator[Any]:
        rows = (await self.execute(statement)).all()

        async def each() -> AsyncIterator[Any]:
            for row in rows:
                yield row

        return each()
