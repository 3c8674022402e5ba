"""Connections: one for each client, from the moment it reaches the server until its transport has gone.

A connection is one of Engine.IO, by polling or a websocket. One session at a time stands on it: none until the client
has sent CONNECT and was accepted, and none after a DISCONNECT, when it may connect again. What comes in is read by its
connection, so that an event finds its session there and nowhere else; what goes out goes out by it.
"""

from typing import Any, TypeAlias

from starlette.types import Scope

from collab.domain.presence.visits import Origin
from collab.engineio.connection import Connection as EngineConnection
from collab.engineio.server import EngineServer
from collab.realtime import debug
from collab.realtime.frames import Message, answer_message
from collab.services.ports import Timer
from collab.services.session import Session

SLOW_CONSUMER = "slow consumer"
"""The reason of a disconnect, beside those of Engine.IO."""

TAKES_PARTS = b"parts=1"
"""In the query of who asks for long payloads in parts (PROTOCOL.md, Long payloads)."""


class Connection(EngineConnection):
    """One client's. `eviction.py` keeps what it knows of it here: its `timer`, while no session stands on it, and
    whether a token that it has shown `is_looked_at`."""

    __slots__ = ("is_looked_at", "session", "takes_parts", "timer")

    def __init__(self, server: "Connections", session_id: str, scope: Scope) -> None:
        super().__init__(server, session_id, scope)
        self.takes_parts = TAKES_PARTS in scope["query_string"].split(b"&")
        self.is_looked_at = False
        self.timer: Timer | None = None
        self.session: ConnectedSession | None = None
        """Who stands on it, once accepted; `connecting.py` sets it."""

    @property
    def origin(self) -> Origin:
        """How the client reaches the server just now."""
        return Origin("websocket" if self.is_upgraded else "polling", self.headers.get("user-agent"), self.address)

    def tell(self, message: Message) -> None:
        """Sends a message, where the client is still there; a long one in parts, to who takes those."""
        if debug.are_packets_told():
            debug.packet_left(self.id, len(message.data))
        if message.is_long and self.takes_parts and self.is_upgraded:
            for part in message.parts:
                self.send(part)
        else:
            self.send(message)

    def answer(self, event_id: int | None, answer: Any) -> None:
        """Answers an event of the client, where it wanted that."""
        if event_id is not None:
            self.tell(answer_message(event_id, answer))


Connections: TypeAlias = EngineServer[Connection]
"""Those of this node, by their ids."""


class ConnectedSession(Session):
    """A session, and the connection that it stands on."""

    __slots__ = ("connection",)

    def __init__(self, session_id: str, connection: Connection) -> None:
        super().__init__(session_id)
        self.connection = connection
