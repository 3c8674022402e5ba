"""Engine.IO over a websocket, without a task and a timer for each message.

python-engineio waits for each message in a task of its own, under a timeout of its own, and does the same again for
each packet that it sends: a third of what a message costs it. Here a socket has one reader without a timeout, which
`liveness` ends, and a writer while something is queued; and where the server's websockets are of the kind of `push`,
events go past both. It comes in as the websocket class of the ASGI driver. What it touches of a socket (`queue`,
`receive`, `connected`, `upgrading`, `upgraded`) is in no documentation: a test holds it in place.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import Any

import engineio
import structlog
from engineio import packet
from engineio.async_drivers.asgi import WebSocket
from engineio.async_socket import AsyncSocket
from engineio.exceptions import SocketIsClosedError, UnknownPacketError

from collab.realtime.connection import Connection, Connections
from collab.realtime.environ import environ_of
from collab.realtime.frames import EVENT, Message
from collab.realtime.liveness import Liveness
from collab.realtime.push import PushWebSocket, pushing
from collab.realtime.queues import Outbox
from collab.realtime.tcp import Flow, give_up_after

log = structlog.get_logger(__name__)

TAKES_PARTS = "parts=1"
"""In the query of who asks for long payloads in parts (PROTOCOL.md, Long payloads)."""

OnEvent = Callable[[Connection, str], bool]
"""Takes an event of a client, as its text came in, or leaves it to python-socketio."""


class Websockets:
    """The websockets of a server. `on_event` hears of events first.

    Whatever a client is told within one turn of the event loop is written in one piece: the news of a commit and the
    answer to its own edit, say. Most of what a message costs is handing it to the system.
    """

    def __init__(self, server: engineio.AsyncServer, connections: Connections, on_event: OnEvent) -> None:
        self._server = server
        self._connections = connections
        self._on_event = on_event
        self._holding: list[Link] = []

    def register(self) -> None:
        """Lets the server make its queues and websockets here, and read requests in a way that leaves no garbage."""
        driver = self._server._async  # noqa: SLF001  # no public way chooses what a driver is made of
        self._server.create_queue = Outbox
        self._server._async = {**driver, "websocket": self._websocket, "translate_request": environ_of}  # noqa: SLF001

    def _write_soon(self, link: "Link") -> None:
        if not self._holding:
            asyncio.get_running_loop().call_soon(self._write_out)
        self._holding.append(link)

    def _write_out(self) -> None:
        links, self._holding = self._holding, []
        for link in links:
            link.write_out()

    def _websocket(self, handler: Any, server: engineio.AsyncServer) -> "LeanWebSocket":
        """Engine.IO makes one with the socket's own handler, whose work `_serve` does."""
        return LeanWebSocket(partial(self._serve, handler.__self__), server)

    async def _serve(self, socket: AsyncSocket, websocket: "LeanWebSocket") -> None:
        """Reads and writes until either side ends it."""
        if socket.connected:
            if not await _upgrade(socket, websocket):
                # Not every server does so by itself where an application has returned.
                await websocket.close()
                return
        else:
            socket.connected = socket.upgraded = True
        connection = self._connections.find(socket.sid)
        if connection is None:
            return
        link = connection.link = Link(socket, websocket, partial(self._on_event, connection), self._write_soon)
        try:
            await link.read()
        finally:
            # The two hold each other: a circle would be left to the garbage collector.
            connection.link = None
        reason = socket.server.reason
        if link.is_silent:
            await socket.close(wait=False, abort=True, reason=reason.PING_TIMEOUT)
        await link.end()
        await socket.close(wait=False, abort=True, reason=reason.TRANSPORT_CLOSE)


class LeanWebSocket(WebSocket):  # type: ignore[misc]  # python-engineio ships no types
    """A websocket, as the ASGI driver makes one for a socket of Engine.IO."""

    push: PushWebSocket | None = None
    takes_parts = False

    async def __call__(self, environ: dict[str, Any]) -> Any:
        self.push = pushing(environ["asgi.scope"])
        self.takes_parts = TAKES_PARTS in environ["QUERY_STRING"].split("&")
        return await super().__call__(environ)

    async def wait(self) -> Any:
        """The next message; what is no packet of Engine.IO ends the connection, as a break does."""
        data = await super().wait()
        if isinstance(data, str) and not "0" <= data[:1] <= "6":
            raise OSError("expected a packet of Engine.IO")
        return data


class Link:
    """A socket of Engine.IO and its websocket: what the client says, and what it is told, each in its order.

    `on_held` has the link's `write_out` called when this turn of the event loop is over.
    """

    def __init__(
        self,
        socket: AsyncSocket,
        websocket: LeanWebSocket,
        on_event: Callable[[str], bool],
        on_held: Callable[["Link"], None],
    ) -> None:
        self._socket = socket
        self._websocket = websocket
        self._push = websocket.push
        self._takes_parts = websocket.takes_parts
        self._queue: Outbox = socket.queue
        self._on_event = on_event
        self._on_held = on_held
        self._context = copy_context()
        self._max_length = socket.server.max_http_buffer_size
        self._patience = asyncio.timeout(None)
        self._liveness = Liveness(socket, self._flow, self._give_up)
        self.is_silent = False
        """Whether the client was given up, which neither answered its pings nor took what was sent."""
        self._is_reading = False
        self._is_holding = False
        self._held: list[bytes] = []
        self._writer: asyncio.Task[None] | None = None
        self._queue.on_put = self._write_queued_soon
        self._queue.on_ping = self._liveness.asked
        self._write_queued_soon()

    async def read(self) -> None:
        """Takes in what the client sends, until it is gone, sends too much, or is silent."""
        if self._push is not None:
            self._push.forget_handshake()
            self._push.on_text = self._take
            # Whether the client is still there is told by what moves, from here on.
            give_up_after(self._push.transport, 0)
        try:
            with suppress(OSError, TimeoutError):
                async with self._patience:
                    while await self._receive(await self._websocket.wait()):
                        self._is_reading = False
                        # What has come already is there at once: without this, nobody else would get a turn before.
                        await asyncio.sleep(0)
        finally:
            self._liveness.end()
            self._queue.on_ping = None
            if self._push is not None:
                self._push.on_text = None
                give_up_after(self._push.transport, self._liveness.patience_s)

    def abort(self) -> None:
        """Ends the connection at once, whatever is still to be sent."""
        if self._push is not None:
            self._push.transport.abort()

    async def end(self) -> None:
        """Sends what is queued yet, and closes the websocket; that of a silent client, which takes nothing, at once."""
        self._queue.put_nowait(None)
        self._queue.on_put = None
        if self.is_silent:
            self.abort()
        if self._writer is not None:
            if self.is_silent:
                self._writer.cancel()
            await asyncio.wait([self._writer])

    def hold(self, message: Message) -> bool:
        """Whether the message goes past the queue, with the next `write_out`; not where others wait there."""
        if self._takes_parts and message.is_long and not self._socket.closed:
            for part in message.parts:
                self._queue.put_nowait(part)
            return True
        if self._writer is not None:
            return False
        if not self._is_holding:
            self.serve_first()
            if not self._is_holding:
                return False
        self._held.append(message.frame)
        return True

    def serve_first(self) -> None:
        """Takes its place among those that are written to when this turn of the event loop is over."""
        if self._is_holding or self._writer is not None or self._socket.closed:
            return
        if self._push is None:
            self._write_queued_soon()
        elif self._push.is_writable:
            self._is_holding = True
            self._on_held(self)

    def write_out(self) -> None:
        """Writes what is held."""
        held, self._held = self._held, []
        self._is_holding = False
        if self._push is not None and held:
            self._push.write(held)

    def _write_queued_soon(self) -> None:
        """Queues are rarely used, so that no task waits for them; one that has closed the websocket stays the last."""
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_queued())

    async def _write_queued(self) -> None:
        """Sends what is queued; `None`, or a break, closes the websocket."""
        with suppress(OSError):
            while not self._queue.empty():
                entry = self._queue.get_nowait()
                self._queue.task_done()
                if entry is None:
                    break
                await self._websocket.send(entry.encode())
            else:
                self._writer = None
                return
        await self._websocket.close()

    async def _receive(self, data: Any) -> bool:
        """Whether there may be more after this message."""
        self._is_reading = True
        if len(data) > self._max_length:
            return False
        if data[:2] == EVENT and self._hear(data):
            return True
        try:
            await self._socket.receive(packet.Packet(encoded_packet=data))
        except SocketIsClosedError:
            return False
        except UnknownPacketError:
            pass
        except Exception:
            # The edge of a message: whatever a client makes up, its next message is read.
            log.exception("a message could not be read")
        # A client that has said that it goes may keep the connection all the same.
        return not self._socket.closed

    def _take(self, text: str) -> bool:
        """Whether a text was an event, and was taken. It comes from outside of the socket's own task."""
        if self._is_reading or text[:2] != EVENT or len(text) > self._max_length:
            return False
        return self._context.run(self._hear, text)

    def _hear(self, text: str) -> bool:
        try:
            return self._on_event(text)
        except Exception:
            # The edge of a message, as in `_receive`.
            log.exception("an event could not be read")
            return True

    def _flow(self) -> Flow:
        return Flow(0, 0, 0) if self._push is None else self._push.flow()

    def _give_up(self) -> None:
        self.is_silent = True
        self._patience.reschedule(asyncio.get_running_loop().time())


async def _upgrade(socket: AsyncSocket, websocket: LeanWebSocket) -> bool:
    """Whether a polling socket went over to the websocket (the Engine.IO protocol, Upgrade). Where that breaks
    off, it goes on polling; and it goes over to one websocket alone."""
    if socket.upgrading or socket.upgraded:
        return False
    socket.upgrading = True
    try:
        probe = packet.Packet(encoded_packet=await websocket.wait())
        if (probe.packet_type, probe.data) != (packet.PING, "probe"):
            return False
        await websocket.send(packet.Packet(packet.PONG, data="probe").encode())
        # Ends the poll that is waiting.
        await socket.queue.put(packet.Packet(packet.NOOP))
        upgrade = packet.Packet(encoded_packet=await websocket.wait())
        socket.upgraded = upgrade.packet_type == packet.UPGRADE
    except (OSError, ValueError):
        socket.upgraded = False
    finally:
        socket.upgrading = False
    return bool(socket.upgraded)
