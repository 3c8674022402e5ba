"""Connections: one for each client, from the moment it reaches the server until its transport has gone.

A connection is a socket of Engine.IO, by polling or a websocket. One session at a time stands on it: none until the
client has sent CONNECT and was accepted, and none after a DISCONNECT, when it may connect again. What comes in is read
by its connection, so that an event finds its session there and nowhere else; what goes out goes out by it.
"""

from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeAlias

import engineio
from engineio.async_socket import AsyncSocket

from collab.domain.presence.visits import Origin
from collab.realtime import debug
from collab.realtime.frames import Message, answer_message
from collab.realtime.payloads import Payloads
from collab.services.ports import Timer
from collab.services.session import Session

SLOW_CONSUMER = "slow consumer"
"""The reason of a disconnect, beside those of Engine.IO."""


class Link(Protocol):
    """The websocket of a connection."""

    def hold(self, message: Message) -> bool:
        """Whether it takes the message; else it has to wait in the socket's queue."""
        ...

    def serve_first(self) -> None:
        """Takes its place among those that are written to when this turn of the event loop is over."""
        ...

    def abort(self) -> None:
        """Ends it at once, whatever is still to be sent."""
        ...


class Connection:
    """One client's. `eviction.py` keeps what it knows of it here: its `timer`, while no session stands on it, and
    whether a token that it has shown `is_looked_at`."""

    __slots__ = (
        "_payloads", "_socket", "_user_agent", "address", "is_looked_at", "is_open", "link", "session", "timer",
    )  # fmt: skip

    def __init__(self, socket: AsyncSocket, address: str | None, user_agent: str | None) -> None:
        self._socket = socket
        self._user_agent = user_agent
        self._payloads: Payloads | None = None
        self.address = address
        self.is_open = True
        self.is_looked_at = False
        self.timer: Timer | None = None
        self.link: Link | None = None
        """Its websocket, while it has one."""
        self.session: ConnectedSession | None = None
        """Who stands on it, once accepted; `connecting.py` sets it."""

    @property
    def id(self) -> str:
        """Engine.IO's sid."""
        sid: str = self._socket.sid
        return sid

    @property
    def origin(self) -> Origin:
        """How the client reaches the server just now."""
        return Origin("websocket" if self._socket.upgraded else "polling", self._user_agent, self.address)

    @property
    def payloads(self) -> Payloads:
        """The polled payloads that come in."""
        if self._payloads is None:
            self._payloads = Payloads()
        return self._payloads

    @property
    def queued(self) -> int:
        """How many packets wait to be taken by the client."""
        waiting: int = self._socket.queue.qsize()
        return waiting

    def waits_for_more_than(self, messages: int, size_bytes: int) -> bool:
        """Whether more than so much waits to be taken by the client."""
        # A long queue is counted only as long as it may be.
        queue = self._socket.queue
        return queue.qsize() > messages or sum(len(entry.data or "") for entry in queue if entry) > size_bytes

    def send(self, message: Message) -> None:
        """Sends a message, where the client is still there: `AsyncServer.send_packet` without its detours."""
        if debug.are_packets_told():
            debug.packet_left(self.id, len(message.frame))
        if self.link is not None and self.link.hold(message):
            return
        if not self._socket.closed:
            self._socket.queue.put_nowait(message.packet)

    def serve_first(self) -> None:
        """Whatever is sent in this turn of the event loop, this client's is written before that of those who come
        later."""
        if self.link is not None:
            self.link.serve_first()

    def answer(self, event_id: int | None, answer: Any) -> None:
        """Answers an event of the client, where it wanted that."""
        if event_id is not None:
            self.send(answer_message(event_id, answer))

    async def close(self, reason: str) -> None:
        """Ends it, without waiting for the client to take what is queued."""
        socket = self._socket
        if socket.closed:
            return
        while not socket.queue.empty():
            socket.queue.get_nowait()
            socket.queue.task_done()
        # Not eio.disconnect(): that waits until the client has taken all that is queued for it.
        await socket.close(wait=False, abort=True, reason=reason)
        # Ends the socket's writer, and with it the connection.
        await socket.queue.put(None)
        if reason == SLOW_CONSUMER and self.link is not None:
            # What is on its way to it would be in memory until it had taken that.
            self.link.abort()

    def has_gone(self) -> None:
        """Its transport has gone, or is about to: whatever still waits for something from it ends."""
        self.is_open = False
        if self._payloads is not None:
            self._payloads.close()


class ConnectedSession(Session):
    """A session, and the connection that it stands on."""

    __slots__ = ("connection",)

    def __init__(self, session_id: str, connection: Connection) -> None:
        super().__init__(session_id)
        self.connection = connection


OnOpened: TypeAlias = Callable[[Connection], None]
OnClosed: TypeAlias = Callable[[Connection, str], None]


class Connections:
    """Those of this node, by the ids of their sockets.

    Left to itself, python-engineio tells python-socketio alone of sockets that open and close. `eio.handlers` and
    `eio.sockets` are in no documentation: tests hold them in place.
    """

    def __init__(self, engine: engineio.AsyncServer) -> None:
        self._engine = engine
        self._open: dict[str, Connection] = {}
        self._connect = engine.handlers["connect"]
        self._disconnect = engine.handlers["disconnect"]
        self._on_opened: list[OnOpened] = []
        self._on_closed: list[OnClosed] = []
        engine.on("connect", self._opened)
        engine.on("disconnect", self._closed)

    def listen(self, on_closed: OnClosed, on_opened: OnOpened | None = None) -> None:
        """Hears of each that closes, and why, before python-socketio does; and of each that opens."""
        self._on_closed.append(on_closed)
        if on_opened is not None:
            self._on_opened.append(on_opened)

    def __iter__(self) -> Iterator[Connection]:
        return iter(self._open.values())

    def find(self, socket_id: str | None) -> Connection | None:
        return None if socket_id is None else self._open.get(socket_id)

    def queued(self) -> list[int]:
        """How many packets wait to be taken by each client."""
        return [connection.queued for connection in self]

    async def _opened(self, socket_id: str, environ: dict[str, Any]) -> Any:
        client = environ.get("asgi.scope", {}).get("client")
        socket = self._engine.sockets[socket_id]
        connection = Connection(socket, client[0] if client else None, environ.get("HTTP_USER_AGENT"))
        self._open[socket_id] = connection
        if debug.are_packets_told():
            debug.opened(socket_id)
        for on_opened in self._on_opened:
            on_opened(connection)
        return await self._connect(socket_id, environ)

    async def _closed(self, socket_id: str, reason: str) -> Any:
        connection = self._open.get(socket_id)
        if connection is not None:
            connection.has_gone()
            if debug.are_packets_told():
                debug.closed(socket_id, reason)
            for on_closed in self._on_closed:
                on_closed(connection, reason)
        try:
            return await self._disconnect(socket_id, reason)
        finally:
            self._open.pop(socket_id, None)
