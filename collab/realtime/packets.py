"""What clients send, before python-socketio sees it: what is no packet is dropped or refused, and never raises.

Left to themselves, the two libraries log a traceback for each malformed packet, answer a polled payload of too many
packets with 200 and lose it, and wait for ever for a polling client whose payload was too large. The names that this
module takes from them (`eio.handlers`, `_binary_packet`) are private: tests hold it in place.
"""

import asyncio
import base64
from typing import Any
from urllib.parse import parse_qs

import engineio
import socketio
import structlog
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collab.realtime import wire_json
from collab.realtime.connection import Connections
from collab.realtime.payloads import Closed
from collab.realtime.sockets import OnEvent

log = structlog.get_logger(__name__)

NAMESPACE = "/"
"""The only namespace that is served."""

MAX_POLLED_PACKETS = 1_000
"""Packets in one request of a polling client. Engine.IO's own 16 loses what a client buffered while it connected."""

_MALFORMED = (ValueError, TypeError, LookupError, RecursionError)
"""What python-socketio raises over a packet that is none. Handlers answer their own faults."""

_CONNECT, _EVENT = str(socketio.packet.CONNECT), str(socketio.packet.EVENT)
_SEPARATOR = b"\x1e"

_POLLED_TYPES = (b"1", b"3", b"4", b"b")
"""How a packet begins that a polling client has a reason to send: CLOSE, PONG, MESSAGE, and a binary one."""


def guard(server: socketio.AsyncServer, connections: Connections, on_event: OnEvent) -> None:
    """Puts itself between the transports and python-socketio; call it once. `on_event` hears of events first."""
    engine = server.eio
    # Process-wide in Engine.IO, which offers no other way.
    engineio.payload.Payload.max_decode_packets = MAX_POLLED_PACKETS
    handle = engine.handlers["message"]

    async def heard(eio_sid: str, data: Any) -> None:
        connection = connections.find(eio_sid)
        if connection is not None and connection.link is None:
            # A polled payload has many packets: others get their turn between two of them.
            await asyncio.sleep(0)
        if eio_sid not in server.environ:
            # It has closed, with a packet before this one maybe: a session that began now would never end.
            return
        if isinstance(data, str):
            if connection is not None and data[:1] == _EVENT and on_event(connection, f"4{data}"):
                return
            if data[:1] == _CONNECT:
                namespace = _namespace(data)
                if server.manager.sid_from_eio_sid(eio_sid, namespace) is not None:
                    # It is connected, or being connected: a second session on one socket would never end.
                    return
                if namespace not in server.handlers:
                    await engine.send_packet(eio_sid, _refused(namespace))
                    return
            # A client that sends text has given up the binary packet that it announced.
            server._binary_packet.pop(eio_sid, None)  # noqa: SLF001  # it would take this packet for a part of the other
        try:
            await handle(eio_sid, data)
        except _MALFORMED as error:
            log.debug("a malformed packet was dropped", error=type(error).__name__)
        if eio_sid not in server.environ:
            await _forget(server, eio_sid)

    engine.on("message", heard)


async def _forget(server: socketio.AsyncServer, eio_sid: str) -> None:
    """Takes out whom python-socketio has put in after it heard that they had gone: it answers a CONNECT, finds that a
    ping was never answered, closes, and goes on."""
    sid = server.manager.sid_from_eio_sid(eio_sid, NAMESPACE)
    if sid is not None:
        await server.manager.disconnect(sid, NAMESPACE)


def _namespace(connect: str) -> str:
    """The namespace that a CONNECT names, without its query (the Socket.IO protocol, version 5)."""
    if connect[1:2] != "/":
        return NAMESPACE
    return connect[1:].partition(",")[0].partition("?")[0]


def _refused(namespace: str) -> engineio.packet.Packet:
    """A CONNECT_ERROR of which clients make an error with a message and a code; python-socketio's own has neither."""
    data = {"message": "expected the namespace '/': there is no other", "data": {"code": "not_found"}}
    text = f"{socketio.packet.CONNECT_ERROR}{namespace},{wire_json.dumps(data)}"
    return engineio.packet.Packet(engineio.packet.MESSAGE, text)


class PolledPayloads:
    """An ASGI application before Engine.IO's own: a payload that it could not take ends its connection, and no other.
    `reason` is the one that its disconnect has."""

    def __init__(self, application: ASGIApp, max_bytes: int, connections: Connections, reason: str) -> None:
        self._application = application
        self._max_bytes = max_bytes
        self._connections = connections
        self._reason = reason

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._application(scope, receive, send)
            return
        # The first, as Engine.IO does.
        eio_sid = parse_qs(scope["query_string"].decode("latin-1")).get("sid", [""])[0]
        try:
            connection = self._connections.find(eio_sid)
            if connection is None or not connection.is_open:
                raise Closed
            async with connection.payloads.turn():
                body = await self._read(scope, receive)
            if _is_payload(body):
                await self._hand_over(_meant(body), scope, send)
            else:
                await connection.close(self._reason)
                expected = f"expected 1 to {MAX_POLLED_PACKETS} packets in {self._max_bytes} bytes"
                await PlainTextResponse(expected, 400)(scope, receive, send)
        except Closed:
            # What still comes is dropped.
            await PlainTextResponse("the session is over", 400)(scope, receive, send)
        except ClientDisconnect:
            return

    async def _read(self, scope: Scope, receive: Receive) -> bytes:
        """The payload; nothing where it is longer than it may be, or does not say how long it is."""
        length = Headers(scope=scope).get("content-length", "")
        if not length.isdecimal() or int(length) > self._max_bytes:
            return b""
        return await Request(scope, receive).body()

    async def _hand_over(self, body: bytes, scope: Scope, send: Send) -> None:
        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        try:
            await self._application(scope, receive, send)
        except KeyError:
            # Engine.IO's own, over a socket that was closed and that nobody has asked for since.
            raise Closed from None


def _is_payload(body: bytes) -> bool:
    """Whether Engine.IO can read it. Counted before anything is read: half a million packets fit into a megabyte."""
    if body.count(_SEPARATOR) >= MAX_POLLED_PACKETS:
        return False
    try:
        body.decode()
        return all(_is_packet(packet) for packet in body.split(_SEPARATOR))
    except ValueError:
        return False


def _meant(body: bytes) -> bytes:
    """The payload without the packets that only a server sends: over one, Engine.IO would wait until the client has
    polled for all that there is, and it may never poll."""
    return _SEPARATOR.join(packet for packet in body.split(_SEPARATOR) if packet[:1] in _POLLED_TYPES)


def _is_packet(packet: bytes) -> bool:
    if packet[:1] == b"b":
        base64.b64decode(packet[1:])
        return True
    return b"0" <= packet[:1] <= b"6"
