"""Presence for members to read: who is in a band's rooms now, and who was when."""

from collections.abc import Sequence

from collab.domain.access import BandRoom, ContentRoom, Right, SharedRoom
from collab.domain.bands import User
from collab.domain.presence.roster import Person, by_person
from collab.domain.presence.visits import Visit
from collab.services.bands.directory import Directory
from collab.services.presence.log import PresenceLog
from collab.services.presence.service import PresenceService
from collab.services.stores import PresenceStore


class PresenceReader:
    def __init__(
        self, directory: Directory, presence: PresenceService, presence_log: PresenceLog, store: PresenceStore
    ) -> None:
        self._directory = directory
        self._presence = presence
        self._log = presence_log
        self._store = store

    async def online(self, user: User, band_id: str) -> list[Person]:
        """The people in a band's rooms, for each of its members."""
        await self._require(user, band_id)
        contents = self._directory.contents_of(band_id)
        rooms: Sequence[SharedRoom] = [BandRoom(band_id), *map(ContentRoom, contents)]
        return by_person((room.name, self._presence.roster(room)) for room in rooms)

    async def visits(self, user: User, band_id: str, limit: int, before: str | None) -> list[Visit]:
        """A page of the visits in a band's rooms, latest first; those of this node as they are now."""
        await self._require(user, band_id)
        await self._log.renew()
        return await self._store.visits(band_id, limit, before)

    async def _require(self, user: User, band_id: str) -> None:
        await self._directory.learn_band(user, band_id)
        self._directory.require_band(user, band_id, Right.VIEW, as_operator=True)
