"""The writer: all that a node changes in its database goes through one thread, in turn.

The event loop looks now and then how long the thread has been at one transaction, and breaks the connection under it
where the database does not answer.
"""

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
from collab.services.ticket import Ticket
from collab.storage.breaking import break_connection
from collab.storage.engine import sqlite_file, writing_engine
from collab.storage.file import DatabaseFile
from collab.storage.names import names_of

log = structlog.get_logger(__name__)

T = TypeVar("T")

GIVE_UP_AFTER_S = 8.0
"""No transaction of a node takes so long, the waits for locks included."""

CLOSE_S = 10.0
"""How long the end of a writer waits for what it still has to do."""

_LOOK_EVERY_S = 1.0

FAILING_AFTER_S = 2.0
"""A change may fail; clients are better off elsewhere once none has succeeded for so long."""


class Writer:
    """The one writer of a node: a thread with one connection, in which transactions follow each other."""

    def __init__(self, url: str) -> None:
        self._engine = writing_engine(url, is_of_a_node=True)
        self.named = names_of(self._engine)
        self._file = DatabaseFile(sqlite_file(url))
        self._connection: Connection | None = None
        self._failed: tuple[float, str] | None = None
        # An executor of one thread would do, at several times the price for each of its calls.
        self._todo: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: Thread | None = None
        self._began_s: float | None = None
        self._has_given_up = False
        self._look_timer: asyncio.TimerHandle | None = None

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

    def run(self, work: Callable[[Connection], T]) -> Ticket[T]:
        """Its turn is given before this returns. The ticket has what `work` returns, once its transaction is committed.

        Or what `work` raises, after a rollback; `Unavailable` where the database fails. `IntegrityError` comes through
        as it is: the caller knows which invariant it relied on.
        """
        loop = asyncio.get_running_loop()
        ticket: Ticket[T] = Ticket()

        def carry_out() -> None:
            try:
                result = self._transact(work)
            except Exception as error:  # noqa: BLE001  # handed over, not swallowed
                # No other name may hold the error: it knows this frame, and a frame that knew it would keep both.
                settle(error)
            else:
                settle(result)

        def settle(result: T | Exception) -> None:
            # The one who asked may be gone, and the loop with them.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(ticket.settle, result)

        if self._thread is None:
            self._thread = Thread(target=self._work, name="collab-writer", daemon=True)
            self._thread.start()
            self._look(loop)
        self._todo.put(carry_out)
        return ticket

    def _work(self) -> None:
        while (carry_out := self._todo.get()) is not None:
            self._began_s = perf_counter()
            carry_out()
            self._began_s = None

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._look_timer = loop.call_later(_LOOK_EVERY_S, self._look, loop)
        began_s = self._began_s
        if began_s is not None and perf_counter() - began_s > GIVE_UP_AFTER_S:
            self._break()

    def _break(self) -> None:
        connection = self._connection
        if connection is not None:
            with suppress(SQLAlchemyError):
                break_connection(connection.connection.driver_connection)

    def _transact(self, work: Callable[[Connection], T]) -> T:
        driver: Any = self._engine.dialect.loaded_dbapi
        if self._has_given_up:
            raise Unavailable("the server goes down; send it again")
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

    def give_up(self) -> None:
        """The database has had its time: what is under way is broken off, and what comes is refused."""
        self._has_given_up = True
        self._break()

    async def close(self) -> None:
        """Ends the thread, after what it still has to do, and the connection. A thread that does not end goes with the
        process."""
        if self._look_timer is not None:
            self._look_timer.cancel()
        if self._thread is not None:
            self._todo.put(None)
            await asyncio.to_thread(self._thread.join, CLOSE_S)
            if self._thread.is_alive():
                self.give_up()
                return
        if self._connection is not None:
            self._connection.close()
        self._engine.dispose()
