"""A connection: the session of one client, and the transport that it goes by just now.

One way in: `receive` is given every packet of a client, in its order, whichever transport it came by. A message that
the application is done with at once costs no task. Where it has to wait over one (`on_message` returns an awaitable),
what comes meanwhile waits behind it, and the transport stops reading.

One way out: `send` has a packet wait, and the server asks the transport to `flush` when this turn of the event loop is
over. A transport takes as much as its client does; the rest waits here, where the application can look at it
(`waiting_bytes`).
"""

import asyncio
from collections import deque
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, Protocol

import structlog
from starlette.types import Scope

from collab.engineio import packets
from collab.engineio.packets import Control, Data, Packet
from collab.engineio.session import Asked, Flow, Reason, Session

if TYPE_CHECKING:
    from collab.engineio.server import EngineServer

log = structlog.get_logger(__name__)


class Transport(Protocol):
    """A poll that waits, or a websocket."""

    def flush(self) -> None:
        """Takes what waits for the client, as far as the client takes it."""
        ...

    def flow(self) -> Flow:
        """What has moved between the two so far."""
        ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def close(self, *, at_once: bool) -> None:
        """Ends it: with a farewell and what is on its way, or at once."""
        ...


class Connection(Session):
    """`address` is where the client is."""

    __slots__ = ("_backlog", "_head", "_server", "_worker", "address", "asked", "transport")

    def __init__(self, server: "EngineServer[Any]", session_id: str, scope: Scope) -> None:
        """Of the request that opens it, `scope`, no more is kept than the address and the headers: as they came, since
        parsed they take several times as much memory, and are asked for once or twice."""
        super().__init__(session_id)
        client = scope.get("client")
        self._server = server
        self._backlog: deque[Data] | None = None
        self._worker: asyncio.Task[None] | None = None
        self.address: str | None = client[0] if client else None
        self._head = b"\n".join(name + b":" + value for name, value in scope["headers"])
        self.transport: Transport | None = None
        self.asked: Asked | None = None
        """While a ping is out; the server's heartbeat sets it."""

    @property
    def headers(self) -> dict[str, str]:
        """Those of the request that opened it, named in small letters; of one that came twice the last."""
        fields = (line.partition(":") for line in self._head.decode("latin-1").split("\n"))
        return {name: value for name, _, value in fields}

    def send(self, packet: Packet) -> None:
        """Has the client told, when this turn of the event loop is over; nothing once it has gone."""
        if self.put(packet):
            self._server.flush_soon(self)

    def serve_first(self) -> None:
        """Whatever is sent in this turn of the event loop, this client's is written before that of those who come
        later."""
        self._server.flush_soon(self)

    def flush(self) -> None:
        if self.transport is not None:
            self.transport.flush()

    def flow(self) -> Flow:
        return Flow(0, 0, 0) if self.transport is None else self.transport.flow()

    def receive(self, data: Data) -> None:
        """Takes in a packet. What is no packet ends the connection, as a break does."""
        if not self.is_open:
            # It has closed, with a packet before this one maybe.
            return
        if self._worker is not None:
            self._wait_behind(data)
        elif (waited_for := self._handle(data)) is not None:
            self._worker = asyncio.create_task(self._work(waited_for), name="engine.io")

    async def settled(self) -> None:
        """Returns once all that was taken in is handled."""
        if self._worker is not None:
            await asyncio.wait([self._worker])

    def end(self, reason: str, *, at_once: bool = False) -> None:
        """Ends it from either side: the application hears why, and the transport is closed."""
        transport = self.transport
        if not self.close(reason):
            return
        self._server.ended(self)
        self.transport = None
        if transport is not None:
            transport.close(at_once=at_once)

    def _handle(self, data: Data) -> Awaitable[None] | None:
        try:
            meant = packets.read(data)
            if meant is Control.PONG:
                self._server.heartbeat.answered(self)
            elif meant is Control.CLOSE:
                self.end(Reason.CLIENT)
            elif not isinstance(meant, Control):
                return self._server.on_message(self, meant)
        except packets.Malformed:
            self.end(Reason.TRANSPORT_ERROR)
        except Exception:
            # The edge of a message: whatever a client makes up, its next message is read.
            log.exception("a message could not be read")
        return None

    def _wait_behind(self, data: Data) -> None:
        if self._backlog is None:
            self._backlog = deque()
        self._backlog.append(data)
        if self.transport is not None:
            self.transport.pause_reading()

    async def _work(self, waited_for: Awaitable[None]) -> None:
        try:
            while True:
                try:
                    await waited_for
                except Exception:
                    # As above.
                    log.exception("a message could not be handled")
                following = self._next()
                if following is None:
                    return
                waited_for = following
        finally:
            self._worker = self._backlog = None
            if self.transport is not None:
                self.transport.resume_reading()

    def _next(self) -> Awaitable[None] | None:
        """The next message of those that wait that the application has to wait over; None when all are handled."""
        while self._backlog and self.is_open:
            if (waited_for := self._handle(self._backlog.popleft())) is not None:
                return waited_for
        return None
