"""Rooms whose listeners are on several nodes."""

from collections.abc import Callable
from typing import Any

from collab.domain.access import Role, UserRoom
from collab.protocol.events import Json
from collab.realtime.broadcast import Broadcaster
from collab.realtime.rooms import Rooms

_SHARED = {"content_updated": "band_", "sync_status": "band_", "progress": "user_", "complete": "user_"}
"""The events that every node tells, by the rooms to which they go. Edits and presence have ways of their own."""


class SharedBroadcaster(Broadcaster):
    """Tells the rooms of this node by its broadcaster, and lets the other nodes tell theirs."""

    def __init__(
        self,
        rooms: Rooms,
        here: Broadcaster,
        share: Callable[[str, str, Json], None],
        share_band: Callable[[str], None],
        max_bytes: int,
    ) -> None:
        super().__init__(rooms, max_bytes)
        self._here = here
        self._share = share
        self._share_band = share_band

    def membership_updated(self, user: UserRoom, action: str, band_id: str, role: Role | None) -> None:
        super().membership_updated(user, action, band_id, role)
        self._share_band(band_id)

    def _put(self, event: str, payload: Any, room: str, skip: str | None = None) -> None:
        self._here._put(event, payload, room, skip)  # noqa: SLF001  # a broadcaster too, and the one whose queue it is
        prefix = _SHARED.get(event)
        if prefix is not None and room.startswith(prefix):
            self._share(room, event, payload)
