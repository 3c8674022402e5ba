"""Long polling: a client asks for what waits, and is answered once there is something; what it says comes as payloads.

One poll waits at a time, and one payload is read at a time: a second one ends the connection, since nobody could say
any more what was told first. Both end with their connection, and nobody else ends them: what was sent without one would
be kept for whoever never finishes it.

A client that gives up its poll has gone. Whatever it was told then would be lost, and what came next would follow it
without a sign.
"""

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.types import Receive

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

    __slots__ = ("_connection", "_moved_count", "_reading", "_waiting", "candidate")

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection
        self._waiting: asyncio.Future[None] | None = None
        self._reading: asyncio.Timeout | None = None
        self._moved_count = 0
        self.candidate: WebSocket | None = None
        """The websocket that tries to take its place; there is one at most."""

    async def poll(self, receive: Receive) -> str:
        """The payload of what waits, once something does. `Refused` where another poll waits: that ends both. `receive`
        tells of a client that gives it up."""
        self._moved_count += 1
        if self._waiting is not None:
            self._connection.end(Reason.TRANSPORT_ERROR)
            raise Refused("expected one poll at a time: the session is over")
        if self._connection.state is State.POLLING and not self._connection.waiting_count:
            self._waiting = asyncio.get_running_loop().create_future()
            watching = asyncio.create_task(self._watch(receive), name="poll")
            try:
                await self._waiting
            finally:
                watching.cancel()
                self._waiting = None
        return payload(self._taken())

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._connection.end(Reason.TRANSPORT_CLOSE)

    def _taken(self) -> list[Packet]:
        if self._connection.state is State.POLLING:
            return self._connection.take(_POLL_BYTES)
        # It goes over to a websocket, or is over: then whoever ended it knows.
        is_told = self._connection.is_open or self._connection.reason == Reason.CLIENT
        return [Packet(NOOP if is_told else CLOSE)]

    async def read(self, request: Request, max_bytes: int) -> bytes:
        """The body of a payload, of so many bytes at most. What is longer, and what comes while another is read, ends
        the session (`Refused`)."""
        if self._reading is not None:
            self._connection.end(Reason.TRANSPORT_ERROR)
            raise Refused("expected one payload at a time: the session is over")
        try:
            async with asyncio.timeout(None) as self._reading:
                return await self._body(request, max_bytes)
        except TimeoutError:
            raise Refused("the session is over") from None
        finally:
            self._reading = None

    async def _body(self, request: Request, max_bytes: int) -> bytes:
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
        """Answers the poll that waits, and ends the payload that comes."""
        self.flush()
        if self.candidate is not None:
            self.candidate.close(at_once=at_once)
        if self._reading is not None and not self._reading.expired():
            self._reading.reschedule(asyncio.get_running_loop().time())

    def _broken(self, max_bytes: int) -> Refused:
        self._connection.end(Reason.TRANSPORT_ERROR)
        return Refused(f"expected 1 to {MAX_POLLED_PACKETS} packets in {max_bytes} bytes")
