"""The Engine.IO sockets under the sessions: one on which no session stands is closed when its time is up.

Left to itself, python-socketio keeps a socket that answers pings but never sends CONNECT, and one whose session
was ended, for as long as the client likes. What this module touches of it (`eio.handlers`, `eio.sockets`, a
socket's `queue`, `rooms` and `sid_from_eio_sid` of the manager) is in no documentation: a test holds it in place.
"""

from datetime import timedelta
from typing import Any

import socketio

from collab.domain.stays import Origin
from collab.services.ports import Clock, Timer

_NAMESPACE = "/"


class Transports:
    """`timeout` is how long a socket may be without a session."""

    def __init__(self, server: socketio.AsyncServer, clock: Clock, timeout: timedelta) -> None:
        self._server = server
        self._clock = clock
        self._timeout = timeout
        self._unused: dict[str, Timer] = {}
        self._connect = server.eio.handlers["connect"]
        self._disconnect = server.eio.handlers["disconnect"]

    def register(self) -> None:
        """Listens to the sockets beside python-socketio itself."""
        self._server.eio.on("connect", self._opened)
        self._server.eio.on("disconnect", self._closed)

    def is_open(self, sid: str) -> bool:
        """Whether the client of a session is still there, also while it is being connected: python-socketio tells
        nobody of a client that goes meanwhile."""
        return self._server.get_environ(sid) is not None

    def origin(self, sid: str) -> Origin:
        """How a session reaches the server just now."""
        environ = self._server.get_environ(sid) or {}
        client = environ.get("asgi.scope", {}).get("client")
        return Origin(
            transport=self._server.transport(sid) if environ else None,
            user_agent=environ.get("HTTP_USER_AGENT"),
            remote_addr=client[0] if client else None,
        )

    def queued(self) -> list[int]:
        """How many packets wait to be taken by each connected client."""
        return [socket.queue.qsize() for socket in self._server.eio.sockets.values()]

    def taken(self, sid: str, namespace: str = _NAMESPACE) -> None:
        """A session now stands on its socket."""
        self._stop_waiting(self._server.manager.eio_sid_from_sid(sid, namespace))

    def freed(self, sid: str) -> None:
        """The session that stood on a socket is over; the socket may be on its way out too, or stay."""
        eio_sid = self._server.manager.eio_sid_from_sid(sid, _NAMESPACE)
        socket = self._server.eio.sockets.get(eio_sid)
        if socket is not None and not socket.closing:
            self._wait(eio_sid)

    async def _opened(self, eio_sid: str, environ: dict[str, Any]) -> Any:
        self._wait(eio_sid)
        return await self._connect(eio_sid, environ)

    async def _closed(self, eio_sid: str, reason: str) -> Any:
        self._stop_waiting(eio_sid)
        return await self._disconnect(eio_sid, reason)

    def _wait(self, eio_sid: str) -> None:
        self._stop_waiting(eio_sid)
        self._unused[eio_sid] = self._clock.call_at(self._clock.now() + self._timeout, lambda: self._due(eio_sid))

    def _stop_waiting(self, eio_sid: str | None) -> None:
        if eio_sid is not None and (timer := self._unused.pop(eio_sid, None)) is not None:
            timer.cancel()

    def _due(self, eio_sid: str) -> None:
        self._unused.pop(eio_sid)
        self._server.start_background_task(self._close, eio_sid)

    async def _close(self, eio_sid: str) -> None:
        socket = self._server.eio.sockets.get(eio_sid)
        if socket is None or socket.closed:
            return
        # Not eio.disconnect(): that waits until the client has taken all that is queued for it.
        await socket.close(wait=False, abort=True, reason=self._server.reason.SERVER_DISCONNECT)
        # Ends the socket's writer, and with it the connection.
        await socket.queue.put(None)
