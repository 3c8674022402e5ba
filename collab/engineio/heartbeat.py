"""The heartbeat: pings, and who answers them. One timer for all connections.

Pings go out in whole beats, up to a beat early: one turn of the event loop pings all who are due in it, and another
reads what most of them answer. To wake up for each costs twice as much as its ping.

Each connection waits in one of two rows, in the order of its time: at rest, until it is pinged, or asked, until it is
looked at again (`session.py`, Asked). In each row all wait equally long, so whoever comes stands at its end, and the
one at its head is due first.
"""

import asyncio
from typing import TYPE_CHECKING

from collab.engineio.packets import PING, Packet
from collab.engineio.session import Asked, Reason, Silence

if TYPE_CHECKING:
    from collab.engineio.connection import Connection

_BEAT_S = 1.0

_PING = Packet(PING)


class Heartbeat:
    def __init__(self, interval_s: float, timeout_s: float) -> None:
        self._interval_s = interval_s
        self._timeout_s = timeout_s
        self._beat_s = min(_BEAT_S, interval_s / 4, timeout_s / 4)
        self._resting: dict[Connection, float] = {}
        self._asked: dict[Connection, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._goes_off_at = 0.0

    @property
    def patience_s(self) -> float:
        """How long after its last sign a client is given up at the latest."""
        return self._interval_s + self._timeout_s

    def add(self, connection: "Connection") -> None:
        """Pings a connection from now on."""
        loop = asyncio.get_running_loop()
        self._resting[connection] = (loop.time() + self._interval_s) // self._beat_s * self._beat_s
        self._wake(loop)

    def answered(self, connection: "Connection") -> None:
        """A pong came. One that nobody has asked for changes nothing."""
        if self._asked.pop(connection, None) is not None:
            connection.asked = None
            self.add(connection)

    def discard(self, connection: "Connection") -> None:
        """The connection is over."""
        self._resting.pop(connection, None)
        self._asked.pop(connection, None)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wake(self, loop: asyncio.AbstractEventLoop) -> None:
        """Has the timer go off for whoever is due first."""
        heads = [next(iter(row.values())) for row in (self._resting, self._asked) if row]
        if heads and (self._timer is None or min(heads) < self._goes_off_at):
            self.stop()
            # The handle can't be asked: uvloop's has no `when` where the time has come already.
            self._goes_off_at = min(heads)
            self._timer = loop.call_at(self._goes_off_at, self._beat)

    def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = None
        # A timer may go off a little early, by the clock's resolution.
        now = loop.time()
        for connection in _due(self._asked, now):
            self._look(connection, now)
        for connection in _due(self._resting, now):
            connection.asked = Asked(now, connection.flow())
            self._asked[connection] = now + self._beat_s
            connection.send(_PING)
        self._wake(loop)

    def _look(self, connection: "Connection", now: float) -> None:
        if connection.asked is None:
            return
        silence = connection.asked.look(now, connection.flow(), self._interval_s, self._timeout_s)
        if silence is Silence.GIVE_UP:
            connection.end(Reason.PING_TIMEOUT, at_once=True)
            return
        self._asked[connection] = now + self._beat_s
        if silence is Silence.ASK_AGAIN:
            connection.send(_PING)


def _due(row: "dict[Connection, float]", now: float) -> "list[Connection]":
    """Takes out of a row whose time has come."""
    due = []
    for connection, when in row.items():
        if when > now:
            break
        due.append(connection)
    for connection in due:
        del row[connection]
    return due
