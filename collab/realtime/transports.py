"""The Engine.IO sockets under the sessions: one on which no session stands is closed when its time is up, one whose
client does not read what it is sent is closed when too much waits for it, and of those without a token the oldest is,
where there are too many (`tokenless.py`).

Left to itself, python-socketio keeps a socket that answers pings but never sends CONNECT, and one whose session
was ended, for as long as the client likes; and it queues for a client that does not read for as long as that takes.
What this module touches of it (`eio.handlers`, `eio.sockets`, a socket's `queue` and what is in it,
`sid_from_eio_sid` of the manager) is in no documentation: tests hold it in place.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import socketio
import structlog

from collab.domain.presence.visits import Origin
from collab.realtime.manager import NAMESPACE
from collab.realtime.payloads import Payloads
from collab.realtime.queues import Queue
from collab.realtime.tokenless import Tokenless
from collab.services.ports import UNMETERED, Clock, Meter, Timer

log = structlog.get_logger(__name__)

SLOW_CONSUMER = "slow consumer"
"""The reason of a disconnect, beside those of Engine.IO."""


_SWEEP_EVERY = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class TransportLimits:
    """`timeout` is how long a socket may be without a session; the rest is how many may be without a token, and
    how much may wait to be sent on each."""

    timeout: timedelta
    max_unauthenticated: int
    max_unauthenticated_per_address: int
    max_queued_messages: int
    max_queued_bytes: int


class Transports:
    def __init__(
        self, server: socketio.AsyncServer, clock: Clock, limits: TransportLimits, meter: Meter = UNMETERED
    ) -> None:
        self._meter = meter
        self._server = server
        self._clock = clock
        self._limits = limits
        self._unused: dict[str, Timer] = {}
        self._looked_at: set[str] = set()
        self._tokenless = Tokenless(limits.max_unauthenticated, limits.max_unauthenticated_per_address)
        self.payloads = Payloads()
        self._sweeping: Timer | None = None
        self._connect = server.eio.handlers["connect"]
        self._disconnect = server.eio.handlers["disconnect"]

    def register(self) -> None:
        """Listens to the sockets beside python-socketio itself."""
        self._server.eio.on("connect", self._opened)
        self._server.eio.on("disconnect", self._closed)

    def start(self) -> None:
        """Begins to look, once a second, for clients that do not read.

        Emitting does not look: it would cost something for each of many deliveries, and in a second no more comes
        together than a client may have waiting anyway. What waits is shared between those who wait for it.
        """
        self._sweeping = self._clock.call_at(self._clock.now() + _SWEEP_EVERY, self._sweep)

    def stop(self) -> None:
        if self._sweeping is not None:
            self._sweeping.cancel()

    def is_open(self, sid: str) -> bool:
        """Whether the client of a session is still there, also while it is being connected: python-socketio tells
        nobody of a client that goes meanwhile."""
        return self._server.get_environ(sid) is not None

    def origin(self, sid: str) -> Origin:
        """How a session reaches the server just now."""
        environ = self._server.get_environ(sid) or {}
        return Origin(
            transport=self._server.transport(sid) if environ else None,
            user_agent=environ.get("HTTP_USER_AGENT"),
            remote_addr=_address(environ),
        )

    def queued(self) -> list[int]:
        """How many packets wait to be taken by each connected client."""
        return [socket.queue.qsize() for socket in self._server.eio.sockets.values()]

    def taken(self, sid: str) -> None:
        """A session now stands on its socket."""
        self._stop_waiting(self._server.manager.eio_sid_from_sid(sid, NAMESPACE))

    @contextmanager
    def looked_at(self, sid: str) -> Iterator[None]:
        """While a token is looked at that was shown on the socket of a session: for as long as the database takes, the
        socket stays, and makes room for nobody. Where no error comes the token was good."""
        eio_sid = self._server.manager.eio_sid_from_sid(sid, NAMESPACE)
        was_tokenless = self._tokenless.discard(eio_sid)
        self._looked_at.add(eio_sid)
        try:
            yield
        except BaseException:
            if was_tokenless and eio_sid in self._server.eio.sockets:
                self._count(eio_sid, _address(self._server.get_environ(sid) or {}))
            raise
        finally:
            self._looked_at.discard(eio_sid)

    def freed(self, sid: str) -> None:
        """The session that stood on a socket is over; the socket may be on its way out too, or stay."""
        eio_sid = self._server.manager.eio_sid_from_sid(sid, NAMESPACE)
        socket = self._server.eio.sockets.get(eio_sid)
        if socket is not None and not socket.closing:
            self._wait(eio_sid)

    async def end(self, eio_sid: str) -> None:
        """Closes a socket, where there is one of that id, without waiting for its client."""
        await self._close(eio_sid, self._server.reason.TRANSPORT_ERROR)

    async def _opened(self, eio_sid: str, environ: dict[str, Any]) -> Any:
        self.payloads.opened(eio_sid)
        self._count(eio_sid, _address(environ))
        self._wait(eio_sid)
        return await self._connect(eio_sid, environ)

    def _count(self, eio_sid: str, address: str | None) -> None:
        if (oldest := self._tokenless.add(eio_sid, address)) is not None:
            log.warning("too many connections are without a token: the oldest is closed", address=address)
            self._server.start_background_task(self._close, oldest, self._server.reason.SERVER_DISCONNECT)

    async def _closed(self, eio_sid: str, reason: str) -> Any:
        self.payloads.closed(eio_sid)
        self._tokenless.discard(eio_sid)
        self._stop_waiting(eio_sid)
        return await self._disconnect(eio_sid, reason)

    def _wait(self, eio_sid: str) -> None:
        self._stop_waiting(eio_sid)
        due = self._clock.now() + self._limits.timeout
        self._unused[eio_sid] = self._clock.call_at(due, lambda: self._due(eio_sid))

    def _stop_waiting(self, eio_sid: str | None) -> None:
        if eio_sid is not None and (timer := self._unused.pop(eio_sid, None)) is not None:
            timer.cancel()

    def _due(self, eio_sid: str) -> None:
        self._unused.pop(eio_sid)
        if eio_sid in self._looked_at:
            self._wait(eio_sid)
            return
        self._server.start_background_task(self._close, eio_sid, self._server.reason.SERVER_DISCONNECT)

    def _sweep(self) -> None:
        for eio_sid, socket in self._server.eio.sockets.items():
            if not socket.closed and self._is_slow(socket.queue):
                log.warning("a client does not read", queued=socket.queue.qsize())
                self._meter.evicted()
                self._server.start_background_task(self._close, eio_sid, SLOW_CONSUMER)
        self.start()

    def _is_slow(self, queue: Queue[Any]) -> bool:
        if queue.qsize() > self._limits.max_queued_messages:
            return True
        # A long one is counted only as long as it may be.
        return sum(len(packet.data or "") for packet in queue if packet) > self._limits.max_queued_bytes

    async def _close(self, eio_sid: str, reason: str) -> None:
        socket = self._server.eio.sockets.get(eio_sid)
        if socket is None or socket.closed:
            return
        while not socket.queue.empty():
            socket.queue.get_nowait()
            socket.queue.task_done()
        # Not eio.disconnect(): that waits until the client has taken all that is queued for it.
        await socket.close(wait=False, abort=True, reason=reason)
        # Ends the socket's writer, and with it the connection.
        await socket.queue.put(None)
        if reason == SLOW_CONSUMER:
            # What is on its way to it would be in memory until it had taken that.
            self._server.sockets.abort(eio_sid)


def _address(environ: dict[str, Any]) -> str | None:
    client = environ.get("asgi.scope", {}).get("client")
    return client[0] if client else None
