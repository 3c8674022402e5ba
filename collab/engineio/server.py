"""The server of Engine.IO: all connections, and what python-socketio calls.

`socketio.AsyncServer._engineio_server_class()` returns what is to be made of its options; of that it calls `on`,
`send`, `send_packet`, `transport`, `get_session`, `generate_id`, `create_event`, `sleep`, `start_background_task`,
`shutdown`, `handle_request` and `attach`, and reads `async_mode`. These have the names and the meaning that they have
in python-engineio; a test runs python-socketio's oldest and newest version on them.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextvars import copy_context
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

import structlog
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from collab.engineio.connection import Connection
from collab.engineio.heartbeat import Heartbeat
from collab.engineio.packets import Data, message
from collab.engineio.requests import Endpoint
from collab.engineio.session import Reason

log = structlog.get_logger(__name__)

ConnectionT = TypeVar("ConnectionT", bound=Connection)

OnMessage: TypeAlias = Callable[[ConnectionT, Data], Awaitable[None] | None]
"""Handles a message: at once, or by what it returns, which is awaited before the next message of the connection."""

OriginCheck: TypeAlias = Callable[[str, Headers], bool]
"""Whether a page of that origin may connect, by the headers of its request."""

MakeConnection: TypeAlias = Callable[["EngineServer[ConnectionT]", str, Scope], ConnectionT]

_Handler: TypeAlias = Callable[..., Coroutine[Any, Any, Any]]

_ID_LENGTH = 20


class _PacketOfEngineIO(Protocol):
    """What python-socketio's managers make of a message for many: python-engineio's `Packet`."""

    data: Data


class EngineServer(Generic[ConnectionT]):
    """`ping_interval` and `ping_timeout` are in seconds, `max_http_buffer_size` is what one message may take. Polls are
    answered compressed from `compression_threshold` bytes on."""

    async_mode = "asgi"

    def __init__(
        self,
        *,
        ping_interval: float = 25,
        ping_timeout: float = 20,
        max_http_buffer_size: int = 1_000_000,
        compression_threshold: int = 1_024,
        cors_allowed_origins: OriginCheck | None = None,
        make_connection: MakeConnection[ConnectionT],
        **_options: Any,
    ) -> None:
        self.ping_interval = ping_interval
        self.ping_timeout = ping_timeout
        self.max_http_buffer_size = max_http_buffer_size
        self.compression_threshold_bytes = compression_threshold
        self.is_origin_allowed = cors_allowed_origins or (lambda _origin, _headers: True)
        self.heartbeat = Heartbeat(ping_interval, ping_timeout)
        self.on_message: OnMessage[ConnectionT] = self._pass_on
        """Hears of each message; python-socketio does, unless somebody else takes its place."""
        self.context = copy_context()
        """What a websocket's messages are handled in: nothing of it is anybody else's."""
        self._make_connection = make_connection
        self._open: dict[str, ConnectionT] = {}
        self._on_opened: list[Callable[[ConnectionT], None]] = []
        self._on_closed: list[Callable[[ConnectionT], None]] = []
        self._handlers: dict[str, _Handler] = {}
        self._to_flush: dict[ConnectionT, None] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._endpoint = Endpoint(self)

    # The connections.

    def __iter__(self) -> Iterator[ConnectionT]:
        return iter(self._open.values())

    def find(self, session_id: str | None) -> ConnectionT | None:
        return None if session_id is None else self._open.get(session_id)

    async def let_in(self, scope: Scope) -> ConnectionT:
        """A connection for a client that has just come; the application has heard of it."""
        connection = self._make_connection(self, self.generate_id(), scope)
        self._open[connection.id] = connection
        for on_opened in self._on_opened:
            on_opened(connection)
        # python-socketio would keep a whole request for as long as the client stays: the connection has its headers.
        await self._handlers["connect"](connection.id, {})
        return connection

    def listen(
        self, on_closed: Callable[[ConnectionT], None], on_opened: Callable[[ConnectionT], None] | None = None
    ) -> None:
        """Hears of each connection that opens, and of each that closes, before python-socketio does;
        `connection.reason` says why."""
        self._on_closed.append(on_closed)
        if on_opened is not None:
            self._on_opened.append(on_opened)

    def ended(self, connection: ConnectionT) -> None:
        """A connection has closed."""
        del self._open[connection.id]
        self.heartbeat.discard(connection)
        for on_closed in self._on_closed:
            on_closed(connection)
        self.start_background_task(self._handlers["disconnect"], connection.id, connection.reason)

    def flush_soon(self, connection: ConnectionT) -> None:
        """Has its transport take what waits, when this turn of the event loop is over: whatever a client is told within
        one turn is written in one piece, since most of what a message costs is handing it to the system."""
        if not self._to_flush:
            asyncio.get_running_loop().call_soon(self._flush)
        self._to_flush.setdefault(connection)

    def _flush(self) -> None:
        connections, self._to_flush = self._to_flush, {}
        for connection in connections:
            connection.flush()

    def _pass_on(self, connection: ConnectionT, data: Data) -> Awaitable[None]:
        return self._handlers["message"](connection.id, data)

    # What python-socketio calls.

    def on(self, event: str, handler: _Handler) -> None:
        """Registers python-socketio's handler of `connect`, `message` or `disconnect`."""
        self._handlers[event] = handler

    def attach(self, _app: Any, _path: str = "") -> None:
        """Nothing: an ASGI application is mounted."""

    async def handle_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI application."""
        await self._endpoint(scope, receive, send)

    async def send(self, session_id: str, data: Data) -> None:
        """Sends a message, where the client is still there."""
        if (connection := self.find(session_id)) is not None:
            connection.send(message(data))

    async def send_packet(self, session_id: str, packet: _PacketOfEngineIO) -> None:
        await self.send(session_id, packet.data)

    async def disconnect(self, session_id: str) -> None:
        if (connection := self.find(session_id)) is not None:
            connection.end(Reason.SERVER)

    def transport(self, session_id: str) -> str:
        """`polling` or `websocket`. `KeyError` where there is no such connection."""
        return "websocket" if self._open[session_id].is_upgraded else "polling"

    async def get_session(self, session_id: str) -> dict[str, Any]:
        """Refused: what an application knows of a client belongs to its connection."""
        raise NotImplementedError(f"expected no session of python-socketio for {session_id}")

    def generate_id(self) -> str:
        """An id that nobody guesses."""
        return secrets.token_urlsafe(_ID_LENGTH)[:_ID_LENGTH]

    def create_event(self) -> asyncio.Event:
        return asyncio.Event()

    async def sleep(self, seconds: float = 0) -> None:
        await asyncio.sleep(seconds)

    def start_background_task(self, target: _Handler, *arguments: Any, **options: Any) -> asyncio.Task[Any]:
        task = asyncio.create_task(target(*arguments, **options))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def shutdown(self) -> None:
        """Ends all connections."""
        for connection in list(self):
            connection.end(Reason.SERVER)
        self.heartbeat.stop()
