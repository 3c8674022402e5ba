"""The Socket.IO server, set up for this engine."""

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from urllib.parse import urlsplit

import engineio
import socketio
from starlette.types import ASGIApp

from collab.realtime import wire_json
from collab.realtime.manager import Manager
from collab.services.ports import UNMETERED, Meter

MAX_POLLED_PACKETS = 1_000
"""Packets in one request of a polling client. Engine.IO's own 16 loses what a client buffered while it connected."""


class TextPacket(socketio.packet.Packet):  # type: ignore[misc]  # python-socketio ships no types
    """A packet that is never binary when it is sent: nothing of ours is, and looking for bytes in it costs time."""

    uses_binary_events = False


def make_server(
    *,
    allowed_origins: Sequence[str],
    ping_interval_s: int,
    ping_timeout_s: int,
    max_message_bytes: int,
    meter: Meter = UNMETERED,
) -> socketio.AsyncServer:
    """A server with nothing registered yet. Pages of the server's own origin may connect, and those that are named."""
    # Process-wide in Engine.IO, which offers no other way.
    engineio.payload.Payload.max_decode_packets = MAX_POLLED_PACKETS
    # Left to themselves, both log every packet, and with the first one its token.
    quiet = logging.getLogger("collab.socketio")
    quiet.setLevel(logging.ERROR)
    manager = Manager()
    manager.meter = meter
    return socketio.AsyncServer(
        async_mode="asgi",
        client_manager=manager,
        serializer=TextPacket,
        json=wire_json,
        cors_allowed_origins=partial(_is_allowed, frozenset(allowed_origins)),
        ping_interval=ping_interval_s,
        ping_timeout=ping_timeout_s,
        max_http_buffer_size=max_message_bytes,
        logger=quiet,
        engineio_logger=quiet,
    )


def _is_allowed(allowed: frozenset[str], origin: str | None, environ: Mapping[str, str]) -> bool:
    """Whether a page of that origin may connect: against cross-site WebSocket hijacking (RFC 6455, 10.2)."""
    if origin is None or "*" in allowed or origin in allowed:
        return True
    # A page can't set these headers for a handshake with somebody else's server.
    own_hosts = {environ.get("HTTP_X_FORWARDED_HOST"), environ.get("HTTP_HOST")}
    return urlsplit(origin).netloc in own_hosts


def asgi(server: socketio.AsyncServer, other: ASGIApp) -> ASGIApp:
    """An ASGI application that answers `/socket.io/` and leaves all else, lifespan included, to another."""
    application: ASGIApp = socketio.ASGIApp(server, other_asgi_app=other)
    return application
