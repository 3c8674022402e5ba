"""The polled payloads that come in: each is read for as long as its socket is open, and one of a socket at a time.

Nobody else ends them: what is sent without a socket would be kept for whoever never finishes it, token or none. A
socket without a session is closed when its time is up, and one whose payload does not end can't answer its ping.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Closed(Exception):
    """There is no such socket, or it was closed before the payload had come."""


class _Socket:
    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.reading: set[asyncio.Timeout] = set()


class Payloads:
    """By the ids of the sockets. `opened` and `closed` hear of those."""

    def __init__(self) -> None:
        self._sockets: dict[str, _Socket] = {}

    def opened(self, socket_id: str) -> None:
        self._sockets[socket_id] = _Socket()

    def closed(self, socket_id: str) -> None:
        socket = self._sockets.pop(socket_id, None)
        for waiting in socket.reading if socket else ():
            if not waiting.expired():
                waiting.reschedule(asyncio.get_running_loop().time())

    @asynccontextmanager
    async def turn(self, socket_id: str) -> AsyncIterator[None]:
        """Waits for the payloads of the socket that came before; in its block one is read. `Closed`."""
        socket = self._sockets.get(socket_id)
        if socket is None:
            raise Closed
        try:
            async with asyncio.timeout(None) as waiting:
                socket.reading.add(waiting)
                try:
                    async with socket.turn:
                        yield
                finally:
                    socket.reading.discard(waiting)
        except TimeoutError:
            raise Closed from None
