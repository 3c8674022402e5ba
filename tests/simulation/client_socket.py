"""What python-socketio's client is to the SDK (`client/connection.py`), at the client's end of a wire."""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
from socketio.exceptions import BadNamespaceError
from socketio.exceptions import ConnectionError as RefusedError

from tests.simulation.wire import Wire


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
