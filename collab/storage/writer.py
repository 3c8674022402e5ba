"""The writer: all that a node changes in its database goes through one thread, in turn."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from threading import Thread
from time import perf_counter
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from collab.domain.errors import Unavailable
from collab.storage.engine import sqlite_file, writing_engine
from collab.storage.file import DatabaseFile

log = structlog.get_logger(__name__)

T = TypeVar("T")

FAILING_AFTER_S = 2.0
"""A change may fail; clients are better off elsewhere once none has succeeded for so long."""


class Writer:
    """The one writer of a node: a thread with one connection, in which transactions follow each other."""

    def __init__(self, url: str) -> None:
        self._engine = writing_engine(url, is_of_a_node=True)
        self._file = DatabaseFile(sqlite_file(url))
        self._connection: Connection | None = None
        self._failed: tuple[float, str] | None = None
        # An executor of one thread would do, at several times the price for each of its calls.
        self._todo: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: Thread | None = None

    @property
    def dialect(self) -> Dialect:
        return self._engine.dialect

    @property
    def is_lost(self) -> bool:
        """Whether what it writes to is no longer the database: only a restart mends that."""
        return self._file.is_lost

    async def check(self) -> None:
        """Raises `Unavailable` where the database does not take changes."""
        self._file.check()
        if self._failed is not None and perf_counter() - self._failed[0] > FAILING_AFTER_S:
            raise Unavailable(f"the database takes no changes: {self._failed[1]}")

    async def run(self, work: Callable[[Connection], T]) -> T:
        """What `work` returns, once its transaction is committed.

        Raises what `work` raises, after a rollback; `Unavailable` where the database fails. `IntegrityError`
        comes through as it is: the caller knows which invariant it relied on.
        """
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def done(result: T | Exception) -> None:
            if answer.done():
                return
            if isinstance(result, Exception):
                answer.set_exception(result)
            else:
                answer.set_result(result)

        self.submit(work, done)
        return await answer

    def submit(self, work: Callable[[Connection], T], done: Callable[[T | Exception], None]) -> None:
        """As `run`, for whoever wants to be called back in the event loop, with the result or the error."""
        loop = asyncio.get_running_loop()

        def carry_out() -> None:
            try:
                result = self._transact(work)
            except Exception as error:  # noqa: BLE001  # handed over, not swallowed
                # By this name alone: the error knows this frame, and a frame that knew it would keep both.
                tell(error)
            else:
                tell(result)

        def tell(result: T | Exception) -> None:
            # Whoever asked may be gone, with the loop.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(done, result)

        if self._thread is None:
            self._thread = Thread(target=self._work, name="collab-writer", daemon=True)
            self._thread.start()
        self._todo.put(carry_out)

    def _work(self) -> None:
        while (carry_out := self._todo.get()) is not None:
            carry_out()

    def _transact(self, work: Callable[[Connection], T]) -> T:
        driver: Any = self._engine.dialect.loaded_dbapi
        self._file.check()
        try:
            with self._kept() as connection, connection.begin():
                result = work(connection)
            # It may have been deleted meanwhile, and the commit went into nothing.
            self._file.check()
            self._failed = None
            return result
        except IntegrityError:
            raise
        except driver.IntegrityError as error:
            raise IntegrityError(None, None, error) from error
        except (SQLAlchemyError, driver.Error) as error:
            message = str(error).partition("\n")[0]
            self._failed = self._failed or (perf_counter(), message)
            log.warning("the database did not take a change", error=message)
            raise Unavailable("the database did not take the change; send it again, unchanged") from error

    @contextmanager
    def _kept(self) -> Iterator[Connection]:
        """The connection, which stays open unless something goes wrong on it: then nobody knows what state it is in."""
        if self._connection is None:
            self._connection = self._engine.connect()
            self._file.opened()
        try:
            yield self._connection
        except BaseException:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
            raise

    async def close(self) -> None:
        """Ends the thread, after what it still has to do, and the connection."""
        if self._thread is not None:
            self._todo.put(None)
            await asyncio.to_thread(self._thread.join)
        if self._connection is not None:
            self._connection.close()
        self._engine.dispose()
