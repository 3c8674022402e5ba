"""A session of Engine.IO: the states of one client's connection, who moves them, and what waits for it. Pure.

    OPENING ──accept──▶ POLLING ──probe──▶ PROBING ──upgrade──▶ WEBSOCKET
       │                   ▲                  │
       │                   └───── probe lost ─┘
       └──────────────accept websocket──────────────────────────▶ WEBSOCKET

    and from each of them ──close──▶ CLOSED

- OPENING: the handshake came; the application has not let it in yet.
- POLLING: the client asks again and again for what waits, and posts what it has to say.
- PROBING: the client has tried a websocket, and it works. Polls bring nothing more, so that nothing is told out of
  order; what is told waits for the upgrade.
- WEBSOCKET: all goes by the websocket. Polls are refused, and a second websocket is.
- CLOSED: for whatever reason, which is told once. Nothing comes from it or goes to it any more.

The *client* moves it by a websocket's ping and upgrade packets, by a CLOSE packet, by closing its websocket, and by
silence; the *server* by letting it in, and by ending it. Whoever comes late finds no such move in the table, and has to
give up.

While it is open a client is *at rest*, or *asked* by a ping; `Asked` tells how long it may stay silent. Times are
seconds of any one clock that goes forward.
"""

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from collab.engineio.packets import PING, Packet


class State(Enum):
    OPENING = "opening"
    POLLING = "polling"
    PROBING = "probing"
    WEBSOCKET = "websocket"
    CLOSED = "closed"


class Move(Enum):
    ACCEPT = "accept"
    ACCEPT_WEBSOCKET = "accept websocket"
    PROBE = "probe"
    PROBE_LOST = "probe lost"
    UPGRADE = "upgrade"
    CLOSE = "close"


MOVES: Mapping[tuple[State, Move], State] = {
    (State.OPENING, Move.ACCEPT): State.POLLING,
    (State.OPENING, Move.ACCEPT_WEBSOCKET): State.WEBSOCKET,
    (State.POLLING, Move.PROBE): State.PROBING,
    (State.PROBING, Move.PROBE_LOST): State.POLLING,
    (State.PROBING, Move.UPGRADE): State.WEBSOCKET,
    (State.OPENING, Move.CLOSE): State.CLOSED,
    (State.POLLING, Move.CLOSE): State.CLOSED,
    (State.PROBING, Move.CLOSE): State.CLOSED,
    (State.WEBSOCKET, Move.CLOSE): State.CLOSED,
}
"""Every move that there is."""


class Reason:
    """Why a session closed, in the words of Socket.IO's documentation."""

    CLIENT = "client disconnect"
    SERVER = "server disconnect"
    PING_TIMEOUT = "ping timeout"
    TRANSPORT_CLOSE = "transport close"
    TRANSPORT_ERROR = "transport error"


class Misplaced(Exception):
    """A move that a session of this state does not make."""


class Session:
    """One client's. Whoever sends `put`s, and its transport `take`s."""

    __slots__ = ("_waiting", "id", "reason", "state", "waiting_bytes")

    def __init__(self, session_id: str) -> None:
        self.id = session_id
        self.state = State.OPENING
        self.reason: str | None = None
        """Why it closed."""
        self._waiting: list[Packet] = []
        self.waiting_bytes = 0
        """The letters and bytes of what waits to be taken."""

    @property
    def is_open(self) -> bool:
        return self.state is not State.CLOSED

    @property
    def is_upgraded(self) -> bool:
        return self.state is State.WEBSOCKET

    @property
    def waiting_count(self) -> int:
        """How many packets wait to be taken."""
        return len(self._waiting)

    def move(self, move: Move) -> None:
        """`Misplaced` where the table has no such move; nothing changes then."""
        after = MOVES.get((self.state, move))
        if after is None:
            raise Misplaced(f"a session that is {self.state.value} makes no move '{move.value}'")
        self.state = after

    def close(self, reason: str) -> bool:
        """Whether it was open until now. What waits is dropped."""
        if not self.is_open:
            return False
        self.move(Move.CLOSE)
        self.reason = reason
        self._waiting.clear()
        self.waiting_bytes = 0
        return True

    def put(self, packet: Packet) -> bool:
        """Has a packet wait to be taken; False once it is closed. A ping passes all that waits: a client that is slow
        to read is to hear that the server is there."""
        if self.state is State.CLOSED:
            return False
        if packet.data == PING:
            self._waiting.insert(0, packet)
        else:
            self._waiting.append(packet)
        self.waiting_bytes += len(packet.data)
        return True

    def take(self, most_bytes: int) -> list[Packet]:
        """What has waited longest, one packet at least, and at most so many bytes."""
        if self.waiting_bytes <= most_bytes:
            taken, self._waiting = self._waiting, []
            self.waiting_bytes = 0
            return taken
        taken = []
        size_bytes = 0
        for packet in self._waiting:
            size_bytes += len(packet.data)
            if taken and size_bytes > most_bytes:
                size_bytes -= len(packet.data)
                break
            taken.append(packet)
        del self._waiting[: len(taken)]
        self.waiting_bytes -= size_bytes
        return taken


class Flow(NamedTuple):
    """Bytes that have come, bytes that the other end has taken, and bytes that are written and on their way to it."""

    received: int
    taken: int
    under_way: int


class Silence(Enum):
    """What is to be done about a client that has not answered a ping yet."""

    WAIT = "wait"
    ASK_AGAIN = "ask again"
    GIVE_UP = "give up"


class Asked:
    """A client that a ping has asked, and that has not answered.

    Over a slow line the ping may lie behind a document, or the pong behind an edit, for longer than a ping timeout; the
    client, given up, would begin all of it again, and never get in. So silence is what ends a connection, and not
    slowness. A client is there as long as something moves:

    - bytes come from it, a part of a message too;
    - it takes what was written before the ping. What comes behind the ping does not count: of a process that stands
      still, the system goes on to take in what it is sent.

    Where for a ping timeout nothing has moved it is given up, whether its buffers are full or empty. A client too gives
    up a server that has not pinged it for so long: who is asked for longer than a ping interval is asked again.
    """

    __slots__ = ("_asked_at", "_last", "_moved_at", "_reaches_ping_at")

    def __init__(self, now: float, flow: Flow) -> None:
        self._asked_at = self._moved_at = now
        self._last = flow
        self._reaches_ping_at = flow.taken + flow.under_way

    def look(self, now: float, flow: Flow, interval_s: float, timeout_s: float) -> Silence:
        """What is to be done now, where this is what has moved by now."""
        before, self._last = self._last, flow
        if flow.received > before.received or before.taken < min(flow.taken, self._reaches_ping_at):
            self._moved_at = now
        if now - self._moved_at >= timeout_s:
            return Silence.GIVE_UP
        if now - self._asked_at >= interval_s:
            self._asked_at = now
            return Silence.ASK_AGAIN
        return Silence.WAIT
