"""What clients send, before python-socketio sees it: what is no packet is dropped or refused, and never raises.

Left to themselves, the two libraries log a traceback for each malformed packet, keep a session whose packet was none
of Engine.IO until it times out, call the handlers of `connect` and `disconnect` for events of that name, answer a
polled payload of too many packets with 200 and lose it, and wait for ever for a polling client whose payload was too
large. The names that this module takes from them (`eio._async`, `eio.handlers`, `_binary_packet`) are private: tests
hold it in place.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

import engineio
import socketio
import structlog
from engineio.async_drivers.asgi import WebSocket
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collab.domain.errors import shown

log = structlog.get_logger(__name__)

MAX_POLLED_PACKETS = 1_000
"""Packets in one request of a polling client. Engine.IO's own 16 loses what a client buffered while it connected."""

_RESERVED = frozenset({"connect", "disconnect", "*"})
"""Names of handlers that are no events."""

_MALFORMED = (ValueError, TypeError, LookupError, RecursionError)
"""What python-socketio raises over a packet that is none. Handlers answer their own faults."""

_CONNECT = str(socketio.packet.CONNECT)
_SEPARATOR = "\x1e"

Ended = Callable[[str], Awaitable[None]]


class Packet(socketio.packet.Packet):  # type: ignore[misc]  # python-socketio ships no types
    """A packet that is never binary when it is sent: nothing of ours is, and looking for bytes in it costs time.

    A received event has a name, and none that is a handler's own: such a one is renamed, to be answered as unknown.
    """

    uses_binary_events = False

    def decode(self, encoded_packet: Any) -> Any:
        attachment_count = super().decode(encoded_packet)
        if self.packet_type in (socketio.packet.EVENT, socketio.packet.BINARY_EVENT):
            if not isinstance(self.data, list) or not self.data:
                raise ValueError("expected an event as a list that begins with its name")
            name = self.data[0]
            if not isinstance(name, str) or name in _RESERVED:
                self.data[0] = f"reserved {shown(name)}"
        return attachment_count


class _WebSocket(WebSocket):  # type: ignore[misc]  # python-engineio ships no types
    async def wait(self) -> Any:
        data = await super().wait()
        if isinstance(data, str) and not "0" <= data[:1] <= "6":
            # To Engine.IO this is a connection that has ended.
            raise OSError("expected a packet of Engine.IO")
        return data


def guard(server: socketio.AsyncServer) -> None:
    """Puts these between the transports and python-socketio; call it once."""
    engine = server.eio
    # Process-wide in Engine.IO, which offers no other way.
    engineio.payload.Payload.max_decode_packets = MAX_POLLED_PACKETS
    engine._async = {**engine._async, "websocket": _WebSocket}  # noqa: SLF001  # there is no public way
    handle = engine.handlers["message"]

    async def heard(eio_sid: str, data: Any) -> None:
        if isinstance(data, str):
            if data[:1] == _CONNECT and server.manager.sid_from_eio_sid(eio_sid, "/") is not None:
                # It is connected, or being connected: a second session on one socket would never end.
                return
            # What was announced as binary does not come any more.
            server._binary_packet.pop(eio_sid, None)  # noqa: SLF001  # it would take this packet for a part of the other
        try:
            await handle(eio_sid, data)
        except _MALFORMED as error:
            log.debug("a malformed packet was dropped", error=type(error).__name__)

    engine.on("message", heard)


class PolledPayloads:
    """An ASGI application before Engine.IO's: a payload that it could not take ends its connection, and no other."""

    def __init__(self, application: ASGIApp, max_bytes: int, end: Ended) -> None:
        self._application = application
        self._max_bytes = max_bytes
        self._end = end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"].startswith("/socket.io"):
            length = Headers(scope=scope).get("content-length", "")
            body = b""
            if length.isdecimal() and int(length) <= self._max_bytes:
                body = await Request(scope, receive).body()
            if not _is_payload(body):
                for eio_sid in parse_qs(scope["query_string"].decode("latin-1")).get("sid", []):
                    await self._end(eio_sid)
                answer = PlainTextResponse(
                    f"expected 1 to {MAX_POLLED_PACKETS} packets in {self._max_bytes} bytes", 400
                )
                await answer(scope, receive, send)
                return

            async def again() -> Message:
                return {"type": "http.request", "body": body, "more_body": False}

            await self._application(scope, again, send)
        else:
            await self._application(scope, receive, send)


def _is_payload(body: bytes) -> bool:
    try:
        packets = body.decode().split(_SEPARATOR)
        for packet in packets:
            engineio.packet.Packet(encoded_packet=packet)
    except ValueError:
        return False
    return len(packets) <= MAX_POLLED_PACKETS and all("0" <= packet[0] <= "6" or packet[0] == "b" for packet in packets)
