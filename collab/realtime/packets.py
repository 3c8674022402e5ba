"""What clients send, before python-socketio sees it: what is no packet is dropped or refused, and never raises.

Left to itself, python-socketio raises over a malformed packet, begins a second session on a connection that has one,
waits for attachments that nobody here takes, and refuses a namespace in words that no client makes an error with a code
of. Whatever a client asks that can be answered is: a CONNECT, and an event with a number.
"""

from collections.abc import Awaitable, Callable

import socketio
import structlog

from collab.engineio.packets import Data, Packet, message
from collab.realtime import wire_json
from collab.realtime.connection import Connection
from collab.realtime.frames import BINARY_ACK, BINARY_EVENT, EVENT

log = structlog.get_logger(__name__)

NAMESPACE = "/"
"""The only namespace that is served."""

_MALFORMED = (ValueError, TypeError, LookupError, RecursionError)
"""What python-socketio raises over a packet that is none. Handlers answer their own faults."""

_CONNECT, _DISCONNECT = str(socketio.packet.CONNECT), str(socketio.packet.DISCONNECT)


class Guard:
    """Takes each message of Engine.IO: an event to `on_event`, and what python-socketio can take to python-socketio.
    `on_goodbye` hears of a DISCONNECT at once: the websocket's end may be right behind it."""

    def __init__(
        self,
        server: socketio.AsyncServer,
        on_event: Callable[[Connection, str], bool],
        on_goodbye: Callable[[Connection], None],
    ) -> None:
        self._server = server
        self._on_event = on_event
        self._on_goodbye = on_goodbye

    def __call__(self, connection: Connection, data: Data) -> Awaitable[None] | None:
        if isinstance(data, bytes) or data[:1] == BINARY_ACK:
            # An attachment of an event that was refused, or an answer that nobody has asked for.
            return None
        if data[:1] == BINARY_EVENT:
            self._on_event(connection, data)
            return None
        if data[:1] == EVENT and self._on_event(connection, data):
            return None
        if data[:1] == _CONNECT and not self._may_connect(connection, data):
            return None
        if data[:1] == _DISCONNECT and _namespace(data) == NAMESPACE:
            self._on_goodbye(connection)
        return self._hand_on(connection, data)

    def _may_connect(self, connection: Connection, connect: str) -> bool:
        """Whether python-socketio is to see a CONNECT; a namespace that is not served is refused."""
        namespace = _namespace(connect)
        if self._server.manager.sid_from_eio_sid(connection.id, namespace) is not None:
            # It is connected, or being connected: a second session on one connection would never end.
            return False
        if namespace != NAMESPACE:
            # The words of Socket.IO's own server, which clients look for.
            connection.send(_refusal(namespace, "Invalid namespace", "not_found"))
            return False
        return True

    async def _hand_on(self, connection: Connection, data: str) -> None:
        try:
            await self._server._handle_eio_message(connection.id, data)  # noqa: SLF001  # it is what Engine.IO calls
        except _MALFORMED as error:
            log.debug("a malformed packet was dropped", error=type(error).__name__)
            if data[:1] == _CONNECT:
                connection.send(_refusal(NAMESPACE, "expected JSON behind the CONNECT, as in 40{}", "invalid"))
        if not connection.is_open:
            await self._forget(connection)

    async def _forget(self, connection: Connection) -> None:
        """Takes out whom python-socketio has put in after it heard that they had gone: it answers a CONNECT that waited
        for a token, and goes on."""
        sid = self._server.manager.sid_from_eio_sid(connection.id, NAMESPACE)
        if sid is not None:
            await self._server.manager.disconnect(sid, NAMESPACE)


def _namespace(packet: str) -> str:
    """The namespace that a packet names, without its query (the Socket.IO protocol, version 5)."""
    if packet[1:2] != "/":
        return NAMESPACE
    return packet[1:].partition(",")[0].partition("?")[0]


def _refusal(namespace: str, said: str, code: str) -> Packet:
    """A CONNECT_ERROR of which clients make an error with a message and a code."""
    name = "" if namespace == NAMESPACE else f"{namespace},"
    error = wire_json.dumps({"message": said, "data": {"code": code}})
    return message(f"{socketio.packet.CONNECT_ERROR}{name}{error}")
