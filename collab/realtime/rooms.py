"""The rooms of this node: who is in each, and telling them.

The stock managers start one asyncio task for each recipient and wait for them all, which is most of what a broadcast
costs them. Here a message is made once and handed to each connection in turn, which blocks nobody: what is told first
is heard first. python-socketio itself knows of no room.
"""

from collections.abc import Collection, Sequence
from typing import Any

from collab.domain.access import Room, UserRoom
from collab.realtime import debug
from collab.realtime.connection import ConnectedSession
from collab.realtime.frames import event_message
from collab.realtime.sessions import Sessions
from collab.services.ports import UNMETERED, Meter
from collab.services.session import Session


class Rooms:
    """Implements `services.session.Rooms`. A session knows its rooms, and a room its sessions: both change here."""

    def __init__(self, sessions: Sessions, meter: Meter = UNMETERED) -> None:
        self._sessions = sessions
        self._meter = meter
        self._in: dict[str, dict[str, ConnectedSession]] = {}

    def enter(self, session: ConnectedSession, room: Room) -> None:
        """From now on the session hears what the room is told. `Unauthenticated` where it is over: nobody would ever
        take it out again."""
        session.require_identity()
        session.rooms.setdefault(room, None)
        self._in.setdefault(room.name, {})[session.id] = session
        if debug.are_events_told():
            debug.entered(session.id, room.name)

    def leave(self, session: Session, room: Room) -> None:
        if room in session.rooms:
            del session.rooms[room]
            there = self._in[room.name]
            del there[session.id]
            if not there:
                del self._in[room.name]
            if debug.are_events_told():
                debug.left(session.id, room.name)

    def leave_all(self, session: Session) -> None:
        for room in list(session.rooms):
            self.leave(session, room)

    def sessions_of(self, user_id: str) -> Sequence[ConnectedSession]:
        return list(self.sessions(UserRoom(user_id).name))

    def sessions(self, name: str) -> Collection[ConnectedSession]:
        """Those in the room of that name."""
        return self._in.get(name, {}).values()

    def serve_first(self, session_ids: Collection[str]) -> None:
        """Whatever is told in this turn of the event loop, these sessions are written to before all others."""
        for session_id in session_ids:
            if (session := self._sessions.find(session_id)) is not None:
                session.connection.serve_first()

    def tell(self, to: str, event: str, payload: Any, skip: str | None = None) -> None:
        """Sends an event to a room, but for the session `skip`, or to one session: `to` is its name, or the id."""
        alone = self._sessions.find(to)
        recipients = self.sessions(to) if alone is None else (alone,)
        connections = [session.connection for session in recipients if session.id != skip]
        if connections:
            message = event_message(event, payload)
            for connection in connections:
                connection.tell(message)
        if debug.are_events_told():
            debug.event_left(event, to, len(connections))
        self._meter.delivered(event, len(connections))
