"""The Socket.IO server, set up for this engine."""

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from urllib.parse import urlsplit

import socketio
from starlette.types import ASGIApp

from collab.realtime import wire_json
from collab.realtime.manager import Manager
from collab.realtime.packets import Ended, Packet, PolledPayloads, guard

_QUIET = logging.getLogger("collab.socketio")
_QUIET.setLevel(logging.ERROR)
# Left to themselves, both libraries log every packet, and with the first one its token: at no level may they.
_QUIET.addFilter(lambda record: record.levelno >= logging.ERROR)


def make_server(
    *, allowed_origins: Sequence[str], ping_interval_s: int, ping_timeout_s: int, max_message_bytes: int
) -> socketio.AsyncServer:
    """A server with nothing registered yet. Pages of the server's own origin may connect, and those that are named."""
    server = socketio.AsyncServer(
        async_mode="asgi",
        client_manager=Manager(),
        serializer=Packet,
        json=wire_json,
        cors_allowed_origins=partial(_is_allowed, frozenset(allowed_origins)),
        ping_interval=ping_interval_s,
        ping_timeout=ping_timeout_s,
        max_http_buffer_size=max_message_bytes,
        logger=_QUIET,
        engineio_logger=_QUIET,
    )
    guard(server)
    return server


def _is_allowed(allowed: frozenset[str], origin: str | None, environ: Mapping[str, str]) -> bool:
    """Whether a page of that origin may connect: against cross-site WebSocket hijacking (RFC 6455, 10.2)."""
    if origin is None or "*" in allowed or origin in allowed:
        return True
    # A page can't set these headers for a handshake with somebody else's server.
    own_hosts = {environ.get("HTTP_X_FORWARDED_HOST"), environ.get("HTTP_HOST")}
    return urlsplit(origin).netloc in own_hosts


def asgi(server: socketio.AsyncServer, other: ASGIApp, max_message_bytes: int, end: Ended) -> ASGIApp:
    """An ASGI application that answers `/socket.io/` and leaves all else, lifespan included, to another.

    `end` closes the socket of a polling client that sent more than `max_message_bytes`, or what is no payload.
    """
    return PolledPayloads(socketio.ASGIApp(server, other_asgi_app=other), max_message_bytes, end)
