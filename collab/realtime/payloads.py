"""The polled payloads that come in: each is read for as long as its connection is open, and one of a connection at a
time.

Nobody else ends them: what is sent without a connection would be kept for whoever never finishes it, token or none. A
connection without a session is closed when its time is up, and one whose payload does not end can't answer its ping.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Closed(Exception):
    """There is no such connection, or it was closed before the payload had come."""


class Payloads:
    """Those of one connection."""

    __slots__ = ("_reading", "_turn")

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._reading: set[asyncio.Timeout] = set()

    def close(self) -> None:
        """Ends what is being read, and what waits for that."""
        for waiting in self._reading:
            if not waiting.expired():
                waiting.reschedule(asyncio.get_running_loop().time())

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits for the payloads that came before; in its block one is read. `Closed`."""
        try:
            async with asyncio.timeout(None) as waiting:
                self._reading.add(waiting)
                try:
                    async with self._turn:
                        yield
                finally:
                    self._reading.discard(waiting)
        except TimeoutError:
            raise Closed from None
