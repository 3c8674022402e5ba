"""Bands between nodes: what one node changes is taken over from the database, and what it tells, told here too."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import structlog

from collab.domain.access import BandRoom, ContentRoom, Room, SharedRoom, UserRoom
from collab.domain.bands import User
from collab.services.bands.directory import Directory, RoleChange
from collab.services.ports import BandRooms
from collab.services.presence.service import PresenceService
from collab.services.stores import BandStore

log = structlog.get_logger(__name__)

Json = dict[str, Any]


class BandRelay:
    """`rooms` are those of this node alone."""

    def __init__(self, rooms: BandRooms, directory: Directory, presence: PresenceService, store: BandStore) -> None:
        self._rooms = rooms
        self._directory = directory
        self._presence = presence
        self._store = store

    async def refresh(self, band_ids: Sequence[str] | None = None, *, are_wanted: bool = False) -> None:
        """Takes over memberships and contents of these bands, or of all that this node knows. Whoever was removed is
        out of the band's rooms when this returns. `Unavailable`."""
        async for change in self._directory.refresh(band_ids, are_wanted=are_wanted):
            self._take_over(change)

    async def look_for(self, user: User, room: Room) -> None:
        """Somebody asks for a room that is not theirs as far as this node knows. Another node may just have changed
        that, so the database is asked. It takes equally long whether the room is somebody else's or does not exist.
        `Unavailable`."""
        member = replace(user, is_operator=False)  # nobody is an operator in a room
        match room:
            case BandRoom(band_id):
                found = await self._store.band_within_reach(member, band_id=band_id)
            case ContentRoom(content_id):
                found = await self._store.band_within_reach(member, content_id=content_id)
            case UserRoom():
                found = None
        if found is not None:
            # Whoever asks is here, whether or not the directory has learned of them.
            await self.refresh([found], are_wanted=True)

    async def told(self, room: str, event: str, payload: Json) -> None:
        """Another node has told a room something; its listeners on this node hear it too."""
        if event == "content_updated" and payload["action"] != "update":
            await self.refresh([payload["band_id"]])
        self._rooms.tell(room, event, payload)

    async def host_told(self, to: str, event: str, payload: Any) -> None:
        """A host application has told something by another node. It waits its turn behind what that node said before:
        who was taken out of a band by then does not hear it."""
        self._rooms.tell(to, event, payload)

    async def make_up(self) -> None:
        """Messages of another node were lost. Reads all that they may have told from the database, and sends the rooms
        their lists of contents anew. `Unavailable`."""
        await self.refresh()
        for band_id in self._directory.bands():
            if self._presence.has_sessions(BandRoom(band_id)):
                contents = [content for content in await self._store.contents(band_id) if not content.is_archived]
                self._rooms.refresh(BandRoom(band_id).name, band_id, contents)

    def _take_over(self, change: RoleChange) -> None:
        if change.now is None:
            contents = self._directory.contents_of(change.band_id)
            rooms: list[SharedRoom] = [BandRoom(change.band_id), *map(ContentRoom, contents)]
            self._presence.expel(change.user_id, rooms)
        action = "remove" if change.now is None else "add" if change.before is None else "update"
        self._rooms.membership_updated(UserRoom(change.user_id), action, change.band_id, change.now)
