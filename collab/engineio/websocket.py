"""A websocket as the transport of a connection, whoever brings its messages: `tcp_websocket.py` or `asgi.py`.

It carries a connection from the start, or takes over from polling (the protocol's Upgrade):

    client: ping "probe" ──▶ server: pong "probe", and no poll brings anything more ──▶ client: upgrade

A client that leaves the second step out goes on polling.
"""

import asyncio
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from websockets.frames import CloseCode

from collab.engineio.packets import PING, PONG, PROBE, UPGRADE, Data, Packet
from collab.engineio.polling import Polling
from collab.engineio.session import Flow, Move, Reason, State

if TYPE_CHECKING:
    from collab.engineio.connection import Connection

PROBE_WITHIN_S = 10.0
"""How long an upgrade may take; a websocket that does not come to it is closed."""

_WRITE_BYTES = 65_536
"""What is given to the system in one piece: a ping passes what is not."""


class WebSocket(ABC):
    __slots__ = ("_upgrading", "connection")

    def __init__(self) -> None:
        self.connection: Connection | None = None
        self._upgrading: asyncio.TimerHandle | None = None

    def carry(self, connection: "Connection") -> None:
        """Carries a connection from now on, or tries to take it over from polling."""
        self.connection = connection
        polling = connection.transport
        if polling is None and connection.is_upgraded:
            self._take_over(connection)
        elif isinstance(polling, Polling) and polling.candidate is None:
            polling.candidate = self
            self._upgrading = asyncio.get_running_loop().call_later(PROBE_WITHIN_S, self._give_up)
        else:
            # Another websocket was first, or the session is over.
            self._give_up()

    def hear(self, data: Data) -> None:
        """A message came."""
        connection = self.connection
        if connection is None:
            return
        if connection.transport is self:
            connection.receive(data)
        else:
            self._upgrade(connection, data)

    def lost(self, close_code: int | None = None) -> None:
        """The client has closed it, with this code, or it broke. A normal closure is a goodbye: the client is done with
        it (RFC 6455, 7.4.1)."""
        connection, self.connection = self.connection, None
        self._stop_waiting()
        if connection is None:
            return
        polling = connection.transport
        if polling is self:
            connection.end(Reason.CLIENT if close_code == CloseCode.NORMAL_CLOSURE else Reason.TRANSPORT_CLOSE)
        elif isinstance(polling, Polling) and polling.candidate is self:
            polling.candidate = None
            if connection.state is State.PROBING:
                connection.move(Move.PROBE_LOST)
                connection.flush()

    def flush(self) -> None:
        connection = self.connection
        while connection is not None and connection.waiting_count and self.is_writable:
            self.write(connection.take(_WRITE_BYTES))

    def close(self, *, at_once: bool) -> None:
        self.connection = None
        self._stop_waiting()
        if at_once:
            self.abort()
        else:
            self.hang_up()

    def _upgrade(self, connection: "Connection", data: Data) -> None:
        if data == PING + PROBE and connection.state is State.POLLING:
            connection.move(Move.PROBE)
            self.write([Packet(PONG + PROBE)])
            connection.flush()
        elif data == UPGRADE and connection.state is State.PROBING:
            connection.move(Move.UPGRADE)
            self._take_over(connection)
        else:
            self._give_up()

    def _give_up(self) -> None:
        """It comes to nothing: it is closed, and the client goes on polling at once, whenever it closes its side."""
        self.hang_up()
        self.lost()

    def _take_over(self, connection: "Connection") -> None:
        self._stop_waiting()
        polling, connection.transport = connection.transport, self
        if isinstance(polling, Polling):
            polling.candidate = None
            polling.close(at_once=False)
        connection.flush()

    def _stop_waiting(self) -> None:
        if self._upgrading is not None:
            self._upgrading.cancel()
            self._upgrading = None

    @property
    @abstractmethod
    def is_writable(self) -> bool:
        """Whether the client takes what is written."""

    @abstractmethod
    def write(self, packets: list[Packet]) -> None:
        """Writes packets, in one piece."""

    @abstractmethod
    def hang_up(self) -> None:
        """Closes it: the client hears of it after what was written."""

    @abstractmethod
    def abort(self) -> None:
        """Ends it at once, whatever is on its way."""

    @abstractmethod
    def flow(self) -> Flow: ...

    @abstractmethod
    def pause_reading(self) -> None: ...

    @abstractmethod
    def resume_reading(self) -> None: ...
