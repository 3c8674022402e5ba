"""The deadline of a node's end: a database that does not answer must not keep it from ending."""

import asyncio

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from collab.storage.breaking import Connections
from collab.storage.writer import Writer

log = structlog.get_logger(__name__)

DATABASE_S = 5.0
"""How long the end of a node waits for its database, in all."""


class Deadline:
    """What still waits for the database when the time is up gets an error."""

    def __init__(self, writer: Writer, reading: AsyncEngine) -> None:
        self._writer = writer
        self._connections = Connections(reading.sync_engine)
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """The node begins to end; it may be said more than once."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(DATABASE_S, self._give_up)

    def end(self) -> None:
        """Nothing waits any more."""
        if self._timer is not None:
            self._timer.cancel()

    def _give_up(self) -> None:
        log.warning("the database does not answer; the node ends without it")
        self._writer.give_up()
        self._connections.break_all()
