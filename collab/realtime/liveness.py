"""Whether the client of a websocket is still there.

Engine.IO sends a ping every interval, and gives up a client whose pong has not come when the timeout is over. Over a
slow line the ping may lie behind a document, or the pong behind an edit, for longer than that; the client, given up,
would begin all of it again, and never get in. So silence is what ends a connection, and not slowness.

A client is *at rest* until it is *asked* by a ping, and again once its pong has come. While it is asked, it is looked
at once a second. It is there as long as something moves:

- bytes come from it, a part of a message too;
- it takes what was written before the ping. What comes behind the ping does not count: of a process that stands still,
  the system goes on to take in what it is sent.

Where for a ping timeout nothing has moved it is given up, whether its buffers are full or empty, so that no client is
there for longer than a ping interval and a ping timeout after its last sign. A client too gives up a server that has
not pinged it for so long: who is asked for longer than a ping interval is asked again.

Engine.IO looks at `last_ping` itself. That is moved along here, and the socket sets it to none when a pong has come.
"""

import asyncio
import time
from collections.abc import Callable

from engineio import packet
from engineio.async_socket import AsyncSocket

from collab.realtime.tcp import Flow

_LOOK_EVERY_S = 1.0


class Liveness:
    """Looks at the client of a socket while a ping is out; `on_silence` is called once, when the client is given up."""

    def __init__(self, socket: AsyncSocket, flow: Callable[[], Flow], on_silence: Callable[[], None]) -> None:
        self._socket = socket
        self._flow = flow
        self._on_silence = on_silence
        self._interval_s: float = socket.server.ping_interval
        self._timeout_s: float = socket.server.ping_timeout
        self._look_every_s = min(_LOOK_EVERY_S, self._timeout_s / 4)
        self._looking: asyncio.TimerHandle | None = None
        self._asked_at = self._moved_at = 0.0
        self._last = Flow(0, 0, 0)
        self._reaches_ping_at = 0

    @property
    def patience_s(self) -> float:
        """How long after its last sign a client is given up at the latest."""
        return self._interval_s + self._timeout_s

    def asked(self) -> None:
        """A ping is about to be sent."""
        if self._looking is None:
            self._last = self._flow()
            self._reaches_ping_at = self._last.taken + self._last.under_way
            self._asked_at = self._moved_at = asyncio.get_running_loop().time()
            self._look_again()

    def end(self) -> None:
        """The connection is over."""
        if self._looking is not None:
            self._looking.cancel()
        # Who made this holds it: a circle would be left to the garbage collector.
        del self._flow, self._on_silence

    def _look_again(self) -> None:
        self._looking = asyncio.get_running_loop().call_later(self._look_every_s, self._look)

    def _look(self) -> None:
        self._looking = None
        if self._socket.closed or not self._socket.last_ping:
            return
        now = asyncio.get_running_loop().time()
        if self._has_moved():
            self._moved_at = now
        if now - self._moved_at >= self._timeout_s:
            self._on_silence()
            return
        self._socket.last_ping = time.time()
        self._look_again()
        if now - self._asked_at >= self._interval_s:
            self._asked_at = now
            self._socket.queue.put_nowait(packet.Packet(packet.PING))

    def _has_moved(self) -> bool:
        before, self._last = self._last, self._flow()
        return self._last.received > before.received or before.taken < min(self._last.taken, self._reaches_ping_at)
