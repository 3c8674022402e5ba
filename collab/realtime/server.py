"""The Socket.IO server, set up for this engine."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

import socketio
from starlette.types import ASGIApp

from collab.realtime import wire_json
from collab.realtime.answers import Reply
from collab.realtime.frames import answer_message, read_event
from collab.realtime.manager import NAMESPACE, Manager
from collab.realtime.origins import is_allowed, normal
from collab.realtime.packets import Ended, PolledPayloads, guard
from collab.realtime.payloads import Payloads
from collab.realtime.sockets import Sockets
from collab.services.ports import UNMETERED, Meter

_QUIET = logging.getLogger("collab.socketio")
_QUIET.setLevel(logging.ERROR)
# Left to themselves, both libraries log every packet, and with the first one its token: at no level may they.
_QUIET.addFilter(lambda record: record.levelno >= logging.ERROR)


InPlace: TypeAlias = Callable[[str, Sequence[Any], Reply], None]
"""A handler of the session's id, the event's arguments, and where its answer goes."""

_RESERVED = frozenset({*socketio.AsyncServer.reserved_events, "*"})
"""Names of handlers that are no events."""


class Server(socketio.AsyncServer):  # type: ignore[misc]  # python-socketio ships no types
    """Takes an event to its handler and the answer back in one task, or in none, on one namespace.

    python-socketio does the same by way of half a dozen general calls, and would let a client call the handlers of
    `connect` and `disconnect` by name. `_handle_event` is in no documentation: a test holds it in place.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._answering: set[asyncio.Task[None]] = set()
        self._in_place: dict[str, InPlace] = {}
        self.sockets = Sockets(self.eio, self.hear)
        self.sockets.register()

    def on_in_place(self, event: str, handler: InPlace) -> None:
        """Registers a handler that never waits: it is called where the event is read, without a task."""
        self.on(event, handler)
        self._in_place[event] = handler

    async def _handle_event(self, eio_sid: str, namespace: str | None, id: int | None, data: Any) -> None:  # noqa: A002  # its name there
        self._take(eio_sid, namespace, id, data)

    def hear(self, eio_sid: str, text: str) -> bool:
        """Whether a text from a socket was an event; then it is with its handler."""
        event = read_event(text)
        if event is None:
            return False
        # What was announced as binary does not come any more.
        self._binary_packet.pop(eio_sid, None)
        self._take(eio_sid, NAMESPACE, *event)
        return True

    def _take(self, eio_sid: str, namespace: str | None, event_id: int | None, data: Any) -> None:
        sid = self.manager.sid_from_eio_sid(eio_sid, namespace or NAMESPACE)
        if not self.manager.is_connected(sid, NAMESPACE):
            return
        event, *arguments = data if isinstance(data, list) and data else [None]
        reply = partial(self._reply, eio_sid, event_id)
        in_place = self._in_place.get(event) if isinstance(event, str) else None
        if in_place is None:
            task = asyncio.create_task(self._answer(sid, event, arguments, reply))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        elif self._answering:
            # Behind those that came before: their tasks may not have begun.
            asyncio.get_running_loop().call_soon(in_place, sid, arguments, reply)
        else:
            in_place(sid, arguments, reply)

    async def _answer(self, sid: str, event: Any, arguments: list[Any], reply: Reply) -> None:
        handlers = self.handlers[NAMESPACE]
        if isinstance(event, str) and event in handlers and event not in _RESERVED:
            reply(await handlers[event](sid, *arguments))
        else:
            reply(await handlers["*"](event, sid, *arguments))

    def _reply(self, eio_sid: str, event_id: int | None, answer: Any) -> None:
        if event_id is not None:
            self.sockets.put(eio_sid, answer_message(event_id, answer))


def make_server(
    *,
    allowed_origins: Sequence[str],
    ping_interval_s: int,
    ping_timeout_s: int,
    max_message_bytes: int,
    meter: Meter = UNMETERED,
) -> Server:
    """A server with nothing registered yet. Pages of the server's own origin may connect, and those that are named."""
    manager = Manager()
    manager.meter = meter
    server = Server(
        async_mode="asgi",
        client_manager=manager,
        json=wire_json,
        cors_allowed_origins=partial(is_allowed, frozenset(map(normal, allowed_origins))),
        ping_interval=ping_interval_s,
        ping_timeout=ping_timeout_s,
        max_http_buffer_size=max_message_bytes,
        logger=_QUIET,
        engineio_logger=_QUIET,
    )
    guard(server, server.hear)
    return server


def asgi(
    server: socketio.AsyncServer, other: ASGIApp, max_message_bytes: int, payloads: Payloads, end: Ended
) -> ASGIApp:
    """An ASGI application that answers `/socket.io/` and leaves all else, lifespan included, to another.

    `payloads` says how long a polled payload may come; `end` closes the socket of a polling client that sent more than
    `max_message_bytes`, or what is no payload.
    """
    return PolledPayloads(socketio.ASGIApp(server, other_asgi_app=other), max_message_bytes, payloads, end)
