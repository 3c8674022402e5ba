"""A session: one client that is connected to this node, and all that the node keeps of it.

It begins without a user, with the handshake; has one from its first good token on, for good; and is over with its
disconnect, or when its time is up. `realtime/connecting.py` alone moves it from one to the next. Between two steps the
event loop may turn: whoever awaited something asks again what they rely on.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

from collab.domain.access import Room, SharedRoom, UserRoom
from collab.domain.bands import User
from collab.domain.errors import Unauthenticated
from collab.services.buckets import Buckets
from collab.services.ports import Identity, Timer
from collab.services.presence.log import OpenVisit

LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Session:
    """Handed to whoever handles one of its events, so that none of them has to look it up. Its id is Socket.IO's sid.

    - `identity`: who it is and until when; None while it has shown no good token.
    - `is_over`: what is still under way for it lets it in nowhere any more.
    - `timer`: ends it, when its token runs out or none has come.
    - `buckets`, `user_buckets`: what it may still send, alone and with its user's others; None without limits.
      `Rates` makes them.
    - `rooms`: the rooms that it is in: it hears what is told there. `Rooms` lets it in and out. Once it is in the
      room's roster too, the room has its visit, which `PresenceService` begins.
    - `awake_until`: until then it counts as awake and need not be heard again; of `PresenceService`.
    """

    __slots__ = ("awake_until", "buckets", "id", "identity", "is_over", "rooms", "timer", "user_buckets")

    def __init__(self, session_id: str) -> None:
        self.id = session_id
        self.identity: Identity | None = None
        self.is_over = False
        self.timer: Timer | None = None
        self.buckets: Buckets | None = None
        self.user_buckets: Buckets | None = None
        self.rooms: dict[Room, OpenVisit | None] = {}
        self.awake_until = LONG_AGO

    def require_identity(self) -> Identity:
        """Who it is and until when; `Unauthenticated` where it has shown no good token yet, or is over."""
        if self.identity is None or self.is_over:
            raise Unauthenticated("expected 'authenticate' with a token before any other event")
        return self.identity

    @property
    def user(self) -> User:
        """Who it is; asked only once that is known, and also when it is over."""
        assert self.identity is not None  # noqa: S101  # for the type checker: `require_identity` was asked at the door
        return self.identity.user

    @property
    def visits(self) -> list[tuple[SharedRoom, OpenVisit]]:
        """The rooms in whose rosters it is."""
        return [
            (room, visit) for room, visit in self.rooms.items() if visit is not None and not isinstance(room, UserRoom)
        ]

    def stop_waiting(self) -> None:
        """Its time is not up: it has shown a token, or it is over."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


class Rooms(Protocol):
    """Who is in which room of this node: the one place that lets sessions in and out."""

    def leave(self, session: Session, room: Room) -> None:
        """From now on the session hears nothing of the room; where it was not in it, nothing happens."""
        ...

    def sessions_of(self, user_id: str) -> Sequence[Session]:
        """The sessions of a user on this node."""
        ...
