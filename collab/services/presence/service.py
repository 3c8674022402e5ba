"""Presence: the rosters of all rooms, kept as this node's sessions come, move and go, and as others tell of theirs.

A session is in a roster from `enter` on: active, or idle once it has long been silent. It goes by `leave`, `disconnect`
or `expel`. Where its connection just broke it lingers in the roster for the grace, though it is in no room any more:
the next session of its user takes its place, and nobody hears that anybody came or went.

A session is moved by its own node alone: by what its client says, and by the clock. What another node says of its own
sessions comes in by `merge`; of this node's it can say one thing, that it has taken the place of one that lingers.

Nothing here waits, so that no change comes in between the halves of another. Where a change may come in between is said
in `handlers.join_room` (whoever joins may be removed meanwhile) and in `peers.py` (messages of nodes overtake each
other).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import TypeAlias

from collab.domain.access import ContentRoom, SharedRoom, parse_shared_room
from collab.domain.errors import Forbidden, TooLarge
from collab.domain.ot.edits import Edit
from collab.domain.presence import roster as presence
from collab.domain.presence.focus import Focus
from collab.domain.presence.roster import Change, Diff, Left, Presence, Roster, Status
from collab.domain.presence.visits import Departed, Origin
from collab.services.ports import Clock, Timer
from collab.services.presence.log import OpenVisit, PresenceLog
from collab.services.presence.news import PresenceNews
from collab.services.session import LONG_AGO, Rooms, Session

OnChange: TypeAlias = Callable[[SharedRoom, Roster, Roster], None]

_NO_GRACE = timedelta(0)

_HEARD_EVERY = timedelta(seconds=1)
"""How exact `last_seen` is: a session that has just been heard need not be put down again."""


@dataclass(slots=True)
class _Place:
    """A room, and the timer of what comes about in it by the time alone."""

    roster: Roster = field(default_factory=Roster)
    timer: Timer | None = None
    due: datetime | None = None

    def cancel(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
        self.timer = self.due = None


class PresenceService:
    """`is_removed` says whether an item is known to be gone from a content. A room holds `max_sessions`, of all nodes
    together. `on_change` hears of each change that is this node's doing: the roster before and after it."""

    def __init__(
        self,
        rooms: Rooms,
        news: PresenceNews,
        log: PresenceLog,
        clock: Clock,
        is_removed: Callable[[str, str], bool],
        *,
        grace: timedelta,
        idle_after: timedelta,
        max_sessions: int,
        on_change: OnChange | None = None,
    ) -> None:
        self._rooms = rooms
        self._news = news
        self._log = log
        self._clock = clock
        self._is_removed = is_removed
        self._grace = grace
        self._idle_after = idle_after
        self._max_sessions = max_sessions
        self._on_change = on_change
        self._places: dict[SharedRoom, _Place] = {}
        self._is_stopping = False

    def roster(self, room: SharedRoom) -> Roster:
        place = self._places.get(room)
        return Roster() if place is None else place.roster

    def has_sessions(self, room: SharedRoom) -> bool:
        """Whether a session of this node is in a room."""
        return any(entry.node is None for entry in self.roster(room).sessions.values())

    def rooms(self) -> int:
        """In how many rooms somebody is."""
        return len(self._places)

    def enter(self, session: Session, room: SharedRoom, origin: Origin) -> Roster:
        """Puts a session that is in a room into its roster, tells the room, and returns the roster. `TooLarge` where
        the room is full, and the session does not come back for another one of its user's."""
        now = self._clock.now()
        before = self.roster(room)
        change = presence.enter(before, session.id, session.user, now)
        if len(change[0].sessions) > max(self._max_sessions, len(before.sessions)):
            raise TooLarge(f"expected at most {self._max_sessions} sessions in a room: come back when one has left")
        session.awake_until = LONG_AGO
        if session.rooms.get(room) is None:
            session.rooms[room] = self._log.began(session.id, session.user, room.name, origin, now)
        self._places.setdefault(room, _Place())
        return self._take(room, change, session.id)

    def leave(self, session: Session, room: SharedRoom, reason: str = "left") -> None:
        """A session leaves a room and its roster, at once."""
        if (visit := session.rooms.get(room)) is not None:
            self._go(session.id, room, visit, reason, _NO_GRACE)
        self._rooms.leave(session, room)

    def disconnect(self, session: Session, reason: str, *, is_deliberate: bool) -> None:
        """A session is over. Where its connection just broke, its user may come back within the grace."""
        if self._is_stopping:
            reason = "server_stopped"
        for room, visit in session.visits:
            self._go(session.id, room, visit, reason, _NO_GRACE if is_deliberate else self._grace)
            self._rooms.leave(session, room)

    def stop(self) -> None:
        """The server goes down: connections that end from now on are its own doing."""
        self._is_stopping = True

    def hear(self, session: Session, *, is_waking: bool = True) -> None:
        """A word of any sort came from a session."""
        now = self._clock.now()
        if session.awake_until > now:
            return
        visits = session.visits
        if visits and is_waking:
            session.awake_until = now + _HEARD_EVERY
        for room, visit in visits:
            entry = self.roster(room).sessions[session.id]
            is_news = is_waking and entry.status == "idle"
            if is_news or now - entry.last_seen >= _HEARD_EVERY:
                self._log.seen(visit, now)
                self._take(room, presence.hear(self.roster(room), session.id, now, is_waking=is_waking), None)

    def update(
        self, session: Session, room: SharedRoom, status: Status | None, focus: Focus | None, *, has_focus: bool
    ) -> bool:
        """A session says what it does in a room. With neither status nor focus it only beats: who is idle stays so,
        who is active stays so for longer. Returns whether its focus was left out, since the item is gone; what is not
        its own word it is told as the others are. `Forbidden` where it is not in the room's roster."""
        visit = session.rooms.get(room)
        if visit is None:
            raise Forbidden(f"expected a session that has joined {room.name}: join it first")
        now = self._clock.now()
        self.hear(session, is_waking=status == "active" or (status is None and has_focus))
        session.awake_until = LONG_AGO
        self._log.seen(visit, now)
        entry = self.roster(room).sessions[session.id]
        is_gone = has_focus and self._is_gone(room, focus)
        told = None if is_gone else focus if has_focus else entry.focus
        change = presence.update(self.roster(room), session.id, now, status or entry.status, told)
        self._take(room, change, None if is_gone else session.id)
        return is_gone

    def edited(self, edits: Sequence[Edit]) -> None:
        """Focus follows edits, in order."""
        rooms = {content_id: ContentRoom(content_id) for content_id in {edit.content_id for edit in edits}}
        followed = {content_id: room for content_id, room in rooms.items() if self.roster(room).has_focus()}
        for edit in edits:
            room = followed.get(edit.content_id)
            if room is not None:
                self._take(room, presence.edited(self.roster(room), edit), None)

    def sessions_of(self, node: str | None) -> Iterator[tuple[SharedRoom, Presence]]:
        """The sessions of a node in each of their rooms; None stands for this one."""
        for room, place in self._places.items():
            for entry in place.roster.sessions.values():
                if entry.node == node:
                    yield room, entry

    def merge(self, room: SharedRoom, updated: Sequence[Presence], gone: Sequence[str]) -> None:
        """Takes over what another node says. Of this node's sessions it can only say that the place of one whose
        connection broke was taken."""
        before = self.roster(room)
        own = {session_id: entry for session_id, entry in before.sessions.items() if entry.node is None}
        taken = [session_id for session_id in gone if session_id in own and own[session_id].lingers_until is not None]
        updated = [entry for entry in updated if entry.session_id not in own]
        change = presence.merge(before, updated, [*taken, *(key for key in gone if key not in own)])
        if updated:
            self._places.setdefault(room, _Place())
        self._put(room, change)
        if own:
            self._news.tell(room, change[1], None)
        for entry in updated:
            if entry.lingers_until is not None:
                self._call_by(room, entry.lingers_until)
        if taken and self._on_change is not None:
            self._on_change(room, before, change[0])

    def departed(self, sessions: Sequence[Departed]) -> None:
        """Tells the rooms whom a dead node took with it; who is in a roster of this node has not left."""
        for name, group in groupby(sorted(sessions, key=lambda entry: entry.room), key=lambda entry: entry.room):
            room = parse_shared_room(name)
            held = self.roster(room).sessions
            entries = list(group)
            self.merge(room, (), [entry.session_id for entry in entries if entry.session_id in held])
            entries = [entry for entry in entries if entry.session_id not in held]
            if not entries:
                continue
            left = {
                entry.user_id: Left(entry.user_id, entry.last_seen)
                for entry in entries
                if not entry.is_still_there and not self.roster(room).has_user(entry.user_id)
            }
            gone = tuple(entry.session_id for entry in entries)
            self._news.tell(room, Diff(left=tuple(left.values()), gone=gone), None)

    def expel(self, user_id: str, rooms: Sequence[SharedRoom]) -> None:
        """Takes a user's sessions out of rooms. Once this returns they hear nothing more of them."""
        here = self._rooms.sessions_of(user_id)
        for room in rooms:
            for session in here:
                self.leave(session, room, "removed")
            # Whose connection broke is in no room any more, but may be in the roster for its grace.
            for entry in list(self.roster(room).sessions.values()):
                if entry.user.id == user_id and entry.node is None:
                    now = self._clock.now()
                    self._take(room, presence.leave(self.roster(room), entry.session_id, now), entry.session_id)

    def _is_gone(self, room: SharedRoom, focus: Focus | None) -> bool:
        if not isinstance(room, ContentRoom) or focus is None or focus.item is None:
            return False
        return self._is_removed(room.id, focus.item)

    def _go(self, session_id: str, room: SharedRoom, visit: OpenVisit, reason: str, grace: timedelta) -> None:
        now = self._clock.now()
        self._log.ended(visit, reason, now)
        self._take(room, presence.lose(self.roster(room), session_id, now, grace), session_id)
        if grace > _NO_GRACE:
            self._call_by(room, now + grace)

    def _take(self, room: SharedRoom, change: Change, speaker: str | None) -> Roster:
        self._settle(room, change, speaker)
        self._call_by(room, self._clock.now() + self._idle_after)
        return change[0]

    def _settle(self, room: SharedRoom, change: Change, speaker: str | None) -> None:
        if room not in self._places:
            return
        before = self.roster(room)
        self._put(room, change)
        self._news.tell(room, change[1], speaker)
        if self._on_change is not None:
            self._on_change(room, before, change[0])

    def _put(self, room: SharedRoom, change: Change) -> None:
        place = self._places.get(room)
        if place is not None:
            place.roster = change[0]
            if not place.roster.sessions:
                place.cancel()
                del self._places[room]

    def _call_by(self, room: SharedRoom, due: datetime) -> None:
        """Sees to it that the clock calls by then. Called sooner than it had to be, it finds that out."""
        place = self._places.get(room)
        if place is not None and (place.due is None or due < place.due):
            place.cancel()
            place.due = due
            place.timer = self._clock.call_at(due, lambda: self._elapse(room))

    def _elapse(self, room: SharedRoom) -> None:
        place = self._places[room]
        place.cancel()
        self._settle(room, presence.elapse(place.roster, self._clock.now(), self._idle_after), None)
        due = presence.next_due(place.roster, self._idle_after)
        if due is not None:
            self._call_by(room, due)
