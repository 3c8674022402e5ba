"""Long polling: a client asks for what waits, and is answered once there is something; what it says comes as payloads.

One poll waits at a time, and one payload is read at a time; both end with their connection. Nobody else ends them: what
was sent without a connection would be kept for whoever never finishes it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.requests import Request

from collab.engineio.packets import CLOSE, MAX_POLLED_PACKETS, NOOP, Malformed, Packet, payload, read_payload
from collab.engineio.session import Flow, Reason, State

if TYPE_CHECKING:
    from collab.engineio.connection import Connection
    from collab.engineio.websocket import WebSocket

_POLL_BYTES = 1_000_000
"""What one answer to a poll brings, as a rule: the next one brings the rest."""


class Refused(Exception):
    """A request that is answered with 400; its text says what was expected."""


class Polling:
    """The transport of a client that polls."""

    __slots__ = ("_connection", "_moved_count", "_reading", "_turn", "_waiting", "candidate")

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection
        self._waiting: asyncio.Future[None] | None = None
        self._turn = asyncio.Lock()
        self._reading: set[asyncio.Timeout] = set()
        self._moved_count = 0
        self.candidate: WebSocket | None = None
        """The websocket that tries to take its place; there is one at most."""

    async def poll(self) -> str:
        """The payload of what waits, once something does. `Refused` where another poll waits: that ends both."""
        self._moved_count += 1
        if self._waiting is not None:
            self._connection.end(Reason.TRANSPORT_ERROR)
            raise Refused("expected one poll at a time: the session is over")
        if self._connection.state is State.POLLING and not self._connection.waiting_count:
            self._waiting = asyncio.get_running_loop().create_future()
            try:
                await self._waiting
            finally:
                self._waiting = None
        return payload(self._taken())

    def _taken(self) -> list[Packet]:
        if self._connection.state is State.POLLING:
            return self._connection.take(_POLL_BYTES)
        # It goes over to a websocket, or is over: then whoever ended it knows.
        is_told = self._connection.is_open or self._connection.reason == Reason.CLIENT
        return [Packet(NOOP if is_told else CLOSE)]

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits for the payloads that came before; in its block one is read. `Refused` where the session ends."""
        try:
            async with asyncio.timeout(None) as waiting:
                self._reading.add(waiting)
                try:
                    async with self._turn:
                        yield
                finally:
                    self._reading.discard(waiting)
        except TimeoutError:
            raise Refused("the session is over") from None

    async def read(self, request: Request, max_bytes: int) -> bytes:
        """The body of a payload, of so many bytes at most; what is longer ends the session (`Refused`)."""
        body = bytearray()
        length = request.headers.get("content-length", "0")
        is_long = not length.isdecimal() or int(length) > max_bytes
        if not is_long:
            async for chunk in request.stream():
                self._moved_count += 1
                body += chunk
                if len(body) > max_bytes:
                    is_long = True
                    break
        if is_long:
            raise self._broken(max_bytes)
        return bytes(body)

    async def receive(self, body: bytes, max_bytes: int) -> None:
        """Hands on the packets of a payload; returns once they are handled. What is no payload ends the session
        (`Refused`)."""
        try:
            packets = read_payload(body)
        except Malformed:
            raise self._broken(max_bytes) from None
        for data in packets:
            self._connection.receive(data)
            # Others get their turn between two of them.
            await asyncio.sleep(0)
        await self._connection.settled()

    def flush(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def flow(self) -> Flow:
        return Flow(self._moved_count, 0, 0)

    def pause_reading(self) -> None:
        """Nothing: a payload is answered, and the next one comes, once it is handled."""

    def resume_reading(self) -> None:
        """Nothing, as above."""

    def close(self, *, at_once: bool) -> None:
        """Answers the poll that waits, and ends the payloads that come."""
        self.flush()
        if self.candidate is not None:
            self.candidate.close(at_once=at_once)
        for waiting in self._reading:
            if not waiting.expired():
                waiting.reschedule(asyncio.get_running_loop().time())

    def _broken(self, max_bytes: int) -> Refused:
        self._connection.end(Reason.TRANSPORT_ERROR)
        return Refused(f"expected 1 to {MAX_POLLED_PACKETS} packets in {max_bytes} bytes")
