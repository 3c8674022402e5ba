"""Presence: the rosters of this node's rooms, kept as sessions come, move and go."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeAlias

from collab.domain import presence
from collab.domain.access import BandRoom, ContentRoom
from collab.domain.bands import User
from collab.domain.presence import Change, Focus, Roster, Status
from collab.services.ports import Announcer, Clock, Timer

SharedRoom: TypeAlias = BandRoom | ContentRoom


@dataclass(slots=True)
class _Place:
    """A room of this node."""

    roster: Roster = field(default_factory=Roster)
    timer: Timer | None = None


class PresenceService:
    def __init__(self, announcer: Announcer, clock: Clock, grace: timedelta) -> None:
        self._announcer = announcer
        self._clock = clock
        self._grace = grace
        self._places: dict[SharedRoom, _Place] = {}
        self._rooms_of: defaultdict[str, set[SharedRoom]] = defaultdict(set)

    def roster(self, room: SharedRoom) -> Roster:
        place = self._places.get(room)
        return Roster() if place is None else place.roster

    def rooms_of(self, session_id: str) -> set[SharedRoom]:
        return self._rooms_of.get(session_id, set())

    def enter(self, session_id: str, user: User, room: SharedRoom) -> Roster:
        """Lets a session in, tells the room, and returns the roster with the session in it."""
        self._rooms_of[session_id].add(room)
        place = self._places.setdefault(room, _Place())
        return self._take(room, presence.enter(place.roster, session_id, user, self._clock.now()), session_id)

    def leave(self, session_id: str, room: SharedRoom) -> None:
        """A session leaves of its own will: at once."""
        self._go(session_id, room, timedelta(0))

    def disconnect(self, session_id: str, *, is_deliberate: bool) -> None:
        """A session is over. Where its connection just broke, its user may come back within the grace."""
        for room in list(self.rooms_of(session_id)):
            self._go(session_id, room, timedelta(0) if is_deliberate else self._grace)
        self._rooms_of.pop(session_id, None)

    def update(self, session_id: str, room: SharedRoom, status: Status, focus: Focus | None) -> None:
        """A session says what it does in a room that it has entered."""
        self._take(
            room,
            presence.update(self.roster(room), session_id, self._clock.now(), status, focus),
            session_id,
        )

    async def expel(self, user_id: str, rooms: Sequence[SharedRoom]) -> None:
        """Takes a user's sessions out of rooms. Once this returns they hear nothing more of them."""
        expelled: set[str] = set()
        for room in rooms:
            for session_id, entry in self.roster(room).sessions.items():
                if entry.user.id == user_id:
                    expelled.add(session_id)
                    self._go(session_id, room, timedelta(0))
        await self._announcer.expel(sorted(expelled), rooms)

    def _go(self, session_id: str, room: SharedRoom, grace: timedelta) -> None:
        self._rooms_of[session_id].discard(room)
        self._take(room, presence.leave(self.roster(room), session_id, self._clock.now(), grace), session_id)

    def _take(self, room: SharedRoom, change: Change, session_id: str | None) -> Roster:
        roster, diff = change
        place = self._places.get(room)
        if place is None:
            return roster
        place.roster = roster
        if diff:
            self._announcer.presence(room, diff, session_id)
        self._schedule(room, place)
        return roster

    def _schedule(self, room: SharedRoom, place: _Place) -> None:
        if place.timer is not None:
            place.timer.cancel()
            place.timer = None
        if place.roster.lingering:
            due = min(entry.until for entry in place.roster.lingering.values())
            place.timer = self._clock.call_at(due, lambda: self._expire(room))
        elif not place.roster.sessions:
            del self._places[room]

    def _expire(self, room: SharedRoom) -> None:
        self._take(room, presence.expire(self.roster(room), self._clock.now()), None)
