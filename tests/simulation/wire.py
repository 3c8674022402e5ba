"""A websocket between a client and a node: a stream each way, in order, that is delayed, cut, or falls silent.

At the node's end stands what uvicorn is to the engine: an ASGI scope, and the TCP connection that it hands over
(`engineio/handover.py`).
At the client's end stands what python-socketio's client is to the SDK (`client_socket.py`).
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

from starlette.types import ASGIApp
from websockets.frames import Frame, Opcode

from collab.engineio.handover import EXTENSION
from tests.simulation.loop import Process, SimulatedLoop
from tests.simulation.weather import Weather, delay_s, grained


class Wire:
    """`heard` is told each text as it reaches the client."""

    def __init__(
        self, loop: SimulatedLoop, chance: Any, weather: Callable[[], Weather], client: Process, server: Process
    ) -> None:
        self._loop = loop
        self._chance = chance
        self._weather = weather
        self._at_s = {client: 0.0, server: 0.0}
        self.client, self.server = client, server
        self.is_silent = self.is_cut = False
        self.heard: Callable[[str], None] = lambda _: None
        self.on_text: Callable[[str], None] = lambda _: None
        self.on_end: Callable[[str], None] = lambda _: None
        self.end_of_server = ServerEnd(self)

    def to_server(self, text: str) -> None:
        self._carry(self.server, self.end_of_server.arrive, text)

    def to_client(self, text: str) -> None:
        self._carry(self.client, self._arrive, text)

    def server_closes(self) -> None:
        """After what it has sent."""
        if not self.is_silent:
            self._loop.call_at(self._when(self.client), self._ended, "transport close", context=self.client.context)

    def client_closes(self) -> None:
        if not self.is_silent:
            self._loop.call_at(self._when(self.server), self.end_of_server.ended, context=self.server.context)

    def cut(self) -> None:
        """The connection breaks: what is on its way is lost."""
        self.is_cut = True
        self._loop.call_soon(self.end_of_server.ended, context=self.server.context)
        self._loop.call_soon(self._ended, "transport error", context=self.client.context)

    def fall_silent(self) -> None:
        """Nothing comes any more, either way, and nobody is told: half-open."""
        self.is_silent = True

    def _carry(self, to: Process, arrive: Callable[[str], None], text: str) -> None:
        if not self.is_silent and not self.is_cut:
            self._loop.call_at(self._when(to), self._unless_lost, arrive, text, context=to.context)

    def _unless_lost(self, arrive: Callable[[str], None], text: str) -> None:
        if not self.is_silent and not self.is_cut:
            arrive(text)

    def _when(self, to: Process) -> float:
        """A stream keeps its order."""
        weather = self._weather()
        when = self._loop.time() + delay_s(self._chance, weather.network_s)
        if to is self.client:
            when = grained(when, weather)
        self._at_s[to] = max(self._at_s[to], when)
        return self._at_s[to]

    def _arrive(self, text: str) -> None:
        self.heard(text)
        self.on_text(text)

    def _ended(self, reason: str) -> None:
        self.on_end(reason)


class ServerEnd:
    """Where a node reads and writes: the ASGI handshake, then the TCP connection that uvicorn hands over."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._line = Line(wire)

    def accept(self, application: ASGIApp, query: str, address: str) -> None:
        """A client connects. To be called in the node's own process."""
        scope = {
            "type": "websocket",
            "path": "/socket.io/",
            "query_string": f"{query}&EIO=4&transport=websocket".encode(),
            "headers": [(b"host", b"node"), (b"upgrade", b"websocket"), (b"connection", b"upgrade")],
            "client": (address, 1),
            "extensions": {EXTENSION: self},
        }
        asyncio.get_running_loop().create_task(self._serve(application, scope), name="websocket")

    async def _serve(self, application: ASGIApp, scope: dict[str, Any]) -> None:
        await application(scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def _send(self, message: Any) -> None:
        """Nothing but the acceptance, or a refusal, goes by ASGI."""
        if message["type"] == "websocket.close":
            self._line.close()

    def release(self) -> tuple[asyncio.Transport, set[Any]]:
        return self._line, set()

    def arrive(self, text: str) -> None:
        if self._line.protocol is not None and not self._line.is_closing():
            self._line.protocol.data_received(Frame(Opcode.TEXT, text.encode()).serialize(mask=True))

    def ended(self) -> None:
        self._line.lost()

    def close(self) -> None:
        """The node ends it, after what it has sent."""
        self._line.close()


class Line(asyncio.Transport):
    """Stands for the TCP connection of a websocket."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire
        self._is_over = False
        self.protocol: Any = None

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    def write(self, data: Any) -> None:
        for opcode, body in _frames(bytes(data)):
            if opcode is Opcode.CLOSE:
                self.close()
            elif not self._is_over:
                self._wire.to_client(body.decode())

    def close(self) -> None:
        """The node ends it, after what it has sent."""
        if not self._is_over:
            self._wire.server_closes()
            self.lost()

    def abort(self) -> None:
        self._wire.cut()

    def lost(self) -> None:
        if not self._is_over:
            self._is_over = True
            if self.protocol is not None:
                # As any transport does: never from within a call of the protocol's own.
                asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)

    def is_closing(self) -> bool:
        return self._is_over

    def pause_reading(self) -> None:
        """Nothing: whatever comes meanwhile waits with its connection."""

    def resume_reading(self) -> None:
        """Nothing, as above."""

    def get_write_buffer_size(self) -> int:
        """Nothing that is under way moves a silent client's deadline."""
        return 0


def _frames(data: bytes) -> Iterator[tuple[Opcode, bytes]]:
    """The frames without a mask that were written in one piece (RFC 6455, 5.2)."""
    while data:
        size, begin = data[1], 2
        if size > 125:
            begin = {126: 4, 127: 10}[size]
            size = int.from_bytes(data[2:begin], "big")
        yield Opcode(data[0] & 0x0F), data[begin : begin + size]
        data = data[begin + size :]
