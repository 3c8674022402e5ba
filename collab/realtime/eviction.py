"""Eviction: which connections the server closes, since their clients would hold them for nothing.

- One on which no session stands, when its time is up. It waits from its beginning, and anew when its session is over;
  while a token that it has shown is looked at, it is not closed.
- One whose client does not read what it is sent, when too much waits for it.
- The one that has waited longest without a token, where there are too many of those (`tokenless.py`).

Left to themselves, the libraries keep a socket that answers pings but never sends CONNECT, and one whose session was
ended, for as long as the client likes; and they queue for a client that does not read for as long as that takes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog

from collab.engineio.session import Reason
from collab.realtime.connection import SLOW_CONSUMER, Connection
from collab.realtime.server import Server
from collab.realtime.tokenless import Tokenless
from collab.services.ports import UNMETERED, Clock, Meter, Timer

log = structlog.get_logger(__name__)

_SWEEP_EVERY = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """`timeout` is how long a connection may be without a session; the rest is how many may be without a token, and
    how much may wait to be sent on each."""

    timeout: timedelta
    max_unauthenticated: int
    max_unauthenticated_per_address: int
    max_queued_messages: int
    max_queued_bytes: int


class Eviction:
    def __init__(self, server: Server, clock: Clock, limits: ConnectionLimits, meter: Meter = UNMETERED) -> None:
        self._meter = meter
        self._server = server
        self._clock = clock
        self._limits = limits
        self._tokenless = Tokenless(limits.max_unauthenticated, limits.max_unauthenticated_per_address)
        self._sweeping: Timer | None = None
        server.connections.listen(self._closed, self._opened)

    def start(self) -> None:
        """Begins to look, once a second, for clients that do not read.

        Emitting does not look: it would cost something for each of many deliveries, and in a second no more comes
        together than a client may have waiting anyway. What waits is shared between those who wait for it.
        """
        self._sweeping = self._clock.call_at(self._clock.now() + _SWEEP_EVERY, self._sweep)

    def stop(self) -> None:
        if self._sweeping is not None:
            self._sweeping.cancel()

    def taken(self, connection: Connection) -> None:
        """A session now stands on it."""
        _stop_waiting(connection)

    def freed(self, connection: Connection) -> None:
        """The session that stood on it is over; the connection may be on its way out too, or stay."""
        if connection.is_open:
            self._wait(connection)

    @contextmanager
    def looking_at_token(self, connection: Connection) -> Iterator[None]:
        """While this is entered, for as long as the database takes, the connection is not closed, and makes room for
        nobody. Where no error comes the token was good."""
        was_tokenless = self._tokenless.discard(connection)
        connection.is_looked_at = True
        try:
            yield
        except BaseException:
            # It may have gone meanwhile: then nobody would count it out.
            if was_tokenless and connection.is_open:
                self._count(connection)
            raise
        finally:
            connection.is_looked_at = False

    def _opened(self, connection: Connection) -> None:
        self._count(connection)
        self._wait(connection)

    def _closed(self, connection: Connection) -> None:
        self._tokenless.discard(connection)
        _stop_waiting(connection)

    def _count(self, connection: Connection) -> None:
        if (oldest := self._tokenless.add(connection)) is not None:
            address = connection.address
            log.warning("too many connections are without a token: the oldest is closed", address=address)
            oldest.end(Reason.SERVER)

    def _wait(self, connection: Connection) -> None:
        _stop_waiting(connection)
        due = self._clock.now() + self._limits.timeout
        connection.timer = self._clock.call_at(due, lambda: self._due(connection))

    def _due(self, connection: Connection) -> None:
        if connection.is_looked_at:
            self._wait(connection)
            return
        _stop_waiting(connection)
        connection.end(Reason.SERVER)

    def _sweep(self) -> None:
        limits = self._limits
        for connection in list(self._server.connections):
            waiting = connection.waiting_count
            if waiting > limits.max_queued_messages or connection.waiting_bytes > limits.max_queued_bytes:
                log.warning("a client does not read", queued=waiting)
                self._meter.evicted()
                # What is on its way to it would be in memory until it had taken that.
                connection.end(SLOW_CONSUMER, at_once=True)
        self.start()


def _stop_waiting(connection: Connection) -> None:
    # Cancelled, it lets go of the connection, which holds it.
    if connection.timer is not None:
        connection.timer.cancel()
        connection.timer = None
