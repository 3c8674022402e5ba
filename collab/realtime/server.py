"""The Socket.IO server, set up for this engine."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence, Set
from functools import partial
from typing import Any, TypeAlias

import socketio
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from collab.domain.errors import Unavailable
from collab.domain.paths import is_below, path_within
from collab.engineio.server import EngineServer
from collab.realtime import debug, wire_json
from collab.realtime.answers import Reply
from collab.realtime.connection import ConnectedSession, Connection, Connections
from collab.realtime.frames import read_event
from collab.realtime.origins import is_allowed, normal
from collab.realtime.packets import NAMESPACE, Guard

_QUIET = logging.getLogger("collab.socketio")
_QUIET.setLevel(logging.ERROR)
# Left to themselves, both libraries log every packet, and with the first one its token: at no level may they.
_QUIET.addFilter(lambda record: record.levelno >= logging.ERROR)


Handler: TypeAlias = Callable[[ConnectedSession, Sequence[Any]], Awaitable[Any]]
"""Handles an event: takes the session that it came from and its arguments, and returns the answer."""

InPlace: TypeAlias = Callable[[ConnectedSession, Sequence[Any], Reply], None]
"""As `Handler`, but never waits: it gives its answer to the `Reply`, now or later."""

Unknown: TypeAlias = Callable[[ConnectedSession, Any], Awaitable[Any]]
"""Handles an event that has no handler: takes the session and the event's name."""


class Server(socketio.AsyncServer):  # type: ignore[misc]  # python-socketio ships no types
    """Takes an event to its handler and the answer back in one task, or in none, on one namespace.

    python-socketio does the same by way of half a dozen general calls and as many tables. Here the connection that an
    event came by knows its session, which goes with the event from then on. python-socketio itself is left the
    handshake and the disconnect. `_handle_event` is in no documentation: a test holds it in place.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._answering: set[asyncio.Task[None]] = set()
        self._handlers: dict[str, Handler] = {}
        self._in_place: dict[str, InPlace] = {}
        self._on_unknown: Unknown | None = None
        self.on_goodbye: Callable[[Connection], None] = lambda _: None
        """Hears of a client that sends a DISCONNECT, before python-socketio does."""
        self.connections: Connections = self.eio
        self.connections.on_message = Guard(self, self.hear, lambda connection: self.on_goodbye(connection))
        self.connections.listen(_closed, _opened)

    @property
    def events(self) -> Set[str]:
        """The names of the events that have a handler."""
        return self._handlers.keys() | self._in_place.keys()

    def on_event(self, event: str, handler: Handler) -> None:
        self._handlers[event] = handler

    def on_event_in_place(self, event: str, handler: InPlace) -> None:
        """Registers a handler that is called where the event is read, without a task."""
        self._in_place[event] = handler

    def on_unknown_event(self, handler: Unknown) -> None:
        self._on_unknown = handler

    async def emit(self, *_arguments: Any, **_options: Any) -> None:
        """Refused: without a room it would reach everybody, also those whose token is still being checked."""
        raise NotImplementedError("expected nobody to emit by python-socketio: tell a room or a session, by `Rooms`")

    def _engineio_server_class(self) -> Callable[..., Connections]:
        return partial(EngineServer, make_connection=Connection)

    async def _handle_event(self, eio_sid: str, namespace: str | None, id: int | None, data: Any) -> None:  # noqa: A002  # its name there
        connection = self.connections.find(eio_sid)
        if connection is not None and namespace in (None, NAMESPACE):
            self._take(connection, id, data)

    def hear(self, connection: Connection, text: str) -> bool:
        """Hands a text from a client to the handler of its event; returns whether it was an event."""
        event = read_event(text)
        if event is None:
            return False
        if debug.are_packets_told():
            debug.packet_came(connection.id, len(text))
        self._take(connection, *event)
        return True

    def _take(self, connection: Connection, event_id: int | None, data: Any) -> None:
        session = connection.session
        if session is None:
            # The client is not accepted yet, or its session is over: it gets no answer.
            return
        event, *arguments = data if isinstance(data, list) and data else [None]
        if debug.are_events_told():
            # The name of any other is whatever a client has sent: a token by mistake, say.
            known = event if isinstance(event, str) and event in self.events else "unknown"
            debug.event_came(known, session.id, "nobody yet" if session.identity is None else session.user.id)
        reply = partial(connection.answer, event_id)
        in_place = self._in_place.get(event) if isinstance(event, str) else None
        if in_place is None:
            task = asyncio.create_task(self._answer(session, event, arguments, reply))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        elif self._answering:
            # Earlier events may be in tasks that have not begun: this one goes behind them.
            asyncio.get_running_loop().call_soon(in_place, session, arguments, reply)
        else:
            in_place(session, arguments, reply)

    async def _answer(self, session: ConnectedSession, event: Any, arguments: list[Any], reply: Reply) -> None:
        handler = self._handlers.get(event) if isinstance(event, str) else None
        if handler is not None:
            reply(await handler(session, arguments))
        elif self._on_unknown is not None:
            reply(await self._on_unknown(session, event))


def _opened(connection: Connection) -> None:
    if debug.are_packets_told():
        debug.opened(connection.id)


def _closed(connection: Connection) -> None:
    if debug.are_packets_told():
        debug.closed(connection.id, str(connection.reason))


def make_server(
    *,
    allowed_origins: Sequence[str],
    ping_interval_s: int,
    ping_timeout_s: int,
    max_message_bytes: int,
    compression_threshold_bytes: int,
) -> Server:
    """A server with nothing registered yet. Pages of the server's own origin may connect, and those that are named."""
    return Server(
        async_mode="asgi",
        json=wire_json,
        cors_allowed_origins=partial(is_allowed, frozenset(map(normal, allowed_origins))),
        ping_interval=ping_interval_s,
        ping_timeout=ping_timeout_s,
        max_http_buffer_size=max_message_bytes,
        compression_threshold=compression_threshold_bytes,
        logger=_QUIET,
        engineio_logger=_QUIET,
    )


class Sockets:
    """An ASGI application that answers the requests of Engine.IO. `ready` sees to it that the engine runs, and raises
    `Unavailable` where it can't."""

    def __init__(self, server: Server, ready: Callable[[], Awaitable[None]]) -> None:
        self._ready = ready
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._ready()
        except Unavailable as error:
            await _refuse(error, scope, receive, send)
        else:
            await self._server.handle_request(scope, receive, send)


class BesideSockets:
    """An ASGI application that leaves what is below a path to `sockets`, and all else, lifespan included, to `other`:
    also where it is mounted in another application itself."""

    def __init__(self, sockets: Sockets, other: ASGIApp, path: str) -> None:
        self._sockets = sockets
        self._other = other
        self._path = f"{path}/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_ours = scope["type"] in ("http", "websocket") and is_below(
            path_within(scope["path"], scope.get("root_path", "")), self._path
        )
        await (self._sockets if is_ours else self._other)(scope, receive, send)


async def _refuse(error: Unavailable, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        # "Try again later"; the client, which is not accepted yet, gets a 403.
        await send({"type": "websocket.close", "code": 1013, "reason": error.message})
    else:
        await PlainTextResponse(error.message, 503)(scope, receive, send)
