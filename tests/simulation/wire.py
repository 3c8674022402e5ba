"""A websocket between a client and a node: a stream each way, in order, that is delayed, cut, or falls silent.

At the node's end stands what uvicorn is to the engine: an ASGI scope, and the short way past it (`realtime/push.py`).
At the client's end stands what python-socketio's client is to the SDK (`client/connection.py`).
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import orjson
from socketio.exceptions import BadNamespaceError
from socketio.exceptions import ConnectionError as RefusedError
from starlette.types import ASGIApp

from collab.realtime.tcp import Flow
from tests.simulation.loop import Process, SimulatedLoop
from tests.simulation.weather import Weather, delay_s


class Wire:
    """`heard` is told each text that reaches the client, `said` each that the client sends."""

    def __init__(
        self, loop: SimulatedLoop, chance: Any, weather: Callable[[], Weather], client: Process, server: Process
    ) -> None:
        self._loop = loop
        self._chance = chance
        self._weather = weather
        self._at_s = {client: 0.0, server: 0.0}
        self.client, self.server = client, server
        self.is_silent = self.is_cut = False
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
        if to is self.client and weather.grain_s:
            when = math.ceil(when / weather.grain_s) * weather.grain_s
        self._at_s[to] = max(self._at_s[to], when)
        return self._at_s[to]

    def _arrive(self, text: str) -> None:
        self.on_text(text)

    def _ended(self, reason: str) -> None:
        self.on_end(reason)


class ServerEnd:
    """Where a node reads and writes: its ASGI application's `receive` and `send`, and its `push`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._incoming: deque[dict[str, Any]] = deque()
        self._reader: asyncio.Future[None] | None = None
        self._is_over = False
        self._is_answered = False
        self.push = Push(wire)

    def accept(self, application: ASGIApp, query: str, address: str) -> None:
        """A client connects. To be called in the node's own process."""
        scope = {
            "type": "websocket",
            "path": "/socket.io/",
            "query_string": f"{query}&EIO=4&transport=websocket".encode(),
            "headers": [(b"host", b"node"), (b"upgrade", b"websocket"), (b"connection", b"upgrade")],
            "client": (address, 1),
            "extensions": {"collab.push": self.push},
        }
        self._incoming.append({"type": "websocket.connect"})
        asyncio.get_running_loop().create_task(self._serve(application, scope), name="websocket")

    async def _serve(self, application: ASGIApp, scope: dict[str, Any]) -> None:
        await application(scope, self.receive, self.send)
        self.close()

    async def receive(self) -> dict[str, Any]:
        while not self._incoming:
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        return self._incoming.popleft()

    async def send(self, message: Any) -> None:
        if message["type"] == "websocket.send":
            if self._is_over:
                raise OSError("the connection is gone")
            self._wire.to_client(message.get("text") or message["bytes"].decode())
        elif message["type"] == "websocket.close":
            self.close()

    def arrive(self, text: str) -> None:
        if self._is_over:
            return
        if self._incoming or self.push.on_text is None or not self.push.on_text(text):
            self._put({"type": "websocket.receive", "text": text})

    def ended(self) -> None:
        if not self._is_over:
            self._is_over = self.push.is_over = True
            self._put({"type": "websocket.disconnect", "code": 1006})

    def close(self) -> None:
        """The node ends it, after what it has sent."""
        if not self._is_over:
            self._is_over = self.push.is_over = True
            self._wire.server_closes()
            self._put({"type": "websocket.disconnect", "code": 1000})

    def _put(self, message: dict[str, Any]) -> None:
        self._incoming.append(message)
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)


class Push:
    """Stands for `PushWebSocket`, which is uvicorn's."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.on_text: Callable[[str], bool] | None = None
        self.is_over = False
        self.transport = SimpleNamespace(abort=wire.cut, get_extra_info=lambda _: None)
        self._written = self._received = 0

    @property
    def is_writable(self) -> bool:
        return not self.is_over

    def forget_handshake(self) -> None:
        """There is none."""

    def write(self, frames: Sequence[bytes]) -> None:
        if not self.is_over:
            for frame in frames:
                self._wire.to_client(_payload(frame))

    def flow(self) -> Flow:
        """Nothing that is under way moves a silent client's deadline."""
        return Flow(0, 0, 0)


def _payload(frame: bytes) -> str:
    """The text of a frame without a mask (RFC 6455, 5.2)."""
    begin = {126: 4, 127: 10}.get(frame[1], 2)
    return frame[begin:].decode()


class ClientSocket:
    """Stands for python-socketio's `AsyncClient`: `connect` finds a node by `find`, and each packet is handled in the
    order in which it came. `connect` returns once the namespace is connected."""

    def __init__(self, dial: Callable[["ClientSocket", str], Wire]) -> None:
        self._dial = dial
        self._handlers: dict[str, Callable[..., Any]] = {}
        self._callbacks: dict[int, Callable[..., None]] = {}
        self._last_id = 0
        self._wire: Wire | None = None
        self._connected: asyncio.Future[None] | None = None
        self._is_connected = False
        self.eio = _Transport(self)

    def on(self, event: str, handler: Callable[..., Any]) -> None:
        self._handlers[event] = handler

    async def connect(self, url: str, auth: Any, wait_timeout: float, **_options: Any) -> None:
        self._connected = asyncio.get_running_loop().create_future()
        self._auth = auth
        self._wire = self._dial(self, url)
        self._wire.on_text, self._wire.on_end = self._read, self._ended
        try:
            async with asyncio.timeout(wait_timeout):
                await self._connected
        except TimeoutError:
            raise RefusedError("no answer") from None

    async def emit(self, event: str, payload: Any, callback: Callable[..., None]) -> None:
        if not self._is_connected:
            raise BadNamespaceError("/ is not a connected namespace.")
        self._last_id += 1
        self._callbacks[self._last_id] = callback
        self._send(f"42{self._last_id}{orjson.dumps([event, payload]).decode()}")

    def transport(self) -> str:
        return "websocket"

    async def disconnect(self) -> None:
        """Says goodbye, and ends."""
        self._send("41")
        self._send("1")
        self.drop("client disconnect")

    def drop(self, reason: str) -> None:
        if self._wire is not None:
            self._wire.client_closes()
            self._ended(reason)

    def _send(self, text: str) -> None:
        if self._wire is not None:
            self._wire.to_server(text)

    def _read(self, text: str) -> None:
        if text.startswith("0"):
            opened = orjson.loads(text[1:])
            self.eio.ping_interval = opened["pingInterval"] / 1_000
            self.eio.ping_timeout = opened["pingTimeout"] / 1_000
            self._send(f"40{orjson.dumps(self._auth).decode()}")
        elif text.startswith(("2", "4")):
            asyncio.get_running_loop().create_task(self.eio.receive_packet(text))
        elif text.startswith("1"):
            self.drop("server disconnect")

    def handle(self, text: str) -> None:
        if text.startswith("2"):
            self._send("3")
        elif text.startswith("40"):
            self._is_connected = True
            self._settle(None)
        elif text.startswith("44"):
            self._handlers["connect_error"](orjson.loads(text[2:]))
            self._settle(RefusedError("refused"))
            self.drop("server disconnect")
        elif text.startswith("41"):
            self.drop("server disconnect")
        elif text.startswith("42"):
            event, *payload = orjson.loads(text[2:])
            self._handlers["*"](event, *payload)
        elif text.startswith("43"):
            at = text.index("[")
            callback = self._callbacks.pop(int(text[2:at]), None)
            if callback is not None:
                callback(*orjson.loads(text[at:]))

    def _settle(self, error: Exception | None) -> None:
        if self._connected is not None and not self._connected.done():
            if error is None:
                self._connected.set_result(None)
            else:
                self._connected.set_exception(error)

    def _ended(self, reason: str) -> None:
        if self._wire is None:
            return
        self._wire = None
        self._settle(RefusedError(reason))
        if self._is_connected:
            self._is_connected = False
            self._handlers["disconnect"](reason)


class _Transport:
    """What the SDK reaches for below Socket.IO."""

    http = None
    ws = None

    def __init__(self, socket: ClientSocket) -> None:
        self._socket = socket
        self.ping_interval = self.ping_timeout = 0.0
        self._receive_packet = self._take_in

    async def receive_packet(self, text: str) -> None:
        await self._receive_packet(text)

    async def _take_in(self, text: str) -> None:
        self._socket.handle(text)

    async def disconnect(self, abort: bool) -> None:
        self._socket.drop("client disconnect")
